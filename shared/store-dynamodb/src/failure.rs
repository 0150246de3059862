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
/// Never called with a failed condition. A service error is logged by its code and message, and an answer that cannot be read by its status
/// alone: the answers themselves may carry items, and items carry what customers entered.
pub(crate) fn store_error<E>(operation: &'static str, error: &SdkError<E, Response>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) if context.err().code().is_some() => {
            let (code, status) = (context.err().code().unwrap_or_default(), context.raw().status().as_u16());
            let request_id = context.raw().headers().get("x-amzn-requestid");
            let message = without_values(context.err().message().unwrap_or_default());
            let passing = PASSING.contains(&code) || status >= 500;
            tracing::warn!(operation, code, status, passing, request_id, message, "request failed");
            let summary = format!("{operation}: {code}: {message}");
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

/// A message without the value that it may quote: `Value '...' at 'PLACE' failed to satisfy constraint` quotes whole items.
fn without_values(message: &str) -> String {
    match (message.split_once("Value '"), message.rsplit_once("' at '")) {
        (Some((before, _)), Some((_, place))) => format!("{before}a value at '{place}"),
        _ => message.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_does_not_quote_what_was_written() {
        let check = |message: &str, shown: &str| assert_eq!(without_values(message), shown);
        check(
            "1 validation error detected: Value '[Put(item={body={S=Ada, ' at ', 1 Lane}})]' at 'transactItems' failed to satisfy constraint",
            "1 validation error detected: a value at 'transactItems' failed to satisfy constraint",
        );
        check("Item size has exceeded the maximum allowed size", "Item size has exceeded the maximum allowed size");
        check("", "");
    }
}
