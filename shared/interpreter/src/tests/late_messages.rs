//! Late, duplicate and forged messages: a row per cell of the tables in `state/task.rs` and `unwind.rs` (ARCHITECTURE.md, invariants 8, 10, 11).
//!
//! Longer than 600 lines because the rows of one table stand together.

use serde_json::{Value, json};

use super::{Run, catch, compensated, failure, machine, not_published, parallel, success, task};
use crate::{
    Command, CommandPlace, ExecutionStatus, HistoryEventKind, Limits, Message, MessageOutcome, PublishFailure, Rejection,
    Staleness, StateFailure, TaskAnswer, TaskOutcome, TaskToken, Timestamp, outstanding, outstanding_by_place,
};

/// What an answer says.
#[derive(Debug, Clone, Copy)]
enum Says {
    Success,
    Failure,
}

/// What is expected to become of it.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// It ends the attempt.
    Accepted,
    /// It changes nothing.
    Stale(Staleness),
}

/// Applies an answer of `attempt` to a run in which it meets the phase that `prepare` makes.
fn check(prepare: fn() -> (Run, Vec<TaskToken>), attempt: usize, says: Says, then: Then) {
    let (mut run, tokens) = prepare();
    let token = &tokens[attempt - 1];
    let (events, requests) = (run.events.len(), run.requests());
    let message = match says {
        Says::Success => success(token, json!("late")),
        Says::Failure => failure(token, "Late", true),
    };
    let outcome = run.send(message.clone());
    let what = format!("attempt {attempt}: {says:?}");
    match then {
        Then::Accepted => {
            assert_eq!(outcome, MessageOutcome::Applied, "{what}");
            let told = run.events.iter().rev().find_map(|event| match &event.kind {
                HistoryEventKind::LambdaFunctionSucceeded { .. } | HistoryEventKind::CompensationSucceeded { .. } => {
                    Some("success")
                }
                HistoryEventKind::LambdaFunctionFailed(_) | HistoryEventKind::CompensationFailed { .. } => Some("failure"),
                _ => None,
            });
            assert_eq!(told, Some(if matches!(says, Says::Success) { "success" } else { "failure" }), "{what}");
            let again = run.send(message);
            assert!(matches!(again, MessageOutcome::Stale { .. }), "{what}, its duplicate: {again:?}");
        }
        Then::Stale(reason) => {
            assert_eq!(outcome, MessageOutcome::Stale { reason, publish_since: token.revision }, "{what}");
            assert_eq!((run.events.len(), run.requests()), (events, requests), "{what}");
        }
    }
}

fn action() -> Run {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "BackoffRate": 1.0, "MaxAttempts": 2 }]);
    let definition = machine(json!({
        "Work": task("work", json!({ "TimeoutSeconds": 30, "Retry": retry, "Next": "More" })),
        "More": task("more", json!({ "End": true })),
    }));
    Run::start(&definition, &json!({}))
}

/// The first attempt timed out and the second one is outside.
fn action_in_flight() -> (Run, Vec<TaskToken>) {
    let mut run = action();
    let first = run.request("Work").token;
    run.pass_seconds(30);
    run.pass_seconds(60);
    let second = run.request("Work").token;
    (run, vec![first, second])
}

/// Both attempts timed out, and the third one has to wait.
fn action_in_backoff() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = action_in_flight();
    run.pass_seconds(30);
    assert!(run.outside().is_empty());
    (run, tokens)
}

/// The third attempt is due, but the transition may schedule nothing more.
fn action_due() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = action_in_backoff();
    run.limits.commands_per_transition = 0;
    run.now = run.now.plus_seconds(60);
    run.send(Message::Wake);
    assert!(run.outside().is_empty());
    (run, tokens)
}

/// A Task that is retried, and whose result has no place in its input.
fn misfit() -> Run {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "BackoffRate": 1.0, "MaxAttempts": 2 }]);
    let members = json!({ "TimeoutSeconds": 30, "Retry": retry, "ResultPath": "$.result", "End": true });
    Run::start(&machine(json!({ "Work": task("work", members) })), &json!("no object"))
}

/// The first attempt timed out, the second one succeeded and its result failed the state: the third has to wait.
fn misfit_in_backoff() -> (Run, Vec<TaskToken>) {
    let mut run = misfit();
    let first = run.request("Work").token;
    run.pass_seconds(30);
    run.pass_seconds(60);
    let second = run.request("Work").token;
    run.send(success(&second, json!("there is no place for it")));
    assert_eq!((run.count("LambdaFunctionSucceeded"), run.outside().len()), (1, 0));
    (run, vec![first, second])
}

/// The third attempt is outside.
fn misfit_in_flight() -> (Run, Vec<TaskToken>) {
    let (mut run, mut tokens) = misfit_in_backoff();
    run.pass_seconds(60);
    tokens.push(run.request("Work").token);
    (run, tokens)
}

fn action_over() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = action_in_flight();
    run.succeed("Work", json!({}));
    (run, tokens)
}

fn execution_over() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = action_over();
    run.succeed("More", json!({}));
    (run, tokens)
}

#[test]
fn an_answer_of_an_action_meets_every_phase() {
    use Says::{Failure, Success};
    use Staleness::{AttemptOver, Ended, VisitOver};
    use Then::{Accepted, Stale};
    check(action_due, 2, Success, Accepted);
    check(action_due, 1, Success, Accepted);
    check(action_due, 2, Failure, Stale(AttemptOver));
    check(action_due, 1, Failure, Stale(AttemptOver));
    check(action_in_flight, 2, Success, Accepted);
    check(action_in_flight, 1, Success, Accepted);
    check(action_in_flight, 2, Failure, Accepted);
    check(action_in_flight, 1, Failure, Stale(AttemptOver));
    check(action_in_backoff, 2, Success, Accepted);
    check(action_in_backoff, 1, Success, Accepted);
    check(action_in_backoff, 2, Failure, Stale(AttemptOver));
    check(action_in_backoff, 1, Failure, Stale(AttemptOver));
    check(action_over, 2, Success, Stale(VisitOver));
    check(action_over, 1, Failure, Stale(VisitOver));
    check(execution_over, 2, Success, Stale(Ended));
    check(execution_over, 1, Failure, Stale(Ended));
}

// Found by the simulator. Fails if a success that failed its state is used again when it is delivered again: each copy would spend one of the retries.
#[test]
fn a_success_that_failed_its_state_is_used_once_repro() {
    use Says::Success;
    use Then::{Accepted, Stale};
    check(misfit_in_backoff, 2, Success, Stale(Staleness::AttemptOver));
    check(misfit_in_backoff, 1, Success, Stale(Staleness::AttemptOver));
    check(misfit_in_flight, 2, Success, Stale(Staleness::AttemptOver));
    check(misfit_in_flight, 1, Success, Stale(Staleness::AttemptOver));
    check(misfit_in_flight, 3, Success, Accepted);
}

/// A compensated Task whose result failed its state waits for its next attempt, and is stopped; its compensation cannot be scheduled yet.
fn misfit_stopped() -> (Run, Vec<TaskToken>) {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }]);
    let members = json!({ "Retry": retry, "ResultPath": "$.result", "End": true });
    let mut run = Run::start(&machine(json!({ "Work": compensated("work", members) })), &json!("no object"));
    let token = run.request("Work").token;
    run.send(success(&token, json!("there is no place for it")));
    run.limits.commands_per_transition = 0;
    run.send(Message::Stop { error: None, cause: None });
    (run, vec![token])
}

// Fails if a copy of a success that was used counts for a task that was stopped since: what it led to before would not be published again.
#[test]
fn a_success_that_failed_its_state_says_nothing_new_of_a_stopped_task() {
    check(misfit_stopped, 1, Says::Success, Then::Stale(Staleness::AlreadyUnwinding));
}

#[test]
fn a_deadline_of_an_action_meets_every_phase() {
    let (mut run, _) = action_in_flight();
    run.pass_seconds(30);
    assert_eq!((run.count("LambdaFunctionTimedOut"), run.outside().len()), (2, 0), "in flight: the attempt fails");
    run.pass_seconds(60);
    assert_eq!(run.request("Work").attempt, 3, "backoff: the next attempt");
    let (mut run, _) = action_due();
    let timed_out = run.count("LambdaFunctionTimedOut");
    run.now = run.now.plus_seconds(1_000);
    run.send(Message::Wake);
    assert_eq!(run.count("LambdaFunctionTimedOut"), timed_out, "due: it has none");
}

/// Two branches with a compensation each, and what is undone twice at most; the first is what the tables are about.
fn compensation() -> Run {
    let leaf = |name: &str| {
        let mut state = compensated(name, json!({ "End": true }));
        state["Compensation"]["TimeoutSeconds"] = json!(30);
        state["Compensation"]["Retry"] =
            json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "BackoffRate": 1.0, "MaxAttempts": 2 }]);
        machine(json!({ (name): state }))
    };
    let both = parallel(json!([leaf("Work"), leaf("Other")]), json!({ "Next": "No" }));
    let mut run = Run::start(&machine(json!({ "Both": both, "No": { "Type": "Fail" } })), &json!({}));
    run.succeed("Work", json!({}));
    run.succeed("Other", json!({}));
    run
}

fn compensation_in_flight() -> (Run, Vec<TaskToken>) {
    let mut run = compensation();
    let first = run.request("undo Work").token;
    run.fail("undo Work", "Busy");
    run.pass_seconds(29);
    run.fail("undo Other", "Busy");
    run.pass_seconds(31);
    let second = run.request("undo Work").token;
    (run, vec![first, second])
}

fn compensation_in_backoff() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = compensation_in_flight();
    run.pass_seconds(28);
    run.fail("undo Work", "Busy");
    (run, tokens)
}

fn compensation_due() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = compensation_in_backoff();
    run.limits.commands_per_transition = 0;
    run.now = run.now.plus_seconds(60);
    run.send(Message::Wake);
    assert!(!run.outside().contains(&"undo Work".to_owned()));
    (run, tokens)
}

fn compensation_spent() -> (Run, Vec<TaskToken>) {
    let (mut run, mut tokens) = compensation_in_backoff();
    run.pass_seconds(60);
    tokens.push(run.request("undo Work").token);
    run.fail("undo Work", "Broken");
    assert_eq!((run.status(), run.owed()), (ExecutionStatus::Running, vec!["Work", "Other"]));
    (run, tokens)
}

fn compensation_over() -> (Run, Vec<TaskToken>) {
    let (mut run, tokens) = compensation_in_flight();
    run.succeed("undo Work", json!({}));
    (run, tokens)
}

/// Both were spent, and a redrive undoes one at a time: the other one, which these tokens are of, has to wait for its turn.
fn compensation_registered() -> (Run, Vec<TaskToken>) {
    let mut run = compensation();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(run.request("undo Other").token);
        run.fail("undo Work", "Busy");
        run.fail("undo Other", "Busy");
        run.pass_seconds(60);
    }
    assert_eq!(run.status(), ExecutionStatus::Failed, "parked");
    run.limits.unwinding_concurrency = 1;
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    assert_eq!(run.outside(), ["undo Work"]);
    (run, tokens)
}

#[test]
fn an_answer_of_a_compensation_meets_every_phase() {
    use Says::{Failure, Success};
    use Staleness::{AttemptOver, VisitOver};
    use Then::{Accepted, Stale};
    check(compensation_due, 2, Success, Accepted);
    check(compensation_due, 1, Success, Accepted);
    check(compensation_due, 2, Failure, Stale(AttemptOver));
    check(compensation_due, 1, Failure, Stale(AttemptOver));
    check(compensation_in_flight, 2, Success, Accepted);
    check(compensation_in_flight, 1, Success, Accepted);
    check(compensation_in_flight, 2, Failure, Accepted);
    check(compensation_in_flight, 1, Failure, Stale(AttemptOver));
    check(compensation_in_backoff, 2, Success, Accepted);
    check(compensation_in_backoff, 1, Success, Accepted);
    check(compensation_in_backoff, 2, Failure, Stale(AttemptOver));
    check(compensation_in_backoff, 1, Failure, Stale(AttemptOver));
    check(compensation_spent, 3, Success, Accepted);
    check(compensation_spent, 1, Success, Accepted);
    check(compensation_spent, 3, Failure, Stale(AttemptOver));
    check(compensation_spent, 1, Failure, Stale(AttemptOver));
    check(compensation_registered, 3, Failure, Stale(AttemptOver));
    check(compensation_registered, 1, Failure, Stale(AttemptOver));
    check(compensation_registered, 3, Success, Accepted);
    check(compensation_registered, 1, Success, Accepted);
    check(compensation_over, 2, Success, Stale(VisitOver));
    check(compensation_over, 2, Failure, Stale(VisitOver));
}

#[test]
fn a_deadline_of_a_compensation_meets_every_phase() {
    let (mut run, _) = compensation_in_flight();
    let failed = run.count("CompensationFailed");
    run.pass_seconds(30);
    assert!(run.count("CompensationFailed") > failed, "in flight: the attempt fails");
    let (mut run, _) = compensation_in_backoff();
    run.pass_seconds(60);
    assert_eq!(run.request("undo Work").attempt, 3, "backoff: the next attempt");
}

#[test]
fn a_compensation_whose_request_cannot_be_published_is_tried_again() {
    let mut run = compensation();
    let (token, key) = (run.request("undo Work").token, run.request("undo Work").key);
    not_published(&mut run, "undo Work", true);
    assert_eq!(run.count("CompensationFailed"), 1);
    run.pass_seconds(60);
    assert_eq!((run.request("undo Work").attempt, run.request("undo Work").key), (2, key));
    let late = PublishFailure { token: token.clone(), failure: StateFailure::named("x"), first_publish: true };
    assert_eq!(
        run.send(Message::PublishFailed(late)),
        MessageOutcome::Stale { reason: Staleness::AttemptOver, publish_since: token.revision }
    );
}

#[test]
fn a_publish_failure_meets_what_has_gone_on() {
    let (mut run, tokens) = action_in_flight();
    let not_published = |run: &mut Run, token: &TaskToken| {
        let failure = StateFailure::named("Backstep.NoRoute");
        run.send(Message::PublishFailed(PublishFailure { token: token.clone(), failure, first_publish: true }))
    };
    let stale = |reason, token: &TaskToken| MessageOutcome::Stale { reason, publish_since: token.revision };
    assert_eq!(not_published(&mut run, &tokens[0]), stale(Staleness::AttemptOver, &tokens[0]));
    assert_eq!(not_published(&mut run, &tokens[1]), MessageOutcome::Applied);
    assert_eq!(run.count("LambdaFunctionScheduleFailed"), 1);
    assert_eq!(not_published(&mut run, &tokens[1]), stale(Staleness::AttemptOver, &tokens[1]), "its duplicate");
    let (mut run, tokens) = action_over();
    assert_eq!(not_published(&mut run, &tokens[1]), stale(Staleness::VisitOver, &tokens[1]));
    let (mut run, tokens) = execution_over();
    assert_eq!(not_published(&mut run, &tokens[1]), stale(Staleness::Ended, &tokens[1]));
}

#[test]
fn a_token_that_was_tampered_with_is_refused() {
    let (mut run, tokens) = action_in_flight();
    let token = tokens[1].clone();
    let before = run.execution.clone();
    let refused = |run: &mut Run, token: TaskToken| {
        let outcome = run.send(success(&token, json!("forged")));
        assert_eq!(outcome, MessageOutcome::Rejected(Rejection::InvalidToken), "{token:?}");
        assert_eq!(run.execution, before);
    };
    refused(&mut run, TaskToken { proof: token.proof ^ 1, ..token.clone() });
    refused(&mut run, TaskToken { attempt: 1, ..token.clone() });
    refused(&mut run, TaskToken { attempt: 3, ..token.clone() });
    refused(&mut run, TaskToken { attempt: 0, ..token.clone() });
    let beyond = TaskToken { revision: run.execution.revision + 1, ..token };
    assert_eq!(
        run.send(success(&beyond, json!({}))),
        MessageOutcome::Stale { reason: Staleness::FromTheFuture, publish_since: beyond.revision }
    );
}

#[test]
fn a_compensations_token_is_no_use_for_its_action_and_the_other_way_round() {
    let mut run = Run::start(&machine(json!({ "Work": compensated("work", json!({ "End": true })) })), &json!({}));
    let action = run.request("Work").token;
    run.fail("Work", "Boom");
    let undo = run.request("undo Work").token;
    for token in [
        TaskToken { proof: action.proof, ..undo.clone() },
        TaskToken { proof: undo.proof, ..action.clone() },
        TaskToken { visit: undo.visit, ..action },
    ] {
        assert_eq!(run.send(success(&token, json!({}))), MessageOutcome::Rejected(Rejection::InvalidToken));
    }
    assert_eq!(run.outside(), ["undo Work"]);
}

#[test]
fn a_workers_token_is_refused_by_the_api() {
    let (mut run, tokens) = action_in_flight();
    assert_eq!(run.send(by_callback(&tokens[1], json!({}))), MessageOutcome::Rejected(Rejection::InvalidToken));
    let (mut run, tokens) = compensation_in_flight();
    assert_eq!(run.send(by_callback(&tokens[1], json!({}))), MessageOutcome::Rejected(Rejection::InvalidToken));
}

fn by_callback(token: &TaskToken, result: Value) -> Message {
    Message::Answer(TaskAnswer { token: token.clone(), outcome: TaskOutcome::Succeeded { result }, by_callback: true })
}

fn failed_by_callback(token: &TaskToken, failure: StateFailure) -> Message {
    let outcome = TaskOutcome::Failed { failure, refusal: false };
    Message::Answer(TaskAnswer { token: token.clone(), outcome, by_callback: true })
}

const TIMED_OUT: MessageOutcome = MessageOutcome::Rejected(Rejection::TaskTimedOut);

/// A task that waits for its token, for 100 seconds and twice at most.
fn asked() -> (Run, TaskToken) {
    let ask = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "ask", "Payload": { "token.$": "$$.Task.Token" } }, "TimeoutSeconds": 100,
        "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 1 }], "Next": "More" });
    let definition = machine(json!({ "Ask": ask, "More": task("more", json!({ "End": true })) }));
    let run = Run::start(&definition, &json!({}));
    let token = run.request("Ask").token;
    assert_eq!(run.input_of("Ask"), json!({ "token": token.to_string() }), "the worker is told the token");
    (run, token)
}

#[test]
fn a_callback_answers_its_attempt_once() {
    let (mut run, token) = asked();
    run.succeed("Ask", json!("delivered"));
    assert_eq!(run.send(by_callback(&token, json!({ "yes": true }))), MessageOutcome::Applied);
    assert_eq!(run.input_of("More"), json!({ "yes": true }), "as it was sent, not wrapped");
    assert_eq!(run.send(by_callback(&token, json!({ "yes": false }))), TIMED_OUT);
    run.succeed("More", json!({}));
    assert_eq!(run.send(by_callback(&token, json!({}))), TIMED_OUT);
    assert_eq!(
        run.history()[..6],
        [
            "1<0 ExecutionStarted",
            "2<0 TaskStateEntered",
            "3<2 TaskScheduled",
            "4<3 TaskStarted",
            "5<4 TaskSubmitted",
            "6<5 TaskSucceeded",
        ]
    );
}

#[test]
fn a_callback_that_fails_its_attempt_leads_to_the_next_one_with_its_own_token() {
    let (mut run, token) = asked();
    assert_eq!(run.send(failed_by_callback(&token, StateFailure::named("No"))), MessageOutcome::Applied);
    run.pass_seconds(5);
    let second = run.request("Ask").token;
    assert_ne!(second.proof, token.proof);
    assert_eq!(run.send(by_callback(&token, json!({}))), TIMED_OUT, "a token belongs to one attempt");
    assert_eq!(run.send(by_callback(&second, json!({}))), MessageOutcome::Applied);
}

#[test]
fn a_callback_during_backoff_has_timed_out() {
    let (mut run, token) = asked();
    run.pass_seconds(100);
    assert!(run.outside().is_empty());
    assert_eq!(run.send(by_callback(&token, json!({}))), TIMED_OUT);
}

#[test]
fn a_callback_after_its_deadline_has_timed_out_whether_or_not_that_was_committed() {
    let hint = |run: &Run| {
        let armed = run.execution.armed.unwrap();
        Message::Timer { due: armed.due, revision: armed.revision }
    };
    for answer_first in [true, false] {
        let (mut run, token) = asked();
        let (answer, hint) = (by_callback(&token, json!({})), hint(&run));
        run.now = run.now.plus_seconds(100);
        let outcomes = match answer_first {
            true => run.send_all(&[answer, hint]),
            false => run.send_all(&[hint, answer]).into_iter().rev().collect(),
        };
        assert_eq!(outcomes, [TIMED_OUT, MessageOutcome::Applied], "answer first: {answer_first}");
        assert_eq!((run.count("TaskTimedOut"), run.count("TaskSucceeded")), (1, 0));
    }
    let (mut run, token) = asked();
    let (answer, hint) = (by_callback(&token, json!({})), hint(&run));
    run.now = Timestamp(run.now.plus_seconds(100).0 - 5_001);
    let outcomes = run.send_all(&[hint, answer]);
    assert!(matches!(outcomes[..], [MessageOutcome::Early { .. }, MessageOutcome::Applied]), "in time: {outcomes:?}");
}

#[test]
fn a_worker_says_once_that_the_request_of_a_callback_was_delivered() {
    let (mut run, token) = asked();
    assert_eq!(run.outside(), ["Ask"]);
    assert_eq!(run.send(success(&token, json!("delivered"))), MessageOutcome::Applied);
    assert!(run.outside().is_empty(), "nothing is asked of the worker any more");
    assert_eq!(run.count("TaskSubmitted"), 1);
    let stale = |reason| MessageOutcome::Stale { reason, publish_since: token.revision };
    assert_eq!(run.send(success(&token, json!("delivered"))), stale(Staleness::AlreadySubmitted));
    assert_eq!(run.send(failure(&token, "Late", false)), stale(Staleness::AttemptOver), "it was delivered");
    let late = PublishFailure { token: token.clone(), failure: StateFailure::named("x"), first_publish: false };
    assert_eq!(run.send(Message::PublishFailed(late)), stale(Staleness::AttemptOver));
    assert_eq!((run.count("TaskSubmitted"), run.status()), (1, ExecutionStatus::Running));
}

#[test]
fn a_worker_that_cannot_deliver_the_request_of_a_callback_fails_its_attempt() {
    let (mut run, _) = asked();
    run.fail("Ask", "Boom");
    assert_eq!((run.count("TaskFailed"), run.outside().len()), (1, 0));
    run.pass_seconds(5);
    assert_eq!(run.request("Ask").attempt, 2);
    not_published(&mut run, "Ask", true);
    assert_eq!((run.count("TaskSubmitFailed"), run.error()), (1, "Backstep.NoRoute"));
}

#[test]
fn a_callback_may_be_faster_than_the_worker_that_asked_for_it() {
    let (mut run, token) = asked();
    assert_eq!(run.send(by_callback(&token, json!("quick"))), MessageOutcome::Applied);
    assert_eq!(
        run.send(success(&token, json!("delivered"))),
        MessageOutcome::Stale { reason: Staleness::VisitOver, publish_since: token.revision }
    );
}

#[test]
fn a_callback_of_a_task_that_was_stopped_has_timed_out() {
    let ask = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "ask", "Payload": { "token.$": "$$.Task.Token" } },
        "Compensation": { "Resource": super::arn("withdraw") }, "End": true });
    let mut run = Run::start(&machine(json!({ "Ask": ask })), &json!({}));
    let token = run.request("Ask").token;
    run.stop();
    assert_eq!(run.send(by_callback(&token, json!({}))), TIMED_OUT);
    run.undo_all();
    assert_eq!(run.status(), ExecutionStatus::Aborted);
}

#[test]
fn a_failure_that_is_too_large_is_refused_to_a_caller_and_cut_for_a_worker() {
    let huge = || StateFailure::new("Boom".repeat(100), "x".repeat(300_000));
    let (mut run, token) = asked();
    assert_eq!(run.send(failed_by_callback(&token, huge())), MessageOutcome::Rejected(Rejection::TooLarge { bytes: 300_400 }));
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "End": true })) })), &json!({}));
    let outcome = TaskOutcome::Failed { failure: huge(), refusal: false };
    let answer = TaskAnswer { token: run.request("Work").token, outcome, by_callback: false };
    assert_eq!(run.send(Message::Answer(answer)), MessageOutcome::Applied);
    assert_eq!((run.status(), run.error().len(), run.cause().len()), (ExecutionStatus::Failed, 256, 32_768));
}

#[test]
fn outstanding_publishes_again_only_what_was_created_since() {
    let branch = |name: &str| {
        let next = format!("{name}2");
        machine(json!({ (name): task(name, json!({ "Next": next })), (next.clone()): task(&next, json!({ "End": true })) }))
    };
    let both = parallel(json!([branch("A"), branch("B"), branch("C")]), json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "Both": both })), &json!({}));
    run.succeed("B", json!({}));
    run.succeed("A", json!({}));
    let states = |since| run.requests_since(since).into_iter().map(|request| request.state).collect::<Vec<_>>();
    assert_eq!(states(0), ["C", "B2", "A2"], "in the order of their creation");
    assert_eq!(states(2), ["B2", "A2"]);
    assert_eq!(states(3), ["A2"]);
    assert!(states(4).is_empty());
    assert_eq!(run.requests(), run.requests(), "derived, so the same each time");
}

// Fails if places are made of anything that moves when others are answered, or if two commands share one.
#[test]
fn what_is_outstanding_keeps_its_place_until_it_is_attempted_anew() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1 }]);
    let branch = |name: &str| machine(json!({ (name): task(name, json!({ "Retry": retry, "End": true })) }));
    let all = parallel(json!([branch("A"), branch("B"), branch("C"), branch("D")]), json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "All": all })), &json!({}));
    let tasks = |run: &Run| -> Vec<(CommandPlace, String)> {
        let placed = outstanding_by_place(&run.execution).into_iter();
        placed
            .filter_map(|(place, command)| if let Command::Perform(task) = command { Some((place, task.state)) } else { None })
            .collect()
    };
    let before = tasks(&run);
    assert!(before.is_sorted() && before.windows(2).all(|pair| pair[0].0 < pair[1].0), "{before:?}");
    assert_eq!(before.len(), 4);
    run.succeed("B", json!({}));
    let others: Vec<_> = before.iter().filter(|(_, state)| state != "B").cloned().collect();
    assert_eq!(tasks(&run), others);
    run.fail("A", "Busy");
    run.pass_seconds(1);
    let after = tasks(&run);
    assert_eq!(after[..2], others[1..], "C and D stand where they stood");
    assert_eq!((after.len(), after[2].1.as_str()), (3, "A"), "further on than all there was");
}

#[test]
fn what_has_ended_has_its_report_outstanding_and_nothing_else() {
    let (run, _) = execution_over();
    let commands = outstanding(&run.execution, 0);
    assert!(matches!(&commands[..], [Command::Report(report)] if report.status == ExecutionStatus::Succeeded), "{commands:?}");
    assert_eq!(outstanding(&run.execution, run.execution.revision).len(), 1);
    assert!(outstanding(&run.execution, run.execution.revision + 1).is_empty());
}

#[test]
fn a_message_of_a_batch_that_is_refused_is_taken_out_and_the_rest_go_on_in_one_commit() {
    let leaf = |name: &str| machine(json!({ (name): task(name, json!({ "End": true })) }));
    let both = parallel(json!([leaf("A"), leaf("B"), leaf("C")]), json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "Both": both })), &json!({}));
    let [a, b, c] = ["A", "B", "C"].map(|state| run.request(state).token);
    let forged = TaskToken { proof: b.proof ^ 1, ..b.clone() };
    let outcomes = run.send_all(&[
        success(&a, json!(1)),
        success(&forged, json!("forged")),
        success(&a, json!("again")),
        Message::Redrive,
        success(&b, json!(2)),
        success(&c, json!(3)),
        success(&c, json!("again")),
    ]);
    let kinds: Vec<&str> = outcomes
        .iter()
        .map(|outcome| match outcome {
            MessageOutcome::Applied => "applied",
            MessageOutcome::Stale { .. } => "stale",
            MessageOutcome::Rejected(_) => "rejected",
            MessageOutcome::Early { .. } => "early",
        })
        .collect();
    assert_eq!(kinds, ["applied", "rejected", "stale", "rejected", "applied", "applied", "stale"]);
    assert_eq!((run.execution.revision, run.output()), (2, json!([1, 2, 3])));
}

#[test]
fn what_comes_after_the_end_is_stale() {
    let (mut run, _) = execution_over();
    let before = run.execution.clone();
    let stale = |reason, publish_since| MessageOutcome::Stale { reason, publish_since };
    assert_eq!(run.send(Message::Start), stale(Staleness::AlreadyStarted, 1));
    assert_eq!(run.send(Message::Wake), stale(Staleness::Ended, 0));
    assert_eq!(run.send(Message::Timer { due: run.now, revision: 2 }), stale(Staleness::Ended, 2));
    assert_eq!(run.stop(), stale(Staleness::Ended, 0));
    assert_eq!(run.execution, before);
}

#[test]
fn a_start_that_is_repeated_is_stale() {
    let mut run = action();
    assert_eq!(run.send(Message::Start), MessageOutcome::Stale { reason: Staleness::AlreadyStarted, publish_since: 1 });
    assert_eq!(run.count("ExecutionStarted"), 1);
}

#[test]
fn a_stopped_task_that_fails_late_proves_nothing() {
    let leaf = |name: &str| machine(json!({ (name): compensated(name, json!({ "End": true })) }));
    let both = parallel(json!([leaf("Early"), leaf("Slow"), leaf("Quick")]), json!({ "Catch": catch("Done"), "Next": "Done" }));
    let limits = Limits { unwinding_concurrency: 1, ..Limits::default() };
    let definition = machine(json!({ "Both": both, "Done": { "Type": "Succeed" } }));
    let mut run = Run::start_within(&definition, &json!({}), limits);
    let slow = run.request("Slow").token;
    run.refuse("Quick", "No");
    assert_eq!(
        run.send(failure(&slow, "Refused", true)),
        MessageOutcome::Stale { reason: Staleness::VisitOver, publish_since: slow.revision }
    );
    assert_eq!(run.undo_all(), ["Early", "Slow"]);
}
