//! SendTaskFailure.

use interpreter::{StateFailure, TaskOutcome};

use crate::callback::CallbackError;
use crate::{Coordinator, DeliverError};

/// The error of a failure that names none, as AWS fills it in.
const UNNAMED: &str = "States.TaskFailed";

/// Why a failure was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendTaskFailureError {
    /// No token of a callback task of ours.
    #[error("invalid token")]
    InvalidToken,
    /// The execution does not exist.
    #[error("task does not exist")]
    TaskDoesNotExist,
    /// Its deadline has passed, or it was answered before.
    #[error("task timed out")]
    TaskTimedOut,
    /// The error and cause are over the payload limit.
    #[error("error and cause have {bytes} bytes, which are too many")]
    TooLarge {
        /// Their length.
        bytes: u64,
    },
    /// The store did not answer, or others were always first.
    #[error(transparent)]
    Deliver(DeliverError),
}

impl From<CallbackError> for SendTaskFailureError {
    fn from(error: CallbackError) -> Self {
        match error {
            CallbackError::InvalidToken => Self::InvalidToken,
            CallbackError::TaskDoesNotExist => Self::TaskDoesNotExist,
            CallbackError::TaskTimedOut => Self::TaskTimedOut,
            CallbackError::TooLarge { bytes } => Self::TooLarge { bytes },
            CallbackError::Deliver(error) => Self::Deliver(error),
        }
    }
}

impl Coordinator {
    /// Fails the callback task with this token. Whether it had an effect stays unknown: a callback proves nothing about that.
    pub async fn send_task_failure(
        &self,
        token: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), SendTaskFailureError> {
        let failure = StateFailure { error: error.unwrap_or_else(|| UNNAMED.to_owned()), cause };
        Ok(self.answer_by_callback(token, TaskOutcome::Failed { failure, refusal: false }).await?)
    }
}
