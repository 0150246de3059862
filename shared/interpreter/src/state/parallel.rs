//! Parallel: branches beside each other (States Language specification, "Parallel State").

use asl::state::Parallel;
use asl::{State, StateKind, error_name};
use breaks::Break;
use serde_json::Value;

use crate::advance::{Place, Progress, Step, advance, exit, leaving, visit as new_visit};
use crate::data_flow;
use crate::failing::{context, failed};
use crate::halt::Halt;
use crate::history::HistoryEventKind;
use crate::scope::Scope;
use crate::surrender::group_of;
use crate::turn::Turn;
use crate::{Activity, Branch, OwedBranch, Payload, StateFailure, TransitionError, Visit, aborted};

/// Starts the branches, each with the same input.
pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    parallel: &Parallel,
    place: Place<'_>,
) -> Result<Step, Halt> {
    if branch.last_event != visit.entered_event {
        // An outer retry is a visit of its own.
        visit.number = turn.next_visit();
    }
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let input = flow.arguments(input, &mut turn.random)?;
    let input = turn.seal_bounded(input, &|| state.name.clone())?;
    open_branches(turn, parallel.branches.len())?;
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::ParallelStateStarted);
    let branches = parallel.branches.iter().map(|flow| Branch {
        visit: Some(new_visit(turn, &flow.start_at, input.clone())),
        last_event: branch.last_event,
        ..Branch::default()
    });
    visit.activity = Activity::Parallel(branches.collect());
    Ok(Step::Changed)
}

/// Counts branches that are opened; more than the limit fail the state.
pub(crate) fn open_branches(turn: &mut Turn<'_>, count: usize) -> Result<(), StateFailure> {
    let limit = turn.surroundings.limits.active_branches;
    let open = turn.open_branches.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    if open > limit && !breaks::active(Break::BranchesUnlimited) {
        return Err(StateFailure::new(error_name::LIMIT_EXCEEDED, format!("more than {limit} branches would be open at a time")));
    }
    turn.open_branches = open;
    Ok(())
}

/// Runs the branches on.
pub(crate) fn resume(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let Activity::Parallel(branches) = &mut visit.activity else {
        return Err(turn.corrupt(format!("state `{}` has no branches", state.name)).into());
    };
    let mut waiting = false;
    let variables = branch.variables.clone();
    let scope = Scope { variables: &variables, outer: place.scope };
    for child in branches.iter_mut() {
        let progress = advance(turn, child, Place { outermost: false, scope: Some(&scope), ..place })?;
        match progress {
            Progress::Finished(_) => {}
            Progress::Waiting => waiting = true,
            Progress::Failed(failure) => {
                branch.last_event = child.last_event;
                return Ok(failed(turn, branch, visit, state, place, failure)?);
            }
            Progress::Stuck(failure) => {
                branch.last_event = child.last_event;
                return Ok(Step::Stuck(failure));
            }
        }
    }
    if waiting { Ok(Step::Waiting) } else { succeeded(turn, branch, visit, state, place) }
}

/// All branches have finished: their outputs in their order are the result.
fn succeeded(turn: &mut Turn<'_>, branch: &mut Branch, visit: &mut Visit, state: &State, place: Place<'_>) -> Result<Step, Halt> {
    let StateKind::Parallel(parallel) = &state.kind else {
        return Err(turn.corrupt(format!("state `{}` is no Parallel", state.name)).into());
    };
    let Activity::Parallel(branches) = &visit.activity else {
        return Err(turn.corrupt(format!("state `{}` has no branches", state.name)).into());
    };
    let outputs: Vec<Payload> = branches.iter().filter_map(|branch| branch.output.clone()).collect();
    turn.require(outputs.iter())?;
    let count = branches.len();
    let results =
        outputs.iter().map(|output| Ok((*turn.value(output)?).clone())).collect::<Result<Vec<Value>, TransitionError>>()?;
    let last_event = branches.iter().map(|branch| branch.last_event).max().unwrap_or(branch.last_event);
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let (output, assigned) = leaving(turn, &*flow, &raw, Value::Array(results), state, scope, None)?;
    let owed = branches.iter().zip(0..).map(|(branch, index)| OwedBranch { index, owed: branch.owed.clone() });
    let owed: Vec<OwedBranch> = owed.collect();
    turn.close_branches(count);
    branch.owed.extend(group_of(state, owed));
    turn.emit(last_event, HistoryEventKind::ParallelStateSucceeded);
    // Recorded from AWS: what follows links to the last event inside.
    branch.last_event = last_event;
    Ok(exit(turn, branch, state, output, assigned, parallel.next.clone()))
}

/// It fails and nothing catches that: reported, but left as it is for a redrive.
pub(crate) fn abort(turn: &mut Turn<'_>, branch: &mut Branch, visit: &Visit) -> Result<(), TransitionError> {
    aborted::report_inside(turn, visit, branch.last_event)?;
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::ParallelStateFailed);
    Ok(())
}
