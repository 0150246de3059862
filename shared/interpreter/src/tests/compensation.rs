//! What is owed, with which arguments, and what is revoked (docs/adr/0009).

use serde_json::{Value, json};

use super::{Run, arn, catch, compensated, failure, machine, map, not_published, order, parallel, success, task};
use crate::{Command, ExecutionStatus, Limits, MessageOutcome, Staleness, outstanding};

/// What is undone when Charge ends so, and nothing catches that.
fn check_owed(charge: Value, end: impl Fn(&mut Run), expected: &[&str]) {
    let mut run = Run::start(&order(charge), &json!({}));
    run.succeed("Reserve", json!("r"));
    end(&mut run);
    assert_eq!(run.status(), ExecutionStatus::Running, "it is running until unwinding has ended");
    assert_eq!(run.undo_all(), expected);
    assert_ne!(run.status(), ExecutionStatus::Running);
    assert_eq!((run.owed().len(), run.execution.parked), (0, None));
}

const BOTH: &[&str] = &["Charge", "Reserve"];

const RESERVE_ALONE: &[&str] = &["Reserve"];

#[test]
fn a_task_whose_outcome_is_unknown_is_owed() {
    check_owed(json!({ "TimeoutSeconds": 10 }), |run| run.pass_seconds(10), BOTH);
    check_owed(
        json!({ "TimeoutSeconds": 10, "HeartbeatSeconds": 3 }),
        |run| {
            let key = run.request("Charge").key;
            run.heartbeats.insert(key, None);
            run.pass_seconds(3);
        },
        BOTH,
    );
    check_owed(json!({}), |run| run.fail("Charge", "Boom"), BOTH);
    check_owed(json!({}), |run| run.fail("Charge", "Lambda.Unknown"), BOTH);
    check_owed(json!({}), |run| run.succeed("Charge", json!("x".repeat(300_000))), BOTH);
    check_owed(json!({}), |run| not_published(run, "Charge", false), BOTH);
    check_owed(json!({}), |run| assert_eq!(run.stop(), MessageOutcome::Applied), BOTH);
}

#[test]
fn a_task_that_was_refused_owes_nothing() {
    check_owed(json!({}), |run| run.refuse("Charge", "Declined"), RESERVE_ALONE);
    check_owed(json!({ "Refusals": ["Declined"] }), |run| run.fail("Charge", "Declined"), RESERVE_ALONE);
    check_owed(json!({ "Refusals": ["Other"] }), |run| run.fail("Charge", "Declined"), BOTH);
    check_owed(json!({}), |run| not_published(run, "Charge", true), RESERVE_ALONE);
}

#[test]
fn a_task_owes_nothing_only_if_every_attempt_was_refused() {
    let retried = || json!({ "TimeoutSeconds": 10, "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }] });
    let refused_again = |run: &mut Run| {
        run.pass_seconds(1);
        run.refuse("Charge", "Declined");
    };
    check_owed(
        retried(),
        |run| {
            run.refuse("Charge", "Declined");
            refused_again(run);
        },
        RESERVE_ALONE,
    );
    check_owed(
        retried(),
        |run| {
            run.pass_seconds(10);
            refused_again(run);
        },
        BOTH,
    );
    check_owed(
        retried(),
        |run| {
            run.refuse("Charge", "Declined");
            run.pass_seconds(1);
            run.pass_seconds(10);
        },
        BOTH,
    );
    check_owed(
        retried(),
        |run| {
            run.pass_seconds(10);
            run.pass_seconds(1);
            not_published(run, "Charge", true);
        },
        BOTH,
    );
    check_owed(
        retried(),
        |run| {
            run.refuse("Charge", "Declined");
            run.stop();
        },
        RESERVE_ALONE,
    );
    check_owed(
        retried(),
        |run| {
            run.pass_seconds(10);
            run.stop();
        },
        BOTH,
    );
}

/// A task whose compensation receives the whole `{input, result}` and a parsed result.
fn argued(parameters: Value, fields: Value) -> Value {
    let mut state = task("charge", fields);
    state["Compensation"] = json!({ "Resource": arn("undo-charge"), "Parameters": parameters });
    state
}

#[test]
fn the_arguments_are_what_the_action_received_and_its_result_or_null() {
    let definition = machine(json!({
        "Charge": compensated("charge", json!({ "Parameters": { "amount.$": "$.total" }, "ResultSelector": { "n": 1 }, "Next": "Ship" })),
        "Ship": task("ship", json!({ "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({ "total": 5, "more": true }));
    run.stop();
    assert_eq!(run.input_of("undo Charge"), json!({ "input": { "amount": 5 }, "result": null }));

    let mut run = Run::start(&definition, &json!({ "total": 5, "more": true }));
    run.succeed("Charge", json!({ "id": "c1" }));
    run.fail("Ship", "Boom");
    assert_eq!(run.input_of("undo Charge"), json!({ "input": { "amount": 5 }, "result": { "id": "c1" } }));
}

#[test]
fn the_arguments_of_lambda_invoke_are_its_payload_and_wrapped_result() {
    let mut charge = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "charge", "Payload.$": "$" }, "Next": "No" });
    charge["Compensation"] = json!({ "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {
        "FunctionName": "refund", "Payload": { "of.$": "$.input.order", "id.$": "$.result" } } });
    let mut run = Run::start(&machine(json!({ "Charge": charge, "No": { "Type": "Fail" } })), &json!({ "order": 7 }));
    assert_eq!((run.request("Charge").function.as_str(), run.input_of("Charge")), ("charge", json!({ "order": 7 })));
    run.succeed("Charge", json!("c1"));
    assert_eq!(run.request("undo Charge").function, "refund");
    let wrapped = json!({ "ExecutedVersion": "$LATEST", "Payload": "c1", "StatusCode": 200 });
    assert_eq!(run.input_of("undo Charge"), json!({ "of": 7, "id": wrapped }));
}

#[test]
fn if_the_arguments_cannot_be_made_from_the_input_the_state_fails_and_nothing_is_scheduled() {
    let state = argued(json!({ "order.$": "$.input.missing" }), json!({ "End": true }));
    let run = Run::start(&machine(json!({ "Charge": state })), &json!({}));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
    assert_eq!((run.count("LambdaFunctionScheduled"), run.count("CompensationScheduled")), (0, 0));
}

#[test]
fn if_the_arguments_cannot_be_made_from_the_result_the_first_ones_stand_and_the_state_fails() {
    let parsed = json!({ "parsed.$": "States.StringToJson(States.Format('{}', $.result))", "order.$": "$.input.order" });
    let state = argued(parsed, json!({ "End": true }));
    let mut run = Run::start(&machine(json!({ "Charge": state })), &json!({ "order": 7 }));
    run.succeed("Charge", json!("{"));
    assert_eq!(run.input_of("undo Charge"), json!({ "parsed": null, "order": 7 }));
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.IntrinsicFailure"));
}

#[test]
fn a_success_whose_output_cannot_be_made_is_owed_with_its_result() {
    let definition = machine(json!({ "Charge": compensated("charge", json!({ "OutputPath": "$.missing", "End": true })) }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Charge", json!({ "id": "c1" }));
    assert_eq!(run.input_of("undo Charge"), json!({ "input": {}, "result": { "id": "c1" } }));
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
}

/// `Slow` beside `Quick`, whose failure is caught by the Parallel.
fn beside(slow: Value) -> Value {
    let quick = machine(json!({ "Quick": compensated("quick", json!({ "End": true })) }));
    let branches = json!([machine(json!({ "Slow": slow })), quick]);
    machine(json!({
        "Both": parallel(branches, json!({ "Catch": catch("After"), "Next": "After" })),
        "After": { "Type": "Succeed" },
    }))
}

#[test]
fn a_late_success_supplies_the_arguments_while_the_compensation_is_not_scheduled() {
    let slow = compensated("slow", json!({ "End": true }));
    // One compensation at a time: that of Slow, in the first branch, is held back by another Parallel before it.
    let first = machine(json!({ "Early": compensated("early", json!({ "End": true })) }));
    let last = machine(json!({ "Slow": slow }));
    let quick = machine(json!({ "Quick": compensated("quick", json!({ "End": true })) }));
    let both = parallel(json!([first, last, quick]), json!({ "End": true }));
    let limits = Limits { unwinding_concurrency: 1, ..Limits::default() };
    let mut run = Run::start_within(&machine(json!({ "Both": both })), &json!({}), limits);
    let slow = run.request("Slow").token;
    run.refuse("Quick", "No");
    assert_eq!(run.outside(), ["undo Early"], "Slow has to wait for its turn");
    assert_eq!(run.send(success(&slow, json!("late"))), MessageOutcome::Applied);
    assert_eq!(
        run.send(success(&slow, json!("twice"))),
        MessageOutcome::Stale { reason: Staleness::AlreadyUnwinding, publish_since: slow.revision }
    );
    run.succeed("undo Early", json!({}));
    assert_eq!(run.input_of("undo Slow"), json!({ "input": {}, "result": "late" }));
}

#[test]
fn a_late_success_changes_nothing_once_the_compensation_is_scheduled() {
    let mut run = Run::start(&beside(compensated("slow", json!({ "End": true }))), &json!({}));
    let slow = run.request("Slow").token;
    run.refuse("Quick", "No");
    assert_eq!(run.outside(), ["undo Slow"]);
    assert_eq!(
        run.send(success(&slow, json!("late"))),
        MessageOutcome::Stale { reason: Staleness::AlreadyUnwinding, publish_since: slow.revision }
    );
    assert_eq!(run.input_of("undo Slow"), json!({ "input": {}, "result": null }));
    assert!(matches!(run.send(failure(&slow, "Late", true)), MessageOutcome::Stale { .. }));
    assert_eq!(run.outside(), ["undo Slow"], "a late refusal proves nothing that matters any more");
}

#[test]
fn a_late_success_whose_arguments_cannot_be_made_leaves_the_first_ones() {
    let parameters = json!({ "parsed.$": "States.StringToJson(States.Format('{}', $.result))" });
    let slow = argued(parameters, json!({ "End": true }));
    let first = machine(json!({ "Early": compensated("early", json!({ "End": true })) }));
    let quick = machine(json!({ "Quick": compensated("quick", json!({ "End": true })) }));
    let both = parallel(json!([first, machine(json!({ "Slow": slow })), quick]), json!({ "End": true }));
    let limits = Limits { unwinding_concurrency: 1, ..Limits::default() };
    let mut run = Run::start_within(&machine(json!({ "Both": both })), &json!({}), limits);
    let slow = run.request("Slow").token;
    run.refuse("Quick", "No");
    assert_eq!(run.send(success(&slow, json!("{"))), MessageOutcome::Applied);
    run.succeed("undo Early", json!({}));
    assert_eq!(run.input_of("undo Slow"), json!({ "parsed": null }));
}

#[test]
fn a_late_success_is_evaluated_with_the_same_random_numbers_and_times() {
    let parameters = json!({ "id.$": "States.UUID()", "at.$": "$$.State.EnteredTime", "result.$": "$.result" });
    let slow = machine(json!({
        "Pause": { "Type": "Wait", "Seconds": 5, "Next": "Slow" },
        "Slow": { "Type": "Task", "Resource": arn("slow"), "Compensation": { "Resource": arn("undo"), "Parameters": parameters }, "End": true },
    }));
    let first = machine(json!({ "Early": compensated("early", json!({ "End": true })) }));
    let quick = machine(json!({ "Quick": compensated("quick", json!({ "End": true })) }));
    let limits = Limits { unwinding_concurrency: 1, ..Limits::default() };
    let both = machine(json!({ "Both": parallel(json!([first, slow, quick]), json!({ "End": true })) }));
    let mut run = Run::start_within(&both, &json!({}), limits);
    run.pass_seconds(5);
    let slow = run.request("Slow").token;
    run.refuse("Quick", "No");
    let arguments = |run: &Run| {
        let owed = run.execution.owed_tasks().into_iter().find(|owed| owed.state == "Slow").unwrap();
        run.value(&owed.compensation.input)
    };
    let before = arguments(&run);
    run.send(success(&slow, json!("late")));
    let after = arguments(&run);
    assert_eq!((&after["id"], &after["at"], &after["result"]), (&before["id"], &before["at"], &json!("late")));
}

fn revoked(run: &Run) -> Vec<String> {
    let commands = outstanding(&run.execution, 0).into_iter();
    commands.filter_map(|command| if let Command::Revoke { key, .. } = command { Some(key.0) } else { None }).collect()
}

#[test]
fn a_task_that_leaves_nothing_to_undo_is_revoked_while_its_request_may_be_on_its_way() {
    let nothing = |fields: Value| {
        let mut fields = fields;
        fields["Compensation"] = json!("None");
        fields["End"] = json!(true);
        task("slow", fields)
    };
    let mut run = Run::start(&beside(nothing(json!({}))), &json!({}));
    let key = run.request("Slow").key;
    run.refuse("Quick", "No");
    assert_eq!((run.status(), revoked(&run)), (ExecutionStatus::Succeeded, vec![key.0]));

    // Between two attempts: the request of the one that timed out may still wait in its queue.
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }]);
    let retried = nothing(json!({ "TimeoutSeconds": 5, "Retry": retry }));
    let mut run = Run::start(&beside(retried.clone()), &json!({}));
    let key = run.request("Slow").key;
    run.pass_seconds(5);
    run.refuse("Quick", "No");
    assert_eq!(revoked(&run), [key.0]);

    let mut run = Run::start(&beside(retried), &json!({}));
    run.refuse("Slow", "Busy");
    run.refuse("Quick", "No");
    assert!(revoked(&run).is_empty(), "whose only attempt was answered has nothing on its way");
}

#[test]
fn all_revocations_of_a_transition_are_published_and_earlier_ones_are_kept_up_to_a_limit() {
    let quick = machine(json!({ "Quick": task("quick", json!({ "End": true })) }));
    let item = machine(json!({ "Item": task("item", json!({ "Compensation": "None", "End": true })) }));
    let each = machine(json!({ "Each": map(item, json!({ "ItemsPath": "$.items", "End": true })) }));
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 9 }]);
    let all = parallel(json!([each, quick]), json!({ "Retry": retry, "End": true }));
    let limits =
        Limits { map_concurrency: 250, commands_per_transition: 1_000, states_per_transition: 1_000, ..Limits::default() };
    let items: Vec<u64> = (0..250).collect();
    let mut run = Run::start_within(&machine(json!({ "All": all })), &json!({ "items": items }), limits);
    run.fail("Quick", "No");
    assert_eq!(revoked(&run).len(), 250, "more than are kept");
    while run.outside().is_empty() {
        run.pass_seconds(1);
    }
    run.fail("Quick", "No");
    let revision = run.execution.revision;
    assert_eq!(
        outstanding(&run.execution, revision).iter().filter(|command| matches!(command, Command::Revoke { .. })).count(),
        250
    );
    assert_eq!(revoked(&run).len(), 250);
}

#[test]
fn all_attempts_of_a_task_ask_for_the_same_thing() {
    let parameters = json!({ "id.$": "States.UUID()", "n.$": "States.MathRandom(1, 1000000)" });
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 2 }]);
    let definition =
        machine(json!({ "Work": compensated("work", json!({ "Parameters": parameters, "Retry": retry, "End": true })) }));
    let mut run = Run::start(&definition, &json!({}));
    let first = run.input_of("Work");
    run.fail("Work", "Boom");
    run.pass_seconds(1);
    assert_eq!(run.input_of("Work"), first);
    run.stop();
    assert_eq!(run.input_of("undo Work"), json!({ "input": first, "result": null }));
}

#[test]
fn what_is_owed_is_not_revoked_by_a_command_for_its_compensation_does_that() {
    let mut run = Run::start(&beside(compensated("slow", json!({ "End": true }))), &json!({}));
    run.refuse("Quick", "No");
    assert!(revoked(&run).is_empty());
}
