//! The context object `$$` (Step Functions Developer Guide, "Accessing execution data from the Context object").

use std::sync::Arc;

use serde_json::{Value, json};

use crate::scope::Scope;
use crate::{MapItem, Timestamp, TransitionError, turn::Turn};

/// What the context object says of the state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateContext<'s> {
    pub(crate) name: &'s str,
    pub(crate) entered_at: Timestamp,
    /// None of a state that cannot be retried.
    pub(crate) retry_count: Option<u64>,
    pub(crate) item: Option<&'s MapItem>,
    pub(crate) token: Option<&'s str>,
    /// The variables that the state sees.
    pub(crate) scope: Scope<'s>,
    /// What evaluations in JSONata draw from.
    pub(crate) seed: u64,
}

/// Builds the context object.
///
/// The execution's input is left out where it is large and no expression asks for it (`with_input`): loading it for each state would make
/// a transition's cost grow with the input.
pub(crate) fn build(turn: &Turn<'_>, state: StateContext<'_>, with_input: bool) -> Result<Value, TransitionError> {
    let execution = &turn.execution;
    let identity = &execution.identity;
    let input = if with_input { turn.value(&execution.input)? } else { Arc::new(Value::Null) };
    let mut context = json!({
        "Execution": {
            "Id": identity.arn,
            "Input": *input,
            "StartTime": execution.started_at.to_string(),
            "Name": identity.name,
            "RoleArn": identity.role_arn,
            "RedriveCount": execution.redrive_count,
        },
        "StateMachine": { "Id": identity.state_machine_arn(), "Name": identity.machine_name },
        "State": { "Name": state.name, "EnteredTime": state.entered_at.to_string() },
    });
    if let Some(retries) = state.retry_count {
        insert(&mut context, "State", "RetryCount", json!(retries));
    }
    if let Some(redriven_at) = execution.redriven_at {
        insert(&mut context, "Execution", "RedriveTime", json!(redriven_at.to_string()));
    }
    if let Some(token) = state.token {
        insert(&mut context, "Task", "Token", json!(token));
    }
    if let Some(item) = state.item {
        let value = turn.value(&item.value)?;
        insert_item(&mut context, item.index, &value);
    }
    Ok(context)
}

/// Puts an item of a Map into a context object.
pub(crate) fn insert_item(context: &mut Value, index: u64, value: &Value) {
    insert(context, "Map", "Item", json!({ "Index": index, "Value": value }));
}

fn insert(context: &mut Value, object: &str, member: &str, value: Value) {
    if let Some(context) = context.as_object_mut() {
        let entry = context.entry(object).or_insert_with(|| json!({}));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(member.to_owned(), value);
        }
    }
}
