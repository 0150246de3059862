//! Fail: the end of the execution, with an error (States Language specification, "Fail State").
//!
//! It has no exited event (recorded from AWS), and absent fields stay absent.

use asl::State;
use asl::state::{Fail, Text};

use crate::advance::{Place, Step};
use crate::data_flow;
use crate::failing::context;
use crate::halt::Halt;
use crate::scope::Scope;
use crate::turn::Turn;
use crate::{Activity, Branch, StateFailure, Visit};

pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &Branch,
    visit: &mut Visit,
    state: &State,
    fail: &Fail,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let mut text =
        |text: &Option<Text>, field| text.as_ref().map(|text| flow.text(text, field, &raw, &mut turn.random)).transpose();
    let (error, cause) = (text(&fail.error, "Error")?, text(&fail.cause, "Cause")?);
    let failure = StateFailure { error: error.unwrap_or_default(), cause };
    visit.activity = Activity::Failed(failure.clone());
    Ok(Step::Failed(failure))
}
