//! Lambda: a function by its ARN, whose answer is the result, and `lambda:invoke`, whose result is the answer of the Lambda API.
//!
//! AWS Lambda API reference, "Invoke"; Step Functions Developer Guide, "Invoke an AWS Lambda function with Step Functions".

use serde_json::{Map, Value};
use worker::HandlerError;

use crate::client::{ServiceAnswer, ServiceRequest};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::{self, Naming, ServiceError};
use crate::metadata;

const LAMBDA: Service = Service { id: "Lambda", prefix: "lambda", signing: "lambda" };

const NAMING: Naming = Naming::First {
    prefix: "Lambda",
    service: "AWSLambda",
    base: "AWSLambdaException",
    named: &[
        "EC2AccessDeniedException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "ENILimitReachedException",
        "InvalidParameterValueException",
        "InvalidRequestContentException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "RecursiveInvocationException",
        "RequestTooLargeException",
        "ResourceConflictException",
        "ResourceNotFoundException",
        "ResourceNotReadyException",
        "ServiceException",
        "SnapStartException",
        "SnapStartNotReadyException",
        "SnapStartTimeoutException",
        "SubnetIPAddressLimitReachedException",
        "TooManyRequestsException",
        "UnsupportedMediaTypeException",
    ],
};

/// What an error is called that has no type.
const UNKNOWN: &str = "Lambda.Unknown";

/// Calls a function, by its name or ARN; the result is what it answered.
pub(crate) async fn function(inner: &Inner, name: &str, payload: &Value) -> Result<Value, HandlerError> {
    match ask(inner, name, &Map::new(), payload.to_string()).await? {
        Invoked::Answered(answer) => Ok(payload_of(&answer)),
        // As the function's runtime wrote it.
        Invoked::Threw(answer) => Err(thrown(&answer, answer.text())),
    }
}

/// `lambda:invoke`.
pub(crate) async fn invoke(inner: &Inner, parameters: &Value) -> Result<Value, HandlerError> {
    let empty = Map::new();
    let members = parameters.as_object().unwrap_or(&empty);
    let name = members.get("FunctionName").and_then(Value::as_str);
    let name = name.ok_or_else(|| failure::unsendable("The field 'FunctionName' is required but was missing"))?;
    let answer = match ask(inner, name, members, payload_text(members.get("Payload"))).await? {
        Invoked::Answered(answer) => answer,
        Invoked::Threw(answer) => return Err(thrown(&answer, payload_of(&answer).to_string())),
    };
    let mut result = Map::new();
    result.insert("StatusCode".to_owned(), answer.status.into());
    for (member, header) in [("ExecutedVersion", "x-amz-executed-version"), ("LogResult", "x-amz-log-result")] {
        if let Some(value) = answer.header(header) {
            result.insert(member.to_owned(), value.into());
        }
    }
    if !answer.body.is_empty() {
        result.insert("Payload".to_owned(), payload_of(&answer));
    }
    Ok(metadata::with_metadata(result, &answer, metadata::LAMBDA))
}

/// What became of a function.
enum Invoked {
    Answered(ServiceAnswer),
    Threw(ServiceAnswer),
}

/// What is sent as the payload: text that is JSON as it is, as recorded from AWS.
fn payload_text(payload: Option<&Value>) -> String {
    match payload {
        None => "{}".to_owned(),
        Some(Value::String(text)) if serde_json::from_str::<Value>(text).is_ok() => text.clone(),
        Some(payload) => payload.to_string(),
    }
}

async fn ask(inner: &Inner, name: &str, parameters: &Map<String, Value>, payload: String) -> Result<Invoked, HandlerError> {
    let request = request(name, parameters, payload);
    let answer = inner.client().await.send(&LAMBDA, request).await.map_err(|error| failure::unanswered(NAMING, &error))?;
    match (answer.status, answer.header("x-amz-function-error")) {
        (200..=299, None) => Ok(Invoked::Answered(answer)),
        (200..=299, Some(_)) => Ok(Invoked::Threw(answer)),
        _ => Err(failure::failed(NAMING, &answer, &ServiceError::of_json(&answer))),
    }
}

fn request(name: &str, parameters: &Map<String, Value>, payload: String) -> ServiceRequest {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let qualifier = text("Qualifier").map(|qualifier| format!("?Qualifier={}", encoded(qualifier))).unwrap_or_default();
    let headers =
        [("InvocationType", "x-amz-invocation-type"), ("LogType", "x-amz-log-type"), ("ClientContext", "x-amz-client-context")];
    let headers = headers.into_iter().filter_map(|(name, header)| Some((header.to_owned(), text(name)?.to_owned())));
    let json = ("content-type".to_owned(), "application/json".to_owned());
    ServiceRequest {
        method: "POST",
        path: format!("/2015-03-31/functions/{}/invocations{qualifier}", encoded(name)),
        headers: headers.chain([json]).collect(),
        body: payload.into_bytes(),
    }
}

/// Everything but what RFC 3986 leaves as it is.
pub(super) fn encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let one = |byte: u8| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// What a function answered: JSON, unless its runtime is not one of AWS's.
fn payload_of(answer: &ServiceAnswer) -> Value {
    match answer.body.as_slice() {
        [] => Value::Null,
        body => serde_json::from_slice(body).unwrap_or_else(|_| answer.text().into()),
    }
}

/// What a function threw is its own error, and may come after any effect. The cause is what it answered.
fn thrown(answer: &ServiceAnswer, text: String) -> HandlerError {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    match value.get("errorType").and_then(Value::as_str).filter(|error| !error.is_empty()) {
        Some(error) => HandlerError::Failed { error: error.to_owned(), cause: text },
        None => {
            let cause = format!(
                "The cause could not be determined because Lambda did not return an error type. Returned payload: {text}"
            );
            HandlerError::Failed { error: UNKNOWN.to_owned(), cause }
        }
    }
}
