//! The process dies before or after any of its calls; the store fails anywhere. Redelivered, every task has its effect once and an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clock::SeededEntropy;
use interpreter::{IdempotencyKey, Timestamp};
use messages::{
    Delivery, Disorder, Disposition, GiveBack, MessageQueue, Outgoing, QueueError, QueueSource, RequestBody, SendFailure,
};
use serde_json::Value;
use store::{
    FaultPlan, FaultyStore, Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, MemoryStore, StoreError,
    TransactError, Write,
};
use tokio::sync::Notify;

use super::bench::{Act, Bench, REQUESTS, action_key, bench, compensation, declined, request, settings, succeeded};
use crate::{Effect, Harness};

/// The call at which a process dies.
struct Death {
    calls: AtomicUsize,
    at: usize,
    with_effect: bool,
    died: Notify,
}

impl Death {
    async fn pass<T>(&self, call: impl Future<Output = T>) -> T {
        if self.calls.fetch_add(1, Ordering::SeqCst) != self.at {
            return call.await;
        }
        if self.with_effect {
            call.await;
        }
        self.died.notify_one();
        std::future::pending().await
    }
}

/// Store and queue as a process reaches them that is to die.
struct Mortal {
    store: Arc<FaultyStore<MemoryStore>>,
    queue: Arc<messages::MemoryQueue>,
    death: Arc<Death>,
}

#[async_trait]
impl LedgerStore for Mortal {
    async fn ledger(&self, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, StoreError> {
        self.death.pass(self.store.ledger(key)).await
    }

    async fn put_ledger(
        &self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
    ) -> Result<bool, StoreError> {
        self.death.pass(self.store.put_ledger(key, entry, expected)).await
    }

    async fn transact(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        writes: &[Write],
        now: Timestamp,
    ) -> Result<(), TransactError> {
        self.death.pass(self.store.transact(ledger, writes, now)).await
    }

    async fn heartbeat(&self, key: &IdempotencyKey, at: Timestamp) -> Result<(), StoreError> {
        self.death.pass(self.store.heartbeat(key, at)).await
    }

    async fn item(&self, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, StoreError> {
        self.death.pass(self.store.item(key, now)).await
    }

    async fn items(&self, partition: &str, after: Option<&str>, limit: usize, now: Timestamp) -> Result<Vec<Item>, StoreError> {
        self.death.pass(self.store.items(partition, after, limit, now)).await
    }
}

#[async_trait]
impl MessageQueue for Mortal {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError> {
        self.death.pass(self.queue.send(queue, messages)).await
    }
}

#[async_trait]
impl QueueSource for Mortal {
    async fn receive(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.death.pass(self.queue.receive(queue, most, wait)).await
    }

    async fn delete(&self, queue: &str, receipt: &messages::Receipt) -> Result<(), QueueError> {
        self.death.pass(self.queue.delete(queue, receipt)).await
    }

    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError> {
        self.death.pass(self.queue.give_back(queue, give_back)).await
    }
}

/// Handles what is in the queue once: what a pump or an event source mapping does.
async fn drain_once(source: &dyn QueueSource, harness: &Harness, now: Timestamp) {
    let Ok(deliveries) = source.receive(REQUESTS, 10, Duration::ZERO).await else { return };
    let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt.clone()).collect();
    let dispositions = harness.handle(deliveries, now.plus_seconds(60)).await;
    for (receipt, disposition) in receipts.into_iter().zip(dispositions) {
        // What is not settled comes again.
        let _ = match disposition {
            Disposition::Done => source.delete(REQUESTS, &receipt).await,
            Disposition::GiveBack { delay } => source.give_back(REQUESTS, &GiveBack { receipt, delay }).await,
        };
    }
}

/// Goes on as a process that lives, until the queue is empty.
async fn drain(bench: &Bench, harness: &Harness) {
    for _ in 0..1_000 {
        if bench.queue.depths(REQUESTS).unwrap().total() == 0 {
            return;
        }
        drain_once(bench.queue.as_ref(), harness, bench.now()).await;
        bench.clock.advance(Duration::from_secs(1));
    }
    panic!("requests are left in the queue");
}

/// What a crash must not change.
#[derive(Clone, Copy)]
struct Scenario {
    effect: Effect,
    requests: fn() -> Vec<RequestBody>,
    acts: fn() -> Vec<Act>,
    check: fn(&Bench, Outcome),
}

/// What is left when everything was done.
struct Outcome {
    row: String,
    keys: Vec<(IdempotencyKey, i64, Option<LedgerState>)>,
    answers: Vec<(u32, interpreter::TaskOutcome)>,
    /// What the ledger says about the action.
    action: Option<LedgerState>,
}

async fn outcome(bench: &Bench, scenario: Scenario, row: String) -> Outcome {
    let mut keys = Vec::new();
    for request in (scenario.requests)() {
        keys.push((request.key.clone(), bench.effects(&request.key).await, bench.ledger_state(&request.key).await));
    }
    Outcome { row, keys, answers: bench.answers().await, action: bench.ledger_state(&action_key()).await }
}

/// Runs the scenario with a process that dies at its `at`th call; answers whether it came to that.
async fn crash(scenario: Scenario, at: usize, with_effect: bool) -> bool {
    let bench = bench(scenario.effect, (scenario.acts)());
    for request in (scenario.requests)() {
        bench.send(&request).await;
    }
    let death = Arc::new(Death { calls: AtomicUsize::new(0), at, with_effect, died: Notify::new() });
    let mortal = Arc::new(Mortal { store: Arc::clone(&bench.store), queue: Arc::clone(&bench.queue), death: Arc::clone(&death) });
    let doomed = Harness::new(
        Arc::clone(&bench.handler) as _,
        Arc::clone(&mortal) as _,
        Arc::clone(&bench.store) as _,
        Arc::clone(&mortal) as _,
        Arc::clone(&bench.clock) as _,
        Arc::new(SeededEntropy::new(99)),
        settings(),
    );
    tokio::select! {
        biased;
        () = death.died.notified() => {}
        () = drain_once(mortal.as_ref(), &doomed, bench.now()) => {}
    }
    drain(&bench, &bench.harness).await;
    let row = format!("{:?}: died at call {at}, with effect: {with_effect}", scenario.effect);
    (scenario.check)(&bench, outcome(&bench, scenario, row).await);
    death.calls.load(Ordering::SeqCst) > at
}

/// Every call of the scenario, once before it and once after it.
async fn crash_everywhere(scenario: Scenario) {
    for with_effect in [false, true] {
        let mut at = 0;
        while crash(scenario, at, with_effect).await {
            at += 1;
        }
        assert!(at > 4, "the calls were not counted: {at}");
    }
}

fn once_and_answered(_: &Bench, outcome: Outcome) {
    let Outcome { row, keys, answers, .. } = outcome;
    for (key, effects, state) in &keys {
        assert_eq!(*effects, 1, "{row}: {key}");
        assert_eq!(*state, Some(LedgerState::Succeeded { result: Value::Null }), "{row}: {key}");
    }
    assert!(answers.len() >= keys.len(), "{row}");
    assert!(answers.iter().all(|(_, outcome)| *outcome == succeeded(Value::Null)), "{row}: {answers:?}");
    for attempt in 1..=keys.len() {
        assert!(answers.iter().any(|(of, _)| usize::try_from(*of) == Ok(attempt)), "{row}: attempt {attempt} has no answer");
    }
}

fn one_request() -> Vec<RequestBody> {
    vec![request(1)]
}

fn three_requests() -> Vec<RequestBody> {
    (1..=3).map(|number| RequestBody { key: IdempotencyKey(format!("key/{number}")), ..request(number) }).collect()
}

fn one_compensation() -> Vec<RequestBody> {
    vec![compensation(1)]
}

fn no_acts() -> Vec<Act> {
    Vec::new()
}

#[tokio::test]
async fn an_action_survives_a_crash_at_every_call() {
    for effect in [Effect::Table, Effect::Outside] {
        for requests in [one_request, three_requests] {
            crash_everywhere(Scenario { effect, requests, acts: no_acts, check: once_and_answered }).await;
        }
    }
}

#[tokio::test]
async fn a_compensation_survives_a_crash_at_every_call() {
    for effect in [Effect::Table, Effect::Outside] {
        crash_everywhere(Scenario { effect, requests: one_compensation, acts: no_acts, check: once_and_answered }).await;
        crash_everywhere(Scenario {
            effect,
            requests: one_compensation,
            acts: no_acts,
            check: |_, outcome| assert_eq!(outcome.action, Some(LedgerState::Revoked), "{}", outcome.row),
        })
        .await;
    }
}

/// A refusal stays a refusal where the ledger can know it: in the table. Outside, a crash under the lease makes it an unknown outcome.
#[tokio::test]
async fn a_refusal_survives_a_crash_at_every_call() {
    let acts = || vec![Act::Refuse, Act::Refuse];
    let check: fn(&Bench, Outcome) = |bench, Outcome { row, keys, answers, .. }| {
        let proves = |refusal: bool| !answers.is_empty() && answers.iter().all(|(_, answer)| *answer == declined(refusal));
        match bench.handler.effect {
            Effect::Table => assert!(proves(true), "{row}: {answers:?}"),
            // Called twice: what the first call did is not known to the second.
            Effect::Outside if bench.calls() > 1 => assert!(proves(false), "{row}: {answers:?}"),
            Effect::Outside => assert!(proves(true) || proves(false), "{row}: {answers:?}"),
        }
        assert_eq!(keys[0].1, 0, "{row}");
    };
    for effect in [Effect::Table, Effect::Outside] {
        crash_everywhere(Scenario { effect, requests: one_request, acts, check }).await;
    }
}

/// Everything at once: a store and queues that fail at random, duplicates, disorder; 200 seeds.
#[tokio::test]
async fn nothing_is_lost_or_done_twice_however_store_and_queues_misbehave() {
    for seed in 0..200 {
        let effect = if seed % 2 == 0 { Effect::Table } else { Effect::Outside };
        let scenario = Scenario { effect, requests: three_requests, acts: no_acts, check: once_and_answered };
        let bench = bench(effect, []);
        bench.store.follow(FaultPlan::seeded(seed, 200));
        bench.queue.set_disorder(Some(Disorder {
            failed_entries_per_mille: 100,
            unavailable_per_mille: 50,
            lost_answers_per_mille: 50,
            ..Disorder::twice_and_shuffled(seed)
        }));
        let mut unsent = three_requests();
        while let Some(request) = unsent.pop() {
            let sent = bench.queue.send(REQUESTS, &[Outgoing::standard(request.encode())]).await;
            if !matches!(sent.as_deref(), Ok([Ok(())])) {
                unsent.push(request);
            }
        }
        bench.with_time(drain_in_trouble(&bench)).await;
        let row = format!("seed {seed}");
        bench.queue.set_disorder(None);
        (scenario.check)(&bench, outcome(&bench, scenario, row).await);
    }
}

async fn drain_in_trouble(bench: &Bench) {
    use clock::Clock;
    for _ in 0..1_000 {
        if bench.queue.depths(REQUESTS).unwrap().total() == 0 {
            return;
        }
        drain_once(bench.queue.as_ref(), &bench.harness, bench.now()).await;
        bench.clock.sleep(Duration::from_secs(10)).await;
    }
    panic!("requests are left in the queue");
}
