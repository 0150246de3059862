//! How an execution ends: at once, after unwinding, after the pivot's outcome is known, or parked.

use asl::{StateKind, error_name};
use breaks::Break;

use crate::advance::{Place, Progress, advance};
use crate::history::{ErrorDetails, HistoryEventKind};
use crate::surrender::surrender;
use crate::turn::Turn;
use crate::unwind::{Unwound, unwind};
use crate::{
    Activity, Branch, Ending, EndingStage, ExecutionStatus, OwedTask, Parked, Payload, StateFailure, TransitionError, UndoPhase,
    failing, state,
};

/// The place of the execution's outermost branch.
const OUTERMOST: Place<'static> = Place { item: None, outermost: true, scope: None };

/// Runs the execution on as far as it goes now, and ends it where it ends.
pub(crate) fn run(turn: &mut Turn<'_>) -> Result<(), TransitionError> {
    if turn.execution.status != ExecutionStatus::Running {
        return Ok(());
    }
    if is_unwinding(turn) {
        return go_on_unwinding(turn);
    }
    let mut root = std::mem::take(&mut turn.execution.root);
    let progress = advance(turn, &mut root, OUTERMOST);
    turn.execution.root = root;
    match progress? {
        Progress::Finished(output) => succeed(turn, output),
        Progress::Waiting if turn.is_to_end_behind_the_pivot() => {
            let ending = turn.execution.ending.take();
            let (status, failure) = ending.map_or((ExecutionStatus::Failed, None), |ending| (ending.status, ending.failure));
            park_forward(turn, status, failure.as_ref());
            Ok(())
        }
        Progress::Waiting => Ok(()),
        Progress::Failed(failure) => match turn.execution.ending.clone() {
            // The pivot has happened, though its state failed then.
            Some(ending) if turn.execution.pivot_passed => {
                turn.execution.ending = None;
                park_forward(turn, ending.status, ending.failure.as_ref());
                Ok(())
            }
            // The pivot is known not to have happened: what was decided while it was unknown can be done now.
            Some(ending) => start_unwinding(turn, ending.status, ending.failure),
            None => end_by(turn, ExecutionStatus::Failed, failure),
        },
        Progress::Stuck(failure) if turn.execution.pivot_passed => {
            park_in_place(turn, &failure);
            Ok(())
        }
        Progress::Stuck(failure) => {
            let ending = turn.execution.ending.clone();
            let (status, failure) =
                ending.map_or((ExecutionStatus::Failed, Some(failure)), |ending| (ending.status, ending.failure));
            start_unwinding(turn, status, failure)
        }
    }
}

impl Turn<'_> {
    /// Whether a stop or timeout waits for nothing but to be carried out: the pivot it waited for has succeeded.
    pub(crate) fn is_to_end_behind_the_pivot(&self) -> bool {
        let awaiting = self.execution.ending.as_ref().is_some_and(|ending| ending.stage == EndingStage::AwaitingPivot);
        awaiting && self.execution.pivot_passed && !breaks::active(Break::StopForgottenBehindPivot)
    }
}

fn is_unwinding(turn: &Turn<'_>) -> bool {
    matches!(&turn.execution.ending, Some(Ending { stage: EndingStage::Unwinding(_), .. }))
}

/// Decides that the execution ends in another way than success. A flow that has failed has left its pivot behind or never begun it; whoever ends it from
/// outside may find it under way.
pub(crate) fn end_by(turn: &mut Turn<'_>, status: ExecutionStatus, failure: StateFailure) -> Result<(), TransitionError> {
    end_at(turn, status, failure, status != ExecutionStatus::Failed)
}

/// Decides that a flow that only goes round in circles fails, wherever it is.
pub(crate) fn end_runaway(turn: &mut Turn<'_>, failure: StateFailure) -> Result<(), TransitionError> {
    end_at(turn, ExecutionStatus::Failed, failure, true)
}

fn end_at(
    turn: &mut Turn<'_>,
    status: ExecutionStatus,
    failure: StateFailure,
    from_outside: bool,
) -> Result<(), TransitionError> {
    let failure = Some(failure).filter(|failure| !(failure.error.is_empty() && failure.cause.is_none()));
    if turn.execution.pivot_passed && !breaks::active(Break::FailureBehindPivotUnwinds) {
        park_forward(turn, status, failure.as_ref());
        return Ok(());
    }
    // Of a Map Run nothing is undone: what is open in it is stopped where it stands.
    let owes_nothing = turn.execution.map_run.is_some() || !turn.surroundings.definition.uses_compensation();
    if owes_nothing || ends_without_unwinding(turn, status) {
        end(turn, status, failure);
        return Ok(());
    }
    if from_outside && pivot_is_unknown(turn)? && !breaks::active(Break::EndOvertakesPivot) {
        turn.execution.ending = Some(Ending { status, failure, stage: EndingStage::AwaitingPivot });
        return Ok(());
    }
    start_unwinding(turn, status, failure)
}

/// Whether a break lets the execution end so without unwinding.
fn ends_without_unwinding(turn: &Turn<'_>, status: ExecutionStatus) -> bool {
    let failed = status == ExecutionStatus::Failed;
    breaks::active(Break::FailStateDoesNotUnwind) && failed && is_in_fail_state(turn)
        || breaks::active(Break::UncaughtFailureDoesNotUnwind) && failed && !is_in_fail_state(turn)
        || breaks::active(Break::TimeoutDoesNotUnwind) && status == ExecutionStatus::TimedOut
        || breaks::active(Break::StopDoesNotUnwind) && status == ExecutionStatus::Aborted
}

fn is_in_fail_state(turn: &Turn<'_>) -> bool {
    let state = turn.execution.root.visit.as_ref().and_then(|visit| turn.state(&visit.state).ok());
    state.is_some_and(|state| matches!(state.kind, StateKind::Fail(_)))
}

/// Whether the pivot is under way, or an attempt of it may have succeeded.
fn pivot_is_unknown(turn: &Turn<'_>) -> Result<bool, TransitionError> {
    let Some(visit) = &turn.execution.root.visit else { return Ok(false) };
    let is_pivot = matches!(&turn.state(&visit.state)?.kind, StateKind::Task(task) if task.pivot);
    Ok(match &visit.activity {
        Activity::Task(progress) => is_pivot && state::task::may_have_had_effect(progress),
        _ => false,
    })
}

/// Stops everything and unwinds what is owed.
fn start_unwinding(turn: &mut Turn<'_>, status: ExecutionStatus, failure: Option<StateFailure>) -> Result<(), TransitionError> {
    let mut root = std::mem::take(&mut turn.execution.root);
    let mut owed = surrender(turn, &mut root, OUTERMOST)?;
    if breaks::active(Break::FirstUndoneFirst) {
        owed.reverse();
    }
    if !owed.is_empty() {
        failing::announce(turn, &mut root, None);
    }
    turn.execution.root = Branch { last_event: root.last_event, ..Branch::default() };
    turn.execution.deadline = turn.execution.deadline.filter(|_| breaks::active(Break::TimeoutDuringUnwindingCounts));
    turn.execution.ending = Some(Ending { status, failure, stage: EndingStage::Unwinding(owed) });
    go_on_unwinding(turn)
}

/// Runs what is owed on, and ends the execution when nothing more can be done.
fn go_on_unwinding(turn: &mut Turn<'_>) -> Result<(), TransitionError> {
    let Some(Ending { status, failure, stage: EndingStage::Unwinding(mut owed) }) = turn.execution.ending.take() else {
        return Err(turn.corrupt("an execution unwinds only while it is ending"));
    };
    let had_any = !owed.is_empty();
    let unwound = unwind(turn, &mut owed);
    let left = failing::count(&owed);
    let ending = Ending { status, failure: failure.clone(), stage: EndingStage::Unwinding(owed) };
    match unwound? {
        Unwound::Waiting => turn.execution.ending = Some(ending),
        Unwound::Done => {
            if had_any {
                ended_unwinding(turn, 0);
            }
            let failed = breaks::active(Break::UnwoundEndsAsFailed);
            end(turn, if failed { ExecutionStatus::Failed } else { status }, failure);
        }
        Unwound::Stuck => {
            ended_unwinding(turn, left);
            turn.execution.ending = Some(ending);
            let named = if breaks::active(Break::OwedNotAllNamed) { 1 } else { usize::MAX };
            let owed: Vec<String> = turn.execution.owed_tasks().into_iter().take(named).map(name).collect();
            turn.execution.parked = Some(Parked::Unwinding).filter(|_| !breaks::active(Break::SpentNotParked));
            let cause = format!("still owed: {}{}", owed.join(", "), because(failure.as_ref()));
            end(turn, ExecutionStatus::Failed, Some(StateFailure::new(error_name::COMPENSATION_FAILED, cause)));
        }
    }
    Ok(())
}

/// A compensation of a part behind the pivot has failed for good: nothing else is undone, the tree stays, and a redrive goes on in it.
fn park_in_place(turn: &mut Turn<'_>, failure: &StateFailure) {
    let owed: Vec<String> = turn.execution.owed_tasks().into_iter().map(name).collect();
    turn.execution.parked = Some(Parked::Unwinding);
    let cause = format!("still owed: {}{}", owed.join(", "), because(Some(failure)));
    end(turn, ExecutionStatus::Failed, Some(StateFailure::new(error_name::COMPENSATION_FAILED, cause)));
}

fn ended_unwinding(turn: &mut Turn<'_>, owed: u64) {
    let ended = HistoryEventKind::UnwindingEnded { state: None, owed };
    turn.execution.root.last_event = turn.emit(turn.execution.root.last_event, ended);
}

/// What is still owed: the state's name, with what its compensation failed of.
fn name(owed: &OwedTask) -> String {
    match &owed.undo.phase {
        UndoPhase::Spent(failure) => format!("`{}` ({})", owed.state, failure.reported().error),
        _ => format!("`{}`", owed.state),
    }
}

fn because(failure: Option<&StateFailure>) -> String {
    let Some(failure) = failure else { return String::new() };
    let cause = failure.cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("; unwinding because of `{}`{cause}", failure.reported().error)
}

/// A failure, stop or timeout after the pivot: nothing is undone, the tree stays, and a redrive goes on in it.
fn park_forward(turn: &mut Turn<'_>, status: ExecutionStatus, failure: Option<&StateFailure>) {
    turn.execution.parked = Some(Parked::Forward).filter(|_| !breaks::active(Break::ForwardNotParked));
    let what = match (status, failure) {
        (ExecutionStatus::Aborted, None) => "it was stopped".to_owned(),
        (_, None) => "it failed".to_owned(),
        (_, Some(failure)) => {
            let cause = failure.cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default();
            format!("`{}`{cause}", failure.reported().error)
        }
    };
    let cause = format!("the saga is past its pivot and did not reach its end: {what}");
    end(turn, status, Some(StateFailure::new(error_name::FORWARD_RECOVERY_FAILED, cause)));
}

fn succeed(turn: &mut Turn<'_>, output: Payload) -> Result<(), TransitionError> {
    // A stop that waited for a pivot which was the last state: nothing is left that could go forward, so the saga is complete.
    turn.execution.ending = None;
    turn.emit(turn.execution.root.last_event, HistoryEventKind::ExecutionSucceeded { output: output.clone() });
    turn.execution.output = Some(output);
    close(turn, ExecutionStatus::Succeeded);
    Ok(())
}

fn end(turn: &mut Turn<'_>, status: ExecutionStatus, failure: Option<StateFailure>) {
    let failure = failure.map(|failure| failure.reported());
    let details = failure.as_ref().map(ErrorDetails::of).unwrap_or_default();
    let last = turn.execution.root.last_event;
    match status {
        ExecutionStatus::TimedOut => turn.emit(last, HistoryEventKind::ExecutionTimedOut(details)),
        // Recorded from AWS: an abort is linked to nothing.
        ExecutionStatus::Aborted => turn.emit(0, HistoryEventKind::ExecutionAborted(details)),
        ExecutionStatus::Failed | ExecutionStatus::Running | ExecutionStatus::Succeeded => {
            turn.emit(last, HistoryEventKind::ExecutionFailed(details))
        }
    };
    turn.execution.failure = failure;
    close(turn, status);
}

fn close(turn: &mut Turn<'_>, status: ExecutionStatus) {
    turn.execution.status = status;
    turn.execution.closed_at = Some(turn.now);
    turn.execution.ended_in = Some(turn.revision);
    turn.execution.armed = None;
}
