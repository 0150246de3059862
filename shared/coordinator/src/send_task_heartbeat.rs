//! SendTaskHeartbeat: written to the task's ledger entry, which is read before a heartbeat is judged overdue (invariant 14).

use breaks::Break;
use interpreter::{
    Activity, Branch, Execution, IdempotencyKey, IterationStage, Message, Reads, Seed, StateFailure, TaskAnswer, TaskOutcome,
    TaskToken,
};
use store::StoreError;

use crate::callback::{CallbackError, taken};
use crate::{Coordinator, DeliverError};

/// Why a heartbeat was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendTaskHeartbeatError {
    /// No token of a callback task of ours.
    #[error("invalid token")]
    InvalidToken,
    /// The execution does not exist.
    #[error("task does not exist")]
    TaskDoesNotExist,
    /// Its deadline has passed, an earlier heartbeat stayed away, or it was answered before.
    #[error("task timed out")]
    TaskTimedOut,
    /// The store did not answer.
    #[error(transparent)]
    Deliver(DeliverError),
}

impl From<CallbackError> for SendTaskHeartbeatError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::InvalidToken | CallbackError::TooLarge { .. } => Self::InvalidToken,
            CallbackError::TaskDoesNotExist => Self::TaskDoesNotExist,
            CallbackError::TaskTimedOut => Self::TaskTimedOut,
            CallbackError::Deliver(error) => Self::Deliver(error),
        }
    }
}

impl From<DeliverError> for SendTaskHeartbeatError {
    fn from(error: DeliverError) -> Self {
        CallbackError::from(error).into()
    }
}

impl From<StoreError> for SendTaskHeartbeatError {
    fn from(error: StoreError) -> Self {
        DeliverError::from(error).into()
    }
}

impl Coordinator {
    /// Notes that the callback task with this token was heard of. No transition: the journal does not grow with heartbeats.
    pub async fn send_task_heartbeat(&self, token: &str) -> Result<(), SendTaskHeartbeatError> {
        let token: TaskToken = token.parse().map_err(|_| SendTaskHeartbeatError::InvalidToken)?;
        let execution = self.latest(&token.execution).await?.ok_or(SendTaskHeartbeatError::TaskDoesNotExist)?;
        self.check_answerable(&execution, &token).await?;
        let key = key_of_visit(&execution.root, token.visit).ok_or(SendTaskHeartbeatError::TaskTimedOut)?;
        if breaks::active(Break::HeartbeatNotWritten) {
            return Ok(());
        }
        let now = self.now();
        self.retried(|| self.ports.ledger.heartbeat(&key, now)).await?;
        Ok(())
    }

    /// A heartbeat is taken exactly where an answer would be: what would become of one is asked, and thrown away.
    async fn check_answerable(&self, execution: &Execution, token: &TaskToken) -> Result<(), SendTaskHeartbeatError> {
        let outcome = TaskOutcome::Failed { failure: StateFailure::named("States.TaskFailed"), refusal: false };
        let answer = Message::Answer(TaskAnswer { token: token.clone(), outcome, by_callback: true });
        let definition = self.definition(&execution.definition).await.map_err(DeliverError::from)?;
        let moment = (self.now(), Seed([0; 16]));
        let decided = self.decide(&definition, execution, &[answer], moment, &mut Reads::default()).await?;
        Ok(decided.outcomes.iter().try_for_each(taken)?)
    }
}

/// The key of the task that is visited under this number.
fn key_of_visit(branch: &Branch, number: u64) -> Option<IdempotencyKey> {
    let visit = branch.visit.as_ref()?;
    match &visit.activity {
        Activity::Task(task) => (visit.number == number).then(|| task.key.clone()),
        Activity::Parallel(branches) => branches.iter().find_map(|branch| key_of_visit(branch, number)),
        Activity::Map(map) => map.active.iter().find_map(|iteration| match &iteration.stage {
            IterationStage::Running(branch) => key_of_visit(branch, number),
            IterationStage::Unwinding { .. } => None,
        }),
        Activity::Runnable { .. }
        | Activity::MapRun(_)
        | Activity::Items(_)
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Backoff { .. }
        | Activity::Unwinding { .. }
        | Activity::Failed(_) => None,
    }
}
