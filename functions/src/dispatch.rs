//! The dispatcher: calls Lambda functions that are not our workers, under the same ledger, so that the coordinator never waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::invoke::{InvokeError, InvokeOutput};
use aws_sdk_lambda::primitives::Blob;
use interpreter::Routes;
use queue_sqs::NewTrace;
use serde_json::Value;
use worker::{Completion, Effect, Handler, HandlerError, Serving, Task};

use crate::Cloud;
use crate::workers::served;

/// The longest that a function can run.
const LONGEST_CALL: Duration = Duration::from_secs(900);

/// Serves every function by calling the Lambda function with that name in the stack's account and region.
pub fn dispatcher(cloud: &Cloud) -> Serving {
    let trace = NewTrace::new(Arc::clone(&cloud.ports.clock), Arc::clone(&cloud.ports.entropy));
    // A call lasts as long as the function does, and is not repeated here: whether to try again is the definition's to say.
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(LONGEST_CALL).read_timeout(LONGEST_CALL).build();
    let config = aws_sdk_lambda::config::Builder::from(&cloud.config)
        .interceptor(trace)
        .timeout_config(timeouts)
        .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled());
    let client = Client::from_conf(config.build());
    let by_name = {
        let cloud = cloud.clone();
        move |function: &str| {
            let route = cloud.environment.routes.0.get(Routes::ANY)?;
            let handler = InvokeFunction { client: client.clone(), function: function.to_owned() };
            Some(served(&cloud.ports, route, Arc::new(handler)))
        }
    };
    Serving::new(Arc::clone(&cloud.ports.clock), BTreeMap::new(), Some(Arc::new(by_name)))
}

/// Calls one Lambda function.
struct InvokeFunction {
    client: Client,
    function: String,
}

#[async_trait]
impl Handler for InvokeFunction {
    fn function(&self) -> &str {
        &self.function
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let payload = Blob::new(task.input.to_string());
        let answer = self.client.invoke().function_name(&self.function).payload(payload).send().await;
        answer.map_err(|error| not_called(&error)).and_then(|output| result(&output)).map(Completion::of)
    }
}

/// What a function answered. What it threw is its own error, and may come after any effect.
fn result(output: &InvokeOutput) -> Result<Value, HandlerError> {
    let payload = output.payload().map_or(b"null".as_slice(), AsRef::as_ref);
    let value: Value = serde_json::from_slice(payload).unwrap_or(Value::Null);
    if output.function_error().is_none() {
        return Ok(value);
    }
    let error = value.get("errorType").and_then(Value::as_str).unwrap_or("Lambda.Unknown");
    Err(HandlerError::Failed { error: error.to_owned(), cause: value.to_string() })
}

/// Why a function was not called, or why nobody knows what it did: by the names that Step Functions gives to the errors of the Lambda API.
fn not_called(error: &SdkError<InvokeError>) -> HandlerError {
    let cause = DisplayErrorContext(error).to_string();
    let Some(service) = error.as_service_error() else {
        // Sent, and not answered; or never sent, which looks the same.
        return HandlerError::Failed { error: "Lambda.SdkClientException".to_owned(), cause };
    };
    let code = service.code().unwrap_or("Unknown");
    let name = if code.ends_with("Exception") { code.to_owned() } else { format!("{code}Exception") };
    let error_name = format!("Lambda.{name}");
    // Throttled, denied, no such function, invalid: the function was not called.
    let refused = error.raw_response().is_some_and(|response| (400..500).contains(&response.status().as_u16()));
    if refused { HandlerError::Refused { error: error_name, cause } } else { HandlerError::Failed { error: error_name, cause } }
}
