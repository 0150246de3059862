//! Who performs the tasks of a run: mocked responses first, then the workers that are built in; what neither serves ends the run.

use std::sync::Arc;

use asl::{Definition, Integration, StateKind};
use async_trait::async_trait;
use interpreter::{Route, Routes, TaskToken};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use worker::{Completion, Effect, Handler, HandlerError, Task};

use super::mocks::{Mocks, Response};

/// The queue that all requests of a run go to.
const QUEUE: &str = "tasks";
/// The timeout of a function that is not built in.
const FUNCTION_TIMEOUT_SECONDS: u64 = 60;

/// What a stand-in tells the run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// A callback task is to be answered.
    Answer { token: String, response: Response },
    /// The run cannot go on, and why.
    Unserved(String),
}

/// The handler of one function.
pub(super) struct StandIn {
    pub(super) function: String,
    pub(super) mocks: Arc<Mocks>,
    pub(super) definition: Arc<Definition>,
    pub(super) built_in: Option<Arc<dyn Handler>>,
    pub(super) told: UnboundedSender<Told>,
}

#[async_trait]
impl Handler for StandIn {
    fn function(&self) -> &str {
        &self.function
    }

    fn effect(&self) -> Effect {
        self.built_in.as_ref().map_or(Effect::Outside, |handler| handler.effect())
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let mocked = match task.undoes {
            None => self.mocks.of_action(&task.state, task.attempt),
            Some(_) => self.mocks.of_compensation(&task.state, task.attempt),
        };
        match (mocked, &self.built_in) {
            (Some(Ok(response)), _) => self.answer(task, response),
            (Some(Err(reason)), _) => Err(self.unserved(reason)),
            (None, Some(built_in)) => built_in.perform(task).await,
            (None, None) => Err(self.unserved(format!(
                "state `{}` calls {}, which nobody serves here: mock the state (--mock FILE), or run the definition \
                 on a stack",
                task.state,
                called(&self.function, &task.input)
            ))),
        }
    }
}

impl StandIn {
    fn unserved(&self, reason: String) -> HandlerError {
        // Nobody listens any more when the run has ended.
        let _ = self.told.send(Told::Unserved(reason));
        HandlerError::NotNow("the run has ended".to_owned())
    }

    fn answer(&self, task: &Task, response: Response) -> Result<Completion, HandlerError> {
        let integration = match self.definition.state(&task.state).map(|state| &state.kind) {
            Some(StateKind::Task(state)) if task.undoes.is_none() => Some(&state.resource.integration),
            _ => None,
        };
        if integration.is_some_and(Integration::is_callback) {
            let Some(token) = token_in(&task.input) else {
                let reason = format!(
                    "state `{}` waits for a task token that its payload does not carry: add \"$$.Task.Token\"",
                    task.state
                );
                return Err(self.unserved(reason));
            };
            let _ = self.told.send(Told::Answer { token: token.to_owned(), response });
            return Ok(Completion::of(Value::Null));
        }
        match response {
            // What a worker answers is wrapped by whoever asked it; in the dispatcher's place the answer is the API's.
            Response::Return(value) if integration.is_some_and(is_invoke) && self.built_in.is_some() => {
                Ok(Completion::of(payload(value)))
            }
            Response::Return(value) if integration.is_some_and(is_invoke) => Ok(Completion::of(answer_of_api(value))),
            Response::Return(value) => Ok(Completion::of(value)),
            Response::Throw(throw) => Err(HandlerError::Failed { error: throw.error, cause: throw.cause }),
        }
    }
}

fn is_invoke(integration: &Integration) -> bool {
    matches!(integration, Integration::LambdaInvoke { .. })
}

/// A mocked `lambda:invoke` returns what Lambda's API answers; the payload in it is what a worker would have answered.
fn payload(value: Value) -> Value {
    match value {
        Value::Object(mut members) if members.contains_key("Payload") => members.remove("Payload").unwrap_or_default(),
        other => other,
    }
}

/// What a task calls, for people: functions by their names alone.
fn called(function: &str, input: &Value) -> String {
    let named = match function.split_once(':') {
        Some(("lambda", _)) => input.get("FunctionName").and_then(Value::as_str).unwrap_or_default(),
        Some(("arn", _)) | None => function,
        Some(_) => return format!("`{function}`"),
    };
    let place = if named.starts_with("arn:") { 6 } else { 0 };
    format!("the function `{}`", named.split(':').nth(place).unwrap_or_default())
}

/// The other way around: what is no answer of Lambda's API is taken for the payload in it.
fn answer_of_api(value: Value) -> Value {
    match value {
        Value::Object(members) if members.contains_key("Payload") => Value::Object(members),
        payload => serde_json::json!({ "ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200 }),
    }
}

/// The task token in an input, wherever it stands.
fn token_in(input: &Value) -> Option<&str> {
    match input {
        Value::String(text) => Some(text.as_str()).filter(|text| text.parse::<TaskToken>().is_ok()),
        Value::Array(elements) => elements.iter().find_map(token_in),
        Value::Object(members) => members.values().find_map(token_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Routes to whatever function a definition names or computes, all by one queue. A built-in function keeps its own timeout.
pub(super) fn routes(built_in: &Routes) -> Routes {
    let route = |function_timeout_seconds| Route { queue: QUEUE.to_owned(), function_timeout_seconds };
    let own = built_in.0.iter().map(|(function, built_in)| (function.clone(), route(built_in.function_timeout_seconds)));
    Routes(own.chain([(Routes::ANY.to_owned(), route(FUNCTION_TIMEOUT_SECONDS))]).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_payload_of_a_mocked_invocation_is_what_its_worker_would_have_answered() {
        assert_eq!(payload(json!({ "StatusCode": 200, "Payload": { "a": 1 } })), json!({ "a": 1 }));
        assert_eq!(payload(json!({ "a": 1 })), json!({ "a": 1 }));
        assert_eq!(called("arn:aws:lambda:us-east-1:123456789012:function:f:live", &json!(1)), "the function `f`");
        assert_eq!(called("lambda:invoke", &json!({ "FunctionName": "f:live" })), "the function `f`");
        assert_eq!(called("sqs:sendMessage", &json!({})), "`sqs:sendMessage`");
        let whole = json!({ "StatusCode": 200, "Payload": { "a": 1 } });
        assert_eq!(answer_of_api(whole.clone()), whole);
        let wrapped = json!({ "ExecutedVersion": "$LATEST", "Payload": { "a": 1 }, "StatusCode": 200 });
        assert_eq!(answer_of_api(json!({ "a": 1 })), wrapped);
    }
}
