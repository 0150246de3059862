//! Step Functions: `states:startExecution`, in the system that the execution runs in, or where `AWS_ENDPOINT_URL_SFN` says.
//!
//! Step Functions Developer Guide, "Start a new AWS Step Functions state machine from a running execution".

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use worker::{HandlerError, Task};

use super::json::{Action, as_text};
use crate::client::ServiceAnswer;
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::{self, Naming, ServiceError};
use crate::metadata;

const STATES: Service = Service { id: "SFN", prefix: "states", signing: "states" };

const NAMING: Naming = Naming::First {
    prefix: "StepFunctions",
    service: "AWSStepFunctions",
    base: "AWSStepFunctionsException",
    named: &[
        "ExecutionAlreadyExists",
        "ExecutionLimitExceeded",
        "InvalidArn",
        "InvalidExecutionInput",
        "InvalidName",
        "KmsAccessDeniedException",
        "KmsInvalidStateException",
        "KmsThrottlingException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "ValidationException",
    ],
};

/// `startExecution`.
pub(crate) async fn start_execution(inner: &Inner, task: &Task) -> Result<Value, HandlerError> {
    let answer = ask(inner, "StartExecution", &request(task), NAMING).await?;
    let mut members = Map::new();
    for (name, value) in super::json::members(&answer) {
        match name.as_str() {
            "executionArn" => members.insert("ExecutionArn".to_owned(), value),
            "startDate" => members.insert("StartDate".to_owned(), milliseconds(&value)),
            _ => None,
        };
    }
    Ok(metadata::with_metadata(members, &answer, metadata::OTHERS))
}

/// Any operation, by the system's own API or where the environment says.
pub(crate) async fn ask(inner: &Inner, operation: &str, request: &Value, naming: Naming) -> Result<ServiceAnswer, HandlerError> {
    let own = inner.settings.states.as_ref().filter(|_| inner.endpoints().of_its_own(&STATES).is_none());
    let Some(states) = own else {
        let target = format!("AWSStepFunctions.{operation}");
        return Action { service: &STATES, target, version: "1.0", naming }.ask(inner, request).await;
    };
    let told = states.answer(operation, &request.to_string()).await;
    let answer = ServiceAnswer { status: told.status, headers: headers(inner, &told.body), body: told.body.into_bytes() };
    match answer.status {
        200..=299 => Ok(answer),
        _ => Err(failure::failed(naming, &answer, &ServiceError::of_json(&answer))),
    }
}

/// What the answer of a service would say about itself.
fn headers(inner: &Inner, body: &str) -> Vec<(String, String)> {
    let format =
        time::macros::format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let seconds = inner.settings.clock.now_millis() / 1_000;
    let date = time::OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.format(&format).ok()).unwrap_or_default();
    let digest = Sha256::digest(format!("{}{body}", inner.settings.clock.now_millis()).as_bytes());
    [
        ("content-length", body.len().to_string()),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("date", date),
        ("x-amzn-requestid", uuid(&digest)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// What is asked: an input that is no text as the text of its JSON; and a name, so that a call that comes twice starts one execution.
fn request(task: &Task) -> Value {
    let mut request = Map::new();
    for (name, value) in task.input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        let value = if name == "Input" { as_text(value) } else { value.clone() };
        request.insert(super::small(name), value);
    }
    let digest = || Sha256::digest(format!("{}/{}", task.key.0, task.attempt).as_bytes());
    request.entry("name").or_insert_with(|| uuid(&digest()).into());
    Value::Object(request)
}

/// A digest in the form of a UUID.
fn uuid(digest: &[u8]) -> String {
    let text: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let ends = [0, 8, 12, 16, 20, 32];
    let parts = ends.windows(2).filter_map(|ends| text.get(*ends.first()?..*ends.last()?));
    parts.collect::<Vec<_>>().join("-")
}

/// The SDK for Java 1 tells times in milliseconds.
fn milliseconds(seconds: &Value) -> Value {
    match seconds.as_f64() {
        Some(seconds) => Value::from((seconds * 1_000.0).round() as i64),
        None => seconds.clone(),
    }
}
