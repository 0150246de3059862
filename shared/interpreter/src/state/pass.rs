//! Pass: its input, reshaped (States Language specification, "Pass State").

use asl::State;
use asl::state::Pass;

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, DataFlow};
use crate::failing::context;
use crate::halt::Halt;
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
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let input = flow.input(&raw)?;
    let result = match &pass.result {
        Some(result) => result.clone(),
        None => flow.arguments(input, &mut turn.random)?,
    };
    let output = flow.output(&raw, result, &mut turn.random)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok(exit(turn, branch, state, output, pass.next.clone()))
}
