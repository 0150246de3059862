//! A small world around coordinators: a store and queues that fail as planned, a clock that moves when told, scripted workers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use clock::{Clock, Entropy, ManualClock, SeededEntropy};
use interpreter::{DefinitionHash, ExecutionStatus, IdempotencyKey, Route, Routes, StateFailure, TaskOutcome, Timestamp};
use messages::{
    CoordinatorBody, CoordinatorMessage, Delivery, Disposition, GiveBack, MemoryQueue, MessageQueue, Outgoing, QueueError,
    QueueSettings, QueueSource, RequestBody, SendFailure, queue_name,
};
use serde_json::json;
use store::{ExecutionStore, FaultPlan, FaultyStore, MemoryStore, Retention, StateMachine};

use crate::{Coordinator, Description, Ports, Settings, StartError, StartRequest, Started};

/// When every world begins.
pub(super) const BEGINNING: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long a received message stays in flight.
const VISIBILITY_SECONDS: u64 = 30;

/// A clock on which a pause passes at once.
pub(super) struct PatientClock {
    manual: ManualClock,
    at_next_pause: Mutex<Option<Meanwhile>>,
}

/// What happens while somebody pauses.
type Meanwhile = Box<dyn FnOnce() + Send>;

#[async_trait]
impl Clock for PatientClock {
    fn now_millis(&self) -> i64 {
        self.manual.now_millis()
    }

    async fn sleep(&self, duration: Duration) {
        self.manual.advance(duration);
        let meanwhile = self.at_next_pause.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
    }
}

/// What happens to a send, counted from 1 over all queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendFault {
    /// Nothing is sent, and the call fails.
    Unavailable,
    /// All is sent, and the answer is lost.
    LostAnswer,
    /// The queue refuses the call.
    Refused,
    /// The messages at even places are answered as not taken, and were not.
    EveryOtherFails,
    /// The process is killed before the send.
    KilledBefore,
    /// The process is killed after the send took effect.
    KilledAfter,
}

/// Queues that fail as planned, and die with the process whose store does.
pub(super) struct PlannedQueue {
    pub(super) queue: MemoryQueue,
    store: FaultyStore<MemoryStore>,
    plan: Mutex<BTreeMap<u64, SendFault>>,
    sends: AtomicU64,
    /// Whether the store's first fault is the death of the process.
    mortal: AtomicBool,
    dead: AtomicBool,
}

impl PlannedQueue {
    fn next(&self) -> Option<SendFault> {
        let number = self.sends.fetch_add(1, Relaxed) + 1;
        self.plan.lock().unwrap().get(&number).copied()
    }

    fn is_dead(&self) -> bool {
        self.dead.load(Relaxed) || (self.mortal.load(Relaxed) && !self.store.faults().is_empty())
    }

    fn kill(&self) {
        self.dead.store(true, Relaxed);
        self.store.follow(FaultPlan::none().killed_before(0));
    }
}

fn unavailable(queue: &str) -> QueueError {
    QueueError::Unavailable { queue: queue.to_owned(), reason: "as planned".to_owned() }
}

#[async_trait]
impl MessageQueue for PlannedQueue {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError> {
        if self.is_dead() {
            return Err(unavailable(queue));
        }
        match self.next() {
            None => self.queue.send(queue, messages).await,
            Some(SendFault::Unavailable) => Err(unavailable(queue)),
            Some(SendFault::LostAnswer) => {
                self.queue.send(queue, messages).await?;
                Err(unavailable(queue))
            }
            Some(SendFault::Refused) => Err(QueueError::Refused { queue: queue.to_owned(), reason: "as planned".to_owned() }),
            Some(SendFault::EveryOtherFails) => {
                let mut answers = Vec::new();
                for (place, message) in messages.iter().enumerate() {
                    if place % 2 == 0 {
                        answers.push(Err(SendFailure::Retryable("as planned".to_owned())));
                    } else {
                        answers.extend(self.queue.send(queue, std::slice::from_ref(message)).await?);
                    }
                }
                Ok(answers)
            }
            Some(SendFault::KilledBefore) => {
                self.kill();
                Err(unavailable(queue))
            }
            Some(SendFault::KilledAfter) => {
                self.queue.send(queue, messages).await?;
                self.kill();
                Err(unavailable(queue))
            }
        }
    }
}

/// How a scripted worker answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Script {
    /// It fails, as many times as said, then succeeds.
    Fails { times: u32, error: &'static str, refusal: bool },
    /// It takes the request and never answers.
    IsSilent,
}

/// Workers: each function succeeds with `{"done": FUNCTION}` unless scripted otherwise. A key that has succeeded is answered from memory, as the
/// ledger would.
#[derive(Default)]
pub(super) struct Workers {
    scripts: BTreeMap<String, Script>,
    succeeded: BTreeSet<IdempotencyKey>,
    failures: BTreeMap<String, u32>,
    /// Functions in the order in which they first took effect.
    pub(super) effects: Vec<String>,
    /// Every request received, duplicates too.
    pub(super) requests: Vec<RequestBody>,
}

impl Workers {
    fn answer(&mut self, request: &RequestBody) -> Option<TaskOutcome> {
        self.requests.push(request.clone());
        let function = &request.function;
        match self.scripts.get(function) {
            Some(Script::IsSilent) => return None,
            Some(Script::Fails { times, error, refusal }) if !self.succeeded.contains(&request.key) => {
                let failures = self.failures.entry(function.clone()).or_default();
                if *failures < *times {
                    *failures += 1;
                    let failure = StateFailure::new(*error, "as scripted");
                    return Some(TaskOutcome::Failed { failure, refusal: *refusal });
                }
            }
            Some(Script::Fails { .. }) | None => {}
        }
        if self.succeeded.insert(request.key.clone()) {
            self.effects.push(function.clone());
        }
        Some(TaskOutcome::Succeeded { result: json!({"done": function}) })
    }
}

/// A world with one state machine.
pub(super) struct World {
    pub(super) clock: Arc<PatientClock>,
    pub(super) store: FaultyStore<MemoryStore>,
    pub(super) queue: Arc<PlannedQueue>,
    pub(super) workers: Mutex<Workers>,
    pub(super) machine: StateMachine,
    pub(super) settings: Settings,
    entropy: Arc<SeededEntropy>,
}

/// The functions that definitions of these tests may name; each has a queue `task-FUNCTION`.
const FUNCTIONS: [&str; 8] = ["reserve", "release", "charge", "refund", "ship", "notify", "review", "look"];

impl World {
    /// A world whose machine has this definition. In it, `fn:NAME` stands for the ARN of a function.
    pub(super) async fn new(definition: &str) -> Self {
        Self::over(definition, |_| MemoryStore::new()).await
    }

    /// The same, with a store that keeps what belongs to executions for so many days.
    pub(super) async fn keeping(definition: &str, days: u64) -> Self {
        Self::over(definition, |clock| MemoryStore::keeping(Retention::days(clock, days).unwrap())).await
    }

    async fn over(definition: &str, store: impl FnOnce(Arc<dyn Clock>) -> MemoryStore) -> Self {
        let clock =
            Arc::new(PatientClock { manual: ManualClock::at_millis(BEGINNING.millis()), at_next_pause: Mutex::default() });
        let store = FaultyStore::new(store(clock.clone()), FaultPlan::none());
        let queue = PlannedQueue {
            queue: queues(clock.clone()),
            store: store.clone(),
            plan: Mutex::default(),
            sends: AtomicU64::new(0),
            mortal: AtomicBool::new(false),
            dead: AtomicBool::new(false),
        };
        let machine = machine(&store, definition).await;
        Self {
            clock,
            store,
            queue: Arc::new(queue),
            workers: Mutex::default(),
            machine,
            settings: Settings { routes: routes(), ..Settings::default() },
            entropy: Arc::new(SeededEntropy::new(7)),
        }
    }

    /// With a worker that answers by a script.
    pub(super) fn with(self, function: &str, script: Script) -> Self {
        self.workers.lock().unwrap().scripts.insert(function.to_owned(), script);
        self
    }

    /// From now on a worker answers as any other.
    pub(super) fn mend(&self, function: &str) {
        self.workers.lock().unwrap().scripts.remove(function);
    }

    /// A coordinator as a new process has it.
    pub(super) fn coordinator(&self) -> Coordinator {
        let ports = Ports {
            executions: Arc::new(self.store.clone()),
            ledger: Arc::new(self.store.clone()),
            queue: self.queue.clone(),
            objects: None,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
        };
        Coordinator::new(ports, self.settings.clone())
    }

    /// The process is killed at this write of the store, before or after it took effect.
    pub(super) fn kill_at_write(&self, write: u64, after: bool) {
        let plan = FaultPlan::none();
        self.queue.mortal.store(true, Relaxed);
        self.store.follow(if after { plan.killed_after(write) } else { plan.killed_before(write) });
    }

    /// Sends fail by this plan; they are counted anew.
    pub(super) fn fail_sends(&self, plan: impl IntoIterator<Item = (u64, SendFault)>) {
        *self.queue.plan.lock().unwrap() = plan.into_iter().collect();
        self.queue.sends.store(0, Relaxed);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.queue.is_dead()
    }

    /// From now on nothing fails.
    pub(super) fn mend_all(&self) {
        self.queue.mortal.store(false, Relaxed);
        self.queue.dead.store(false, Relaxed);
        self.store.follow(FaultPlan::none());
        self.fail_sends([]);
    }

    /// Every message that is queued or in flight is lost.
    pub(super) fn purge_all(&self) {
        self.queue.queue.names().iter().for_each(|queue| self.queue.queue.purge(queue));
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    pub(super) fn advance(&self, seconds: u64) {
        self.clock.manual.advance(Duration::from_secs(seconds));
    }

    /// While somebody pauses next, so many seconds pass, and this happens.
    pub(super) fn at_next_pause(&self, seconds: u64, happens: impl FnOnce() + Send + 'static) {
        let clock = self.clock.clone();
        let meanwhile = move || {
            clock.manual.advance(Duration::from_secs(seconds));
            happens();
        };
        *self.clock.at_next_pause.lock().unwrap() = Some(Box::new(meanwhile));
    }

    pub(super) async fn start(&self, name: &str, input: &str) -> Result<Started, StartError> {
        self.coordinator().start(self.start_request(name, input)).await
    }

    pub(super) fn start_request(&self, name: &str, input: &str) -> StartRequest {
        StartRequest { machine: self.machine.clone(), name: name.to_owned(), input: input.into(), parent: None }
    }

    pub(super) fn arn(name: &str) -> String {
        format!("arn:aws:states:us-east-1:123456789012:execution:Orders:{name}")
    }

    pub(super) async fn description(&self, name: &str) -> Description {
        self.coordinator().describe(&Self::arn(name)).await.unwrap()
    }

    pub(super) async fn status(&self, name: &str) -> ExecutionStatus {
        self.description(name).await.status
    }

    /// What the head says, which is what lists show.
    pub(super) async fn head_status(&self, name: &str) -> ExecutionStatus {
        self.store.head(&Self::arn(name)).await.unwrap().unwrap().status
    }

    /// The functions that took effect, in order.
    pub(super) fn effects(&self) -> Vec<String> {
        self.workers.lock().unwrap().effects.clone()
    }

    /// Receives at most 10 messages of a queue and handles them with `coordinator`. Answers whether there were any.
    pub(super) async fn coordinate(&self, coordinator: &Coordinator, queue: &str) -> bool {
        let deliveries = self.queue.queue.receive(queue, 10, Duration::ZERO).await.unwrap();
        let dispositions = coordinator.handle(&deliveries).await;
        assert_eq!(dispositions.len(), deliveries.len());
        // A dead process acknowledges nothing.
        if !self.is_dead() {
            for (delivery, disposition) in deliveries.iter().zip(dispositions) {
                self.dispose(queue, delivery, disposition).await;
            }
        }
        !deliveries.is_empty()
    }

    pub(super) async fn dispose(&self, queue: &str, delivery: &Delivery, disposition: Disposition) {
        let receipt = delivery.receipt.clone();
        match disposition {
            Disposition::Done => self.queue.queue.delete(queue, &receipt).await.unwrap(),
            Disposition::GiveBack { delay } => {
                self.queue.queue.give_back(queue, &GiveBack { receipt, delay }).await.unwrap();
            }
        }
    }

    /// Workers take what is queued for them and answer. Answers whether there was anything.
    pub(super) async fn work(&self) -> bool {
        let mut worked = false;
        for function in FUNCTIONS {
            let queue = task_queue(function);
            for delivery in self.queue.queue.receive(&queue, 10, Duration::ZERO).await.unwrap() {
                worked = true;
                let request = RequestBody::decode(&delivery.body).unwrap();
                let outcome = self.workers.lock().unwrap().answer(&request);
                if let Some(outcome) = outcome {
                    self.answer(&request, outcome).await;
                }
                self.queue.queue.delete(&queue, &delivery.receipt).await.unwrap();
            }
        }
        worked
    }

    /// Sends an answer as a worker's harness does.
    pub(super) async fn answer(&self, request: &RequestBody, outcome: TaskOutcome) {
        let message = CoordinatorMessage::Answer { token: request.token.clone(), outcome };
        let body = CoordinatorBody::new(request.execution.clone(), message).encode();
        let outgoing = Outgoing {
            body,
            attributes: BTreeMap::new(),
            delay: Duration::ZERO,
            group: Some(request.execution.to_string()),
            deduplication: Some(format!("{:032x}", self.entropy.bits())),
        };
        self.queue.queue.send(queue_name::ANSWERS, &[outgoing]).await.unwrap();
    }

    /// Handles a wake or hint or, if there is none, what goes on with one. Answers whether there was anything.
    pub(super) async fn coordinate_page(&self, coordinator: &Coordinator) -> bool {
        self.coordinate(coordinator, queue_name::HINTS).await || self.coordinate(coordinator, queue_name::ANSWERS).await
    }

    /// Everything that can be done at this moment is done, or the process dies.
    pub(super) async fn run(&self, coordinator: &Coordinator) {
        for _ in 0..1_000 {
            let mut progress = self.coordinate(coordinator, queue_name::ANSWERS).await;
            progress |= !self.is_dead() && self.coordinate(coordinator, queue_name::HINTS).await;
            if self.is_dead() {
                return;
            }
            progress |= self.work().await;
            if !progress {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    /// Runs for so long, the watch looking each minute.
    pub(super) async fn run_for(&self, coordinator: &Coordinator, seconds: u64) {
        let until = self.now().plus_seconds(seconds);
        let mut watch_at = self.now();
        while self.now() <= until && !self.is_dead() {
            if self.now() >= watch_at {
                let _ = coordinator.watch().await;
                watch_at = self.now().plus_seconds(60);
            }
            self.run(coordinator).await;
            self.advance(5);
        }
    }
}

fn task_queue(function: &str) -> String {
    format!("task-{function}")
}

fn queues(clock: Arc<dyn Clock>) -> MemoryQueue {
    let visible_after = Duration::from_secs(VISIBILITY_SECONDS);
    let standard = || QueueSettings::standard().with_visibility_timeout(visible_after);
    let queues = MemoryQueue::new(clock)
        .with_queue(queue_name::ANSWERS, QueueSettings::fifo().with_visibility_timeout(visible_after))
        .with_queue(queue_name::HINTS, standard())
        .with_queue(queue_name::PARKING, standard());
    FUNCTIONS.iter().fold(queues, |queues, function| queues.with_queue(task_queue(function), standard()))
}

fn routes() -> Routes {
    let route = |function: &&str| {
        let route = Route { queue: task_queue(function), function_timeout_seconds: 30 };
        ((*function).to_owned(), route)
    };
    Routes(FUNCTIONS.iter().map(route).collect())
}

async fn machine(store: &FaultyStore<MemoryStore>, definition: &str) -> StateMachine {
    let definition = definition.replace("fn:", "arn:aws:lambda:us-east-1:123456789012:function:");
    let hash = DefinitionHash::of(&definition);
    store.put_definition(&hash, &definition).await.unwrap();
    StateMachine {
        name: "Orders".to_owned(),
        arn: "arn:aws:states:us-east-1:123456789012:stateMachine:Orders".to_owned(),
        kind: "STANDARD".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/orders".to_owned(),
        definition: hash,
        created_at: BEGINNING,
        updated_at: BEGINNING,
        revision_id: None,
        settings: json!({}),
        version: 1,
    }
}
