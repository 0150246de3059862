//! An execution between two transitions: what a journal entry holds.
//!
//! A tree that mirrors the program: a [`Branch`] is a thread of control with at most one [`Visit`], a visit of a Parallel or a Map
//! has branches of its own. What must be undone hangs where the program put it: [`Owed`] records stand in the branch that
//! registered them, in order, so that unwinding is "last first" by construction.
//!
//! Serialized as JSON; names are frozen (docs/items.md), new fields get a default.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::map_run::{MapRun, MapRunFacts, RunProgress};
use crate::{DefinitionHash, IdempotencyKey, Identity, Parent, Payload, StateFailure, TaskOutcome, Timestamp, ValueHash};

/// A whole execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Who it is.
    pub identity: Identity,
    /// The definition that it is pinned to.
    pub definition: DefinitionHash,
    /// As describe shows it: RUNNING until unwinding has ended.
    pub status: ExecutionStatus,
    /// The number of its latest journal entry; 0 before the first.
    pub revision: u64,
    /// When it was started.
    pub started_at: Timestamp,
    /// The time of its latest entry.
    pub updated_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Its input.
    pub input: Payload,
    /// Its output, once it has succeeded.
    pub output: Option<Payload>,
    /// Its error and cause, once it has ended in another way.
    pub failure: Option<StateFailure>,
    /// When the machine's TimeoutSeconds are over.
    pub deadline: Option<Timestamp>,
    /// The id of the next history event; the first is 1.
    pub next_event: u64,
    /// The number of the next visit.
    pub next_visit: u64,
    /// The outermost thread of control; kept as it was where an execution may be redriven.
    pub root: Branch,
    /// Whether the pivot has succeeded: from then on the saga only goes forward.
    pub pivot_passed: bool,
    /// How the execution will end, where that is decided but not yet reached.
    pub ending: Option<Ending>,
    /// Why it ended with something owed, or short of its forward end.
    pub parked: Option<Parked>,
    /// The timer hint that was sent last.
    pub armed: Option<Armed>,
    /// At the latest now the head's `wake_at` comes due: the head's is this or earlier.
    pub wake_at: Timestamp,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was redriven last.
    pub redriven_at: Option<Timestamp>,
    /// Keys of stopped tasks that need no compensation: their requests are not to be executed any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revocations: Vec<Revocation>,
    /// The revision that ended it: the head is to be told.
    pub ended_in: Option<u64>,
    /// Transitions in a row in which no task succeeded and no time was waited for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_progress: u32,
    /// Who waits for its end, where somebody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Box<Parent>>,
    /// Of a Map Run: what is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_run: Option<Box<MapRunFacts>>,
    /// Map Runs that were stopped and have not told their end yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopping: Vec<StoppingRun>,
}

/// A Map Run that is to stop, whatever became of the Map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoppingRun {
    /// The Map's name.
    pub state: String,
    /// The Map's visit.
    pub visit: u64,
    /// The revision that stopped it.
    pub revision: u64,
    /// The run.
    pub run: MapRun,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The status of an execution, as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// Not ended yet; unwinding included.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended by a failure.
    Failed,
    /// Ended by the machine's TimeoutSeconds.
    TimedOut,
    /// Ended by StopExecution.
    Aborted,
}

impl ExecutionStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

/// How an execution will end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The status it will have.
    pub status: ExecutionStatus,
    /// Its error and cause.
    pub failure: Option<StateFailure>,
    /// What it still waits for.
    pub stage: EndingStage,
}

/// What an execution that is ending waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EndingStage {
    /// The outcome of the pivot, which is unknown: only that decides between unwinding and going forward.
    AwaitingPivot,
    /// What is owed, last first.
    Unwinding(Vec<Owed>),
}

/// Why an execution that ended needs a person: it can be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parked {
    /// A compensation failed for good; what is still owed stands in `ending`.
    Unwinding,
    /// A failure after the pivot; the tree stands in `root`.
    Forward,
}

/// The timer hint that was sent last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Armed {
    /// When it comes due.
    pub due: Timestamp,
    /// The revision that sent it.
    pub revision: u64,
}

/// A key whose request is not to be executed any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The key.
    pub key: IdempotencyKey,
    /// The revision that revoked it.
    pub revision: u64,
    /// Whether its requests hand task tokens out: that one was handed out says nothing about the last attempt's, which is not to be. Written only where it
    /// is so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub callback: bool,
}

/// A thread of control: the execution's outermost one, a branch of a Parallel, an iteration of a Map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Branch {
    /// The state that it is in; none once it has finished.
    pub visit: Option<Visit>,
    /// Its output, once it has finished.
    pub output: Option<Payload>,
    /// Its variables, assigned by `Assign`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Payload>,
    /// What it owes, in the order of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<Owed>,
    /// The id of its latest history event: the next one's `previousEventId`.
    pub last_event: u64,
}

/// One entry of a branch into a state, or one outer retry of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The state's name.
    pub state: String,
    /// Its number, unique in the execution.
    pub number: u64,
    /// The state's raw input.
    pub input: Payload,
    /// When the state was entered.
    pub entered_at: Timestamp,
    /// The id of its entered event; 0 before it is entered.
    pub entered_event: u64,
    /// Retries so far, per retrier of the state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<u64>,
    /// What it is doing.
    pub activity: Activity,
}

/// What a visit is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Activity {
    /// To be entered: left so by a transition whose bound was reached, or about to be.
    Runnable {
        /// The revision that left it so.
        revision: u64,
    },
    /// A Wait.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// A Wait that is over; used in the same transition.
    Waited,
    /// A Task.
    Task(Box<TaskProgress>),
    /// A Parallel: its branches, in order.
    Parallel(Vec<Branch>),
    /// A Map.
    Map(Box<MapProgress>),
    /// A distributed Map, whose Map Run is an execution of its own.
    MapRun(Box<MapRun>),
    /// Of a Map Run: the executions of its items.
    Items(Box<RunProgress>),
    /// Between two outer attempts of a Parallel or Map.
    Backoff {
        /// Until when.
        until: Timestamp,
    },
    /// The part has failed and is being unwound before its failure is used.
    Unwinding {
        /// What is left to undo.
        owed: Vec<Owed>,
        /// What failed.
        failure: StateFailure,
        /// How the failure is used then.
        then: UnwindingThen,
    },
    /// Failed, and nothing caught it: kept so that a redrive can go on here.
    Failed(StateFailure),
}

/// How the failure of a part that was unwound is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnwindingThen {
    /// By the state's catcher with this index.
    Catch(usize),
    /// By an outer retry after this many milliseconds.
    Retry {
        /// The delay.
        delay_millis: u64,
    },
}

/// A Task in progress: one visit, all its attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// The idempotency key of the visit.
    pub key: IdempotencyKey,
    /// The secret that the proofs of this visit's tokens are made of.
    #[serde(with = "hexadecimal")]
    pub secret: u128,
    /// What the worker received with the latest attempt; none before the first.
    pub arguments: Option<Payload>,
    /// The function that the latest attempt went to.
    #[serde(default)]
    pub function: String,
    /// The compensation's call as evaluated when the action was scheduled; none without a compensation.
    pub compensation: Option<CompensationCall>,
    /// The variables that the compensation mentions, as they were when the action was scheduled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Payload>,
    /// Attempts so far; the current one's number.
    pub attempt: u32,
    /// The latest attempt when a success came whose result failed the state; 0 if none did. Successes of attempts up to it say nothing new: they are
    /// copies of that one, or tell of the same effect.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub misfit_attempt: u32,
    /// Whether an attempt has ended, or was interrupted, that may have had an effect.
    pub unknown: bool,
    /// How often it was retried beyond its retriers because it is a pivot of unknown outcome.
    #[serde(default)]
    pub pivot_retries: u32,
    /// Where it stands.
    pub phase: TaskPhase,
}

/// Where a Task stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskPhase {
    /// An attempt is to be scheduled: left so by a transition whose bound was reached.
    Due {
        /// The revision that left it so.
        revision: u64,
    },
    /// An attempt is outside.
    InFlight(TaskAttempt),
    /// Between two attempts.
    Backoff {
        /// Until when.
        until: Timestamp,
    },
    /// The current attempt has ended; what came of it is used in the same transition.
    Ended(AttemptEnd),
    /// It has failed and nothing caught it: kept so that a redrive can go on here, under the same key.
    Failed(StateFailure),
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AttemptEnd {
    /// It was answered.
    Answered(TaskOutcome),
    /// Its deadline passed.
    TimedOut,
    /// Its heartbeat stayed away.
    HeartbeatLost,
    /// Its request could not be published; `refusal` if provably nobody saw it.
    NotPublished {
        /// What the task fails with.
        failure: StateFailure,
        /// Whether nobody can have seen it.
        refusal: bool,
    },
}

/// An attempt that is outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskAttempt {
    /// The revision that scheduled it.
    pub revision: u64,
    /// The name of the function that serves it.
    pub function: String,
    /// What the worker receives.
    pub input: Payload,
    /// When it times out.
    pub deadline: Option<Timestamp>,
    /// Seconds within which a heartbeat is to come.
    pub heartbeat_seconds: Option<u64>,
    /// When it times out for want of a heartbeat.
    pub heartbeat_deadline: Option<Timestamp>,
    /// Whether the answer comes by SendTaskSuccess or SendTaskFailure.
    pub callback: bool,
    /// Whether the request of a callback task was delivered: now only the callback is awaited.
    #[serde(default)]
    pub submitted: bool,
    /// Of an activity's task that no worker has asked for yet: within how many seconds it is to be answered from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
}

/// A Map in progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapProgress {
    /// How many items there are.
    pub total: u64,
    /// The page that holds the next item to start, and what follows it; none once all are started.
    pub items: Option<ValueHash>,
    /// The next item's place in that page.
    pub items_offset: usize,
    /// The index of the next iteration to start.
    pub next_index: u64,
    /// At most this many at a time.
    pub max_concurrency: u32,
    /// How many iterations may fail.
    pub tolerated_failures: u64,
    /// Whether the state says how many may: then too many are `States.ExceedToleratedFailureThreshold`.
    pub tolerant: bool,
    /// How many have failed.
    pub failures: u64,
    /// The iterations under way.
    pub active: Vec<Iteration>,
    /// The revision that left iterations unstarted though there was room: its bound was reached.
    #[serde(default)]
    pub starved: Option<u64>,
    /// Results of finished iterations by index: the page that is being filled.
    pub results: Vec<(u64, Payload)>,
    /// Pages of results that were sealed, the latest ones; each names the ones before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<ValueHash>,
    /// What finished iterations owe, by index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<OwedBranch>,
}

/// An iteration of a Map under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Iteration {
    /// Its item, for the context object.
    pub item: MapItem,
    /// What it is doing.
    pub stage: IterationStage,
}

/// What an iteration is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum IterationStage {
    /// It runs.
    Running(Box<Branch>),
    /// It has failed within what is tolerated, and is being unwound first.
    Unwinding {
        /// What is left to undo.
        owed: Vec<Owed>,
        /// Its latest history event.
        last_event: u64,
        /// What it failed with.
        failure: StateFailure,
    },
}

/// What is owed: registered and not yet undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Owed {
    /// By a Task.
    Task(Box<OwedTask>),
    /// By branches beside each other.
    Group(OwedGroup),
}

/// What a Parallel or a Map owes: its branches beside each other, a bounded number of them at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwedGroup {
    /// The state's name.
    pub state: String,
    /// Its branches.
    pub branches: Vec<OwedBranch>,
}

/// What one branch or iteration owes, in the order of the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwedBranch {
    /// Its index.
    pub index: u64,
    /// What it owes.
    pub owed: Vec<Owed>,
}

/// What a Task owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwedTask {
    /// The Task's name.
    pub state: String,
    /// The visit that registered it.
    pub visit: u64,
    /// The action's key.
    pub key: IdempotencyKey,
    /// The secret of the action's tokens: a late success still supplies the arguments.
    #[serde(with = "hexadecimal")]
    pub secret: u128,
    /// The action's attempts.
    pub attempts: u32,
    /// Whether the action is known to have succeeded.
    pub succeeded: bool,
    /// When the action's state was entered, for the context object.
    #[serde(default)]
    pub entered_at: Timestamp,
    /// What the action received: a late success is evaluated with it.
    pub action_input: Payload,
    /// The function that the action went to: its lease may last as long as that function runs.
    pub action_function: String,
    /// How it is undone.
    pub compensation: CompensationCall,
    /// The Map iteration that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iteration: Option<MapItem>,
    /// The variables that the compensation mentions, as they were when the action was scheduled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Payload>,
    /// How far undoing it has come.
    pub undo: Undo,
}

/// A compensation's call, evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompensationCall {
    /// The name of the function that undoes.
    pub function: String,
    /// What it receives.
    pub input: Payload,
    /// Seconds that an attempt may take; none for no bound.
    pub timeout_seconds: Option<u64>,
}

/// An item of a Map, as the context object shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapItem {
    /// Its index.
    pub index: u64,
    /// The item.
    pub value: Payload,
}

/// How far undoing a Task has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Undo {
    /// The compensation's visit; 0 until it is scheduled first.
    pub visit: u64,
    /// Attempts so far.
    pub attempt: u32,
    /// Retries so far, per retrier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<u64>,
    /// When its first attempt (since the latest redrive) was scheduled: the default retrier gives up a day later.
    pub since: Option<Timestamp>,
    /// Its latest history event.
    #[serde(default)]
    pub last_event: u64,
    /// Where it stands.
    pub phase: UndoPhase,
}

/// Where undoing a Task stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub enum UndoPhase {
    /// Not its turn yet.
    #[default]
    Registered,
    /// To be scheduled: left so by a transition whose bound was reached.
    Due {
        /// The revision that left it so.
        revision: u64,
    },
    /// An attempt is outside.
    InFlight(TaskAttempt),
    /// Between two attempts.
    Backoff {
        /// Until when.
        until: Timestamp,
    },
    /// The current attempt has ended; what came of it is used in the same transition.
    Ended(AttemptEnd),
    /// Its retries are spent.
    Spent(StateFailure),
}

/// 128 bits as 32 hexadecimal digits: JSON numbers are too narrow.
pub(crate) mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bits: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{bits:032x}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(serde::de::Error::custom)
    }
}
