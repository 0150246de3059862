//! What a failed state leads to: an outer retry, a catcher, or the failure of what stands around it.
//!
//! A part that fails unwinds what it still owes before its failure is used (ARCHITECTURE.md, "Compensation"; docs/adr/0009).

use asl::state::{Catcher, Compensate};
use asl::{Next, State, error_name};
use breaks::Break;

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, DataFlow};
use crate::halt::Halt;
use crate::history::HistoryEventKind;
use crate::surrender::{rest, surrender_visit};
use crate::turn::Turn;
use crate::{Activity, Branch, Owed, StateFailure, TransitionError, UnwindingThen, Visit, aborted, context_object, retry};

/// A state that is no Task has failed, or a Task whose own retriers are spent. Decides between an outer retry, a catcher and failing.
pub(crate) fn failed(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
    failure: StateFailure,
) -> Result<Step, TransitionError> {
    let is_task = matches!(visit.activity, Activity::Task(_)) || matches!(state.kind, asl::StateKind::Task(_));
    if !is_task
        && let Some(delay_millis) = retry::next_delay(state.retriers(), &mut visit.retries, &failure, false, &mut turn.random)
    {
        let scope = if breaks::active(Break::RetriedWithoutUnwinding) { Scope::Nothing } else { Scope::Part };
        return unwind_first(turn, branch, visit, place, failure, scope, UnwindingThen::Retry { delay_millis });
    }
    let catcher =
        state.catchers().iter().enumerate().find(|(_, catcher)| retry::matches(&catcher.error_equals, &failure, is_task));
    match catcher {
        Some((index, catcher)) => {
            unwind_first(turn, branch, visit, place, failure, Scope::of(catcher), UnwindingThen::Catch(index))
        }
        None => {
            stay_failed(turn, branch, visit, &failure)?;
            Ok(Step::Failed(failure))
        }
    }
}

/// What is unwound before a failure is used.
#[derive(Clone, Copy)]
enum Scope {
    Part,
    Execution,
    Nothing,
}

impl Scope {
    fn of(catcher: &Catcher) -> Self {
        match catcher.compensate {
            None if breaks::active(Break::CaughtWithoutUnwinding) => Self::Nothing,
            Some(Compensate::Execution) if breaks::active(Break::CompensateExecutionIgnored) => Self::Part,
            Some(Compensate::Nothing) if breaks::active(Break::CompensateNoneIgnored) => Self::Part,
            None => Self::Part,
            Some(Compensate::Execution) => Self::Execution,
            Some(Compensate::Nothing) => Self::Nothing,
        }
    }
}

/// Unwinds what is owed, then uses the failure.
fn unwind_first(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    place: Place<'_>,
    failure: StateFailure,
    scope: Scope,
    then: UnwindingThen,
) -> Result<Step, TransitionError> {
    aborted::report_inside(turn, visit, branch.last_event)?;
    let mut part = surrender_visit(turn, visit, place)?;
    if turn.execution.pivot_passed && breaks::active(Break::PartBehindPivotNotUnwound) {
        part.clear();
    }
    let mut owed: Vec<Owed> = match scope {
        Scope::Part => part,
        Scope::Nothing => {
            rest(&mut part);
            branch.owed.extend(part);
            Vec::new()
        }
        Scope::Execution => std::mem::take(&mut branch.owed).into_iter().chain(part).collect(),
    };
    if owed.is_empty() {
        return use_failure(turn, branch, visit, place, &failure, then);
    }
    if breaks::active(Break::FirstUndoneFirst) {
        owed.reverse();
    }
    announce(turn, branch, Some(visit.state.clone()));
    visit.activity = Activity::Unwinding { owed, failure, then };
    Ok(Step::Changed)
}

/// Uses the failure of a part that owes nothing (any more).
pub(crate) fn use_failure(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    place: Place<'_>,
    failure: &StateFailure,
    then: UnwindingThen,
) -> Result<Step, TransitionError> {
    let index = match then {
        UnwindingThen::Retry { delay_millis } => {
            visit.activity = Activity::Backoff { until: turn.now.plus_millis(delay_millis) };
            return Ok(Step::Waiting);
        }
        UnwindingThen::Catch(index) => index,
    };
    let state = turn.state(&visit.state)?;
    match caught(turn, branch, visit, state, place, index, failure) {
        Ok(step) => Ok(step),
        // The catcher's own ResultPath failed: nothing is left that could catch that.
        Err(Halt::Failure(failure)) => {
            let failure = located(failure, visit);
            visit.activity = Activity::Failed(failure.clone());
            Ok(Step::Failed(failure))
        }
        Err(Halt::Error(error)) => Err(error),
    }
}

/// Says in the history that unwinding starts.
pub(crate) fn announce(turn: &mut Turn<'_>, branch: &mut Branch, state: Option<String>) {
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::UnwindingStarted { state });
}

/// A failure that nothing in this state catches: the state stays as it is, so that a redrive can go on here.
fn stay_failed(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    failure: &StateFailure,
) -> Result<(), TransitionError> {
    match &mut visit.activity {
        Activity::Task(progress) => progress.phase = crate::TaskPhase::Failed(failure.clone()),
        Activity::Parallel(_) => crate::state::parallel::abort(turn, branch, visit)?,
        Activity::Map(_) => crate::state::map::abort(turn, branch, visit)?,
        other => *other = Activity::Failed(failure.clone()),
    }
    Ok(())
}

/// A catcher takes the failure: the state is left, with `{"Error", "Cause"}` where its ResultPath says.
pub(crate) fn caught(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
    index: usize,
    failure: &StateFailure,
) -> Result<Step, Halt> {
    let catcher =
        state.catchers().get(index).ok_or_else(|| turn.corrupt(format!("state `{}` has no catcher {index}", state.name)))?;
    let raw = turn.value(&visit.input)?;
    let flow = data_flow::of_state(turn, state, context(visit, place, None))?;
    let output = flow.caught(&raw, &catcher.result_path, &failure.reported())?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok(exit(turn, branch, state, output, Next::State(catcher.next.clone())))
}

/// What the context object says of a visit.
pub(crate) fn context<'v>(visit: &'v Visit, place: Place<'v>, token: Option<&'v str>) -> context_object::StateContext<'v> {
    context_object::StateContext {
        name: &visit.state,
        entered_at: visit.entered_at,
        retry_count: Some(visit.retries.iter().sum()),
        item: place.item,
        token,
    }
}

/// The cause of a runtime error says where it happened, as AWS's does.
pub(crate) fn located(failure: StateFailure, visit: &Visit) -> StateFailure {
    const PREFIX: &str = "An error occurred while executing the state";
    let is_runtime = matches!(
        failure.error.as_str(),
        error_name::RUNTIME | error_name::INTRINSIC_FAILURE | error_name::PARAMETER_PATH_FAILURE | error_name::NO_CHOICE_MATCHED
    );
    match failure.cause {
        Some(cause) if is_runtime && !cause.starts_with(PREFIX) => {
            let cause = format!("{PREFIX} '{}' (entered at the event id #{}). {cause}", visit.state, visit.entered_event);
            StateFailure { error: failure.error, cause: Some(cause) }
        }
        cause => StateFailure { error: failure.error, cause },
    }
}

/// How many records are owed, groups counted by what is in them.
pub(crate) fn count(owed: &[Owed]) -> u64 {
    owed.iter()
        .map(|owed| match owed {
            Owed::Task(_) => 1,
            Owed::Group(group) => group.branches.iter().map(|branch| count(&branch.owed)).sum(),
        })
        .sum()
}
