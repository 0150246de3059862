//! What histories tell of the states inside a Parallel or Map that has failed: they are aborted (as recorded from AWS).

use asl::StateKind;

use crate::history::{HistoryEventKind, StateType};
use crate::turn::Turn;
use crate::{Activity, Branch, IterationStage, MapRunPhase, TaskPhase, TransitionError, Visit};

/// Reports what is inside a visit of a Parallel or Map as aborted, because of the event `cause`.
pub(crate) fn report_inside(turn: &mut Turn<'_>, visit: &Visit, cause: u64) -> Result<(), TransitionError> {
    match &visit.activity {
        Activity::Parallel(branches) => branches.iter().try_for_each(|branch| report_branch(turn, branch, cause)),
        Activity::Map(map) => map.active.iter().try_for_each(|iteration| {
            let IterationStage::Running(branch) = &iteration.stage else { return Ok(()) };
            if !has_failed(branch) {
                let (name, index) = (visit.state.clone(), iteration.item.index);
                turn.emit(cause, HistoryEventKind::MapIterationAborted { name, index });
            }
            report_branch(turn, branch, cause)
        }),
        Activity::MapRun(run) if run.phase == MapRunPhase::Open => {
            turn.emit(cause, HistoryEventKind::MapRunAborted);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Reports what a branch is in as aborted.
pub(crate) fn report_branch(turn: &mut Turn<'_>, branch: &Branch, cause: u64) -> Result<(), TransitionError> {
    let Some(visit) = &branch.visit else { return Ok(()) };
    let state = turn.state(&visit.state)?;
    let is_told = match state.kind {
        StateKind::Task(_) | StateKind::Wait(_) => visit.entered_event != 0,
        // A composite that failed has told so itself, and of all that is inside.
        StateKind::Parallel(_) | StateKind::Map(_) if has_failed(branch) => return Ok(()),
        StateKind::Parallel(_) | StateKind::Map(_) => visit.entered_event != 0,
        StateKind::Choice(_) | StateKind::Pass(_) | StateKind::Succeed(_) | StateKind::Fail(_) => false,
    };
    report_inside(turn, visit, cause)?;
    if is_told {
        turn.emit(cause, HistoryEventKind::StateAborted { state_type: StateType::of(state) });
    }
    Ok(())
}

/// Whether a branch is what failed, and not one of those beside it.
fn has_failed(branch: &Branch) -> bool {
    branch.visit.as_ref().is_some_and(|visit| match &visit.activity {
        Activity::Failed(_) => true,
        Activity::Task(progress) => matches!(progress.phase, TaskPhase::Failed(_)),
        Activity::MapRun(run) => matches!(run.phase, MapRunPhase::Failed(_)),
        Activity::Parallel(branches) => branches.iter().any(has_failed),
        Activity::Map(map) => map.active.iter().any(|iteration| match &iteration.stage {
            IterationStage::Running(branch) => has_failed(branch),
            IterationStage::Unwinding { .. } => false,
        }),
        _ => false,
    })
}
