//! A harness with everything in memory, a handler that does as it is told, and time that a test moves.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use clock::{Clock, ManualClock, SeededEntropy};
use futures::future::{self, Either};
use interpreter::{ExecutionId, IdempotencyKey, StateFailure, TaskOutcome, TaskToken, Timestamp};
use messages::{
    CoordinatorBody, CoordinatorMessage, Delivery, Disposition, FORMAT, InputBody, MemoryQueue, Outgoing, QueueSettings,
    QueueSource, Receipt, RequestBody, queue_name,
};
use serde_json::{Value, json};
use store::{
    Condition, FaultPlan, FaultyStore, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, MemoryStore, Write,
};
use tokio::sync::Notify;

use crate::{Completion, Effect, Handler, HandlerError, Harness, HarnessSettings, Task};

/// When the tests begin.
pub(super) const START: Timestamp = Timestamp::from_millis(1_793_534_400_000);
/// The function's timeout.
pub(super) const FUNCTION_SECONDS: u64 = 30;
/// The queue of requests.
pub(super) const REQUESTS: &str = "requests";
/// The function.
pub(super) const FUNCTION: &str = "charge-payment";
/// How the program's causes name it.
pub(super) const PROVIDER: &str = "arn:aws:lambda:us-east-1:123456789012:function:charge-payment:live";
/// What the effect counts.
pub(super) const COUNTER: &str = "times";

/// What a handler does in one call.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Completes with this result; its effect is counted by key.
    Complete(Value),
    /// Completes with these writes.
    Write(Vec<Write>),
    /// Refuses.
    Refuse,
    /// Fails.
    Fail,
    /// Says that it cannot be done now.
    NotNow,
    /// Panics, quoting its input.
    Panic,
    /// Waits until it is let go on, then does the next.
    Hang,
    /// Works for so long, then does the next.
    Work(Duration),
}

/// A handler that does as it is told, and when told nothing more completes with `null`.
pub(super) struct Script {
    pub(super) effect: Effect,
    pub(super) acts: Mutex<VecDeque<Act>>,
    pub(super) calls: AtomicU32,
    /// What was done outside, by key: a provider that does each key once, as real ones do.
    pub(super) outside: Mutex<BTreeMap<IdempotencyKey, u32>>,
    pub(super) seen: Mutex<Vec<Task>>,
    /// Told when a call hangs.
    pub(super) hanging: Notify,
    pub(super) go_on: Notify,
    clock: Arc<ManualClock>,
}

/// The item that counts how often the effect of a key took place in the table.
pub(super) fn effect_item(key: &IdempotencyKey) -> ItemKey {
    ItemKey { partition: "effects".to_owned(), sort: key.0.clone() }
}

pub(super) fn count_up(key: &IdempotencyKey) -> Write {
    Write::Add { key: effect_item(key), counter: COUNTER.to_owned(), delta: 1, floor: None }
}

#[async_trait]
impl Handler for Script {
    fn function(&self) -> &str {
        FUNCTION
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.seen.lock().unwrap().push(task.clone());
        loop {
            let act = self.acts.lock().unwrap().pop_front().unwrap_or(Act::Complete(Value::Null));
            match act {
                Act::Hang => {
                    self.hanging.notify_one();
                    self.go_on.notified().await;
                }
                Act::Work(duration) => self.clock.sleep(duration).await,
                Act::Complete(result) if self.effect == Effect::Table => {
                    return Ok(Completion { result, writes: vec![count_up(&task.key)] });
                }
                Act::Complete(result) => {
                    self.outside.lock().unwrap().insert(task.key.clone(), 1);
                    return Ok(Completion::of(result));
                }
                Act::Write(writes) => return Ok(Completion { result: Value::Null, writes }),
                Act::Refuse => {
                    return Err(HandlerError::Refused { error: "CardDeclined".to_owned(), cause: "declined".to_owned() });
                }
                Act::Fail => {
                    return Err(HandlerError::Failed { error: "ProviderDown".to_owned(), cause: "no answer".to_owned() });
                }
                Act::NotNow => return Err(HandlerError::NotNow("later".to_owned())),
                Act::Panic => panic!("told to, with {}", task.input),
            }
        }
    }
}

/// A harness and everything around it.
pub(super) struct Bench {
    pub(super) clock: Arc<ManualClock>,
    pub(super) store: Arc<FaultyStore<MemoryStore>>,
    pub(super) queue: Arc<MemoryQueue>,
    pub(super) handler: Arc<Script>,
    pub(super) harness: Harness,
    entropy: Arc<SeededEntropy>,
}

pub(super) fn settings() -> HarnessSettings {
    // One clock; the margin for several has a test of its own.
    HarnessSettings { clock_skew: Duration::ZERO, ..HarnessSettings::new(REQUESTS, Duration::from_secs(FUNCTION_SECONDS)) }
}

/// A bench whose handler's effect lies there and who does these things.
pub(super) fn bench(effect: Effect, acts: impl IntoIterator<Item = Act>) -> Bench {
    let clock = Arc::new(ManualClock::at_millis(START.millis()));
    let requests = QueueSettings::standard().with_visibility_timeout(Duration::from_secs(6 * FUNCTION_SECONDS));
    let queue = MemoryQueue::new(Arc::clone(&clock) as _)
        .with_queue(REQUESTS, requests)
        .with_queue(queue_name::ANSWERS, QueueSettings::fifo())
        .with_queue(queue_name::PARKING, QueueSettings::standard());
    let handler = Arc::new(Script {
        effect,
        acts: Mutex::new(acts.into_iter().collect()),
        calls: AtomicU32::new(0),
        outside: Mutex::default(),
        seen: Mutex::default(),
        hanging: Notify::new(),
        go_on: Notify::new(),
        clock: Arc::clone(&clock),
    });
    let store = Arc::new(FaultyStore::new(MemoryStore::new(), FaultPlan::none()));
    let (queue, entropy) = (Arc::new(queue), Arc::new(SeededEntropy::new(7)));
    let harness = Harness::new(
        Arc::clone(&handler) as _,
        Arc::clone(&store) as _,
        Arc::clone(&store) as _,
        Arc::clone(&queue) as _,
        Arc::clone(&clock) as _,
        Arc::clone(&entropy) as _,
        settings(),
    );
    Bench { clock, store, queue, handler, harness, entropy }
}

pub(super) fn execution() -> ExecutionId {
    ExecutionId::from_random(0xabc)
}

pub(super) fn action_key() -> IdempotencyKey {
    IdempotencyKey::of_action(&execution(), "ChargePayment", 3, None)
}

/// A request of the action, of this attempt.
pub(super) fn request(attempt: u32) -> RequestBody {
    RequestBody {
        v: FORMAT,
        token: TaskToken { execution: execution(), revision: 4, visit: 3, attempt, proof: u128::from(attempt) },
        execution: execution(),
        execution_name: "order-1".to_owned(),
        state: "ChargePayment".to_owned(),
        function: FUNCTION.to_owned(),
        provider: Some(PROVIDER.to_owned()),
        input: InputBody::Input(json!({"amount": 1250})),
        attempt,
        deadline: Some(START.plus_seconds(3_600)),
        heartbeat_seconds: None,
        callback: false,
        key: action_key(),
        undoes: None,
        caller: None,
    }
}

/// A request of the action's compensation, of this attempt.
pub(super) fn compensation(attempt: u32) -> RequestBody {
    RequestBody { key: action_key().of_compensation(), undoes: Some(action_key()), ..request(attempt) }
}

/// A delivery that no queue knows of.
pub(super) fn delivery(body: impl Into<String>, receive_count: u32) -> Delivery {
    Delivery {
        id: "message-1".to_owned(),
        receipt: Receipt("receipt-1".to_owned()),
        body: body.into(),
        attributes: BTreeMap::new(),
        receive_count,
    }
}

pub(super) fn give_back_seconds(disposition: Disposition) -> f64 {
    let Disposition::GiveBack { delay } = disposition else { panic!("it was done") };
    delay.as_secs_f64()
}

impl Bench {
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    /// Another harness around the same handler, store and queue, as another process would have.
    pub(super) fn harness_with(&self, settings: HarnessSettings) -> Harness {
        Harness::new(
            Arc::clone(&self.handler) as _,
            Arc::clone(&self.store) as _,
            Arc::clone(&self.store) as _,
            Arc::clone(&self.queue) as _,
            Arc::clone(&self.clock) as _,
            Arc::clone(&self.entropy) as _,
            settings,
        )
    }

    /// Handles a request in an invocation of a minute, while time goes on whenever everything waits.
    pub(super) async fn handle(&self, request: &RequestBody) -> Disposition {
        self.handle_received(request, 1).await
    }

    pub(super) async fn handle_received(&self, request: &RequestBody, receive_count: u32) -> Disposition {
        let deadline = self.now().plus_seconds(60);
        let handling = self.harness.handle(vec![delivery(request.encode(), receive_count)], deadline);
        self.with_time(handling).await.remove(0)
    }

    /// Runs `future` while time goes on, a tenth of a second whenever everything waits.
    pub(super) async fn with_time<F: Future>(&self, future: F) -> F::Output {
        let ticking = async {
            loop {
                settle().await;
                self.clock.advance(Duration::from_millis(100));
            }
        };
        let (future, ticking) = (std::pin::pin!(future), std::pin::pin!(ticking));
        match future::select(future, ticking).await {
            Either::Left((output, _)) => output,
            Either::Right((never, _)) => never,
        }
    }

    /// Writes what the ledger says about a key.
    pub(super) async fn write_ledger(&self, key: &IdempotencyKey, attempt: u32, state: LedgerState) {
        let expected = match self.store.inner().ledger(key).await.unwrap() {
            None => LedgerExpectation::Absent,
            Some(entry) => LedgerExpectation::Version(entry.version),
        };
        let entry = LedgerEntry { attempt, state, heartbeat_at: None, version: expected.next_version() };
        assert!(self.store.inner().put_ledger(key, &entry, expected).await.unwrap());
    }

    pub(super) async fn ledger(&self, key: &IdempotencyKey) -> Option<LedgerEntry> {
        self.store.inner().ledger(key).await.unwrap()
    }

    pub(super) async fn ledger_state(&self, key: &IdempotencyKey) -> Option<LedgerState> {
        self.ledger(key).await.map(|entry| entry.state)
    }

    pub(super) fn calls(&self) -> u32 {
        self.handler.calls.load(Ordering::SeqCst)
    }

    /// How often the effect of a key took place.
    pub(super) async fn effects(&self, key: &IdempotencyKey) -> i64 {
        match self.handler.effect {
            Effect::Outside => self.handler.outside.lock().unwrap().get(key).copied().map_or(0, i64::from),
            Effect::Table => {
                let item = self.store.inner().item(&effect_item(key), self.now()).await.unwrap();
                item.and_then(|item| item.counters.get(COUNTER).copied()).unwrap_or(0)
            }
        }
    }

    /// Takes the answers that were sent, in order: attempt and outcome.
    pub(super) async fn answers(&self) -> Vec<(u32, TaskOutcome)> {
        let mut answers = Vec::new();
        loop {
            let batch = self.queue.receive(queue_name::ANSWERS, 10, Duration::ZERO).await.unwrap();
            if batch.is_empty() {
                return answers;
            }
            for delivery in batch {
                self.queue.delete(queue_name::ANSWERS, &delivery.receipt).await.unwrap();
                let body = CoordinatorBody::decode(&delivery.body).unwrap();
                assert_eq!(body.execution, execution());
                let CoordinatorMessage::Answer { token, outcome } = body.message else { panic!("no answer: {body:?}") };
                answers.push((token.attempt, outcome));
            }
        }
    }

    pub(super) async fn send(&self, request: &RequestBody) {
        use messages::MessageQueue;
        let sent = self.queue.send(REQUESTS, &[Outgoing::standard(request.encode())]).await.unwrap();
        assert_eq!(sent, [Ok(())]);
    }
}

/// Lets everything run until it waits.
pub(super) async fn settle() {
    for _ in 0..30 {
        tokio::task::yield_now().await;
    }
}

pub(super) fn succeeded(result: Value) -> TaskOutcome {
    TaskOutcome::Succeeded { result }
}

pub(super) fn failed(error: &str, cause: &str, refusal: bool) -> TaskOutcome {
    TaskOutcome::Failed { failure: StateFailure::new(error, cause), refusal }
}

/// What a refusal of the script is answered as.
pub(super) fn declined(refusal: bool) -> TaskOutcome {
    failed("CardDeclined", "declined", refusal)
}

pub(super) fn live(until: Timestamp) -> LedgerState {
    LedgerState::InProgress { lease_until: until, owner: "another".to_owned() }
}

pub(super) fn failure_entry() -> LedgerState {
    LedgerState::Failed { failure: StateFailure::new("Earlier", "failed"), refusal: false }
}

pub(super) fn success_entry() -> LedgerState {
    LedgerState::Succeeded { result: json!("earlier") }
}

/// A put of an item of its own, on a condition.
pub(super) fn put(sort: &str, body: Value, condition: Condition) -> Write {
    Write::Put { key: item_key(sort), body, expires_at: None, condition }
}

pub(super) fn item_key(sort: &str) -> ItemKey {
    ItemKey { partition: "items".to_owned(), sort: sort.to_owned() }
}
