//! EventBridge: `putEvents`. A detail that is no text is sent as the text of its JSON; execution and state machine stand among the resources of each entry.
//!
//! Step Functions Developer Guide, "Add EventBridge events with Step Functions".

use serde_json::{Value, json};
use worker::{HandlerError, Task};

use super::json::{Action, as_text, members};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::Naming;
use crate::metadata;

const EVENTS: Service = Service { id: "EventBridge", prefix: "events", signing: "events" };

const NAMING: Naming = Naming::First {
    prefix: "EventBridge",
    service: "AmazonEventBridge",
    base: "AmazonEventBridgeException",
    named: &["InternalException"],
};

/// The error of entries that were not taken.
const FAILED_ENTRY: &str = "EventBridge.FailedEntry";

/// `putEvents`.
pub(crate) async fn put_events(inner: &Inner, task: &Task) -> Result<Value, HandlerError> {
    let mut request = task.input.clone();
    if let Some(Value::Array(entries)) = request.get_mut("Entries") {
        entries.iter_mut().for_each(|entry| complete(entry, task));
    }
    let action = Action { service: &EVENTS, target: "AWSEvents.PutEvents".to_owned(), version: "1.1", naming: NAMING };
    let answer = action.ask(inner, &request).await?;
    let members = members(&answer);
    let failed = members.get("FailedEntryCount").and_then(Value::as_u64).unwrap_or(0);
    if failed == 0 {
        return Ok(metadata::with_metadata(members, &answer, metadata::OTHERS));
    }
    let entries = members.get("Entries").and_then(Value::as_array).map_or(0, Vec::len);
    let cause = Value::Object(members).to_string();
    // Those that were taken are events by now.
    match u64::try_from(entries) == Ok(failed) {
        true => Err(HandlerError::Refused { error: FAILED_ENTRY.to_owned(), cause }),
        false => Err(HandlerError::Failed { error: FAILED_ENTRY.to_owned(), cause }),
    }
}

fn complete(entry: &mut Value, task: &Task) {
    if let Some(detail) = entry.get_mut("Detail") {
        *detail = as_text(detail);
    }
    let (Some(caller), Some(entry)) = (&task.caller, entry.as_object_mut()) else { return };
    let resources = entry.entry("Resources").or_insert_with(|| json!([]));
    if let Some(resources) = resources.as_array_mut() {
        resources.extend([Value::from(caller.execution_arn.as_str()), Value::from(caller.machine_arn.as_str())]);
    }
}
