//! Choice: a branch by conditions (States Language specification, "Choice State").

use asl::state::Choice;
use asl::{Next, State, error_name};

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, Assigning, Field};
use crate::failing::context;
use crate::halt::Halt;
use crate::scope::{self, Scope};
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
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let mut chosen = None;
    for (index, rule) in choice.rules.iter().enumerate() {
        if flow.holds(&rule.condition, index, &input)? {
            chosen = Some((index, rule));
            break;
        }
    }
    let next = chosen.map(|(_, rule)| &rule.next).or(choice.default.as_ref());
    let Some(next) = next else {
        return Err(StateFailure::new(
            error_name::NO_CHOICE_MATCHED,
            "Failed to transition out of the state. The state does not point to a next state.",
        )
        .into());
    };
    let (field, assign) = match chosen {
        Some((index, rule)) => (Field::Rule(index), &rule.assign),
        None => (Field::State, &choice.data.assign),
    };
    let by = Assigning { field, raw: &raw, data: &input, result: None, error_output: None };
    let assigned = flow.assigned(assign, by, &mut turn.random)?;
    let output = flow.passed(input, chosen.map(|(index, rule)| (index, rule.output.as_ref())))?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    let assigned = scope::seal(turn, assigned, scope, state)?;
    Ok(exit(turn, branch, state, output, assigned, Next::State(next.clone())))
}
