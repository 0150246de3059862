//! Wait: a delay (States Language specification, "Wait State").

use asl::state::{Wait, WaitUntil};
use asl::{State, StateKind, error_name};

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, DataFlow};
use crate::failing::context;
use crate::halt::Halt;
use crate::turn::Turn;
use crate::{Activity, Branch, StateFailure, Timestamp, Visit};

/// Starts to wait. An instant that has passed ends it in the same transition.
pub(crate) fn enter(turn: &mut Turn<'_>, visit: &mut Visit, state: &State, wait: &Wait, place: Place<'_>) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let input = flow.input(&raw)?;
    let until = match &wait.until {
        WaitUntil::Seconds(seconds) => turn.now.plus_seconds(flow.amount(seconds, "Seconds", &input)?),
        WaitUntil::Timestamp(text) => Timestamp::parse(text).ok_or_else(|| {
            StateFailure::new(error_name::RUNTIME, format!("the Timestamp `{text}` is not an RFC 3339 date-time"))
        })?,
        WaitUntil::TimestampPath(path) => flow.timestamp(path, &input)?,
    };
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
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let output = flow.passed(flow.input(&raw)?)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok(exit(turn, branch, state, output, wait.next.clone()))
}
