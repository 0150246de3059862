//! What the SDK's errors mean to callers of the ports.

use std::error::Error;

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use store::StoreError;

/// Error codes that say "not now": what was asked may succeed when asked again. Any answer with a status of 5xx does too.
///
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const PASSING: [&str; 12] = [
    "ExpiredTokenException",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ReplicatedWriteConflictException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// An answer of the HTTP layer, where there was one.
type Response = aws_sdk_dynamodb::config::http::HttpResponse;

/// What an error means, after logging it.
///
/// Never called with a failed condition. A service error is logged without the answer it was read from, and an answer that
/// cannot be read without its text: both may carry items, and items carry what customers entered.
pub(crate) fn store_error<E>(operation: &'static str, error: &SdkError<E, Response>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) if context.err().code().is_some() => {
            let (code, status) = (context.err().code().unwrap_or_default(), context.raw().status().as_u16());
            let passing = PASSING.contains(&code) || status >= 500;
            tracing::warn!(operation, code, status, passing, error = %DisplayErrorContext(context.err()), "request failed");
            let summary = summary(operation, code, context.err().message());
            if passing { StoreError::Unavailable(summary) } else { StoreError::Refused(summary) }
        }
        SdkError::ServiceError(context) => unreadable(operation, context.raw()),
        SdkError::ResponseError(context) => unreadable(operation, context.raw()),
        SdkError::ConstructionFailure(_) => {
            tracing::warn!(operation, error = %DisplayErrorContext(error), "request cannot be made");
            StoreError::Refused(format!("{operation}: {}", chain(error)))
        }
        _ => {
            tracing::warn!(operation, error = %DisplayErrorContext(error), "no answer");
            StoreError::Unavailable(format!("{operation}: {}", chain(error)))
        }
    }
}

/// An answer without an error code, or none that DynamoDB gives: what was asked may have been done.
fn unreadable(operation: &str, response: &Response) -> StoreError {
    let status = response.status().as_u16();
    tracing::warn!(operation, status, "answer cannot be read");
    StoreError::Unavailable(format!("{operation}: an answer with status {status} cannot be read"))
}

fn summary(operation: &str, code: &str, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("{operation}: {code}: {message}"),
        None => format!("{operation}: {code}"),
    }
}

/// An error and its sources, without their debug forms.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Whether an item was part of another's transaction at that moment. The SDK does not retry that.
pub(crate) fn is_conflict<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("TransactionConflictException")
}

/// That a request could not be built from our own arguments.
pub(crate) fn unbuildable(error: &aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Refused(format!("a request cannot be made: {error}"))
}
