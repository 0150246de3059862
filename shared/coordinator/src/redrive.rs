//! RedriveExecution: what is parked or has failed goes on where it stands, under the same keys.

use breaks::Break;
use interpreter::{ExecutionStatus, Message, MessageOutcome, Rejection, Timestamp};
use store::StoreError;

use crate::{Coordinator, DeliverError};

/// Why an execution is not redriven that is about to expire.
pub(crate) const EXPIRES_TOO_SOON: &str = "what is kept of it expires too soon";

/// What a redrive came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redriven {
    /// When it was redriven.
    pub redriven_at: Timestamp,
}

/// Why an execution was not redriven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedriveError {
    /// ExecutionDoesNotExist.
    #[error("execution does not exist: `{0}`")]
    ExecutionDoesNotExist(String),
    /// ExecutionNotRedrivable.
    #[error("execution is not redrivable: {0}")]
    NotRedrivable(String),
    /// The store did not answer, or others were always first.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl From<StoreError> for RedriveError {
    fn from(error: StoreError) -> Self {
        Self::Deliver(error.into())
    }
}

impl Coordinator {
    /// Redrives an execution.
    ///
    /// The head is told before the entry, so that the watch looks at it whatever happens next, and again after it: in between, a wake that
    /// took the redrive for dead may have closed the head.
    pub async fn redrive(&self, execution_arn: &str) -> Result<Redriven, RedriveError> {
        let head = self.retried(|| self.ports.executions.head(execution_arn)).await?;
        let Some(head) = head else { return Err(RedriveError::ExecutionDoesNotExist(execution_arn.to_owned())) };
        if breaks::active(Break::RedriveAnsweredUncommitted) {
            return Ok(Redriven { redriven_at: self.now() });
        }
        if self.is_ending(head.kept_since()) {
            return Err(RedriveError::NotRedrivable(EXPIRES_TOO_SOON.to_owned()));
        }
        let delivered = self.deliver(&head.identity.id, None, &[Message::Redrive]).await?;
        for outcome in delivered.outcomes {
            match outcome {
                MessageOutcome::Applied => {}
                MessageOutcome::Rejected(Rejection::NotRedrivable { reason }) => return Err(RedriveError::NotRedrivable(reason)),
                MessageOutcome::Rejected(_) | MessageOutcome::Stale { .. } | MessageOutcome::Early { .. } => {
                    return Err(RedriveError::NotRedrivable("it has not ended".to_owned()));
                }
            }
        }
        // What has ended by now has reported that.
        if delivered.execution.status == ExecutionStatus::Running {
            self.reopen_head(&delivered.execution).await?;
        }
        Ok(Redriven { redriven_at: delivered.execution.redriven_at.unwrap_or(delivered.execution.updated_at) })
    }
}
