//! Deadlines: what comes due in an execution, and what its coming due does.
//!
//! Nothing else in the interpreter looks at the time: a deadline that has passed is marked in the tree, and the state files find the mark.

use breaks::Break;

use crate::ending;
use crate::turn::Turn;
use crate::walk::{Node, NodeMut, walk, walk_mut};
use crate::{
    Activity, AttemptEnd, Execution, ExecutionStatus, IdempotencyKey, StateFailure, TaskAttempt, TaskPhase, Timestamp,
    TransitionError, UndoPhase, read::Needs,
};

/// What comes due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The machine's TimeoutSeconds.
    Execution,
    /// Something of the visit with this number: a Wait, a backoff, an attempt.
    Visit(u64),
    /// Something of the compensation with this visit.
    Undo(u64),
}

/// The earliest deadline of an open execution; none if nothing will ever come due by itself.
pub(crate) fn earliest(execution: &Execution) -> Option<Timestamp> {
    next(execution).map(|(at, _)| at)
}

fn next(execution: &Execution) -> Option<(Timestamp, Due)> {
    let mut earliest: Option<(Timestamp, Due)> = None;
    let mut consider = |at: Option<Timestamp>, due: Due| {
        if let Some(at) = at
            && earliest.as_ref().is_none_or(|(before, other)| (at, &due) < (*before, other))
        {
            earliest = Some((at, due));
        }
    };
    if execution.ending.is_none() || breaks::active(Break::TimeoutDuringUnwindingCounts) {
        consider(execution.deadline, Due::Execution);
    }
    walk(execution, &mut |node| match node {
        Node::Visit(visit) => consider(of_activity(&visit.activity), Due::Visit(visit.number)),
        Node::Owed(owed) => consider(of_undo(&owed.undo.phase), Due::Undo(owed.undo.visit)),
        Node::Map(_) => {}
    });
    earliest
}

fn of_activity(activity: &Activity) -> Option<Timestamp> {
    match activity {
        Activity::Waiting { until } | Activity::Backoff { until } => Some(*until),
        Activity::Task(progress) => match &progress.phase {
            TaskPhase::InFlight(attempt) => of_attempt(attempt),
            TaskPhase::Backoff { until } => Some(*until),
            TaskPhase::Due { .. } | TaskPhase::Ended(_) | TaskPhase::Failed(_) => None,
        },
        Activity::Runnable { .. }
        | Activity::Waited
        | Activity::Parallel(_)
        | Activity::Map(_)
        | Activity::MapRun(_)
        | Activity::Items(_)
        | Activity::Unwinding { .. }
        | Activity::Failed(_) => None,
    }
}

fn of_undo(phase: &UndoPhase) -> Option<Timestamp> {
    match phase {
        UndoPhase::InFlight(attempt) => of_attempt(attempt),
        UndoPhase::Backoff { until } => Some(*until),
        UndoPhase::Registered | UndoPhase::Due { .. } | UndoPhase::Ended(_) | UndoPhase::Spent(_) => None,
    }
}

fn of_attempt(attempt: &TaskAttempt) -> Option<Timestamp> {
    attempt.deadline.into_iter().chain(attempt.heartbeat_deadline).min()
}

/// Fires the earliest deadline that has passed. Answers whether there was one.
pub(crate) fn fire_next(turn: &mut Turn<'_>) -> Result<bool, TransitionError> {
    let machine =
        turn.execution.deadline.filter(|_| breaks::active(Break::DeadlinesOutOfOrder) && turn.execution.ending.is_none());
    let first = machine.filter(|at| *at <= turn.now).map(|at| (at, Due::Execution)).or_else(|| next(&turn.execution));
    let Some((at, due)) = first.filter(|(at, _)| *at <= turn.now) else { return Ok(false) };
    match due {
        Due::Execution => {
            turn.execution.deadline = None;
            ending::end_by(turn, ExecutionStatus::TimedOut, StateFailure::named(asl::error_name::TIMEOUT))?;
        }
        Due::Visit(number) => fire_visit(turn, number, at)?,
        Due::Undo(number) => {
            let revision = turn.revision;
            walk_mut(&mut turn.execution, &mut |node| match node {
                NodeMut::Owed(owed) if owed.undo.visit == number => {
                    owed.undo.phase = match &owed.undo.phase {
                        UndoPhase::Backoff { .. } => UndoPhase::Due { revision },
                        _ => UndoPhase::Ended(AttemptEnd::TimedOut),
                    };
                    true
                }
                NodeMut::Owed(_) | NodeMut::Visit(_) => false,
            });
        }
    }
    Ok(true)
}

fn fire_visit(turn: &mut Turn<'_>, number: u64, at: Timestamp) -> Result<(), TransitionError> {
    let (revision, now) = (turn.revision, turn.now);
    let heartbeats = &turn.surroundings.reads.heartbeats;
    let mut unread: Option<IdempotencyKey> = None;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == number => {
            match &mut visit.activity {
                Activity::Waiting { .. } => visit.activity = Activity::Waited,
                Activity::Backoff { .. } => visit.activity = Activity::Runnable { revision },
                Activity::Task(progress) => match &mut progress.phase {
                    TaskPhase::Backoff { .. } => progress.phase = TaskPhase::Due { revision },
                    TaskPhase::InFlight(attempt) if attempt.deadline == Some(at) => {
                        progress.phase = TaskPhase::Ended(AttemptEnd::TimedOut);
                    }
                    TaskPhase::InFlight(attempt) => match heartbeats.get(&progress.key) {
                        None if breaks::active(Break::HeartbeatNotRead) => {
                            progress.phase = TaskPhase::Ended(AttemptEnd::HeartbeatLost);
                        }
                        None => unread = Some(progress.key.clone()),
                        Some(heard) => {
                            let seconds = attempt.heartbeat_seconds.unwrap_or_default();
                            let extended = heard.map(|heard| heard.plus_seconds(seconds)).filter(|until| *until > now);
                            match extended {
                                Some(until) => attempt.heartbeat_deadline = Some(until),
                                None => progress.phase = TaskPhase::Ended(AttemptEnd::HeartbeatLost),
                            }
                        }
                    },
                    TaskPhase::Due { .. } | TaskPhase::Ended(_) | TaskPhase::Failed(_) => {}
                },
                _ => {}
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    // Heard of is not timed out: the lease item has to be read before a heartbeat is judged overdue.
    unread.map_or(Ok(()), |key| Err(TransitionError::Missing(Needs::heartbeat(key))))
}
