//! Fail: the end of the execution, with an error (States Language specification, "Fail State").
//!
//! It has no exited event (recorded from AWS), and absent fields stay absent.

use asl::State;
use asl::state::{Fail, Text};

use crate::advance::{Place, Step};
use crate::data_flow::{self, DataFlow};
use crate::failing::context;
use crate::halt::Halt;
use crate::turn::Turn;
use crate::{Activity, StateFailure, Visit};

pub(crate) fn enter(turn: &mut Turn<'_>, visit: &mut Visit, state: &State, fail: &Fail, place: Place<'_>) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let mut text = |text: &Option<Text>| text.as_ref().map(|text| flow.text(text, &raw, &mut turn.random)).transpose();
    let (error, cause) = (text(&fail.error)?, text(&fail.cause)?);
    let failure = StateFailure { error: error.unwrap_or_default(), cause };
    visit.activity = Activity::Failed(failure.clone());
    Ok(Step::Failed(failure))
}
