//! The world: what is true whatever any host believes. Time, store, queues, hosts, faults, and whoever watches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clock::{Clock, Entropy, SeededEntropy};
use coordinator::ParsedDefinitions;
use interpreter::{ExecutionId, Routes, TaskToken, Timestamp};
use messages::{Delivery, MemoryQueue};
use store::{MemoryStore, Retention};

use crate::check::Checks;
use crate::effect::{Book, Effect};
use crate::executor::{Executor, HostNumber, TaskNumber};
use crate::fault::{Fault, Faults, Opportunity, Permitted, Strike};
use crate::host::{Host, Role, WorldClock};
use crate::options::Options;
use crate::queues;
use crate::random::{Random, Stream, mixed};
use crate::trace::Trace;
use crate::workload::worker::{Provider, Question, UNFIT};

/// When every world begins, in milliseconds since 1970.
pub(crate) const BEGINNING_MILLIS: i64 = 1_800_000_000_000;

/// How many times longer the retention is than what items are kept beyond it.
const RETENTION_PER_MARGIN: u64 = 15;

/// What an invocation of a function was given.
#[derive(Debug, Clone)]
pub(crate) struct Handling {
    /// The queue that it came from.
    pub queue: String,
    /// The messages.
    pub deliveries: Vec<Delivery>,
    /// Where it runs.
    pub host: HostNumber,
    /// When it began.
    pub began: Timestamp,
    /// When the wakes began that are among its messages, or that these go on with, by execution.
    pub wakes: BTreeMap<ExecutionId, Timestamp>,
    /// Whether a call of the invocation failed.
    pub troubled: Arc<AtomicBool>,
    /// Whether a call of the invocation was not answered.
    pub unanswered: Arc<AtomicBool>,
    /// Whether the invocation stood still for a while.
    pub paused: Arc<AtomicBool>,
    /// Whether the store refused something, so that each message is handled by itself.
    pub apart: Arc<AtomicBool>,
}

/// What the API is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asking {
    /// SendTaskSuccess, by this token.
    Success(TaskToken),
    /// SendTaskFailure, by this token.
    Failure(TaskToken),
    /// SendTaskHeartbeat, by this token.
    Heartbeat(TaskToken),
    /// StopExecution.
    Stop,
    /// RedriveExecution.
    Redrive,
    /// Something else, by its name in the trace.
    Other(&'static str),
}

impl Asking {
    /// As the trace names it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Success(_) | Self::Failure(_) => "callback",
            Self::Heartbeat(_) => "heartbeat",
            Self::Stop => "stop",
            Self::Redrive => "redrive",
            Self::Other(name) => name,
        }
    }
}

/// Everything that there is.
pub(crate) struct World {
    /// What was drawn for this seed.
    pub options: Options,
    /// Time and tasks.
    pub executor: Executor,
    /// The store, as it is.
    pub store: MemoryStore,
    /// All journals and values there ever were, where the store does not keep them for ever: for whoever judges.
    pub archive: Option<MemoryStore>,
    /// The queues, as they are.
    pub queues: Arc<MemoryQueue>,
    /// Who serves which function.
    pub routes: Routes,
    /// Ids, seeds and jitter of the system under test.
    pub entropy: Arc<dyn Entropy>,
    /// Definitions, parsed once for all hosts.
    pub parsed: Arc<ParsedDefinitions>,
    hosts: Vec<Host>,
    faults: Mutex<Faults>,
    latency: Mutex<Random>,
    handling: Mutex<BTreeMap<TaskNumber, Arc<Handling>>>,
    asked: Mutex<BTreeMap<TaskNumber, Asking>>,
    /// Set when nothing goes wrong any more: workers are no trouble from then on.
    pub mended: Arc<AtomicBool>,
    /// The providers of the random workers.
    pub provider: Provider,
    book: Arc<Mutex<Book>>,
    questions: Mutex<Vec<Question>>,
    /// Task queues that refuse what is sent to them, and until when.
    denied: Mutex<BTreeMap<String, i64>>,
    checks: Mutex<Checks>,
    trace: Mutex<Trace>,
}

/// Takes a lock; what a panic left is whole, for nothing panics between two changes.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A store that keeps executions for so long, by the world's clock.
fn keeping(seconds: u64, clock: &Arc<dyn Clock>) -> MemoryStore {
    let length_millis = seconds.saturating_mul(1_000);
    MemoryStore::keeping(Retention::millis(Arc::clone(clock), length_millis, length_millis / RETENTION_PER_MARGIN))
}

impl World {
    /// The world of these options, at its beginning.
    pub(crate) fn new(options: Options, routes: Routes, permitted: Permitted, trace: Trace) -> Arc<Self> {
        let seed = options.seed;
        let executor = Executor::new(seed, BEGINNING_MILLIS);
        let clock: Arc<dyn Clock> = Arc::new(WorldClock(executor.clone()));
        let queues = Arc::new(queues::declare(&clock, &routes, &options));
        let book = Arc::<Mutex<Book>>::default();
        Arc::new(Self {
            hosts: Host::all(&options),
            faults: Mutex::new(Faults::new(seed, &options, permitted)),
            latency: Mutex::new(Random::new(seed, Stream::Latency)),
            entropy: Arc::new(SeededEntropy::new(mixed(seed ^ 0x5eed))),
            store: options.retention_seconds.map_or_else(MemoryStore::new, |seconds| keeping(seconds, &clock)),
            archive: options.retention_seconds.map(|_| MemoryStore::new()),
            parsed: Arc::default(),
            handling: Mutex::default(),
            asked: Mutex::default(),
            mended: Arc::default(),
            provider: Provider::new(Arc::clone(&book)),
            book,
            questions: Mutex::default(),
            denied: Mutex::default(),
            checks: Mutex::new(Checks::new(&options)),
            trace: Mutex::new(trace),
            queues,
            routes,
            executor,
            options,
        })
    }

    /// Where all journals and values are, expired or not.
    pub(crate) fn journals(&self) -> &MemoryStore {
        self.archive.as_ref().unwrap_or(&self.store)
    }

    /// The world's time.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.executor.now())
    }

    /// All hosts.
    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// One of the hosts with a role.
    pub(crate) fn any_host(&self, role: Role) -> HostNumber {
        let places: Vec<HostNumber> = (0..self.hosts.len()).filter(|place| self.role(*place) == Some(role)).collect();
        locked(&self.latency).pick(&places).copied().unwrap_or(0)
    }

    fn role(&self, host: HostNumber) -> Option<Role> {
        self.hosts.get(host).map(|host| host.role)
    }

    /// By how much a host's clock is ahead of the world's, in milliseconds.
    pub(crate) fn offset_millis(&self, host: HostNumber) -> i64 {
        self.hosts.get(host).map_or(0, Host::offset_millis)
    }

    /// What goes wrong now, if anything; noted in the trace.
    pub(crate) fn strike(&self, opportunity: Opportunity, what: &str) -> Option<Strike> {
        let strike = locked(&self.faults).draw(opportunity)?;
        self.trace(|| format!("! {} #{} at {what}", strike.fault.name(), strike.number));
        Some(strike)
    }

    /// From now on nothing goes wrong.
    pub(crate) fn cease_faults(&self) {
        locked(&self.faults).cease();
        self.mended.store(true, Ordering::Relaxed);
    }

    /// Whether nothing goes wrong any more.
    pub(crate) fn faults_have_ceased(&self) -> bool {
        locked(&self.faults).has_ceased()
    }

    /// What went wrong so far.
    pub(crate) fn struck(&self) -> Vec<Strike> {
        locked(&self.faults).struck().to_vec()
    }

    /// A number from `least` to `most`, for how long something takes and who is next.
    pub(crate) fn drawn_within(&self, least: u64, most: u64) -> u64 {
        locked(&self.latency).within(least, most)
    }

    /// Lets the usual time of a call's one way pass.
    pub(crate) async fn pass_latency(&self) {
        let millis = self.drawn_within(0, self.options.latency_millis);
        self.executor.sleep(i64::try_from(millis).unwrap_or(0)).await;
    }

    /// Stops the process at work, for ever: it never comes back from here.
    pub(crate) async fn die(&self) {
        if let Some(current) = self.executor.current() {
            self.executor.stop(current.task);
        }
        futures::future::pending().await
    }

    /// Stops a host with all that runs on it.
    pub(crate) async fn die_with_host(&self, host: HostNumber) {
        self.executor.stop_host(host);
        if let Some(host) = self.hosts.get(host) {
            host.restart();
        }
        self.die().await;
    }

    /// Pauses the process at work, or all of its host.
    pub(crate) fn pause(&self, strike: &Strike, host: HostNumber) {
        let millis = strike.within(1, self.options.longest_pause_millis);
        let until = self.executor.now().saturating_add(i64::try_from(millis).unwrap_or(0));
        self.note_pause(strike.fault, host);
        match (strike.fault, self.executor.current()) {
            (Fault::HostPaused, _) => self.executor.freeze_host(host, until),
            (_, Some(current)) => self.executor.freeze(current.task, until),
            (_, None) => {}
        }
    }

    fn note_pause(&self, fault: Fault, host: HostNumber) {
        let current = self.executor.current().map(|current| current.task);
        let handlings = locked(&self.handling);
        let is_paused = |task: &TaskNumber, handling: &Handling| match fault {
            Fault::HostPaused => handling.host == host,
            _ => Some(*task) == current,
        };
        for (_, handling) in handlings.iter().filter(|(task, handling)| is_paused(task, handling)) {
            handling.paused.store(true, Ordering::Relaxed);
        }
    }

    /// Notes what a task was given.
    pub(crate) fn begin_handling(&self, task: TaskNumber, handling: Arc<Handling>) {
        locked(&self.handling).insert(task, handling);
    }

    /// Forgets what a task was given.
    pub(crate) fn end_handling(&self, task: TaskNumber) {
        locked(&self.handling).remove(&task);
    }

    /// What the task at work was given.
    pub(crate) fn handled_now(&self) -> Option<Arc<Handling>> {
        let current = self.executor.current()?;
        locked(&self.handling).get(&current.task).cloned()
    }

    /// Notes what a task is to answer.
    pub(crate) fn begin_asking(&self, task: TaskNumber, asking: Asking) {
        locked(&self.asked).insert(task, asking);
    }

    /// What the task at work is to answer.
    pub(crate) fn asked_now(&self) -> Option<Asking> {
        let current = self.executor.current()?;
        locked(&self.asked).get(&current.task).cloned()
    }

    /// A call of the task at work has failed.
    pub(crate) fn trouble(&self) {
        if let Some(handling) = self.handled_now() {
            handling.troubled.store(true, Ordering::Relaxed);
        }
    }

    /// A call of the task at work is not answered.
    pub(crate) fn leave_unanswered(&self) {
        self.trouble();
        if let Some(handling) = self.handled_now() {
            handling.unanswered.store(true, Ordering::Relaxed);
        }
    }

    /// The book of effects.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }

    /// Notes an effect in our table.
    pub(crate) fn note(&self, effect: Effect) {
        locked(&self.book).note(effect);
    }

    /// A queue refuses for so long what is sent to it, as if access were denied.
    pub(crate) fn deny(&self, queue: &str, millis: i64) {
        locked(&self.denied).insert(queue.to_owned(), self.executor.now().saturating_add(millis));
    }

    /// Whether the store refuses to keep this, as drawn: it is what [`crate::workload::worker::UNFIT`] marks.
    pub(crate) fn is_unfit(&self, text: &str) -> bool {
        !self.faults_have_ceased() && text.contains(UNFIT)
    }

    /// Whether a queue refuses what is sent to it.
    pub(crate) fn is_denied(&self, queue: &str) -> bool {
        !self.faults_have_ceased() && locked(&self.denied).get(queue).is_some_and(|until| *until > self.executor.now())
    }

    /// Somebody outside is asked something.
    pub(crate) fn ask(&self, question: Question) {
        locked(&self.questions).push(question);
    }

    /// What was asked since this was called last.
    pub(crate) fn take_questions(&self) -> Vec<Question> {
        std::mem::take(&mut *locked(&self.questions))
    }

    /// Whoever watches.
    pub(crate) fn checks(&self) -> MutexGuard<'_, Checks> {
        locked(&self.checks)
    }

    /// Writes a line of the trace, if there is one: the world's time, who is at work, and what happens.
    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        let mut trace = locked(&self.trace);
        if trace.is_on() {
            let since_millis = self.executor.now() - BEGINNING_MILLIS;
            let who = self.executor.current().map_or_else(|| "-".to_owned(), |current| self.who(&current));
            trace.line(since_millis, &who, &line());
        }
    }

    fn who(&self, current: &crate::executor::Current) -> String {
        let host = self.hosts.get(current.host).map_or("?", |host| host.name.as_str());
        format!("{host}/{}#{}", current.label, current.task)
    }
}
