//! The context object of a state that is tried: given, or made up.

use asl::State;
use interpreter::Timestamp;
use serde_json::{Map, Value, json};

use super::{subject, validation};
use crate::{Api, ApiError, arn, express};

/// What a context object is made of that was not given.
pub(super) struct Surroundings<'s> {
    pub(super) name: &'s str,
    pub(super) role_arn: Option<&'s str>,
    pub(super) input: &'s Value,
    pub(super) retried: i64,
    pub(super) now: Timestamp,
}

/// The members of a context object, and of each what it may hold.
const MEMBERS: &[(&str, &[&str])] = &[
    ("Execution", &["Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]),
    ("State", &["EnteredTime", "Name", "RetryCount"]),
    ("StateMachine", &["Id", "Name"]),
    ("Task", &["Token"]),
];

impl Surroundings<'_> {
    /// As of an express execution (recorded from AWS).
    pub(super) fn made(&self, api: &Api<'_>) -> Value {
        let (machine, execution) = (api.new_uuid(), api.new_uuid());
        let machine_arn = arn::of_machine(api.place, &machine);
        let mut made = json!({
            "Execution": {
                "Id": express::execution_arn(&machine_arn, &execution, &api.new_uuid()),
                "Input": self.input,
                "Name": execution,
                "StartTime": self.now.to_string(),
            },
            "State": { "EnteredTime": self.now.to_string(), "Name": self.name, "RetryCount": self.retried },
            "StateMachine": { "Id": machine_arn, "Name": machine },
        });
        if let (Some(role_arn), Some(execution)) = (self.role_arn, made.get_mut("Execution").and_then(Value::as_object_mut)) {
            execution.insert("RoleArn".to_owned(), role_arn.into());
        }
        made
    }
}

/// The context object that was given, if a state could have it.
pub(super) fn given(text: &str, state: &State) -> Result<Value, ApiError> {
    let refused = |what: String| Err(validation(format!("Invalid Context object provided: {what}")));
    let Ok(Value::Object(context)) = serde_json::from_str::<Value>(text) else {
        return refused("it must be a JSON object".to_owned());
    };
    for (name, value) in &context {
        if name == "Map" {
            return refused("'Map' field is not supported when mocking a Context object".to_owned());
        }
        let Some((_, allowed)) = MEMBERS.iter().find(|(known, _)| known == name) else {
            return refused(format!("Field '{name}' is not allowed"));
        };
        let Some(members) = value.as_object() else { return refused(format!("Field '{name}' must be an object")) };
        if let Some(unknown) = unknown(members, allowed) {
            return refused(format!("Field '{unknown}' is not allowed"));
        }
    }
    if context.contains_key("Task") && !subject::waits(state) {
        let what = "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service \
                    integration pattern";
        return refused(what.to_owned());
    }
    Ok(Value::Object(context))
}

fn unknown<'m>(members: &'m Map<String, Value>, allowed: &[&str]) -> Option<&'m String> {
    members.keys().find(|member| !allowed.contains(&member.as_str()))
}
