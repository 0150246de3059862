//! Stopping what is under way and keeping what it owes, in its place in the program.
//!
//! Tasks in flight count as unknown; those that declare no compensation are revoked; callbacks and timers end with the tree that held them. A
//! compensation that is itself in flight goes on where it is: its record moves as it stands.

use asl::{State, StateKind};
use breaks::Break;

use crate::advance::Place;
use crate::turn::Turn;
use crate::{
    Activity, Branch, IterationStage, MapRunPhase, Owed, OwedBranch, OwedGroup, Revocation, StoppingRun, TaskPhase, TaskProgress,
    TransitionError, UndoPhase, Visit, limits, state,
};

/// Stops a branch and answers what it owes, in the order of the program.
pub(crate) fn surrender(turn: &mut Turn<'_>, branch: &mut Branch, place: Place<'_>) -> Result<Vec<Owed>, TransitionError> {
    let mut owed = std::mem::take(&mut branch.owed);
    if breaks::active(Break::SiblingsForgotten) && !place.outermost {
        branch.visit = None;
    }
    if let Some(mut visit) = branch.visit.take() {
        let before = owed.len();
        owed.extend(surrender_visit(turn, &mut visit, place)?);
        if breaks::active(Break::InFlightOwedOutOfPlace) {
            owed.rotate_left(before);
        }
    }
    Ok(owed)
}

/// Stops a visit and answers what it owes.
pub(crate) fn surrender_visit(turn: &mut Turn<'_>, visit: &mut Visit, place: Place<'_>) -> Result<Vec<Owed>, TransitionError> {
    let state = turn.state(&visit.state)?;
    match std::mem::replace(&mut visit.activity, Activity::Waited) {
        Activity::Task(progress) => Ok(surrender_task(turn, visit, &progress, state, place)),
        Activity::Parallel(branches) => {
            turn.close_branches(branches.len());
            let mut group = Vec::new();
            for (index, mut branch) in (0..).zip(branches) {
                let owed = surrender(turn, &mut branch, Place { outermost: false, ..place })?;
                group.push(OwedBranch { index, owed });
            }
            Ok(as_group(state, group))
        }
        Activity::Map(map) => {
            turn.close_branches(map.active.len());
            let mut group = map.owed;
            for iteration in map.active {
                let owed = match iteration.stage {
                    IterationStage::Running(mut branch) => {
                        surrender(turn, &mut branch, Place { item: Some(&iteration.item), outermost: false, scope: None })?
                    }
                    IterationStage::Unwinding { owed, .. } => owed,
                };
                group.push(OwedBranch { index: iteration.item.index, owed });
            }
            Ok(as_group(state, group))
        }
        Activity::Unwinding { owed, .. } => Ok(owed),
        Activity::MapRun(run) => {
            if run.phase == MapRunPhase::Open {
                let (state, visit, revision) = (state.name.clone(), visit.number, turn.revision);
                turn.execution.stopping.push(StoppingRun { state, visit, revision, run: *run });
            }
            Ok(Vec::new())
        }
        // Of a Map Run, which never goes on after it has failed: its end stops what is open.
        Activity::Items(_)
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Backoff { .. }
        | Activity::Runnable { .. }
        | Activity::Failed(_) => Ok(Vec::new()),
    }
}

/// A task that is stopped: its record if it may have had an effect that has to be undone, else its key is revoked while its request may still be on
/// its way.
fn surrender_task(turn: &mut Turn<'_>, visit: &Visit, progress: &TaskProgress, state: &State, place: Place<'_>) -> Vec<Owed> {
    let under_way = match progress.phase {
        TaskPhase::InFlight(_) => true,
        // The request of an attempt that timed out may still wait in its queue.
        TaskPhase::Backoff { .. } | TaskPhase::Due { .. } => progress.unknown,
        TaskPhase::Ended(_) | TaskPhase::Failed(_) => false,
    };
    // Of one whose result failed the state it is known that it has happened, and no copy of its success says more.
    let succeeded = progress.misfit_attempt > 0;
    let owed = state::task::owed(visit, progress, state, place, succeeded)
        .filter(|_| state::task::may_have_had_effect(progress) && !breaks::active(Break::OwedOnlyOnceSucceeded));
    match owed {
        Some(owed) => vec![Owed::Task(Box::new(owed))],
        None => {
            if under_way && !breaks::active(Break::NothingToUndoNotRevoked) {
                revoke(turn, progress, state);
            }
            Vec::new()
        }
    }
}

fn revoke(turn: &mut Turn<'_>, progress: &TaskProgress, state: &State) {
    let callback = matches!(&state.kind, StateKind::Task(task) if state::task::is_callback(task));
    let revocations = &mut turn.execution.revocations;
    revocations.push(Revocation { key: progress.key.clone(), revision: turn.revision, callback });
    // Those of this transition are not published yet: however many there are, they stay.
    if revocations.len() > limits::REVOCATIONS_MAX && revocations.first().is_some_and(|oldest| oldest.revision < turn.revision) {
        revocations.remove(0);
    }
}

/// Lets compensations rest whose part's catcher suppresses unwinding: they are owed again, in their place. One that is in flight goes on.
pub(crate) fn rest(owed: &mut [Owed]) {
    for owed in owed {
        match owed {
            Owed::Task(task) => {
                if matches!(task.undo.phase, UndoPhase::Due { .. } | UndoPhase::Backoff { .. }) {
                    task.undo.phase = UndoPhase::Registered;
                }
            }
            Owed::Group(group) => group.branches.iter_mut().for_each(|branch| rest(&mut branch.owed)),
        }
    }
}

fn as_group(state: &State, branches: Vec<OwedBranch>) -> Vec<Owed> {
    let branches: Vec<OwedBranch> = branches.into_iter().filter(|branch| !branch.owed.is_empty()).collect();
    if branches.is_empty() { Vec::new() } else { vec![Owed::Group(OwedGroup { state: state.name.clone(), branches })] }
}

/// What branches that have all finished owe, as one record.
pub(crate) fn group_of(state: &State, branches: Vec<OwedBranch>) -> Option<Owed> {
    as_group(state, branches).pop()
}
