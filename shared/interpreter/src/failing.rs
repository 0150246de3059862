//! What a failed state leads to: an outer retry, a catcher, or the failure of what stands around it.
//!
//! A part that fails unwinds what it still owes before its failure is used (ARCHITECTURE.md, "Compensation"; docs/adr/0009).

use asl::state::{Catcher, Compensate};
use asl::{Next, State, error_name};
use breaks::Break;

use crate::advance::{Place, Step, exit};
use crate::data_flow::{self, Assigning, Field};
use crate::halt::{FlowFailure, Halt};
use crate::history::{ErrorDetails, HistoryEventKind};
use crate::scope::{self, Scope};
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
        let extent = if breaks::active(Break::RetriedWithoutUnwinding) { Extent::Nothing } else { Extent::Part };
        return unwind_first(turn, branch, visit, place, failure, extent, UnwindingThen::Retry { delay_millis });
    }
    let catcher =
        state.catchers().iter().enumerate().find(|(_, catcher)| retry::matches(&catcher.error_equals, &failure, is_task));
    match catcher {
        Some((index, catcher)) => {
            unwind_first(turn, branch, visit, place, failure, Extent::of(catcher), UnwindingThen::Catch(index))
        }
        None => {
            stay_failed(turn, branch, visit, &failure)?;
            Ok(Step::Failed(failure))
        }
    }
}

/// What is unwound before a failure is used.
#[derive(Clone, Copy)]
enum Extent {
    Part,
    Execution,
    Nothing,
}

impl Extent {
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
    extent: Extent,
    then: UnwindingThen,
) -> Result<Step, TransitionError> {
    aborted::report_inside(turn, visit, branch.last_event)?;
    let mut part = surrender_visit(turn, visit, place)?;
    if turn.execution.pivot_passed && breaks::active(Break::PartBehindPivotNotUnwound) {
        part.clear();
    }
    let mut owed: Vec<Owed> = match extent {
        Extent::Part => part,
        Extent::Nothing => {
            rest(&mut part);
            branch.owed.extend(part);
            Vec::new()
        }
        Extent::Execution => std::mem::take(&mut branch.owed).into_iter().chain(part).collect(),
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
            let failure = told(turn, branch, visit, failure);
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
        Activity::MapRun(run) => {
            run.phase = crate::MapRunPhase::Failed(failure.clone());
            branch.last_event = turn.emit(branch.last_event, HistoryEventKind::MapStateFailed);
        }
        other => {
            *other = Activity::Failed(failure.clone());
            // Recorded from AWS: a Map whose items cannot be evaluated has failed before it started.
            let failed = match &turn.state(&visit.state)?.kind {
                asl::StateKind::Map(_) => HistoryEventKind::MapStateFailed,
                asl::StateKind::Parallel(_) => HistoryEventKind::ParallelStateFailed,
                _ => return Ok(()),
            };
            if failure.error == error_name::QUERY_EVALUATION_ERROR {
                branch.last_event = turn.emit(branch.last_event, failed);
            }
        }
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
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let failure = failure.reported();
    let output = flow.caught(&raw, (index, catcher), &failure)?;
    let error_output = data_flow::error_output(&failure);
    let by = Assigning {
        field: Field::Catcher(index),
        raw: &raw,
        data: &error_output,
        result: None,
        error_output: Some(&error_output),
    };
    let assigned = flow.assigned(&catcher.assign, by, &mut turn.random)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    let assigned = scope::seal(turn, assigned, scope, state)?;
    Ok(exit(turn, branch, state, output, assigned, Next::State(catcher.next.clone())))
}

/// What the context object says of a visit.
pub(crate) fn context<'v>(
    turn: &Turn<'_>,
    scope: Scope<'v>,
    visit: &'v Visit,
    place: Place<'v>,
    token: Option<&'v str>,
) -> context_object::StateContext<'v> {
    context_object::StateContext {
        name: &visit.state,
        entered_at: visit.entered_at,
        retry_count: Some(visit.retries.iter().sum()),
        item: place.item,
        token,
        scope,
        seed: turn.evaluation_seed(visit.number),
    }
}

/// The cause of a runtime error says where it happened, as AWS's does.
pub(crate) fn located(failure: StateFailure, visit: &Visit) -> StateFailure {
    const PREFIX: &str = "An error occurred while executing the state";
    let is_runtime = matches!(
        failure.error.as_str(),
        error_name::RUNTIME
            | error_name::INTRINSIC_FAILURE
            | error_name::PARAMETER_PATH_FAILURE
            | error_name::NO_CHOICE_MATCHED
            | error_name::QUERY_EVALUATION_ERROR
    );
    match failure.cause {
        Some(cause) if is_runtime && !cause.starts_with(PREFIX) => {
            let cause = format!("{PREFIX} '{}' (entered at the event id #{}). {cause}", visit.state, visit.entered_event);
            StateFailure { error: failure.error, cause: Some(cause) }
        }
        cause => StateFailure { error: failure.error, cause },
    }
}

/// A failure as it is used: with the place where it happened, and told by an event of its own if it is of an evaluation.
pub(crate) fn told(turn: &mut Turn<'_>, branch: &mut Branch, visit: &Visit, failed: FlowFailure) -> StateFailure {
    let failure = located(failed.failure, visit);
    if let Some(evaluation) = failed.evaluation {
        let before_entry = turn.previous_of(visit.entered_event).filter(|_| branch.last_event == visit.entered_event);
        let previous = before_entry.filter(|_| !evaluation.linked).unwrap_or(branch.last_event);
        let told = HistoryEventKind::EvaluationFailed {
            state: visit.state.clone(),
            location: evaluation.location,
            details: ErrorDetails::of(&failure),
        };
        branch.last_event = turn.emit(previous, told);
    }
    failure
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
