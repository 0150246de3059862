//! A task answered from outside, by its token.

use breaks::Break;
use interpreter::{Message, MessageOutcome, Rejection, Staleness, TaskAnswer, TaskOutcome, TaskToken};

use crate::{Coordinator, DeliverError};

/// Why an answer from outside was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallbackError {
    InvalidToken,
    TaskDoesNotExist,
    TaskTimedOut,
    TooLarge { bytes: u64 },
    Deliver(DeliverError),
}

impl From<DeliverError> for CallbackError {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::UnknownExecution => Self::TaskDoesNotExist,
            error => Self::Deliver(error),
        }
    }
}

impl Coordinator {
    /// Commits the answer to the task with this token.
    pub(crate) async fn answer_by_callback(&self, token: &str, outcome: TaskOutcome) -> Result<(), CallbackError> {
        let token: TaskToken = token.parse().map_err(|_| CallbackError::InvalidToken)?;
        let execution = token.execution.clone();
        let answer = Message::Answer(TaskAnswer { token, outcome, by_callback: true });
        // What could not be published is a wake's: the answer is in the journal, and the caller's second try would be told that it came too late.
        let delivered = self.deliver(&execution, None, &[answer]).await;
        if breaks::active(Break::CallbackAnsweredUncommitted) && delivered.is_err() {
            return Ok(());
        }
        delivered?.outcomes.iter().try_for_each(taken)
    }
}

/// Whether an answer by callback was taken; AWS has the same name for all that come too late.
pub(crate) fn taken(outcome: &MessageOutcome) -> Result<(), CallbackError> {
    match outcome {
        MessageOutcome::Applied => Ok(()),
        MessageOutcome::Early { .. } => Err(CallbackError::InvalidToken),
        MessageOutcome::Stale { reason: Staleness::FromTheFuture, .. } => Err(CallbackError::InvalidToken),
        MessageOutcome::Stale { .. } => Err(CallbackError::TaskTimedOut),
        MessageOutcome::Rejected(Rejection::TooLarge { bytes }) => Err(CallbackError::TooLarge { bytes: *bytes }),
        MessageOutcome::Rejected(Rejection::TaskTimedOut) => Err(CallbackError::TaskTimedOut),
        MessageOutcome::Rejected(Rejection::InvalidToken | Rejection::NotRedrivable { .. }) => Err(CallbackError::InvalidToken),
    }
}
