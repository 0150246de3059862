//! Wait: a delay (States Language specification, "Wait State").

use asl::state::Wait;
use asl::{State, StateKind};

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, Assigning, Field};
use crate::failing::context;
use crate::halt::Halt;
use crate::scope::{self, Scope};
use crate::turn::Turn;
use crate::{Activity, Branch, Visit};

/// Starts to wait. An instant that has passed ends it in the same transition.
pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &Branch,
    visit: &mut Visit,
    state: &State,
    wait: &Wait,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let until = flow.until(&wait.until, turn.now, &input)?;
    visit.activity = Activity::Waiting { until };
    Ok(Step::Waiting)
}

/// Has waited.
pub(crate) fn waited(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    state: &State,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let StateKind::Wait(wait) = &state.kind else {
        return Err(turn.corrupt(format!("state `{}` has waited and is no Wait", state.name)).into());
    };
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let by = Assigning { field: Field::State, raw: &raw, data: &input, result: None, error_output: None };
    let assigned = flow.assigned(&wait.data.assign, by, &mut turn.random)?;
    let output = flow.passed(input, None)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    let assigned = scope::seal(turn, assigned, scope, state)?;
    Ok(exit(turn, branch, state, output, assigned, wait.next.clone()))
}
