//! What a compensation is called with (DESIGN section 4): evaluated when the action is scheduled, from its input, and again with the result when
//! it succeeds.

use std::sync::Arc;

use asl::Integration;
use asl::state::{CompensationAction, Task};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::data_flow::DataFlow;
use crate::state::task::invocation;
use crate::turn::Turn;
use crate::{CompensationCall, StateFailure};

/// The compensation that a Task declares; none for `"None"` and for a Task that declares nothing.
pub(crate) fn declared(task: &Task) -> Option<&CompensationAction> {
    match &task.compensation {
        Some(asl::state::Compensation::Action(action)) => Some(action),
        Some(asl::state::Compensation::Nothing) | None => None,
    }
}

/// Evaluates a compensation's call over `{"input", "result"}`: what the action received, and its raw result or null.
pub(crate) fn evaluate(
    turn: &mut Turn<'_>,
    flow: &impl DataFlow,
    action: &CompensationAction,
    input: &Value,
    result: &Value,
    random: &mut ChaCha8Rng,
) -> Result<CompensationCall, StateFailure> {
    let data = json!({ "input": input, "result": result });
    let timeout_seconds = action.timeout.as_ref().map(|amount| flow.amount(amount, &data)).transpose()?;
    let arguments = match &action.parameters {
        Some(parameters) => flow.evaluate(parameters, &data, random)?,
        None => data,
    };
    let (function, input) = invocation(&action.resource, arguments)?;
    let input = turn.seal_bounded(input, &|| action.resource.arn.clone())?;
    Ok(CompensationCall { function, input, timeout_seconds })
}

/// The result of a task as the language sees it: `lambda:invoke` wraps what the function answered.
pub(crate) fn raw_result(task: &Task, answer: Value, by_callback: bool) -> Arc<Value> {
    match &task.resource.integration {
        Integration::LambdaInvoke { .. } if !by_callback => {
            Arc::new(json!({ "ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200 }))
        }
        _ => Arc::new(answer),
    }
}
