//! From the errors of coordinator and store to those that the API names.

use coordinator::{
    DefinitionError, DeliverError, DescribeError, HistoryError, MapRunError, RedriveError, SendTaskFailureError,
    SendTaskHeartbeatError, SendTaskSuccessError, StartError, StopError, TakeActivityTaskError,
};
use store::StoreError;

use crate::{ApiError, ErrorName};

/// The names of `failed` calls, by whether trying again can help.
fn failed(retryable: bool, error: &dyn std::error::Error) -> ApiError {
    let name = if retryable { ErrorName::ServiceUnavailable } else { ErrorName::InternalFailure };
    ApiError::new(name, error.to_string())
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        failed(error.is_retryable(), &error)
    }
}

impl From<DeliverError> for ApiError {
    fn from(error: DeliverError) -> Self {
        failed(error.is_retryable(), &error)
    }
}

impl From<StartError> for ApiError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::InvalidInput(reason) => invalid_input(&reason),
            StartError::InputTooLarge { .. } => invalid_input(&error.to_string()),
            StartError::Definition(DefinitionError::Store(error)) => error.into(),
            // What cannot be published now is a wake's, but then the caller should not be told that it has begun: a repeated start is answered as this one.
            error @ (StartError::Definition(_) | StartError::Store(_) | StartError::Deliver(_) | StartError::Publish(_)) => {
                failed(error.is_retryable(), &error)
            }
        }
    }
}

pub(crate) fn invalid_input(reason: &str) -> ApiError {
    ApiError::new(ErrorName::InvalidExecutionInput, format!("Invalid State Machine Execution Input: '{reason}'"))
}

impl From<TakeActivityTaskError> for ApiError {
    fn from(error: TakeActivityTaskError) -> Self {
        error.0.into()
    }
}

impl From<StopError> for ApiError {
    fn from(error: StopError) -> Self {
        match error {
            StopError::ExecutionDoesNotExist(arn) => Self::execution_does_not_exist(&arn),
            StopError::Deliver(error) => error.into(),
        }
    }
}

impl From<MapRunError> for ApiError {
    fn from(error: MapRunError) -> Self {
        match error {
            MapRunError::DoesNotExist(arn) => Self::new(ErrorName::ResourceNotFound, format!("Resource not found: '{arn}'")),
            MapRunError::Ended(arn) => {
                Self::new(ErrorName::Validation, format!("Map Run '{arn}' has ended and cannot be updated"))
            }
            MapRunError::Deliver(error) => error.into(),
        }
    }
}

impl From<RedriveError> for ApiError {
    fn from(error: RedriveError) -> Self {
        match error {
            RedriveError::ExecutionDoesNotExist(arn) => Self::execution_does_not_exist(&arn),
            RedriveError::NotRedrivable(reason) => Self::new(ErrorName::ExecutionNotRedrivable, reason),
            RedriveError::Deliver(error) => error.into(),
        }
    }
}

impl From<DescribeError> for ApiError {
    fn from(error: DescribeError) -> Self {
        match error {
            DescribeError::ExecutionDoesNotExist(arn) => Self::execution_does_not_exist(&arn),
            DescribeError::Deliver(error) => error.into(),
        }
    }
}

impl From<HistoryError> for ApiError {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::ExecutionDoesNotExist(arn) => Self::execution_does_not_exist(&arn),
            HistoryError::Deliver(error) => error.into(),
        }
    }
}

fn task_does_not_exist() -> ApiError {
    ApiError::new(ErrorName::TaskDoesNotExist, "Task Does Not Exist: 'Provided task does not exist anymore'")
}

fn task_timed_out() -> ApiError {
    ApiError::new(ErrorName::TaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'")
}

impl From<SendTaskSuccessError> for ApiError {
    fn from(error: SendTaskSuccessError) -> Self {
        match error {
            SendTaskSuccessError::InvalidOutput(reason) => {
                Self::new(ErrorName::InvalidOutput, format!("Invalid Output: '{reason}'"))
            }
            SendTaskSuccessError::InvalidToken => Self::invalid_token(),
            SendTaskSuccessError::TaskDoesNotExist => task_does_not_exist(),
            SendTaskSuccessError::TaskTimedOut => task_timed_out(),
            SendTaskSuccessError::Deliver(error) => error.into(),
        }
    }
}

impl From<SendTaskFailureError> for ApiError {
    fn from(error: SendTaskFailureError) -> Self {
        match error {
            SendTaskFailureError::InvalidToken => Self::invalid_token(),
            SendTaskFailureError::TaskDoesNotExist => task_does_not_exist(),
            SendTaskFailureError::TaskTimedOut => task_timed_out(),
            SendTaskFailureError::TooLarge { .. } => Self::new(ErrorName::Validation, error.to_string()),
            SendTaskFailureError::Deliver(error) => error.into(),
        }
    }
}

impl From<SendTaskHeartbeatError> for ApiError {
    fn from(error: SendTaskHeartbeatError) -> Self {
        match error {
            SendTaskHeartbeatError::InvalidToken => Self::invalid_token(),
            SendTaskHeartbeatError::TaskDoesNotExist => task_does_not_exist(),
            SendTaskHeartbeatError::TaskTimedOut => task_timed_out(),
            SendTaskHeartbeatError::Deliver(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_trying_again_may_help_is_told_so_that_the_sdks_do() {
        let unavailable = StoreError::Unavailable("throttled".into());
        let refused = StoreError::Refused("denied".into());
        for (error, status) in [
            (ApiError::from(unavailable.clone()), 503),
            (DeliverError::Contended.into(), 503),
            (StartError::Store(unavailable).into(), 503),
            (refused.clone().into(), 500),
            (StopError::Deliver(refused.into()).into(), 500),
            (RedriveError::NotRedrivable("it runs".into()).into(), 400),
        ] {
            assert_eq!((error.name.status(), error.is_retryable()), (status, status == 503), "{error}");
        }
    }
}
