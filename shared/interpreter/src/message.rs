//! What the coordinator receives about one execution.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ChildEnd, StateFailure, TaskToken, Timestamp};

/// A message about one execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The execution is to begin. Applied once, to an execution of revision 0.
    Start,
    /// A task was answered.
    Answer(TaskAnswer),
    /// A worker asks for the task of an activity.
    Poll(ActivityPoll),
    /// A timer hint: something may be due.
    Timer {
        /// When.
        due: Timestamp,
        /// The revision that armed it.
        revision: u64,
    },
    /// The watch function's: look again at everything.
    Wake,
    /// StopExecution.
    Stop {
        /// Its error and cause; both may be absent.
        error: Option<String>,
        /// Its cause.
        cause: Option<String>,
    },
    /// RedriveExecution.
    Redrive,
    /// A request could not be published, for good.
    PublishFailed(PublishFailure),
    /// An execution that this one waits for has ended.
    ChildEnded {
        /// What it answers.
        token: TaskToken,
        /// How it ended.
        end: Box<ChildEnd>,
    },
    /// The results of a Map Run were written, or could not be.
    ResultsWritten {
        /// The Map's visit in the run.
        visit: u64,
        /// The revision that asked for it.
        revision: u64,
        /// `{"Bucket", "Key", "Count"}`, or what the run fails with.
        outcome: Result<Value, StateFailure>,
    },
    /// UpdateMapRun.
    UpdateMapRun(MapRunUpdate),
}

/// What UpdateMapRun changes; what is absent stays.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MapRunUpdate {
    /// At most this many executions at a time; 0 for as many as possible.
    pub max_concurrency: Option<u64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
    /// What share of the items may fail, in percent.
    pub tolerated_failure_percentage: Option<f64>,
}

/// A task's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskAnswer {
    /// Which attempt it answers.
    pub token: TaskToken,
    /// What came of it.
    pub outcome: TaskOutcome,
    /// Whether it came by SendTaskSuccess or SendTaskFailure, and not from the worker's harness.
    pub by_callback: bool,
}

/// A worker asks for the task of an activity, whose token it has found.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivityPoll {
    /// The attempt.
    pub token: TaskToken,
    /// Who asks, for the history.
    pub worker_name: Option<String>,
}

/// What came of a task's attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TaskOutcome {
    /// It succeeded.
    Succeeded {
        /// Its result.
        result: Value,
    },
    /// It failed.
    Failed {
        /// With what.
        #[serde(flatten)]
        failure: StateFailure,
        /// Whether the answer proves that there was no effect: a typed refusal of a handler. Anything else leaves the effect unknown.
        refusal: bool,
    },
}

/// A request that could not be published, for good: no such queue, access denied.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishFailure {
    /// The attempt that it was for.
    pub token: TaskToken,
    /// What the task fails with.
    pub failure: StateFailure,
    /// Whether this is provably the first publish of the attempt, so that no worker can have seen it: a refusal.
    pub first_publish: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum MessageOutcome {
    /// It changed the execution.
    Applied,
    /// It no longer applies: acknowledge it, after publishing what is still outstanding since the revision that it names.
    Stale {
        /// Why.
        reason: Staleness,
        /// Publish again what was created at or after this revision.
        publish_since: u64,
    },
    /// A timer hint that came early: send it again for the rest.
    Early {
        /// When it is due.
        due: Timestamp,
        /// The revision that armed it.
        revision: u64,
    },
    /// It is not permitted; the execution stands as it was.
    Rejected(Rejection),
}

/// Why a message no longer applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Staleness {
    /// The execution was started already.
    AlreadyStarted,
    /// The execution has ended.
    Ended,
    /// The visit is over.
    VisitOver,
    /// A failure of an attempt that is not the current one.
    AttemptOver,
    /// The attempt's deadline has passed; the timeout was first.
    TimedOut,
    /// The request was reported as delivered before.
    AlreadySubmitted,
    /// A result for a compensation whose arguments are fixed already.
    AlreadyUnwinding,
    /// Nothing was due.
    NothingDue,
    /// The execution is ending already.
    AlreadyEnding,
    /// The token's revision is above the latest: the table was restored. An alarm.
    FromTheFuture,
}

/// Why a message is not permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The token's proof is wrong, or a worker's token came by the API or the other way round.
    InvalidToken,
    /// The callback's attempt has timed out, or the task is no longer there.
    TaskTimedOut,
    /// The result or the failure is over the payload limit.
    TooLarge {
        /// Its length.
        bytes: u64,
    },
    /// The execution cannot be redriven.
    NotRedrivable {
        /// Why, for the answer.
        reason: String,
    },
}
