//! How the handlers of this crate answer: what proves that there was no effect, and what does not.

use interpreter::IdempotencyKey;
use serde::de::DeserializeOwned;
use store::StoreError;
use worker::{HandlerError, Task};

use crate::error_name;
use crate::item::ItemError;

/// An answer that proves that there was no effect.
pub(crate) fn refused(error: &str, cause: impl Into<String>) -> HandlerError {
    HandlerError::Refused { error: error.to_owned(), cause: cause.into() }
}

/// An answer after which there may have been an effect.
pub(crate) fn failed(error: &str, cause: impl Into<String>) -> HandlerError {
    HandlerError::Failed { error: error.to_owned(), cause: cause.into() }
}

/// A handler that could not read the store has done nothing yet: the request goes back to its queue.
pub(crate) fn unread(error: ItemError) -> HandlerError {
    match error {
        ItemError::Store(error) if error.is_retryable() => HandlerError::NotNow(error.to_string()),
        error => failed(error_name::CORRUPT_ITEM, error.to_string()),
    }
}

/// A handler that could not write its intent has done nothing outside yet.
pub(crate) fn unwritten(error: StoreError) -> HandlerError {
    unread(ItemError::Store(error))
}

/// A task's input as its handler takes it. The cause does not repeat the input: names and addresses may be in it.
pub(crate) fn input<T: DeserializeOwned>(task: &Task) -> Result<T, HandlerError> {
    serde_json::from_value(task.input.clone())
        .map_err(|_| refused(error_name::INVALID_INPUT, format!("the input of `{}` is not what its handler takes", task.state)))
}

/// The key of the action that a compensation is to undo.
pub(crate) fn undoes(task: &Task) -> Result<&IdempotencyKey, HandlerError> {
    let missing = || failed(error_name::NOTHING_NAMED, format!("the task of `{}` does not say which key it undoes", task.state));
    task.undoes.as_ref().ok_or_else(missing)
}
