//! Unwinding: running what is owed, last first; branches beside each other, a bounded number at once.
//!
//! | phase      | success  | failure of this attempt   | of another attempt | deadline      |
//! |------------|----------|---------------------------|--------------------|---------------|
//! | registered | undone   | stale                     | stale              | -             |
//! | due        | undone   | stale                     | stale              | -             |
//! | in flight  | undone   | attempt fails             | stale              | attempt fails |
//! | backoff    | undone   | stale                     | stale              | next attempt  |
//! | spent      | undone   | stale                     | stale              | -             |
//!
//! What is registered has attempts only behind a redrive. An answer of the *action* may still supply its arguments until its first attempt.

use asl::StateKind;
use asl::state::CompensationAction;
use breaks::Break;

use crate::history::{ErrorDetails, HistoryEventKind};
use crate::turn::Turn;
use crate::{
    AttemptEnd, Owed, OwedGroup, OwedTask, StateFailure, TaskAttempt, TaskOutcome, Timestamp, TransitionError, UndoPhase,
    compensation, limits, retry,
};

/// How far unwinding came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unwound {
    /// It waits for something outside, or for the next transition.
    Waiting,
    /// Nothing is owed any more.
    Done,
    /// A compensation has failed for good; all that could be undone beside it is.
    Stuck,
}

/// Runs what is owed, last first. What is undone leaves the list.
pub(crate) fn unwind(turn: &mut Turn<'_>, owed: &mut Vec<Owed>) -> Result<Unwound, TransitionError> {
    while let Some(last) = owed.last_mut() {
        let unwound = match last {
            Owed::Task(task) => unwind_task(turn, task)?,
            Owed::Group(group) => unwind_group(turn, group)?,
        };
        match unwound {
            Unwound::Done => drop(owed.pop()),
            Unwound::Waiting | Unwound::Stuck => return Ok(unwound),
        }
    }
    Ok(Unwound::Done)
}

/// Undoes branches beside each other. Those whose undoing has begun go on first, wherever they stand: it may have begun inside a part that was
/// interrupted, and what is due or ended there must not wait for the others. The room they leave is for new ones.
fn unwind_group(turn: &mut Turn<'_>, group: &mut OwedGroup) -> Result<Unwound, TransitionError> {
    let mut running = 0;
    for begun in [true, false] {
        for branch in &mut group.branches {
            let room = begun || running < turn.surroundings.limits.unwinding_concurrency;
            if (room || breaks::active(Break::UnwindingUnbounded)) && has_begun(&branch.owed) == begun {
                let unwound = unwind(turn, &mut branch.owed)?;
                running += u32::from(unwound == Unwound::Waiting);
                if unwound == Unwound::Stuck && breaks::active(Break::SpentStopsEverything) {
                    return Ok(Unwound::Stuck);
                }
            }
        }
    }
    group.branches.retain(|branch| !branch.owed.is_empty());
    Ok(match (group.branches.is_empty(), running) {
        (true, _) => Unwound::Done,
        (false, 0) => Unwound::Stuck,
        (false, _) => Unwound::Waiting,
    })
}

/// Whether the last of these is being undone, or could not be.
fn has_begun(owed: &[Owed]) -> bool {
    match owed.last() {
        None => false,
        Some(Owed::Task(task)) => !matches!(task.undo.phase, UndoPhase::Registered),
        Some(Owed::Group(group)) => group.branches.iter().any(|branch| has_begun(&branch.owed)),
    }
}

/// Undoes one task.
fn unwind_task(turn: &mut Turn<'_>, owed: &mut OwedTask) -> Result<Unwound, TransitionError> {
    match std::mem::take(&mut owed.undo.phase) {
        UndoPhase::Registered | UndoPhase::Due { .. } => schedule(turn, owed),
        UndoPhase::Ended(end) => ended(turn, owed, end),
        phase @ (UndoPhase::InFlight(_) | UndoPhase::Backoff { .. }) => {
            owed.undo.phase = phase;
            Ok(Unwound::Waiting)
        }
        UndoPhase::Spent(failure) => {
            owed.undo.phase = UndoPhase::Spent(failure);
            Ok(Unwound::Stuck)
        }
    }
}

/// Schedules the next attempt of a compensation.
fn schedule(turn: &mut Turn<'_>, owed: &mut OwedTask) -> Result<Unwound, TransitionError> {
    if !turn.may_issue_command() {
        owed.undo.phase = UndoPhase::Due { revision: turn.revision };
        return Ok(Unwound::Waiting);
    }
    if owed.undo.visit == 0 {
        owed.undo.visit = turn.next_visit();
    }
    owed.undo.attempt += 1;
    owed.undo.since.get_or_insert(turn.now);
    let action = declared(turn, owed)?;
    let scheduled = HistoryEventKind::CompensationScheduled {
        state: owed.state.clone(),
        resource: action.resource.arn.clone(),
        input: owed.compensation.input.clone(),
        attempt: owed.undo.attempt,
    };
    owed.undo.last_event = turn.emit(owed.undo.last_event, scheduled);
    let deadline = owed.compensation.timeout_seconds.map(|seconds| lease_end(turn, owed).plus_seconds(seconds));
    owed.undo.phase = UndoPhase::InFlight(TaskAttempt {
        revision: turn.revision,
        function: owed.compensation.function.clone(),
        input: owed.compensation.input.clone(),
        deadline,
        heartbeat_seconds: None,
        heartbeat_deadline: None,
        callback: false,
        submitted: false,
        timeout_seconds: None,
    });
    Ok(Unwound::Waiting)
}

/// The latest end of a lease that the action may hold: a compensation that has to wait for it has not failed.
fn lease_end(turn: &Turn<'_>, owed: &OwedTask) -> Timestamp {
    let route = turn.surroundings.routes.of(&owed.action_function);
    match route {
        Some(route) if !owed.succeeded && !breaks::active(Break::CompensationTimedFromSchedule) => {
            // As long as the function runs, and as far as its host's clock may be behind.
            turn.now.plus_seconds(route.function_timeout_seconds).plus_millis(turn.surroundings.limits.timer_skew_millis)
        }
        _ => turn.now,
    }
}

fn declared<'a>(turn: &Turn<'a>, owed: &OwedTask) -> Result<&'a CompensationAction, TransitionError> {
    let action = match &turn.state(&owed.state)?.kind {
        StateKind::Task(task) => compensation::declared(task),
        _ => None,
    };
    action.ok_or_else(|| turn.corrupt(format!("state `{}` declares no compensation", owed.state)))
}

/// An attempt of a compensation has ended.
fn ended(turn: &mut Turn<'_>, owed: &mut OwedTask, end: AttemptEnd) -> Result<Unwound, TransitionError> {
    let failure = match end {
        AttemptEnd::Answered(TaskOutcome::Succeeded { .. }) => {
            let succeeded = HistoryEventKind::CompensationSucceeded { state: owed.state.clone() };
            owed.undo.last_event = turn.emit(owed.undo.last_event, succeeded);
            return Ok(Unwound::Done);
        }
        AttemptEnd::Answered(TaskOutcome::Failed { failure, .. }) | AttemptEnd::NotPublished { failure, .. } => failure.cut(),
        AttemptEnd::TimedOut => StateFailure::named(asl::error_name::TIMEOUT),
        AttemptEnd::HeartbeatLost => StateFailure::named(asl::error_name::HEARTBEAT_TIMEOUT),
    };
    let delay_millis = next_delay(turn, owed, &failure)?;
    let details = ErrorDetails::of(&failure);
    let failed = HistoryEventKind::CompensationFailed { state: owed.state.clone(), spent: delay_millis.is_none(), details };
    owed.undo.last_event = turn.emit(owed.undo.last_event, failed);
    let (phase, unwound) = match delay_millis {
        Some(delay) => (UndoPhase::Backoff { until: turn.now.plus_millis(delay) }, Unwound::Waiting),
        None if breaks::active(Break::SpentForgotten) => return Ok(Unwound::Done),
        None => (UndoPhase::Spent(failure), Unwound::Stuck),
    };
    owed.undo.phase = phase;
    Ok(unwound)
}

/// The delay before the next attempt: by the compensation's own retriers, else from 1 s to 5 min for a day.
fn next_delay(turn: &mut Turn<'_>, owed: &mut OwedTask, failure: &StateFailure) -> Result<Option<u64>, TransitionError> {
    let action = declared(turn, owed)?;
    if breaks::active(Break::CompensationNotRetried) {
        return Ok(None);
    }
    if let Some(retriers) = &action.retry {
        return Ok(retry::next_delay(retriers, &mut owed.undo.retries, failure, true, &mut turn.random));
    }
    owed.undo.retries.resize(1, 0);
    let retries = owed.undo.retries.first_mut();
    let spent = retries.map_or(0, |retries| std::mem::replace(retries, *retries + 1));
    let (first, longest) = (limits::COMPENSATION_RETRY_SECONDS_MIN, limits::COMPENSATION_RETRY_SECONDS_MAX);
    let delay = retry::doubling_seconds(first, longest, u32::try_from(spent).unwrap_or(u32::MAX));
    let since = owed.undo.since.unwrap_or(turn.now);
    let given_up = turn.now.plus_seconds(delay) > since.plus_seconds(limits::COMPENSATION_RETRY_SECONDS_IN_ALL);
    Ok((!given_up || breaks::active(Break::CompensationRetriedForEver)).then_some(delay * 1_000))
}
