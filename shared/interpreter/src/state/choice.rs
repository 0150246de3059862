//! Choice: a branch by conditions (States Language specification, "Choice State").

use asl::state::Choice;
use asl::{Next, State, error_name};

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, DataFlow};
use crate::failing::context;
use crate::halt::Halt;
use crate::turn::Turn;
use crate::{Branch, StateFailure, Visit};

pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    state: &State,
    choice: &Choice,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let input = flow.input(&raw)?;
    let mut next = choice.default.as_ref();
    for rule in &choice.rules {
        if flow.holds(&rule.condition, &input)? {
            next = Some(&rule.next);
            break;
        }
    }
    let Some(next) = next else {
        return Err(StateFailure::new(
            error_name::NO_CHOICE_MATCHED,
            "Failed to transition out of the state. The state does not point to a next state.",
        )
        .into());
    };
    let output = flow.passed(input)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok(exit(turn, branch, state, output, Next::State(next.clone())))
}
