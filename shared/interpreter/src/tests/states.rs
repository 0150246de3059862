//! The states that wait for nothing outside, and the linear Task.

use serde_json::json;

use super::{Run, machine, task};
use crate::{ExecutionStatus, Limits};

#[test]
fn a_pass_machine_runs_to_its_end_in_one_transition_with_aws_events() {
    let run = Run::start(
        &machine(
            json!({ "A": { "Type": "Pass", "Result": { "x": 1 }, "ResultPath": "$.a", "Next": "B" }, "B": { "Type": "Succeed" } }),
        ),
        &json!({ "in": true }),
    );
    assert_eq!(run.output(), json!({ "in": true, "a": { "x": 1 } }));
    assert_eq!(run.execution.revision, 1);
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 PassStateEntered",
            "3<2 PassStateExited",
            "4<3 SucceedStateEntered",
            "5<4 SucceedStateExited",
            "6<5 ExecutionSucceeded"
        ]
    );
}

#[test]
fn a_task_goes_out_and_its_result_is_put_where_result_path_says() {
    let mut run = Run::start(
        &machine(json!({ "Work": task("work", json!({ "Parameters": { "n.$": "$.n" }, "ResultPath": "$.done", "End": true })) })),
        &json!({ "n": 3 }),
    );
    assert_eq!(run.input_of("Work"), json!({ "n": 3 }));
    run.succeed("Work", json!("ok"));
    assert_eq!(run.output(), json!({ "n": 3, "done": "ok" }));
    assert_eq!(
        run.history(),
        [
            "1<0 ExecutionStarted",
            "2<0 TaskStateEntered",
            "3<2 LambdaFunctionScheduled",
            "4<3 LambdaFunctionStarted",
            "5<4 LambdaFunctionSucceeded",
            "6<5 TaskStateExited",
            "7<6 ExecutionSucceeded"
        ]
    );
}

#[test]
fn a_failed_task_is_retried_under_the_same_key_and_then_fails_the_execution() {
    let retry = json!([{ "ErrorEquals": ["Boom"], "IntervalSeconds": 2, "MaxAttempts": 1 }]);
    let mut run = Run::start(&machine(json!({ "Work": task("work", json!({ "Retry": retry, "End": true })) })), &json!({}));
    let first = run.request("Work");
    run.fail("Work", "Boom");
    assert!(run.outside().is_empty(), "it backs off first");
    run.pass_seconds(1);
    assert!(run.outside().is_empty());
    run.pass_seconds(1);
    let second = run.request("Work");
    assert_eq!((second.key.clone(), second.attempt), (first.key, 2));
    run.fail("Work", "Boom");
    assert_eq!((run.status(), run.error(), run.cause()), (ExecutionStatus::Failed, "Boom", "because"));
}

#[test]
fn a_caught_failure_leads_on_with_error_and_cause() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Handled" }]);
    let mut run = Run::start(
        &machine(
            json!({ "Work": task("work", json!({ "Catch": catch, "End": true })), "Handled": { "Type": "Pass", "End": true } }),
        ),
        &json!({ "n": 1 }),
    );
    run.fail("Work", "Boom");
    assert_eq!(run.output(), json!({ "n": 1, "failure": { "Error": "Boom", "Cause": "because" } }));
}

#[test]
fn a_choice_without_match_and_default_fails_by_name() {
    let choice = json!({ "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericEquals": 1, "Next": "End" }] });
    let run = Run::start(&machine(json!({ "Pick": choice, "End": { "Type": "Succeed" } })), &json!({ "n": 2 }));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.NoChoiceMatched"));
    let run = Run::start(&machine(json!({ "Pick": choice, "End": { "Type": "Succeed" } })), &json!({ "n": 1.0 }));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn a_fail_state_has_no_exited_event_and_leaves_out_what_it_does_not_say() {
    let run = Run::start(&machine(json!({ "No": { "Type": "Fail", "Cause": "just so" } })), &json!({}));
    assert_eq!((run.status(), run.error(), run.cause()), (ExecutionStatus::Failed, "", "just so"));
    assert_eq!(run.history(), ["1<0 ExecutionStarted", "2<0 FailStateEntered", "3<2 ExecutionFailed"]);
}

#[test]
fn a_runtime_error_is_not_caught_and_says_where_it_happened() {
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Handled" }]);
    let run = Run::start(
        &machine(json!({
            "Work": task("work", json!({ "InputPath": "$.no", "Catch": catch, "End": true })),
            "Handled": { "Type": "Pass", "End": true }
        })),
        &json!({}),
    );
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
    assert!(
        run.cause()
            .starts_with("An error occurred while executing the state 'Work' (entered at the event id #2). Invalid path '$.no'"),
        "{}",
        run.cause()
    );
}

#[test]
fn a_long_loop_is_cut_into_transitions_and_goes_on_by_hints_that_are_due_at_once() {
    let turn = json!({ "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Again" });
    let again = json!({ "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": 1000, "Next": "Turn" }], "Default": "Done" });
    let mut run =
        Run::start(&machine(json!({ "Turn": turn, "Again": again, "Done": { "Type": "Succeed" } })), &json!({ "n": 0 }));
    assert_eq!(run.status(), ExecutionStatus::Running);
    assert_eq!(run.execution.armed.map(|armed| armed.due), Some(run.now));
    run.settle();
    assert_eq!(run.output(), json!({ "n": 1000 }));
    let visited = 2 * 1000 + 1;
    assert_eq!(run.count("PassStateEntered") + run.count("ChoiceStateEntered") + run.count("SucceedStateEntered"), visited);
    assert_eq!(run.execution.revision, u64::try_from(visited.div_ceil(200)).unwrap());
}

#[test]
fn a_transition_writes_a_bounded_number_of_bytes_of_events() {
    let pass = |next: &str| json!({ "Type": "Pass", "Next": next });
    let definition = machine(json!({ "A": pass("B"), "B": pass("C"), "C": { "Type": "Pass", "End": true } }));
    let text = json!("x".repeat(1_000));
    // The start and one state tell their value three times.
    let limits = Limits { event_bytes_per_transition: 3_300, ..Limits::default() };
    let mut run = Run::start_within(&definition, &text, limits);
    assert_eq!((run.count("PassStateExited"), run.status()), (1, ExecutionStatus::Running));
    run.settle();
    assert_eq!((run.status(), run.output()), (ExecutionStatus::Succeeded, text));
}

#[test]
fn the_context_object_tells_execution_state_and_machine() {
    let parameters = json!({ "name.$": "$$.Execution.Name", "input.$": "$$.Execution.Input.n", "state.$": "$$.State.Name", "machine.$": "$$.StateMachine.Name" });
    let run = Run::start(&machine(json!({ "A": { "Type": "Pass", "Parameters": parameters, "End": true } })), &json!({ "n": 5 }));
    assert_eq!(run.output(), json!({ "name": "run", "input": 5, "state": "A", "machine": "machine" }));
}

#[test]
fn only_a_state_that_can_be_retried_tells_how_often_it_was() {
    let parameters = json!({ "state.$": "$$.State" });
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
    let definition = machine(json!({
        "Work": task("work", json!({ "Parameters": parameters, "Retry": retry, "Next": "P" })),
        "P": { "Type": "Pass", "Parameters": parameters, "End": true },
    }));
    let mut run = Run::start(&definition, &json!({}));
    let told = |run: &Run| run.input_of("Work")["state"]["RetryCount"].clone();
    assert_eq!(told(&run), json!(0));
    run.fail("Work", "Boom");
    run.pass_seconds(1);
    assert_eq!(told(&run), json!(1));
    run.succeed("Work", json!({}));
    assert_eq!(run.output()["state"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Name", "EnteredTime"]);
}
