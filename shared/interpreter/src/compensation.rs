//! The rules of compensation, and what a compensation is called with.
//!
//! 1. An action is **owed** from the moment it is scheduled, unless every attempt ended in a refusal: an answer that proves there was no effect (typed by
//!    the handler, listed in `Refusals`, or a request that provably nobody saw). A timeout, a lost heartbeat, a crash, a result that cannot be used: unknown,
//!    hence owed.
//! 2. Its compensation is called with what was evaluated over `{"input", "result"}` (in JSONata `$states.input` and `$states.result`): when the action is scheduled, and again when it succeeds. If the
//!    second fails, the first stand and the state fails; if the first fails, the state fails and nothing is scheduled.
//! 3. It **revokes first** (docs/adr/0005): its request carries the action's key, and the worker's ledger sees to it.
//! 4. A part that fails (Task, iteration, Parallel, Map) **unwinds before its failure is used**; a Task's own retriers go first, under the same key. A catcher's
//!    `Compensate` widens that to the execution, or suppresses it.
//! 5. An execution that ends in any way but success unwinds: last first within a branch, branches beside each other, an unknown action in its starting
//!    place. It is RUNNING until that has ended.
//! 6. A **pivot**'s success discharges all that is owed before it; what fails behind it is parked forward. While its outcome is unknown it is retried until it
//!    is known, and a stop or timeout waits for that.
//! 7. A compensation is retried (from 1 s to 5 min apart, for a day, or as its `Retry` says). When that is spent, its branch stops, and at the end the
//!    execution is parked with what is still owed.
//! 8. A redrive of what is parked keeps every key and goes on there.
//!
//! Where these leave room, docs/adr/0009 decides. Rule 1 is kept by `state/task.rs` and `surrender.rs`, 2 here, 4 by `failing.rs`, 5 and 6 by `ending.rs`,
//! 7 by `unwind.rs`, 8 by `redrive.rs`.

use std::sync::Arc;

use asl::Integration;
use asl::mention::Mention;
use asl::state::{CompensationAction, Task};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::CompensationCall;
use crate::data_flow::DataFlow;
use crate::halt::FlowFailure;
use crate::scope::{Scope, Variables};
use crate::state::task::{answers_as_api, invocation};
use crate::turn::Turn;

/// The compensation that a Task declares; none for `"None"` and for a Task that declares nothing.
pub(crate) fn declared(task: &Task) -> Option<&CompensationAction> {
    match &task.compensation {
        Some(asl::state::Compensation::Action(action)) => Some(action),
        Some(asl::state::Compensation::Nothing) | None => None,
    }
}

/// Evaluates a compensation's call over what the action received, and its raw result or null.
pub(crate) fn evaluate(
    turn: &mut Turn<'_>,
    flow: &dyn DataFlow,
    action: &CompensationAction,
    input: &Value,
    result: &Value,
    random: &mut ChaCha8Rng,
) -> Result<CompensationCall, FlowFailure> {
    let (timeout_seconds, arguments) = flow.undoing(action, input, result, random)?;
    let (function, input) = invocation(turn, &action.resource, arguments)?;
    let input = turn.seal_bounded(input, &|| action.resource.arn.clone())?;
    Ok(CompensationCall { function, input, timeout_seconds })
}

/// The variables that a compensation mentions, as they are when its action is scheduled: it is evaluated with them whenever that is, whatever
/// becomes of them.
pub(crate) fn captured(action: &CompensationAction, scope: Scope<'_>) -> Variables {
    let mention = Mention::by_compensation(action);
    let captured = mention.variables.iter().filter_map(|name| scope.find(name).map(|value| ((*name).to_owned(), value.clone())));
    captured.collect()
}

/// The result of a task as the language sees it: `lambda:invoke` wraps what a worker of ours answered, as `function`.
pub(crate) fn raw_result(task: &Task, function: &str, answer: Value, by_callback: bool) -> Arc<Value> {
    match &task.resource.integration {
        Integration::LambdaInvoke { .. } if !by_callback && !answers_as_api(function) => {
            Arc::new(json!({ "ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200 }))
        }
        _ => Arc::new(answer),
    }
}
