//! Parallel: results, failures, retries and events.

use serde_json::{Value, json};

use super::{Run, catch, machine, parallel, success, task};
use crate::{ExecutionStatus, Limits, Message, MessageOutcome};

fn leaf(name: &str) -> Value {
    machine(json!({ (name): task(name, json!({ "End": true })) }))
}

fn three(fields: Value) -> Value {
    machine(json!({ "All": parallel(json!([leaf("A"), leaf("B"), leaf("C")]), fields) }))
}

#[test]
fn results_stand_in_the_order_of_the_branches() {
    let mut run = Run::start(&three(json!({ "End": true })), &json!({ "n": 1 }));
    for state in ["C", "A", "B"] {
        assert_eq!(run.input_of(state), json!({ "n": 1 }), "each has the same input");
        run.succeed(state, json!(state));
    }
    assert_eq!(run.output(), json!(["A", "B", "C"]));
}

#[test]
fn branches_receive_the_parameters_and_the_output_is_shaped_like_any_other() {
    let fields =
        json!({ "Parameters": { "m.$": "$.n" }, "ResultSelector": { "first.$": "$[0]" }, "ResultPath": "$.all", "End": true });
    let mut run = Run::start(&three(fields), &json!({ "n": 1 }));
    for state in ["A", "B", "C"] {
        assert_eq!(run.input_of(state), json!({ "m": 1 }));
        run.succeed(state, json!(state));
    }
    assert_eq!(run.output(), json!({ "n": 1, "all": { "first": "A" } }));
}

#[test]
fn a_parallel_links_its_events_as_recorded() {
    let pass = |name: &str| machine(json!({ (name): { "Type": "Pass", "End": true } }));
    let nested = machine(json!({ "Inner": parallel(json!([pass("P")]), json!({ "End": true })) }));
    let run = Run::start(&machine(json!({ "Outer": parallel(json!([nested]), json!({ "End": true })) })), &json!({}));
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 ParallelStateEntered",
            "3<2 ParallelStateStarted",
            "4<3 ParallelStateEntered",
            "5<4 ParallelStateStarted",
            "6<5 PassStateEntered",
            "7<6 PassStateExited",
            "8<7 ParallelStateSucceeded",
            "9<7 ParallelStateExited",
            "10<9 ParallelStateSucceeded",
            "11<9 ParallelStateExited",
            "12<11 ExecutionSucceeded"
        ]
    );
}

#[test]
fn the_first_failure_fails_the_parallel_and_aborts_the_other_branches() {
    let mut run = Run::start(&three(json!({ "End": true })), &json!({}));
    run.succeed("A", json!({}));
    let late = run.request("C").token;
    run.fail("B", "Boom");
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Boom"));
    let tail: Vec<String> = run.history().into_iter().skip(14).collect();
    assert_eq!(
        tail,
        [
            "15<9 LambdaFunctionFailed",
            "16<15 TaskStateAborted",
            "17<15 TaskStateAborted",
            "18<15 ParallelStateFailed",
            "19<18 ExecutionFailed"
        ]
    );
    assert!(matches!(run.send(success(&late, json!({}))), MessageOutcome::Stale { .. }));
}

#[test]
fn a_retry_starts_all_branches_again_with_new_keys() {
    let retry = json!([{ "ErrorEquals": ["Boom"], "IntervalSeconds": 3, "MaxAttempts": 1 }]);
    let mut run = Run::start(&three(json!({ "Retry": retry, "End": true })), &json!({}));
    let before: Vec<_> = run.requests().into_iter().map(|request| request.key).collect();
    run.succeed("A", json!("first"));
    run.fail("B", "Boom");
    assert!(run.outside().is_empty());
    run.pass_seconds(3);
    assert_eq!(run.outside(), ["A", "B", "C"]);
    assert!(run.requests().iter().all(|request| !before.contains(&request.key)));
    assert_eq!((run.count("ParallelStateEntered"), run.count("ParallelStateStarted")), (1, 2));
    run.fail("C", "Boom");
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Boom"), "its retries are spent");
}

#[test]
fn a_catcher_takes_the_failure_of_a_branch() {
    let definition = machine(json!({
        "All": parallel(json!([leaf("A"), leaf("B")]), json!({ "Catch": catch("Done"), "Next": "Done" })),
        "Done": { "Type": "Succeed" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.fail("A", "Boom");
    assert_eq!(run.output(), json!({ "Error": "Boom", "Cause": "because" }));
}

#[test]
fn a_runtime_error_of_a_branch_is_not_caught() {
    let broken = machine(json!({ "P": { "Type": "Pass", "InputPath": "$.no", "End": true } }));
    let definition = machine(json!({
        "All": parallel(json!([broken]), json!({ "Catch": catch("Done"), "Next": "Done" })),
        "Done": { "Type": "Succeed" },
    }));
    let run = Run::start(&definition, &json!({}));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
}

#[test]
fn as_many_branches_may_be_open_as_the_limit_says_and_no_more() {
    let start = |active_branches| {
        Run::start_within(&three(json!({ "End": true })), &json!({}), Limits { active_branches, ..Limits::default() })
    };
    assert_eq!((start(3).status(), start(3).outside().len()), (ExecutionStatus::Running, 3));
    assert_eq!((start(2).status(), start(2).error()), (ExecutionStatus::Failed, "Backstep.LimitExceeded"));
}

#[test]
fn branches_that_are_over_leave_room_for_others() {
    let second = parallel(json!([leaf("D"), leaf("E"), leaf("F")]), json!({ "End": true }));
    let no = machine(json!({ "No": { "Type": "Fail", "Error": "No" } }));
    let limits = Limits { active_branches: 3, ..Limits::default() };
    let finished =
        machine(json!({ "All": parallel(json!([leaf("A"), leaf("B"), leaf("C")]), json!({ "Next": "More" })), "More": second }));
    let mut run = Run::start_within(&finished, &json!({}), limits.clone());
    for state in ["A", "B", "C"] {
        run.succeed(state, json!({}));
    }
    assert_eq!(run.outside(), ["D", "E", "F"]);
    let given_up = machine(
        json!({ "All": parallel(json!([leaf("A"), leaf("B"), no]), json!({ "Catch": catch("More"), "Next": "More" })), "More": second }),
    );
    let run = Run::start_within(&given_up, &json!({}), limits);
    assert_eq!((run.error(), run.outside()), ("", vec!["D".to_owned(), "E".to_owned(), "F".to_owned()]));
}

#[test]
fn tasks_beyond_the_commands_of_a_transition_go_out_later() {
    let limits = Limits { commands_per_transition: 2, ..Limits::default() };
    let mut run = Run::start_within(&three(json!({ "End": true })), &json!({}), limits);
    assert_eq!(run.outside(), ["A", "B"]);
    let hint = run.execution.armed.unwrap();
    assert_eq!(run.send(Message::Timer { due: hint.due, revision: hint.revision }), MessageOutcome::Applied);
    assert_eq!(run.outside(), ["A", "B", "C"]);
    assert_eq!(run.requests_since(2).len(), 1, "created by the second transition");
}

#[test]
fn a_branch_in_backoff_does_not_hold_up_the_others() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 100 }]);
    let branches = json!([machine(json!({ "A": task("a", json!({ "Retry": retry, "End": true })) })), leaf("B")]);
    let mut run = Run::start(&machine(json!({ "All": parallel(branches, json!({ "End": true })) })), &json!({}));
    run.fail("A", "Boom");
    run.succeed("B", json!("b"));
    run.pass_seconds(100);
    run.succeed("A", json!("a"));
    assert_eq!(run.output(), json!(["a", "b"]));
}
