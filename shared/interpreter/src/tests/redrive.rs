//! RedriveExecution of plain machines, by the rule of AWS (Step Functions Developer Guide, "Redriving state machine executions"). What is parked
//! is redriven in `unwinding.rs` and `pivot.rs`.

use serde_json::{Value, json};

use super::{Run, failure, machine, map, parallel, success, task};
use crate::{ExecutionStatus, Message, MessageOutcome, Rejection};

fn leaf(name: &str) -> Value {
    machine(json!({ (name): task(name, json!({ "End": true })) }))
}

fn redriven(run: &mut Run) {
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    assert_eq!(run.status(), ExecutionStatus::Running);
    assert_eq!((run.execution.closed_at, run.execution.failure.clone(), run.execution.ended_in), (None, None, None));
}

fn not_redrivable(run: &mut Run) -> String {
    let before = run.execution.clone();
    let MessageOutcome::Rejected(Rejection::NotRedrivable { reason }) = run.send(Message::Redrive) else {
        panic!("it was redriven")
    };
    assert_eq!(run.execution, before);
    reason
}

#[test]
fn what_failed_goes_on_in_the_state_that_failed_with_its_retries_anew() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
    let definition = machine(json!({
        "First": task("first", json!({ "Next": "Second" })),
        "Second": task("second", json!({ "Retry": retry, "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("First", json!(1));
    let key = run.request("Second").key;
    run.fail("Second", "Boom");
    run.pass_seconds(1);
    run.fail("Second", "Boom");
    assert_eq!(run.status(), ExecutionStatus::Failed);
    run.now = run.now.plus_seconds(500);
    redriven(&mut run);
    assert_eq!((run.execution.redrive_count, run.execution.redriven_at), (1, Some(run.now)));
    assert_eq!((run.request("Second").key, run.request("Second").attempt), (key, 3));
    assert_eq!((run.count("TaskStateEntered"), run.count("ExecutionRedriven")), (2, 1), "it is not entered again");
    run.fail("Second", "Boom");
    run.pass_seconds(1);
    run.succeed("Second", json!(2));
    assert_eq!((run.status(), run.output()), (ExecutionStatus::Succeeded, json!(2)));
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "End": true })) })), &json!({}));
    let first = run.request("Work");
    run.stop();
    assert_eq!((run.status(), run.outside().len()), (ExecutionStatus::Aborted, 0));
    redriven(&mut run);
    let second = run.request("Work");
    assert_eq!((second.key, second.attempt), (first.key, 2));
    assert_eq!(run.send(success(&first.token, json!("from before"))), MessageOutcome::Applied, "it is the same key");
    assert_eq!(run.output(), json!("from before"));
}

#[test]
fn what_timed_out_goes_on_with_its_time_anew() {
    let mut definition = machine(json!({ "Work": task("work", json!({ "End": true })) }));
    definition["TimeoutSeconds"] = json!(60);
    let mut run = Run::start(&definition, &json!({}));
    run.pass_seconds(60);
    assert_eq!(run.status(), ExecutionStatus::TimedOut);
    run.pass_seconds(1_000);
    redriven(&mut run);
    run.pass_seconds(59);
    assert_eq!(run.status(), ExecutionStatus::Running);
    run.pass_seconds(1);
    assert_eq!(run.status(), ExecutionStatus::TimedOut);
}

#[test]
fn a_wait_that_was_stopped_ends_when_it_said() {
    let definition = machine(json!({ "Pause": { "Type": "Wait", "Seconds": 100, "End": true } }));
    let mut run = Run::start(&definition, &json!({}));
    run.pass_seconds(10);
    run.stop();
    run.pass_seconds(10);
    redriven(&mut run);
    run.pass_seconds(79);
    assert_eq!(run.status(), ExecutionStatus::Running);
    run.pass_seconds(1);
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn of_a_parallel_only_the_branches_that_did_not_succeed_go_on() {
    let all = parallel(json!([leaf("A"), leaf("B"), leaf("C")]), json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "All": all })), &json!({}));
    run.succeed("A", json!("a"));
    let [b, c] = ["B", "C"].map(|state| run.request(state).key);
    run.fail("B", "Boom");
    redriven(&mut run);
    assert_eq!(run.outside(), ["B", "C"]);
    assert_eq!(["B", "C"].map(|state| run.request(state).key), [b, c]);
    run.succeed("C", json!("c"));
    run.succeed("B", json!("b"));
    assert_eq!(run.output(), json!(["a", "b", "c"]));
}

#[test]
fn of_a_map_only_the_iterations_that_did_not_succeed_go_on() {
    let each = map(leaf("Item"), json!({ "MaxConcurrency": 2, "End": true }));
    let mut run = Run::start(&machine(json!({ "Each": each })), &json!([1, 2, 3, 4]));
    let answer = |run: &mut Run, item: u64, message: &dyn Fn(&crate::TaskToken) -> Message| {
        let request = run.requests().into_iter().find(|request| run.value(&request.input) == json!(item)).unwrap();
        assert_eq!(run.send(message(&request.token)), MessageOutcome::Applied);
    };
    answer(&mut run, 1, &|token| success(token, json!(10)));
    answer(&mut run, 2, &|token| failure(token, "Boom", false));
    assert_eq!(run.status(), ExecutionStatus::Failed);
    redriven(&mut run);
    let mut items: Vec<Value> = run.requests().iter().map(|request| run.value(&request.input)).collect();
    items.sort_by_key(Value::as_u64);
    assert_eq!(items, [json!(2), json!(3)]);
    for item in [2, 3, 4] {
        answer(&mut run, item, &|token| success(token, json!(item * 10)));
    }
    assert_eq!(run.output(), json!([10, 20, 30, 40]));
}

#[test]
fn a_fail_state_fails_again() {
    let mut run = Run::start(&machine(json!({ "No": { "Type": "Fail", "Error": "No" } })), &json!({}));
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    assert_eq!((run.status(), run.error(), run.execution.redrive_count), (ExecutionStatus::Failed, "No", 1));
    assert_eq!(run.count("ExecutionFailed"), 2);
}

#[test]
fn a_state_that_failed_behind_its_answer_begins_again_as_a_new_visit() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Done" }]);
    let definition =
        machine(json!({ "Work": task("work", json!({ "Catch": catch, "Next": "Done" })), "Done": { "Type": "Succeed" } }));
    let mut run = Run::start(&definition, &json!([]));
    let first = run.request("Work");
    run.fail("Work", "Boom");
    assert_eq!(run.status(), ExecutionStatus::Failed, "its catcher cannot put the failure into an array");
    redriven(&mut run);
    let again = run.request("Work");
    assert_ne!(again.key, first.key, "attempts count from 1 again, which the ledger would drop under the old key");
    assert_eq!(again.attempt, 1);
}

#[test]
fn what_is_running_has_succeeded_or_met_a_limit_is_not_redrivable() {
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "End": true })) })), &json!({}));
    assert_eq!(not_redrivable(&mut run), "execution is RUNNING");
    run.succeed("Work", json!({}));
    assert_eq!(not_redrivable(&mut run), "execution has SUCCEEDED");
    let all = machine(json!({ "All": parallel(json!([leaf("A"), leaf("B")]), json!({ "End": true })) }));
    let mut run = Run::start_within(&all, &json!({}), crate::Limits { active_branches: 1, ..crate::Limits::default() });
    assert_eq!(run.error(), "Backstep.LimitExceeded");
    assert!(not_redrivable(&mut run).contains("limit"));
}

#[test]
fn the_context_object_tells_of_a_redrive() {
    let again = json!({ "Parameters": { "count.$": "$$.Execution.RedriveCount" }, "End": true });
    let definition = machine(json!({ "First": task("first", json!({ "Next": "Again" })), "Again": task("again", again) }));
    let mut run = Run::start(&definition, &json!({}));
    run.fail("First", "Boom");
    redriven(&mut run);
    run.succeed("First", json!({}));
    assert_eq!(run.input_of("Again"), json!({ "count": 1 }));
}
