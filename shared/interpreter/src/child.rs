//! What others tell an execution that waits for them: the ends of its children, and results that were written.
//!
//! | addressee                   | under way                 | anything else |
//! |-----------------------------|---------------------------|---------------|
//! | a distributed Map           | its Map Run's end is used | stale         |
//! | a Map Run                   | the execution is counted  | stale         |
//! | a Task                      | as a worker's answer      | stale         |
//! | a Map Run that was stopped  | it is no longer asked to  | stale         |

use breaks::Break;

use crate::answer;
use crate::state::task::proof;
use crate::turn::Turn;
use crate::walk::{NodeMut, walk_mut};
use crate::{
    Activity, ChildEnd, EndedChild, ExecutionStatus, MapRunPhase, MapRunUpdate, MessageOutcome, Rejection, RunProgress, RunStage,
    Staleness, StateFailure, TaskAnswer, TaskToken, TransitionError,
};

/// Applies [`crate::Message::ChildEnded`].
pub(crate) fn ended(turn: &mut Turn<'_>, token: &TaskToken, end: &ChildEnd) -> Result<MessageOutcome, TransitionError> {
    let stale = |reason| MessageOutcome::Stale { reason, publish_since: token.revision };
    if token.revision > turn.execution.revision && !breaks::active(Break::TokenOfTheFutureApplied) {
        return Ok(stale(Staleness::FromTheFuture));
    }
    if turn.execution.status != ExecutionStatus::Running {
        return Ok(stale(Staleness::Ended));
    }
    let stopped = turn.execution.stopping.iter().position(|stopping| {
        stopping.visit == token.visit && proof(stopping.run.secret, token.visit, token.attempt) == token.proof
    });
    if let Some(at) = stopped {
        turn.execution.stopping.remove(at);
        return Ok(MessageOutcome::Applied);
    }
    let mut outcome = stale(Staleness::VisitOver);
    let mut of_task = false;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == token.visit => {
            let proven = |secret| proof(secret, token.visit, token.attempt) == token.proof;
            match &mut visit.activity {
                Activity::MapRun(run) if !proven(run.secret) => outcome = MessageOutcome::Rejected(Rejection::InvalidToken),
                Activity::Items(run) if !proven(run.secret) => outcome = MessageOutcome::Rejected(Rejection::InvalidToken),
                Activity::Task(task) if !proven(task.secret) => outcome = MessageOutcome::Rejected(Rejection::InvalidToken),
                Activity::MapRun(run) if run.phase == MapRunPhase::Open => {
                    run.phase = MapRunPhase::Ended(Box::new(end.clone()));
                    outcome = MessageOutcome::Applied;
                }
                Activity::Items(run) => {
                    let was_open = take(run, u64::from(token.attempt).saturating_sub(1), end);
                    if was_open {
                        outcome = MessageOutcome::Applied;
                    }
                }
                Activity::Task(_) => of_task = true,
                _ => {}
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    if of_task {
        return answer::of_child(turn, &TaskAnswer { token: token.clone(), outcome: end.outcome(), by_callback: false });
    }
    Ok(outcome)
}

/// Notes the end of an execution of a Map Run; answers whether it was open.
fn take(run: &mut RunProgress, index: u64, end: &ChildEnd) -> bool {
    for page in &mut run.open {
        let Some(at) = page.open.iter().position(|(open, _)| *open == index) else { continue };
        let (_, items) = page.open.remove(at);
        run.ended.push(EndedChild { index, items, inputs: page.inputs.clone(), end: end.clone() });
        run.open.retain(|page| !page.open.is_empty());
        return true;
    }
    false
}

/// Applies [`crate::Message::ResultsWritten`].
pub(crate) fn written(
    turn: &mut Turn<'_>,
    number: u64,
    revision: u64,
    outcome: &Result<serde_json::Value, StateFailure>,
) -> MessageOutcome {
    let stale = MessageOutcome::Stale { reason: Staleness::VisitOver, publish_since: revision };
    if turn.execution.status != ExecutionStatus::Running {
        return MessageOutcome::Stale { reason: Staleness::Ended, publish_since: revision };
    }
    let mut applied = false;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == number => {
            if let Activity::Items(run) = &mut visit.activity
                && run.stage == (RunStage::Writing { revision })
            {
                run.stage = RunStage::Written(outcome.clone());
                applied = true;
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    if applied { MessageOutcome::Applied } else { stale }
}

/// Applies [`crate::Message::UpdateMapRun`].
pub(crate) fn updated(turn: &mut Turn<'_>, update: &MapRunUpdate) -> MessageOutcome {
    let open = turn.execution.status == ExecutionStatus::Running;
    match turn.execution.map_run.as_deref_mut().filter(|_| open) {
        Some(facts) => {
            facts.max_concurrency = update.max_concurrency.unwrap_or(facts.max_concurrency);
            facts.tolerance.count = update.tolerated_failure_count.or(facts.tolerance.count);
            facts.tolerance.percentage = update.tolerated_failure_percentage.or(facts.tolerance.percentage);
            MessageOutcome::Applied
        }
        None => MessageOutcome::Stale { reason: Staleness::Ended, publish_since: 0 },
    }
}
