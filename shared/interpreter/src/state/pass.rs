//! Pass: its input, reshaped (States Language specification, "Pass State").

use asl::State;
use asl::state::Pass;

use crate::advance::{Place, Step, exit, leaving};
use crate::data_flow;
use crate::failing::context;
use crate::halt::Halt;
use crate::scope::Scope;
use crate::turn::Turn;
use crate::{Branch, Visit};

pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    state: &State,
    pass: &Pass,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let result = match &pass.result {
        Some(result) => result.clone(),
        None => flow.arguments(input, &mut turn.random)?,
    };
    let (output, assigned) = leaving(turn, &*flow, &raw, result, state, scope, None)?;
    Ok(exit(turn, branch, state, output, assigned, pass.next.clone()))
}
