//! A task's answer finds its attempt, or the reason why it no longer applies. Every late or duplicate case has an arm of its own
//! (ARCHITECTURE.md, invariant 11); the tables stand in `state/task.rs` and `unwind.rs`.

use asl::StateKind;
use breaks::Break;
use serde_json::Value;

use crate::history::HistoryEventKind;
use crate::state::task;
use crate::turn::Turn;
use crate::walk::{Node, NodeMut, walk, walk_mut};
use crate::{
    Activity, ActivityPoll, AttemptEnd, ExecutionStatus, MessageOutcome, OwedTask, Payload, PublishFailure, Rejection, Staleness,
    TaskAnswer, TaskOutcome, TaskPhase, TaskProgress, TaskToken, Timestamp, TransitionError, UndoPhase, compensation,
};

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addressee {
    /// The Task that is in its visit.
    Action { callback: bool },
    /// A Task that was stopped and is owed.
    Stopped { undo_scheduled: bool },
    /// A compensation.
    Compensation,
}

/// Applies an answer.
pub(crate) fn answer(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    let token = &answer.token;
    let stale = |reason| Ok(stale(token, reason));
    if token.revision > turn.execution.revision && !breaks::active(Break::TokenOfTheFutureApplied) {
        return stale(Staleness::FromTheFuture);
    }
    if let Some(rejection) = too_large(turn, answer) {
        return Ok(MessageOutcome::Rejected(rejection));
    }
    let late = match answer.by_callback {
        true => Ok(MessageOutcome::Rejected(Rejection::TaskTimedOut)),
        false if turn.execution.status != ExecutionStatus::Running => stale(Staleness::Ended),
        false => stale(Staleness::VisitOver),
    };
    if turn.execution.status != ExecutionStatus::Running {
        return late;
    }
    let Some((addressee, secret, current)) = find(turn, token.visit) else {
        if breaks::active(Break::AnswerBehindTheVisitApplied) {
            turn.emit(0, HistoryEventKind::LambdaFunctionStarted);
            return Ok(MessageOutcome::Applied);
        }
        return late;
    };
    let proven = task::proof(secret, token.visit, token.attempt) == token.proof || breaks::active(Break::ProofNotCompared);
    if !proven || token.attempt > current {
        return Ok(MessageOutcome::Rejected(Rejection::InvalidToken));
    }
    match (addressee, answer.by_callback) {
        (Addressee::Action { callback: true }, true) => by_callback(turn, answer),
        (Addressee::Action { callback: true }, false) => of_callback_request(turn, answer),
        (Addressee::Action { callback: false }, false) => of_action(turn, answer),
        (Addressee::Stopped { undo_scheduled: false }, false) => of_stopped(turn, answer),
        (Addressee::Stopped { undo_scheduled: true }, false) => stale(Staleness::AlreadyUnwinding),
        (Addressee::Stopped { .. }, true) if breaks::active(Break::StoppedCallbackTaken) => of_stopped(turn, answer),
        (Addressee::Stopped { .. }, true) => late,
        (Addressee::Compensation, false) => of_compensation(turn, answer),
        // A worker's token does not travel to people: whoever answers with it through the API has no right to.
        (Addressee::Action { callback: false } | Addressee::Compensation, true) => {
            Ok(MessageOutcome::Rejected(Rejection::InvalidToken))
        }
    }
}

fn stale(token: &TaskToken, reason: Staleness) -> MessageOutcome {
    MessageOutcome::Stale { reason, publish_since: token.revision }
}

/// A failure that is too large is refused where a caller of the API can mend it. A worker's answer always counts: refused it would be lost, and
/// its task would wait for ever. (Its result may fail the state, its error and cause are cut: see [`StateFailure::cut`].)
fn too_large(turn: &Turn<'_>, answer: &TaskAnswer) -> Option<Rejection> {
    let TaskOutcome::Failed { failure, .. } = &answer.outcome else { return None };
    if !answer.by_callback {
        return None;
    }
    let bytes = failure.error.len() + failure.cause.as_ref().map_or(0, String::len);
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    (bytes > turn.surroundings.limits.payload_bytes).then_some(Rejection::TooLarge { bytes })
}

/// Whom the visit of a token belongs to, with the secret of its tokens and its current attempt.
fn find(turn: &Turn<'_>, number: u64) -> Option<(Addressee, u128, u32)> {
    let mut found = None;
    walk(&turn.execution, &mut |node| match node {
        Node::Visit(visit) if visit.number == number => {
            if let Activity::Task(progress) = &visit.activity {
                let state = turn.surroundings.definition.state(&visit.state);
                let callback = state.is_some_and(|state| matches!(&state.kind, StateKind::Task(task) if task::is_callback(task)));
                found = Some((Addressee::Action { callback }, progress.secret, progress.attempt));
            }
        }
        Node::Owed(owed) if owed.visit == number => {
            // Once an attempt of the compensation was scheduled, its arguments stay: the same key asks for the same thing.
            let undo_scheduled = owed.undo.visit != 0 && !breaks::active(Break::LateResultChangesArguments) || owed.succeeded;
            found = Some((Addressee::Stopped { undo_scheduled }, owed.secret, owed.attempts));
        }
        Node::Owed(owed) if owed.undo.visit == number && number != 0 => {
            found = Some((Addressee::Compensation, owed.secret, owed.undo.attempt));
        }
        Node::Visit(_) | Node::Owed(_) | Node::Map(_) => {}
    });
    found
}

/// SendTaskSuccess or SendTaskFailure: of the current attempt only, and only until its deadline.
fn by_callback(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    let applied = change_phase(turn, answer.token.visit, &mut |progress| match &progress.phase {
        TaskPhase::InFlight(_)
            if progress.attempt == answer.token.attempt || breaks::active(Break::EarlierCallbackTokenTaken) =>
        {
            Some(AttemptEnd::Answered(answer.outcome.clone()))
        }
        _ => None,
    });
    Ok(if applied { MessageOutcome::Applied } else { MessageOutcome::Rejected(Rejection::TaskTimedOut) })
}

/// The worker's answer to the request of a callback task: it was delivered, or it failed.
fn of_callback_request(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    if let TaskOutcome::Succeeded { result } = &answer.outcome {
        return submitted(turn, &answer.token, result);
    }
    let applied = change_phase(turn, answer.token.visit, &mut |progress| match &progress.phase {
        TaskPhase::InFlight(in_flight) if progress.attempt == answer.token.attempt && !in_flight.submitted => {
            Some(AttemptEnd::Answered(answer.outcome.clone()))
        }
        _ => None,
    });
    Ok(if applied { MessageOutcome::Applied } else { stale(&answer.token, Staleness::AttemptOver) })
}

fn submitted(turn: &mut Turn<'_>, token: &TaskToken, result: &Value) -> Result<MessageOutcome, TransitionError> {
    let mut submitted = None;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == token.visit => {
            if let Activity::Task(progress) = &mut visit.activity
                && let TaskPhase::InFlight(attempt) = &mut progress.phase
                && progress.attempt == token.attempt
                && !attempt.submitted
            {
                attempt.submitted = true;
                submitted = Some((visit.state.clone(), progress.function.clone()));
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    let Some((state, function)) = submitted else { return Ok(stale(token, Staleness::AlreadySubmitted)) };
    let StateKind::Task(task) = &turn.state(&state)?.kind else {
        return Err(turn.corrupt(format!("state `{state}` is no Task")));
    };
    let output: Payload = turn.seal(compensation::raw_result(task, &function, result.clone(), false));
    if let Some(event) = task::submitted_event(task, output) {
        let previous = last_event_of(turn, token.visit);
        let id = turn.emit(previous, event);
        set_last_event(turn, token.visit, id);
    }
    Ok(MessageOutcome::Applied)
}

/// A worker asks for the task of an activity: the first one is given it, and its time begins.
pub(crate) fn polled(turn: &mut Turn<'_>, poll: &ActivityPoll) -> Result<MessageOutcome, TransitionError> {
    let token = &poll.token;
    let stale = |reason| Ok(stale(token, reason));
    if token.revision > turn.execution.revision {
        return stale(Staleness::FromTheFuture);
    }
    if turn.execution.status != ExecutionStatus::Running {
        return stale(Staleness::Ended);
    }
    let Some((Addressee::Action { callback: true }, secret, current)) = find(turn, token.visit) else {
        return stale(Staleness::VisitOver);
    };
    if task::proof(secret, token.visit, token.attempt) != token.proof {
        return Ok(MessageOutcome::Rejected(Rejection::InvalidToken));
    }
    if token.attempt != current {
        return stale(Staleness::AttemptOver);
    }
    let now = turn.now;
    let mut given = Err(Staleness::VisitOver);
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == token.visit => {
            if let Activity::Task(progress) = &mut visit.activity {
                given = give(&mut progress.phase, now);
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    if let Err(reason) = given {
        return stale(reason);
    }
    let previous = last_event_of(turn, token.visit);
    let id = turn.emit(previous, HistoryEventKind::ActivityStarted { worker_name: poll.worker_name.clone() });
    set_last_event(turn, token.visit, id);
    Ok(MessageOutcome::Applied)
}

/// Gives an attempt to a worker, if it was given to nobody.
fn give(phase: &mut TaskPhase, now: Timestamp) -> Result<(), Staleness> {
    match phase {
        TaskPhase::InFlight(attempt) if !attempt.submitted => {
            attempt.submitted = true;
            attempt.deadline = attempt.timeout_seconds.take().map(|seconds| now.plus_seconds(seconds));
            attempt.heartbeat_deadline = attempt.heartbeat_seconds.map(|seconds| now.plus_seconds(seconds));
            Ok(())
        }
        TaskPhase::InFlight(_) => Err(Staleness::AlreadySubmitted),
        TaskPhase::Backoff { .. } | TaskPhase::Due { .. } | TaskPhase::Ended(_) | TaskPhase::Failed(_) => {
            Err(Staleness::AttemptOver)
        }
    }
}

/// A worker's answer: its success for any attempt of the visit, its failure for the current one alone. A success whose result failed the state is over:
/// a copy of it would fail the state again, and spend its retries.
fn of_action(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    let is_success = matches!(answer.outcome, TaskOutcome::Succeeded { .. });
    let token = &answer.token;
    let applied = change_phase(turn, token.visit, &mut |progress| match &progress.phase {
        _ if is_success && token.attempt <= progress.misfit_attempt && !breaks::active(Break::MisfitUsedAgain) => None,
        TaskPhase::InFlight(_)
            if is_success || progress.attempt == token.attempt || breaks::active(Break::FailureOfAnotherAttemptAccepted) =>
        {
            Some(AttemptEnd::Answered(answer.outcome.clone()))
        }
        TaskPhase::Backoff { .. } | TaskPhase::Due { .. } if breaks::active(Break::LateSuccessInBackoffRefused) => None,
        TaskPhase::Backoff { .. } | TaskPhase::Due { .. } if is_success => Some(AttemptEnd::Answered(answer.outcome.clone())),
        TaskPhase::InFlight(_) | TaskPhase::Backoff { .. } | TaskPhase::Due { .. } => None,
        TaskPhase::Ended(_) | TaskPhase::Failed(_) => None,
    });
    Ok(if applied { MessageOutcome::Applied } else { stale(&answer.token, Staleness::AttemptOver) })
}

/// The end of an execution that a Task waits for: as a worker's answer. Its request may have been reported as delivered before.
pub(crate) fn of_child(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    of_action(turn, answer)
}

/// Ends the current attempt of a Task where `decide` says so.
fn change_phase(turn: &mut Turn<'_>, number: u64, decide: &mut dyn FnMut(&TaskProgress) -> Option<AttemptEnd>) -> bool {
    let mut applied = false;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == number => {
            if let Activity::Task(progress) = &mut visit.activity
                && let Some(end) = decide(progress)
            {
                progress.phase = TaskPhase::Ended(end);
                applied = true;
            }
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    applied
}

/// A late success of a Task that was stopped: its result supplies the compensation's arguments while that is not scheduled. A late failure
/// proves nothing that was not assumed already.
fn of_stopped(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    let TaskOutcome::Succeeded { result } = &answer.outcome else { return Ok(stale(&answer.token, Staleness::VisitOver)) };
    if breaks::active(Break::LateResultIgnored) {
        return Ok(stale(&answer.token, Staleness::VisitOver));
    }
    let mut stopped: Option<OwedTask> = None;
    walk(&turn.execution, &mut |node| {
        if let Node::Owed(owed) = node
            && owed.visit == answer.token.visit
        {
            stopped = Some(owed.clone());
        }
    });
    let Some(mut owed) = stopped else { return Ok(stale(&answer.token, Staleness::VisitOver)) };
    supply(turn, &mut owed, result)?;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Owed(place) if place.visit == owed.visit => {
            *place = owed.clone();
            true
        }
        NodeMut::Owed(_) | NodeMut::Visit(_) => false,
    });
    Ok(MessageOutcome::Applied)
}

/// Evaluates the compensation again with the result. If that fails, what was evaluated first stands.
fn supply(turn: &mut Turn<'_>, owed: &mut OwedTask, result: &Value) -> Result<(), TransitionError> {
    owed.succeeded = true;
    let state = turn.state(&owed.state)?;
    let StateKind::Task(task) = &state.kind else { return Err(turn.corrupt(format!("state `{}` is no Task", owed.state))) };
    let Some(action) = compensation::declared(task) else { return Ok(()) };
    let input = turn.value(&owed.action_input)?;
    let result = compensation::raw_result(task, &owed.action_function, result.clone(), task::is_callback(task));
    let flow = task::flow_of_owed(turn, state, owed)?;
    let mut random = task::random_of(owed.secret);
    if let Ok(call) = compensation::evaluate(turn, &*flow, action, &input, &result, &mut random) {
        owed.compensation = call;
    }
    Ok(())
}

/// A compensation's answer: its success for any attempt, its failure for the current one alone.
fn of_compensation(turn: &mut Turn<'_>, answer: &TaskAnswer) -> Result<MessageOutcome, TransitionError> {
    let is_success = matches!(answer.outcome, TaskOutcome::Succeeded { .. });
    let mut applied = false;
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Owed(owed) if owed.undo.visit == answer.token.visit => {
            let current = owed.undo.attempt == answer.token.attempt;
            applied = match &owed.undo.phase {
                UndoPhase::InFlight(_) => is_success || current,
                UndoPhase::Due { .. } | UndoPhase::Backoff { .. } | UndoPhase::Spent(_) | UndoPhase::Registered => is_success,
                UndoPhase::Ended(_) => false,
            };
            if applied {
                owed.undo.phase = UndoPhase::Ended(AttemptEnd::Answered(answer.outcome.clone()));
            }
            true
        }
        NodeMut::Owed(_) | NodeMut::Visit(_) => false,
    });
    Ok(if applied { MessageOutcome::Applied } else { stale(&answer.token, Staleness::AttemptOver) })
}

/// A request that could not be published, for good: the attempt fails.
pub(crate) fn publish_failed(turn: &mut Turn<'_>, failed: &PublishFailure) -> MessageOutcome {
    let token = &failed.token;
    if turn.execution.status != ExecutionStatus::Running {
        return stale(token, Staleness::Ended);
    }
    let end = AttemptEnd::NotPublished { failure: failed.failure.clone(), refusal: failed.first_publish };
    let mut outcome = stale(token, Staleness::VisitOver);
    walk_mut(&mut turn.execution, &mut |node| match node {
        NodeMut::Visit(visit) if visit.number == token.visit => {
            if let Activity::Task(progress) = &mut visit.activity {
                outcome = match &progress.phase {
                    TaskPhase::InFlight(attempt) if progress.attempt == token.attempt && !attempt.submitted => {
                        progress.phase = TaskPhase::Ended(end.clone());
                        MessageOutcome::Applied
                    }
                    _ => stale(token, Staleness::AttemptOver),
                };
            }
            true
        }
        NodeMut::Owed(owed) if owed.undo.visit == token.visit => {
            outcome = match &owed.undo.phase {
                UndoPhase::InFlight(_) if owed.undo.attempt == token.attempt => {
                    owed.undo.phase = UndoPhase::Ended(end.clone());
                    MessageOutcome::Applied
                }
                _ => stale(token, Staleness::AttemptOver),
            };
            true
        }
        NodeMut::Visit(_) | NodeMut::Owed(_) => false,
    });
    outcome
}

/// The latest event of the branch that a visit stands in.
fn last_event_of(turn: &mut Turn<'_>, number: u64) -> u64 {
    let mut last = 0;
    branch_of(&mut turn.execution.root, number, &mut |event| last = *event);
    last
}

fn set_last_event(turn: &mut Turn<'_>, number: u64, id: u64) {
    branch_of(&mut turn.execution.root, number, &mut |event| *event = id);
}

fn branch_of(branch: &mut crate::Branch, number: u64, found: &mut dyn FnMut(&mut u64)) -> bool {
    let Some(visit) = &mut branch.visit else { return false };
    if visit.number == number {
        found(&mut branch.last_event);
        return true;
    }
    match &mut visit.activity {
        Activity::Parallel(branches) => branches.iter_mut().any(|branch| branch_of(branch, number, found)),
        Activity::Map(map) => map.active.iter_mut().any(|iteration| match &mut iteration.stage {
            crate::IterationStage::Running(branch) => branch_of(branch, number, found),
            crate::IterationStage::Unwinding { .. } => false,
        }),
        _ => false,
    }
}
