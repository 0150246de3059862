//! Distributed Maps: what their executions are told, once, twice and too late.

use serde_json::{Value, json};

use super::{Run, machine};
use crate::{
    Activity, ChildEnd, ChildRequest, Command, ExecutionStatus, HistoryEventKind, Limits, Message, MessageOutcome, Rejection,
    Staleness, StateFailure, TaskToken, outstanding,
};

/// A distributed Map of one Pass per item, with these fields.
fn passes(fields: Value) -> Value {
    let mut map = json!({
        "Type": "Map",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED"},
            "StartAt": "Item",
            "States": {"Item": {"Type": "Pass", "End": true}},
        },
        "End": true,
    });
    map.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    machine(json!({"Each": map}))
}

fn end(request: &ChildRequest, status: ExecutionStatus, output: Option<Value>) -> ChildEnd {
    let failure = output.is_none().then(|| StateFailure::new("Bad", "as it is"));
    let at = super::STARTED;
    let (arn, name) = (request.identity.arn.clone(), request.identity.name.clone());
    ChildEnd { arn, name, status, output, failure, started_at: at, closed_at: at }
}

fn succeeded(request: &ChildRequest, output: Value) -> Message {
    let end = Box::new(end(request, ExecutionStatus::Succeeded, Some(output)));
    Message::ChildEnded { token: request.parent.token.clone(), end }
}

fn failed(request: &ChildRequest) -> Message {
    let end = Box::new(end(request, ExecutionStatus::Failed, None));
    Message::ChildEnded { token: request.parent.token.clone(), end }
}

/// The Map Run of an execution that waits for it.
fn run_of(parent: &Run) -> Run {
    let [request] = <[_; 1]>::try_from(parent.children()).unwrap();
    parent.begin_child(&request)
}

#[test]
fn a_map_waits_for_its_run_and_takes_its_output() {
    let mut parent = Run::start(&passes(json!({})), &json!([1, 2]));
    let [request] = <[_; 1]>::try_from(parent.children()).unwrap();
    assert_eq!(parent.send(succeeded(&request, json!([1, 2]))), MessageOutcome::Applied);
    assert_eq!(parent.output(), json!([1, 2]));
    let told: Vec<(u64, u64, String)> =
        parent.events.iter().map(|event| (event.id, event.previous, event.kind.type_name())).collect();
    let expected = [
        (1, 0, "ExecutionStarted"),
        (2, 0, "MapStateEntered"),
        (3, 2, "MapStateStarted"),
        (4, 3, "MapRunStarted"),
        (5, 4, "MapRunSucceeded"),
        (6, 5, "MapStateSucceeded"),
        (7, 4, "MapStateExited"),
        (8, 7, "ExecutionSucceeded"),
    ];
    assert_eq!(told, expected.map(|(id, previous, name)| (id, previous, name.to_owned())));
}

#[test]
fn a_run_that_fails_fails_the_map() {
    let mut parent = Run::start(&passes(json!({})), &json!([1]));
    let [request] = <[_; 1]>::try_from(parent.children()).unwrap();
    parent.send(failed(&request));
    assert_eq!(parent.status(), ExecutionStatus::Failed);
    assert_eq!(parent.execution.failure.as_ref().unwrap().error, "Bad");
    let names: Vec<String> = parent.events.iter().skip(4).map(|event| event.kind.type_name()).collect();
    assert_eq!(names, ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
}

// Fails if an end counts twice, if a forged one counts, or if one that is too late is an error.
#[test]
fn an_end_counts_once_and_only_with_its_token() {
    let parent = Run::start(&passes(json!({"ToleratedFailureCount": 5})), &json!([1, 2, 3]));
    let mut run = run_of(&parent);
    let [first, second, third] = <[_; 3]>::try_from(run.children()).unwrap();
    let forged = |change: fn(&mut TaskToken)| {
        let mut token = first.parent.token.clone();
        change(&mut token);
        Message::ChildEnded { token, end: Box::new(end(&first, ExecutionStatus::Succeeded, Some(json!(1)))) }
    };
    assert_eq!(run.send(forged(|token| token.proof ^= 1)), MessageOutcome::Rejected(Rejection::InvalidToken));
    assert_eq!(run.send(forged(|token| token.attempt += 1)), MessageOutcome::Rejected(Rejection::InvalidToken));
    let future = run.send(forged(|token| token.revision += 1_000));
    assert!(matches!(future, MessageOutcome::Stale { reason: Staleness::FromTheFuture, .. }));
    assert_eq!(run.send(succeeded(&first, json!(10))), MessageOutcome::Applied);
    let again = run.send(failed(&first));
    assert!(matches!(again, MessageOutcome::Stale { reason: Staleness::VisitOver, .. }));
    assert_eq!(run.send(failed(&second)), MessageOutcome::Applied);
    assert_eq!(run.send(succeeded(&third, json!(30))), MessageOutcome::Applied);
    assert_eq!(run.output(), json!([10, 30]));
    let facts = run.execution.map_run.as_deref().unwrap();
    assert_eq!((facts.executions.succeeded, facts.executions.failed, facts.executions.running), (2, 1, 0));
    let late = run.send(succeeded(&third, json!(30)));
    assert!(matches!(late, MessageOutcome::Stale { reason: Staleness::Ended, .. }));
}

#[test]
fn the_end_of_a_run_is_told_to_its_parent_and_stops_what_is_open() {
    let parent = Run::start(&passes(json!({})), &json!([1, 2, 3]));
    let mut run = run_of(&parent);
    let children = run.children();
    run.send(failed(&children[1]));
    assert_eq!(run.status(), ExecutionStatus::Failed);
    let stopped: Vec<bool> = run.children().iter().map(|request| request.stop).collect();
    assert_eq!(stopped, [true, true]);
    let told = outstanding(&run.execution, 0).into_iter().find_map(|command| match command {
        Command::AnswerParent(end) => Some(*end),
        _ => None,
    });
    let told = told.unwrap();
    assert_eq!((told.parent.token, told.status), (parent.children()[0].parent.token.clone(), ExecutionStatus::Failed));
    assert_eq!(told.failure.unwrap().error, "States.ExceedToleratedFailureThreshold");
}

#[test]
fn a_run_that_is_stopped_beside_a_failure_is_asked_to_until_it_tells_its_end() {
    let both = json!({
        "Type": "Parallel",
        "Branches": [passes(json!({})), {"StartAt": "Rest", "States": {
            "Rest": {"Type": "Wait", "Seconds": 5, "Next": "Fails"}, "Fails": {"Type": "Fail", "Error": "E"}}}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Linger"}],
        "End": true,
    });
    let linger = json!({"Type": "Wait", "Seconds": 100, "End": true});
    let mut parent = Run::start(&machine(json!({"Both": both, "Linger": linger})), &json!([1]));
    let [request] = <[_; 1]>::try_from(parent.children()).unwrap();
    parent.pass_seconds(10);
    let [stop] = <[_; 1]>::try_from(parent.children()).unwrap();
    assert_eq!((stop.stop, &stop.identity), (true, &request.identity));
    assert!(parent.events.iter().any(|event| event.kind == HistoryEventKind::MapRunAborted));
    let aborted = Box::new(end(&request, ExecutionStatus::Aborted, None));
    let aborted = Message::ChildEnded { token: request.parent.token.clone(), end: aborted };
    assert_eq!(parent.send(aborted), MessageOutcome::Applied);
    assert_eq!(parent.children(), []);
}

#[test]
fn executions_are_asked_for_in_bounded_numbers() {
    let limits = Limits { distributed_concurrency: 25, commands_per_transition: 10, ..Limits::default() };
    let items: Vec<u64> = (0..100).collect();
    let parent = Run::start_within(&passes(json!({})), &json!(items), limits);
    let mut run = run_of(&parent);
    assert_eq!(run.children().len(), 10);
    run.settle();
    assert_eq!(run.children().len(), 25);
    for child in run.children() {
        run.send(succeeded(&child, json!(0)));
    }
    let Some(Activity::Items(progress)) = run.execution.root.visit.as_ref().map(|visit| &visit.activity) else {
        panic!("it has ended")
    };
    assert_eq!(progress.next_child, 50);
}
