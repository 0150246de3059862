//! `aws-sdk:SERVICE:ACTION`: any action of a service with a JSON protocol, and of S3 what is written there.
//!
//! Step Functions Developer Guide, "Learning to use AWS service SDK integrations": parameters and results begin with capital letters, whatever the service
//! writes; times are told in ISO 8601; results say nothing of HTTP.

use serde_json::{Map, Value};
use worker::{HandlerError, Task};

use super::json::{Action, as_text};
use super::{s3, states};
use crate::catalogue::{JsonService, json_service};
use crate::dispatcher::Inner;
use crate::failure::{self, Naming};

/// What the names of members end in that hold times.
const TIMES: &[&str] = &["Date", "Time", "Timestamp", "DateTime", "At"];
/// Members whose value is JSON as text: what is written as JSON is sent as text.
const TEXTS: &[&str] = &["Input", "Output", "Detail", "MessageBody", "SecretString", "Definition", "PolicyDocument", "Policy"];

/// An action.
pub(crate) async fn call(inner: &Inner, service: &str, action: &str, task: &Task) -> Result<Value, HandlerError> {
    if service == "s3" {
        return s3::call(inner, action, &task.input).await;
    }
    let Some(known) = json_service(service) else {
        let cause = format!(
            "the service integration `aws-sdk:{service}:{action}` is not supported: `{service}` is no service with a JSON protocol that is known here"
        );
        return Err(failure::unsendable(cause));
    };
    let naming = Naming::Second { service: known.error_prefix, named: known.named };
    let (operation, request) = (super::capitalized(action), sent(&task.input, known.small));
    let answer = match service {
        "sfn" => states::ask(inner, &operation, &request, naming).await?,
        _ => action_of(known, &operation, naming).ask(inner, &request).await?,
    };
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::Object(Map::new()));
    Ok(told(body, known.small))
}

fn action_of<'a>(known: &'a JsonService, operation: &str, naming: Naming) -> Action<'a> {
    Action { service: &known.service, target: format!("{}.{operation}", known.target), version: known.version, naming }
}

/// A request as the service reads it. Members that are null are not sent, but for those that DynamoDB is to find missing.
fn sent(parameters: &Value, small: bool) -> Value {
    match parameters {
        Value::Object(members) => Value::Object(members.iter().filter_map(|(name, value)| member(name, value, small)).collect()),
        Value::Array(elements) => elements.iter().map(|element| sent(element, small)).collect(),
        other => other.clone(),
    }
}

fn member(name: &str, value: &Value, small: bool) -> Option<(String, Value)> {
    let value = match value {
        Value::Object(_) | Value::Array(_) if TEXTS.contains(&name) => as_text(value),
        Value::Null if small => return None,
        other => sent(other, small),
    };
    Some((if small { super::small(name) } else { name.to_owned() }, value))
}

/// An answer as Step Functions tells it: members by name, sorted.
fn told(answer: Value, small: bool) -> Value {
    match answer {
        Value::Object(members) => {
            let told = members.into_iter().map(|(name, value)| told_member(name, value, small));
            let mut told: Vec<(String, Value)> = told.collect();
            told.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(told.into_iter().collect())
        }
        Value::Array(elements) => elements.into_iter().map(|element| told(element, small)).collect(),
        other => other,
    }
}

fn told_member(name: String, value: Value, small: bool) -> (String, Value) {
    let name = if small { super::capitalized(&name) } else { name };
    let is_time = TIMES.iter().any(|end| name.ends_with(end));
    let value = match value {
        Value::Number(seconds) if is_time => iso_8601(seconds.as_f64()).unwrap_or(Value::Number(seconds)),
        other => told(other, small),
    };
    (name, value)
}

/// Seconds since 1970, as Java tells them.
fn iso_8601(seconds: Option<f64>) -> Option<Value> {
    let nanos = (seconds? * 1_000.0).round() as i128 * 1_000_000;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
    at.format(&time::format_description::well_known::Rfc3339).ok().map(Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_written_as_the_service_writes_them_and_told_as_step_functions_does() {
        let parameters = json!({"StateMachineArn": "arn", "Input": {"Hello": 1}, "Name": null, "Tags": [{"Key": "k"}]});
        let request = r#"{"stateMachineArn":"arn","input":"{\"Hello\":1}","tags":[{"key":"k"}]}"#;
        assert_eq!(sent(&parameters, true).to_string(), request);
        assert_eq!(sent(&json!({"Item": null, "TableName": "t"}), false).to_string(), r#"{"Item":null,"TableName":"t"}"#);
        let answer = json!({"startDate": 1_700_000_000.5, "executionArn": "arn"});
        assert_eq!(told(answer, true).to_string(), r#"{"ExecutionArn":"arn","StartDate":"2023-11-14T22:13:20.5Z"}"#);
    }
}
