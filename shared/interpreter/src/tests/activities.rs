//! Tasks of activities: given to the worker who asks first, whose time begins then.

use serde_json::{Value, json};

use super::{Run, STARTED, machine};
use crate::{
    ActivityPoll, ExecutionStatus, Message, MessageOutcome, Rejection, Staleness, StateFailure, TaskAnswer, TaskOutcome,
    TaskToken,
};

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:review";

fn review(fields: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": ACTIVITY, "End": true});
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({"Review": state}))
}

fn poll(token: &TaskToken) -> Message {
    Message::Poll(ActivityPoll { token: token.clone(), worker_name: Some("w".to_owned()) })
}

fn stale(token: &TaskToken, reason: Staleness) -> MessageOutcome {
    MessageOutcome::Stale { reason, publish_since: token.revision }
}

fn answered(token: &TaskToken, outcome: TaskOutcome) -> Message {
    Message::Answer(TaskAnswer { token: token.clone(), outcome, by_callback: true })
}

#[test]
fn a_task_is_given_to_the_first_who_asks_and_asked_for_by_nobody_else() {
    let mut run = Run::start(&review(json!({"TimeoutSeconds": 60, "HeartbeatSeconds": 20})), &json!({"a": 1}));
    let request = run.request("Review");
    assert_eq!((request.activity(), request.deadline), (Some(ACTIVITY), None), "its time has not begun");
    run.pass_seconds(86_400);
    assert_eq!(run.status(), ExecutionStatus::Running);
    assert_eq!(run.send(poll(&request.token)), MessageOutcome::Applied);
    assert_eq!(run.requests(), [], "it is offered no more");
    assert_eq!(run.send(poll(&request.token)), stale(&request.token, Staleness::AlreadySubmitted));
    let success = TaskOutcome::Succeeded { result: json!("ok") };
    assert_eq!(run.send(answered(&request.token, success)), MessageOutcome::Applied);
    assert_eq!(run.output(), json!("ok"));
    assert_eq!(run.send(poll(&request.token)), stale(&request.token, Staleness::Ended));
    let events = ["3<2 ActivityScheduled", "4<3 ActivityStarted", "5<4 ActivitySucceeded", "6<5 TaskStateExited"];
    assert_eq!(run.history()[2..6], events);
}

#[test]
fn a_worker_that_is_not_heard_of_loses_the_task_to_the_next_attempt() {
    let retry = json!([{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 5, "MaxAttempts": 1}]);
    let mut run = Run::start(&review(json!({"HeartbeatSeconds": 20, "Retry": retry})), &json!({}));
    let first = run.request("Review").token;
    run.pass_seconds(100);
    assert_eq!(run.send(poll(&first)), MessageOutcome::Applied);
    run.pass_seconds(20);
    assert_eq!(run.count("ActivityTimedOut"), 1);
    assert_eq!(run.send(poll(&first)), stale(&first, Staleness::AttemptOver), "during the pause");
    run.pass_seconds(5);
    let second = run.request("Review").token;
    assert_eq!(run.send(poll(&first)), stale(&first, Staleness::AttemptOver));
    let late = TaskOutcome::Succeeded { result: json!(1) };
    assert_eq!(run.send(answered(&first, late)), MessageOutcome::Rejected(Rejection::TaskTimedOut));
    assert_eq!(run.send(poll(&second)), MessageOutcome::Applied);
    let failed = TaskOutcome::Failed { failure: StateFailure::new("Broken", "by hand"), refusal: false };
    assert_eq!(run.send(answered(&second, failed)), MessageOutcome::Applied);
    assert_eq!((run.status(), run.error(), run.count("ActivityFailed")), (ExecutionStatus::Failed, "Broken", 1));
}

#[test]
fn a_token_of_another_proof_visit_or_future_is_given_nothing() {
    let mut run = Run::start(&review(json!({})), &json!({}));
    let token = run.request("Review").token;
    let forged = TaskToken { proof: token.proof ^ 1, ..token.clone() };
    assert_eq!(run.send(poll(&forged)), MessageOutcome::Rejected(Rejection::InvalidToken));
    let elsewhere = TaskToken { visit: 9, ..token.clone() };
    assert_eq!(run.send(poll(&elsewhere)), stale(&elsewhere, Staleness::VisitOver));
    let future = TaskToken { revision: 9, ..token.clone() };
    assert_eq!(run.send(poll(&future)), stale(&future, Staleness::FromTheFuture));
    assert_eq!(run.request("Review").token, token, "it is still offered");
    assert_eq!(run.execution.started_at, STARTED);
}
