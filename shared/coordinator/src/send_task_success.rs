//! SendTaskSuccess.

use interpreter::TaskOutcome;

use crate::callback::CallbackError;
use crate::{Coordinator, DeliverError};

/// Why a success was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendTaskSuccessError {
    /// The output is no JSON, or over the payload limit.
    #[error("invalid output: {0}")]
    InvalidOutput(String),
    /// No token of a callback task of ours.
    #[error("invalid token")]
    InvalidToken,
    /// The execution does not exist.
    #[error("task does not exist")]
    TaskDoesNotExist,
    /// Its deadline has passed, or it was answered before.
    #[error("task timed out")]
    TaskTimedOut,
    /// The store did not answer, or others were always first.
    #[error(transparent)]
    Deliver(DeliverError),
}

impl From<CallbackError> for SendTaskSuccessError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::InvalidToken => Self::InvalidToken,
            CallbackError::TaskDoesNotExist => Self::TaskDoesNotExist,
            CallbackError::TaskTimedOut => Self::TaskTimedOut,
            CallbackError::TooLarge { bytes } => Self::InvalidOutput(format!("{bytes} bytes are too many")),
            CallbackError::Deliver(error) => Self::Deliver(error),
        }
    }
}

impl Coordinator {
    /// Answers the callback task with this token: `output` is JSON text.
    pub async fn send_task_success(&self, token: &str, output: &str) -> Result<(), SendTaskSuccessError> {
        let result = serde_json::from_str(output).map_err(|error| SendTaskSuccessError::InvalidOutput(error.to_string()))?;
        Ok(self.answer_by_callback(token, TaskOutcome::Succeeded { result }).await?)
    }
}
