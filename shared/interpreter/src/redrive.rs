//! RedriveExecution: an execution goes on where it ended, under the keys it had.
//!
//! What is parked while unwinding tries its compensations again; what is parked forward, and a plain machine that failed, goes on in the tree as it
//! stood (Step Functions Developer Guide, "Redriving state machine executions"). What was unwound to the end is over: start a new one.

use asl::error_name;
use breaks::Break;

use crate::history::HistoryEventKind;
use crate::turn::Turn;
use crate::{
    Activity, Branch, Ending, EndingStage, ExecutionStatus, IterationStage, MessageOutcome, Owed, Parked, Rejection, TaskPhase,
    Undo, UndoPhase, advance,
};

/// Applies [`crate::Message::Redrive`].
pub(crate) fn redrive(turn: &mut Turn<'_>) -> MessageOutcome {
    if let Some(reason) = forbidden(turn) {
        return MessageOutcome::Rejected(Rejection::NotRedrivable { reason });
    }
    turn.execution.parked = None;
    match &mut turn.execution.ending {
        Some(Ending { stage: EndingStage::Unwinding(owed), .. }) if breaks::active(Break::RedriveForgetsOwed) => owed.clear(),
        Some(Ending { stage: EndingStage::Unwinding(owed), .. }) => refresh(owed),
        Some(Ending { stage: EndingStage::AwaitingPivot, .. }) | None => {
            let mut root = std::mem::take(&mut turn.execution.root);
            revive(turn, &mut root);
            let again = root.visit.is_none() && breaks::active(Break::UnwoundRedriven);
            if again || breaks::active(Break::RedriveStartsOver) {
                let (start_at, input) = (&turn.surroundings.definition.flow.start_at, turn.execution.input.clone());
                root.visit = Some(advance::visit(turn, start_at, input));
            }
            turn.execution.root = root;
        }
    }
    let execution = &mut turn.execution;
    execution.status = ExecutionStatus::Running;
    execution.closed_at = None;
    execution.failure = None;
    execution.ended_in = None;
    execution.redrive_count += 1;
    execution.redriven_at = Some(turn.now);
    if execution.ending.is_none() {
        let timeout = turn.surroundings.definition.timeout_seconds;
        execution.deadline = timeout.map(|seconds| turn.now.plus_seconds(seconds));
    }
    let redrive_count = execution.redrive_count;
    turn.emit(0, HistoryEventKind::ExecutionRedriven { redrive_count });
    MessageOutcome::Applied
}

/// Why an execution cannot be redriven, if so.
fn forbidden(turn: &Turn<'_>) -> Option<String> {
    let execution = &turn.execution;
    match execution.status {
        ExecutionStatus::Running => return Some("execution is RUNNING".to_owned()),
        ExecutionStatus::Succeeded => return Some("execution has SUCCEEDED".to_owned()),
        ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted => {}
    }
    if execution.map_run.is_some() {
        return Some("a Map Run is redriven with the execution that started it".to_owned());
    }
    if execution.parked == Some(Parked::Forward) && breaks::active(Break::ForwardNotRedrivable) {
        return Some("execution is past its pivot".to_owned());
    }
    if execution.parked.is_none() && execution.root.visit.is_none() && !breaks::active(Break::UnwoundRedriven) {
        return Some("execution was unwound to its end: start a new one".to_owned());
    }
    let limited = execution.failure.as_ref().is_some_and(|failure| failure.error == error_name::LIMIT_EXCEEDED);
    limited.then(|| "execution exceeded a limit that a redrive would exceed again".to_owned())
}

/// Compensations get their retries anew, under the same keys and with attempts that count on. One that was in flight when the execution ended is
/// asked for again: its answer may have come while there was nobody to take it.
fn refresh(owed: &mut [Owed]) {
    for owed in owed {
        match owed {
            Owed::Task(task) => {
                let undo = std::mem::take(&mut task.undo);
                let phase = match undo.phase {
                    // Answered, and not its turn yet.
                    ended @ UndoPhase::Ended(_) => ended,
                    _ => UndoPhase::Registered,
                };
                task.undo = Undo { retries: Vec::new(), since: None, phase, ..undo };
                if breaks::active(Break::RedriveRenewsKeys) {
                    task.key.0.push_str("/redriven");
                }
            }
            Owed::Group(group) => group.branches.iter_mut().for_each(|branch| refresh(&mut branch.owed)),
        }
    }
}

/// What failed, and what was interrupted beside it, is due again.
fn revive(turn: &mut Turn<'_>, branch: &mut Branch) {
    let Some(visit) = &mut branch.visit else { return };
    let revision = turn.revision;
    visit.retries.clear();
    match &mut visit.activity {
        Activity::Failed(_) => {
            // A state that begins again is a new visit: of the old one the ledger holds attempts, or that it was revoked.
            visit.number = turn.next_visit();
            visit.activity = Activity::Runnable { revision };
        }
        Activity::Task(progress) => {
            progress.unknown |= matches!(progress.phase, TaskPhase::InFlight(_));
            if breaks::active(Break::RedriveRenewsKeys) {
                progress.key.0.push_str("/redriven");
            }
            progress.pivot_retries = 0;
            progress.phase = TaskPhase::Due { revision };
        }
        Activity::Parallel(branches) => branches.iter_mut().for_each(|branch| revive(turn, branch)),
        Activity::Map(map) => {
            for iteration in &mut map.active {
                match &mut iteration.stage {
                    IterationStage::Running(branch) => revive(turn, branch),
                    IterationStage::Unwinding { owed, .. } => refresh(owed),
                }
            }
        }
        // Its Map Run has ended: the Map begins again, with another.
        Activity::MapRun(_) => {
            visit.number = turn.next_visit();
            visit.activity = Activity::Runnable { revision };
        }
        // Of a Map Run, which is not redriven by itself.
        Activity::Items(_) => {}
        Activity::Unwinding { owed, .. } => refresh(owed),
        Activity::Backoff { .. } => visit.activity = Activity::Runnable { revision },
        Activity::Waiting { .. } | Activity::Waited | Activity::Runnable { .. } => {}
    }
}
