//! What SQS's errors mean to callers of the ports.

use std::error::Error;

use aws_sdk_sqs::config::http::HttpResponse;
use aws_sdk_sqs::error::{BuildError, DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::BatchResultErrorEntry;
use messages::{QueueError, SendFailure};

/// What a call that failed came to; each with what callers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// SQS refuses the queue or the caller: no such queue, denied. Nothing was done.
    Refused(String),
    /// SQS refuses what was in the call; of a batch, one message may be to blame. Nothing was done.
    Unacceptable(String),
    /// Throttled, unavailable, not answered, or nothing that says anything about queue and message. It may be tried again.
    Passing(String),
}

impl Failure {
    /// The failure of a whole call.
    pub(crate) fn into_error(self, queue: &str) -> QueueError {
        let queue = queue.to_owned();
        match self {
            Self::Refused(reason) | Self::Unacceptable(reason) => QueueError::Refused { queue, reason },
            Self::Passing(reason) => QueueError::Unavailable { queue, reason },
        }
    }

    /// The failure of a call that was made for one message.
    pub(crate) fn into_send_failure(self) -> SendFailure {
        match self {
            Self::Refused(reason) | Self::Unacceptable(reason) => SendFailure::Permanent(reason),
            Self::Passing(reason) => SendFailure::Retryable(reason),
        }
    }

    /// The same where an earlier try of the call may have been taken: no refusal proves the opposite.
    pub(crate) fn in_doubt(self, doubtful: bool) -> Self {
        match self {
            Self::Refused(reason) | Self::Unacceptable(reason) if doubtful => Self::Passing(reason),
            failure => failure,
        }
    }
}

/// Codes that say "not now", or that speak of the caller's credentials or clock: they say nothing about queue or message. Whatever has a status of
/// 5xx or 429 is passing too.
///
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>, and the errors of each operation there.
const PASSING: [&str; 24] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalError",
    "InternalFailure",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "KMS.ThrottlingException",
    "KmsThrottled",
    "MissingAuthenticationToken",
    "OverLimit",
    "RequestExpired",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeTooSkewed",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnrecognizedClientException",
];

/// Codes that speak of what was in the call.
const UNACCEPTABLE: [&str; 12] = [
    "BatchRequestTooLong",
    "InvalidAttributeName",
    "InvalidAttributeValue",
    "InvalidBatchEntryId",
    "InvalidMessageContents",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MissingParameter",
    "SerializationException",
    "ValidationError",
    "ValidationException",
];

/// SQS's codes have this before them in the older of its two protocols, which its newer one still tells.
const CODE_PREFIX: &str = "AWS.SimpleQueueService.";

/// What an error means, after logging it.
///
/// A service error is logged by its code and message without the values that it quotes, and an answer that cannot be read by its status alone: the
/// answers themselves may carry messages.
pub(crate) fn failure<E>(operation: &'static str, queue: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(context) if context.err().code().is_some() => {
            let (code, status) = (context.err().code().unwrap_or_default(), context.raw().status().as_u16());
            let request_id = context.raw().headers().get("x-amzn-requestid");
            let message = without_values(context.err().message().unwrap_or_default());
            tracing::warn!(operation, queue, code, status, request_id, message, "request failed");
            judged(code, status, format!("{operation}: {code}: {message}"))
        }
        SdkError::ServiceError(context) => unreadable(operation, queue, context.raw()),
        SdkError::ResponseError(context) => unreadable(operation, queue, context.raw()),
        SdkError::ConstructionFailure(_) => {
            tracing::warn!(operation, queue, error = %DisplayErrorContext(error), "request cannot be made");
            Failure::Unacceptable(format!("{operation}: {}", chain(error)))
        }
        _ => {
            tracing::warn!(operation, queue, error = %DisplayErrorContext(error), "no answer");
            Failure::Passing(format!("{operation}: {}", chain(error)))
        }
    }
}

fn judged(code: &str, status: u16, reason: String) -> Failure {
    let code = code.strip_prefix(CODE_PREFIX).unwrap_or(code);
    if PASSING.contains(&code) || status >= 500 || status == 429 {
        Failure::Passing(reason)
    } else if UNACCEPTABLE.contains(&code) {
        Failure::Unacceptable(reason)
    } else {
        Failure::Refused(reason)
    }
}

/// What the answer to one entry of a batch means. That the sender is at fault is said of some throttling too: the code goes first.
pub(crate) fn entry_failure(entry: &BatchResultErrorEntry) -> Failure {
    let message = without_values(entry.message().unwrap_or_default());
    let reason = format!("{}: {message}", entry.code());
    let status = if entry.sender_fault() { 400 } else { 500 };
    judged(entry.code(), status, reason)
}

/// An answer without an error code, or none that SQS gives: what was asked may have been done.
fn unreadable(operation: &str, queue: &str, response: &HttpResponse) -> Failure {
    let status = response.status().as_u16();
    tracing::warn!(operation, queue, status, "answer cannot be read");
    Failure::Passing(format!("{operation}: an answer with status {status} cannot be read"))
}

/// That a request could not be built from our own arguments.
pub(crate) fn unbuildable(error: &BuildError) -> Failure {
    Failure::Unacceptable(format!("a request cannot be made: {error}"))
}

/// A message without the value that it may quote: `Value VALUE for parameter PLACE is invalid`, `Value 'VALUE' at 'PLACE' failed to satisfy constraint`.
fn without_values(message: &str) -> String {
    let Some((before, rest)) = message.split_once("Value ") else { return message.to_owned() };
    let place = [" for parameter ", "' at '"].into_iter().find_map(|mark| rest.rsplit_once(mark));
    match place {
        Some((_, place)) => format!("{before}a value at {}", place.replacen('\'', "", 1)),
        None => format!("{before}a value is invalid"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_ever_be_taken_is_told_from_what_passes() {
        let check = |code: &str, status, expected: fn(String) -> Failure| {
            assert_eq!(judged(code, status, String::new()), expected(String::new()), "{code} {status}");
        };
        check("AWS.SimpleQueueService.NonExistentQueue", 400, Failure::Refused);
        check("QueueDoesNotExist", 400, Failure::Refused);
        check("AccessDenied", 403, Failure::Refused);
        check("AccessDeniedException", 400, Failure::Refused);
        check("KMS.AccessDeniedException", 400, Failure::Refused);
        check("AWS.SimpleQueueService.MessageNotInflight", 400, Failure::Refused);
        check("ReceiptHandleIsInvalid", 400, Failure::Refused);
        check("InvalidParameterValue", 400, Failure::Unacceptable);
        check("AWS.SimpleQueueService.BatchRequestTooLong", 400, Failure::Unacceptable);
        check("RequestThrottled", 403, Failure::Passing);
        check("ThrottlingException", 400, Failure::Passing);
        check("KMS.ThrottlingException", 400, Failure::Passing);
        check("OverLimit", 403, Failure::Passing);
        check("ExpiredToken", 403, Failure::Passing);
        check("InternalError", 500, Failure::Passing);
        check("AccessDenied", 503, Failure::Passing);
        check("Anything", 429, Failure::Passing);
        check("Anything", 400, Failure::Refused);
    }

    #[test]
    fn an_entry_is_judged_by_its_code_and_then_by_whose_fault_it_is() {
        let check = |code: &str, sender_fault, expected: Failure| {
            let entry = BatchResultErrorEntry::builder().id("0").code(code).sender_fault(sender_fault).message("as planned");
            assert_eq!(entry_failure(&entry.build().unwrap()), expected);
        };
        check("InternalError", false, Failure::Passing("InternalError: as planned".to_owned()));
        check("Unheard", false, Failure::Passing("Unheard: as planned".to_owned()));
        check("KMS.ThrottlingException", true, Failure::Passing("KMS.ThrottlingException: as planned".to_owned()));
        check("InvalidMessageContents", true, Failure::Unacceptable("InvalidMessageContents: as planned".to_owned()));
        check("AccessDenied", true, Failure::Refused("AccessDenied: as planned".to_owned()));
    }

    #[test]
    fn a_refusal_in_doubt_is_none() {
        let refused = || Failure::Refused("denied".to_owned());
        assert_eq!(refused().in_doubt(false), refused());
        assert_eq!(refused().in_doubt(true), Failure::Passing("denied".to_owned()));
        assert_eq!(Failure::Unacceptable("bad".to_owned()).in_doubt(true), Failure::Passing("bad".to_owned()));
    }

    #[test]
    fn a_message_does_not_quote_what_was_sent() {
        let check = |message: &str, shown: &str| assert_eq!(without_values(message), shown);
        check(
            "Value Ada, 1 Lane for parameter reason is invalid. Reason: it is too long.",
            "a value at reason is invalid. Reason: it is too long.",
        );
        check(
            "1 validation error detected: Value '[Ada, ' at ', 1 Lane]' at 'entries' failed to satisfy constraint",
            "1 validation error detected: a value at entries failed to satisfy constraint",
        );
        check("Value Ada is not one", "a value is invalid");
        check("The specified queue does not exist.", "The specified queue does not exist.");
        check("", "");
    }
}
