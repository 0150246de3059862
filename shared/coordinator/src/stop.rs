//! StopExecution: committed, then answered; unwinding goes on behind it.

use breaks::Break;
use interpreter::{Message, Timestamp};
use store::StoreError;

use crate::{Coordinator, DeliverError};

/// An execution to be stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StopRequest {
    /// Its ARN.
    pub execution_arn: String,
    /// The error it is to end with.
    pub error: Option<String>,
    /// The cause it is to end with.
    pub cause: Option<String>,
}

/// What a stop came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// When it was stopped, or had ended before.
    pub stopped_at: Timestamp,
}

/// Why an execution was not stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// ExecutionDoesNotExist.
    #[error("execution does not exist: `{0}`")]
    ExecutionDoesNotExist(String),
    /// The store did not answer, or others were always first.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl From<StoreError> for StopError {
    fn from(error: StoreError) -> Self {
        Self::Deliver(error.into())
    }
}

impl Coordinator {
    /// Stops an execution. An execution that is ending already stays as it is, and the call succeeds (as on AWS).
    pub async fn stop(&self, request: StopRequest) -> Result<Stopped, StopError> {
        let head = self.retried(|| self.ports.executions.head(&request.execution_arn)).await?;
        let Some(head) = head else { return Err(StopError::ExecutionDoesNotExist(request.execution_arn)) };
        if breaks::active(Break::StopAnsweredUncommitted) {
            return Ok(Stopped { stopped_at: self.now() });
        }
        let stop = Message::Stop { error: request.error, cause: request.cause };
        // What could not be published is a wake's: the stop is in the journal, which is what is answered.
        let delivered = self.deliver(&head.identity.id, None, &[stop]).await?;
        let execution = delivered.execution;
        Ok(Stopped { stopped_at: execution.closed_at.unwrap_or(execution.updated_at) })
    }
}
