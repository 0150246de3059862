//! What a call failed with: the names and texts that Step Functions gives to the errors of services, and whether there was no effect.
//!
//! Integrations of Step Functions' own name errors as the AWS SDK for Java 1 does, `aws-sdk:` integrations as version 2 does: both as recorded from AWS. An error
//! that a service has in its model has a name of its own, every other one that of the service.

use serde_json::Value;
use worker::HandlerError;

use crate::client::{ServiceAnswer, Unanswered};

/// How errors of a service are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// As the SDK for Java 1 does.
    First {
        /// What names begin with: `DynamoDB`.
        prefix: &'static str,
        /// The service, in causes: `AmazonDynamoDBv2`.
        service: &'static str,
        /// The error of all that has no name: `AmazonDynamoDBException`.
        base: &'static str,
        /// The codes that have a name.
        named: &'static [&'static str],
    },
    /// As the SDK for Java 2 does, of a service that is called so: `DynamoDb`.
    Second {
        /// The service's name.
        service: &'static str,
        /// Which of the codes that services share have a name here.
        named: &'static [&'static str],
    },
}

/// Codes that no service has in its model; some have those of [`SHARED`].
const COMMON: &[&str] = &[
    "AccessDenied",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "SerializationException",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
];
/// Codes that some services have in their models.
const SHARED: &[&str] = &["AccessDeniedException", "ThrottlingException", "ValidationException"];

/// An error as a service tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// Its code.
    pub(crate) code: String,
    /// What happened.
    pub(crate) message: String,
}

impl ServiceError {
    /// Out of the answer of a service with a JSON protocol.
    pub(crate) fn of_json(answer: &ServiceAnswer) -> Self {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let text = |names: &[&str]| names.iter().find_map(|name| body.get(name)?.as_str()).map(ToOwned::to_owned);
        let code = answer.header("x-amzn-errortype").map(ToOwned::to_owned).or_else(|| text(&["__type", "code", "Code"]));
        let code = code.unwrap_or_else(|| "Unknown".to_owned());
        let code = code.split(':').next().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default().to_owned();
        Self { code, message: text(&["message", "Message", "errorMessage"]).unwrap_or_default() }
    }
}

/// What an error comes to.
pub(crate) fn failed(naming: Naming, answer: &ServiceAnswer, error: &ServiceError) -> HandlerError {
    let name = name(naming, &error.code);
    let mut cause = cause(naming, answer, error);
    if is_denied(answer, &error.code) {
        cause.push_str(" Backstep calls services with the credentials of whoever runs it, or of the dispatcher's role: allow it this action there.");
    }
    of_status(answer.status, name, cause)
}

/// A status below 500 says that nothing was done, except that nobody waited for the whole request.
pub(crate) fn of_status(status: u16, error: String, cause: String) -> HandlerError {
    match status {
        408 => HandlerError::Failed { error, cause },
        400..=499 => HandlerError::Refused { error, cause },
        _ => HandlerError::Failed { error, cause },
    }
}

/// What it comes to that nobody answered.
pub(crate) fn unanswered(naming: Naming, unanswered: &Unanswered) -> HandlerError {
    let prefix = match naming {
        Naming::First { prefix, .. } => prefix,
        Naming::Second { service, .. } => service,
    };
    let (error, cause) = (format!("{prefix}.SdkClientException"), unanswered.to_string());
    match unanswered {
        Unanswered::NotSent(_) => HandlerError::Refused { error, cause },
        Unanswered::Lost(_) => HandlerError::Failed { error, cause },
    }
}

/// What cannot be asked for as it is written.
pub(crate) fn unsendable(cause: impl Into<String>) -> HandlerError {
    HandlerError::Refused { error: "States.Runtime".to_owned(), cause: cause.into() }
}

fn name(naming: Naming, code: &str) -> String {
    let is_named = match naming {
        Naming::First { named, .. } => named.contains(&code),
        Naming::Second { named, .. } => !COMMON.contains(&code) && (!SHARED.contains(&code) || named.contains(&code)),
    };
    let exception = if code.ends_with("Exception") { code.to_owned() } else { format!("{code}Exception") };
    match naming {
        Naming::First { prefix, .. } if is_named => format!("{prefix}.{exception}"),
        Naming::First { prefix, base, .. } => format!("{prefix}.{base}"),
        Naming::Second { service, .. } if is_named => format!("{service}.{exception}"),
        Naming::Second { service, .. } => format!("{service}.{service}Exception"),
    }
}

fn cause(naming: Naming, answer: &ServiceAnswer, error: &ServiceError) -> String {
    let ServiceError { code, message } = error;
    let (status, request) = (answer.status, answer.request_id().unwrap_or("null"));
    match naming {
        Naming::First { service, .. } => {
            format!(
                "{message} (Service: {service}; Status Code: {status}; Error Code: {code}; Request ID: {request}; Proxy: null)"
            )
        }
        Naming::Second { service, .. } => {
            // S3's alone: a stand-in may send one for others.
            let extended = answer.header("x-amz-id-2").filter(|_| service == "S3");
            let extended = extended.map(|id| format!(", Extended Request ID: {id}")).unwrap_or_default();
            format!("{message} (Service: {service}, Status Code: {status}, Request ID: {request}{extended})")
        }
    }
}

fn is_denied(answer: &ServiceAnswer, code: &str) -> bool {
    answer.status == 403 || matches!(code, "AccessDenied" | "AccessDeniedException" | "AuthorizationError" | "NotAuthorized")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DYNAMODB: Naming = Naming::First {
        prefix: "DynamoDB",
        service: "AmazonDynamoDBv2",
        base: "AmazonDynamoDBException",
        named: &["ResourceNotFoundException", "InternalServerError"],
    };
    const SDK: Naming = Naming::Second { service: "DynamoDb", named: &["ThrottlingException"] };

    #[track_caller]
    fn check(naming: Naming, status: u16, body: &str, error: &str, cause: &str, refused: bool) {
        let headers = vec![("x-amzn-requestid".to_owned(), "id".to_owned())];
        let answer = ServiceAnswer { status, headers, body: body.as_bytes().to_vec() };
        let (error, cause) = (error.to_owned(), cause.to_owned());
        let expected = if refused { HandlerError::Refused { error, cause } } else { HandlerError::Failed { error, cause } };
        assert_eq!(failed(naming, &answer, &ServiceError::of_json(&answer)), expected);
    }

    #[test]
    fn errors_have_the_names_and_texts_of_both_sdks() {
        let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"No table"}"#;
        let first = "No table (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: id; Proxy: null)";
        check(DYNAMODB, 400, missing, "DynamoDB.ResourceNotFoundException", first, true);
        let second = "No table (Service: DynamoDb, Status Code: 400, Request ID: id)";
        check(SDK, 400, missing, "DynamoDb.ResourceNotFoundException", second, true);
        let invalid = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"No"}"#;
        let first =
            "No (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: id; Proxy: null)";
        check(DYNAMODB, 400, invalid, "DynamoDB.AmazonDynamoDBException", first, true);
        check(SDK, 400, invalid, "DynamoDb.DynamoDbException", "No (Service: DynamoDb, Status Code: 400, Request ID: id)", true);
        let throttled = r#"{"__type":"ThrottlingException","message":"No"}"#;
        check(
            SDK,
            400,
            throttled,
            "DynamoDb.ThrottlingException",
            "No (Service: DynamoDb, Status Code: 400, Request ID: id)",
            true,
        );
    }

    #[test]
    fn what_the_service_failed_at_itself_may_have_had_an_effect() {
        let failure = r#"{"__type":"InternalServerError","message":"Oh"}"#;
        let cause =
            "Oh (Service: AmazonDynamoDBv2; Status Code: 500; Error Code: InternalServerError; Request ID: id; Proxy: null)";
        check(DYNAMODB, 500, failure, "DynamoDB.InternalServerErrorException", cause, false);
        check(SDK, 408, "", "DynamoDb.UnknownException", " (Service: DynamoDb, Status Code: 408, Request ID: id)", false);
    }

    #[test]
    fn who_is_denied_is_told_what_to_add() {
        let headers = vec![("x-amzn-errortype".to_owned(), "AccessDeniedException:http://internal".to_owned())];
        let answer = ServiceAnswer { status: 400, headers, body: br#"{"Message":"User x is not authorized"}"#.to_vec() };
        let HandlerError::Refused { error, cause } = failed(DYNAMODB, &answer, &ServiceError::of_json(&answer)) else {
            panic!("not refused");
        };
        assert_eq!(error, "DynamoDB.AmazonDynamoDBException");
        assert!(
            cause.starts_with("User x is not authorized (Service: AmazonDynamoDBv2") && cause.contains("allow it this action")
        );
    }

    #[test]
    fn what_was_not_sent_had_no_effect_and_what_was_not_answered_may_have() {
        let error = || "DynamoDB.SdkClientException".to_owned();
        let refused = HandlerError::Refused { error: error(), cause: "nobody".to_owned() };
        assert_eq!(unanswered(DYNAMODB, &Unanswered::NotSent("nobody".to_owned())), refused);
        let failed = HandlerError::Failed { error: error(), cause: "nobody".to_owned() };
        assert_eq!(unanswered(DYNAMODB, &Unanswered::Lost("nobody".to_owned())), failed);
    }
}
