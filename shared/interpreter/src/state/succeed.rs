//! Succeed: the end of a flow, well (States Language specification, "Succeed State").

use asl::{Next, State};

use crate::advance::{Place, Step, exit};
use crate::data_flow;
use crate::failing::context;
use crate::halt::Halt;
use crate::scope::{Scope, Variables};
use crate::turn::Turn;
use crate::{Branch, Visit};

pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    state: &State,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let output = flow.passed(flow.input(&raw)?, None)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok(exit(turn, branch, state, output, Variables::new(), Next::End))
}
