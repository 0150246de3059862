//! States in JSONata: what flows through them, what fails to evaluate, and what is undone.

use serde_json::{Value, json};

use super::{Run, arn, machine, map, parallel, task};
use crate::{ExecutionStatus, HistoryEventKind};

/// A machine in JSONata.
fn jsonata(states: Value) -> Value {
    let mut machine = machine(states);
    machine["QueryLanguage"] = json!("JSONata");
    machine
}

/// What one state with these fields, the machine's last but for a Succeed, makes of an input.
fn check_state(state: Value, input: &Value, expected: &Value) {
    let run = Run::start(&jsonata(json!({ "A": state, "Z": { "Type": "Succeed" } })), input);
    assert_eq!((run.status(), &run.output()), (ExecutionStatus::Succeeded, expected), "{state}");
}

/// A Pass with this output, evaluated.
fn check(output: Value, input: &Value, expected: &Value) {
    check_state(json!({ "Type": "Pass", "Output": output, "Next": "Z" }), input, expected);
}

/// The failure of a state with these fields: where it is told of, and its cause behind the place.
fn check_failure(state: Value, input: &Value, location: Option<&str>, cause: &str) {
    let run = Run::start(&jsonata(json!({ "A": state, "Z": { "Type": "Succeed" } })), input);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.QueryEvaluationError"), "{state}");
    let told = format!("An error occurred while executing the state 'A' (entered at the event id #2). {cause}");
    assert_eq!(run.cause(), told);
    let event = run.events.iter().find_map(|event| match &event.kind {
        HistoryEventKind::EvaluationFailed { state, location, details } => {
            Some((state.clone(), location.clone(), details.clone()))
        }
        _ => None,
    });
    let (state, at, details) = event.expect("the failure is told of");
    assert_eq!((state.as_str(), at.as_deref()), ("A", location));
    assert_eq!(details.cause.as_deref(), Some(told.as_str()));
}

#[test]
fn a_pass_gives_on_its_output_or_its_input() {
    let input = json!({ "n": 2, "list": [1, 2.5], "s": "x" });
    check_state(json!({ "Type": "Pass", "Next": "Z" }), &input, &input);
    check(json!("{% $states.input.n * 2 %}"), &input, &json!(4));
    check(
        json!({ "a": ["{% $states.input.s %}", 1, { "b": "{% $states.input.list %}" }], "c": "plain" }),
        &input,
        &json!({ "a": ["x", 1, { "b": [1, 2.5] }], "c": "plain" }),
    );
    check(json!("{% $states.context.State.Name & $states.context.Execution.Name %}"), &input, &json!("Arun"));
    check(json!("{% $states.context.Execution.Input.n %}"), &input, &json!(2));
    check(json!([]), &input, &json!([]));
    check(json!("{% {'kept': 1, 'dropped': $states.input.none} %}"), &input, &json!({ "kept": 1 }));
    // A Pass has no result.
    check(json!("{% $exists($states.result) %}"), &input, &json!(false));
}

#[test]
fn a_task_has_arguments_a_result_and_an_output() {
    let fields = json!({
        "Arguments": { "n": "{% $states.input.n + 1 %}" },
        "TimeoutSeconds": "{% $states.input.n * 10 %}",
        "HeartbeatSeconds": "{% 5 %}",
        "Output": { "in": "{% $states.input.n %}", "out": "{% $states.result.done %}" },
        "End": true,
    });
    let mut run = Run::start(&jsonata(json!({ "Work": task("work", fields) })), &json!({ "n": 1 }));
    assert_eq!(run.input_of("Work"), json!({ "n": 2 }));
    let scheduled = run.events.iter().find_map(|event| match &event.kind {
        HistoryEventKind::LambdaFunctionScheduled { timeout_seconds, .. } => Some(*timeout_seconds),
        _ => None,
    });
    assert_eq!(scheduled, Some(Some(10)));
    run.succeed("Work", json!({ "done": true }));
    assert_eq!(run.output(), json!({ "in": 1, "out": true }));
    // Without fields the input goes in and the result comes out.
    let mut run = Run::start(&jsonata(json!({ "Work": task("work", json!({ "End": true })) })), &json!([7]));
    assert_eq!(run.input_of("Work"), json!([7]));
    run.succeed("Work", json!("out"));
    assert_eq!(run.output(), json!("out"));
}

#[test]
fn all_attempts_of_a_task_draw_the_same_and_its_output_another() {
    let fields = json!({
        "Arguments": { "id": "{% $uuid() %}", "other": "{% $uuid() %}" },
        "Retry": [{ "ErrorEquals": ["States.ALL"] }],
        "Output": "{% $uuid() %}",
        "End": true,
    });
    let mut run = Run::start(&jsonata(json!({ "Work": task("work", fields) })), &json!({}));
    let first = run.input_of("Work");
    run.fail("Work", "Boom");
    run.pass_seconds(1);
    assert_eq!(run.input_of("Work"), first);
    run.succeed("Work", json!(1));
    let output = run.output();
    assert!(first["id"] != first["other"] && first["id"] != output && first["other"] != output, "{first} {output}");
}

#[test]
fn a_choice_takes_the_first_rule_that_holds_with_its_own_output_and_variables() {
    let choice = |n: i64| {
        let choice = json!({ "Type": "Choice",
            "Choices": [
                { "Condition": false, "Next": "Z" },
                { "Condition": "{% $states.input > 5 %}", "Output": "large", "Assign": { "size": "{% $states.input %}" }, "Next": "Z" },
                { "Condition": "{% $states.input > 3 %}", "Next": "Z" }],
            "Output": "default", "Assign": { "size": -1 }, "Default": "Z" });
        let last = json!({ "Type": "Pass", "Output": "{% [$states.input, $exists($size) ? $size : null] %}", "End": true });
        Run::start(&jsonata(json!({ "A": choice, "Z": last })), &json!(n)).output()
    };
    assert_eq!(choice(7), json!(["large", 7]));
    assert_eq!(choice(4), json!([4, null]));
    assert_eq!(choice(1), json!(["default", -1]));
}

#[test]
fn a_wait_waits_until_what_its_expression_says() {
    let waiting = |fields: Value| {
        let mut state = json!({ "Type": "Wait", "Output": "{% $states.input.n %}", "End": true });
        state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        Run::start(&jsonata(json!({ "A": state })), &json!({ "n": 30, "at": "2027-01-15T08:00:30.000000001Z" }))
    };
    for fields in [json!({ "Seconds": "{% $states.input.n %}" }), json!({ "Timestamp": "{% $states.input.at %}" })] {
        let mut run = waiting(fields);
        run.pass_seconds(29);
        assert_eq!(run.status(), ExecutionStatus::Running);
        run.pass_seconds(1);
        assert_eq!(run.output(), json!(30));
    }
}

#[test]
fn a_map_has_items_a_selector_and_amounts() {
    let inner = json!({ "StartAt": "X", "States": { "X": { "Type": "Pass", "Output": "{% $states.input.v * $states.input.f %}", "End": true } } });
    let fields = json!({
        "Items": "{% $states.input.list[$ > 1] %}",
        "ItemSelector": { "v": "{% $states.context.Map.Item.Value %}", "f": "{% $states.input.factor + $states.context.Map.Item.Index %}" },
        "MaxConcurrency": "{% 1 %}",
        "ToleratedFailureCount": "{% 1 %}",
        "ToleratedFailurePercentage": "{% 50.5 %}",
        "Output": "{% $sum($states.result) %}",
        "Next": "Z",
    });
    check_state(map(inner, fields), &json!({ "list": [1, 2, 3], "factor": 10 }), &json!(20 + 33));
    let inner = json!({ "StartAt": "X", "States": { "X": { "Type": "Succeed" } } });
    check_state(map(inner.clone(), json!({ "Next": "Z" })), &json!([4]), &json!([4]));
    check_state(map(inner, json!({ "Items": [1, "{% 2 %}"], "Next": "Z" })), &json!({}), &json!([1, 2]));
}

#[test]
fn a_parallel_has_arguments_and_a_result() {
    let branch = |output: &str| json!({ "StartAt": output, "States": { output: { "Type": "Pass", "Output": format!("{{% $states.input & '{output}' %}}"), "End": true } } });
    let fields = json!({ "Arguments": "{% $states.input.s %}", "Output": "{% $join($states.result, '-') %}", "Next": "Z" });
    // `Arguments` are an object or an expression for anything.
    check_state(parallel(json!([branch("B"), branch("C")]), fields), &json!({ "s": "x" }), &json!("xB-xC"));
}

#[test]
fn a_fail_state_makes_its_error_and_cause() {
    let fail = json!({ "Type": "Fail", "Error": "{% $states.input.error %}", "Cause": "{% 'because of ' & $states.input.n %}" });
    let run = Run::start(&jsonata(json!({ "A": fail })), &json!({ "error": "Mine", "n": 3 }));
    assert_eq!((run.error(), run.cause()), ("Mine", "because of 3"));
}

#[test]
fn what_fails_to_evaluate_is_told_with_its_field() {
    let pass = |output: Value| json!({ "Type": "Pass", "Output": output, "Next": "Z" });
    let expression = |text: &str, field: &str| format!("The JSONata expression '{text}' specified for the field '{field}'");
    check_failure(
        pass(json!("{% $none %}")),
        &json!({}),
        Some("Output"),
        &format!("{} returned nothing (undefined).", expression("$none", "Output")),
    );
    check_failure(
        pass(json!({ "a": [1, { "b": "{%   $none\n%}" }] })),
        &json!({}),
        Some("Output/a[1]/b"),
        &format!("{} returned nothing (undefined).", expression("$none", "Output/a[1]/b")),
    );
    check_failure(
        pass(json!("{% 1 + 'a' %}")),
        &json!({}),
        Some("Output"),
        &format!(
            "{} threw an error during evaluation. T2002: The right side of the \"+\" operator must evaluate to a number",
            expression("1 + 'a'", "Output")
        ),
    );
    check_failure(
        pass(json!("{% $sum %}")),
        &json!({}),
        Some("Output"),
        &format!(
            "{} returned an unexpected result type. Expected 'a JSON value', but was 'function'",
            expression("$sum", "Output")
        ),
    );
    let choice = json!({ "Type": "Choice", "Choices": [{ "Condition": "{% 1 %}", "Next": "Z" }] });
    check_failure(
        choice,
        &json!({}),
        Some("Choices[0]/Condition"),
        &format!(
            "{} returned an unexpected result type. Expected 'boolean', but was 'number' for value: 1",
            expression("1", "Choices[0]/Condition")
        ),
    );
    let wait = |fields: Value| {
        let mut wait = json!({ "Type": "Wait", "Next": "Z" });
        wait.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        wait
    };
    check_failure(
        wait(json!({ "Seconds": "{% '5' %}" })),
        &json!({}),
        Some("Seconds"),
        &format!(
            "{} returned an unexpected result type. Expected 'number', but was 'string' for value: \"5\"",
            expression("'5'", "Seconds")
        ),
    );
    check_failure(
        wait(json!({ "Seconds": "{% -1 %}" })),
        &json!({}),
        Some("Seconds"),
        "The Seconds field must be a non-negative integer, but was: -1",
    );
    check_failure(
        wait(json!({ "Timestamp": "{% 'soon' %}" })),
        &json!({}),
        Some("Timestamp"),
        "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: soon",
    );
    let inner = json!({ "StartAt": "X", "States": { "X": { "Type": "Succeed" } } });
    check_failure(
        map(inner.clone(), json!({ "Items": "{% 'a' %}", "Next": "Z" })),
        &json!({}),
        Some("Items"),
        &format!(
            "{} returned an unexpected result type. Expected 'array', but was 'string' for value: \"a\"",
            expression("'a'", "Items")
        ),
    );
    check_failure(
        map(inner, json!({ "Next": "Z" })),
        &json!({ "a": 1 }),
        None,
        "Map state input must be an array but was: {\"a\":1}",
    );
}

// Recorded from AWS: what links to what.
#[test]
fn a_failed_evaluation_links_to_what_came_before_its_state() {
    let first = json!({ "Type": "Pass", "Next": "B" });
    let failing = |state: Value| Run::start(&jsonata(json!({ "A": first, "B": state })), &json!({})).history();
    let pass = failing(json!({ "Type": "Pass", "Output": "{% $none %}", "End": true }));
    assert_eq!(pass[3..], ["4<3 PassStateEntered", "5<3 EvaluationFailed", "6<5 ExecutionFailed"]);
    let inner = json!({ "StartAt": "X", "States": { "X": { "Type": "Succeed" } } });
    let mapped = failing(map(inner, json!({ "Items": "{% 1 %}", "End": true })));
    assert_eq!(mapped[3..], ["4<3 MapStateEntered", "5<3 EvaluationFailed", "6<5 MapStateFailed", "7<6 ExecutionFailed"]);
    let wait = failing(json!({ "Type": "Wait", "Timestamp": "{% 'soon' %}", "End": true }));
    assert_eq!(wait[3..], ["4<3 WaitStateEntered", "5<4 EvaluationFailed", "6<5 ExecutionFailed"]);
}

#[test]
fn a_failed_evaluation_can_be_caught_and_the_catcher_shapes_what_it_gives_on() {
    let catch = json!([{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "Z",
        "Output": { "error": "{% $states.errorOutput.Error %}", "n": "{% $states.input.n %}" } }]);
    let work = task("work", json!({ "Arguments": "{% $none %}", "Catch": catch, "End": true }));
    check_state(work, &json!({ "n": 1 }), &json!({ "error": "States.QueryEvaluationError", "n": 1 }));

    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Z" }]);
    let work = task("work", json!({ "Catch": catch, "End": true }));
    let mut run = Run::start(&jsonata(json!({ "A": work, "Z": { "Type": "Succeed" } })), &json!({ "n": 1 }));
    run.fail("A", "Boom");
    assert_eq!(run.output(), json!({ "Error": "Boom", "Cause": "because" }));
}

#[test]
fn a_state_in_jsonata_stands_between_states_in_jsonpath() {
    let states = json!({
        "A": { "Type": "Pass", "Parameters": { "x.$": "$.n" }, "Assign": { "n.$": "$.x" }, "Next": "B" },
        "B": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% {'y': $states.input.x + $n} %}", "Assign": { "m": "{% $n + 1 %}" }, "Next": "C" },
        "C": { "Type": "Pass", "Parameters": { "z.$": "$.y", "m.$": "$m" }, "End": true },
    });
    assert_eq!(Run::start(&machine(states), &json!({ "n": 4 })).output(), json!({ "z": 8, "m": 5 }));
}

/// A task with a compensation in JSONata, and one behind it.
fn saga(compensation: Value) -> Value {
    let compensated = |function: &str, next: &str| {
        let mut undo = json!({ "Resource": arn("undo") });
        undo.as_object_mut().unwrap().extend(compensation.as_object().cloned().unwrap());
        task(
            function,
            json!({ "Arguments": { "n": "{% $states.input.n * 2 %}" }, "Compensation": undo, "Output": "{% $states.input %}", "Next": next }),
        )
    };
    jsonata(json!({
        "Start": { "Type": "Pass", "Assign": { "who": "before" }, "Next": "A" },
        "A": compensated("a", "Change"),
        "Change": { "Type": "Pass", "Assign": { "who": "after" }, "Next": "B" },
        "B": compensated("b", "C"),
        "C": { "Type": "Fail", "Error": "Sunk" },
    }))
}

#[test]
fn a_compensation_sees_what_the_action_received_its_result_and_the_variables_of_its_time() {
    let arguments = "{% {'got': $states.input.n, 'made': $states.result.id, 'who': $who} %}";
    let mut run =
        Run::start(&saga(json!({ "Arguments": arguments, "TimeoutSeconds": "{% $states.input.n %}" })), &json!({ "n": 2 }));
    run.succeed("A", json!({ "id": 7 }));
    run.succeed("B", json!({ "id": 8 }));
    assert_eq!(run.input_of("undo B"), json!({ "got": 4, "made": 8, "who": "after" }));
    let token = run.request("undo B").token;
    run.send(super::success(&token, json!({})));
    assert_eq!(run.input_of("undo A"), json!({ "got": 4, "made": 7, "who": "before" }));
    assert_eq!(run.undo_all(), ["A"]);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Sunk"));
}

#[test]
fn a_late_result_is_evaluated_with_the_variables_of_the_actions_time() {
    let arguments = "{% {'made': $states.result.id, 'who': $who} %}";
    let mut run = Run::start(&saga(json!({ "Arguments": arguments })), &json!({ "n": 2 }));
    run.succeed("A", json!({ "id": 7 }));
    let late = run.request("B").token;
    run.stop();
    // Undone last first: while B's turn has come, its late result is too late; of A everything is known.
    run.send(super::success(&late, json!({ "id": 8 })));
    assert_eq!(run.input_of("undo B"), json!({ "who": "after" }));
    let token = run.request("undo B").token;
    run.send(super::success(&token, json!({})));
    assert_eq!(run.input_of("undo A"), json!({ "made": 7, "who": "before" }));
}

#[test]
fn without_arguments_a_compensation_receives_the_input_and_the_result() {
    let mut run = Run::start(&saga(json!({})), &json!({ "n": 2 }));
    run.succeed("A", json!("r"));
    run.stop();
    run.undo_all();
    let calls: Vec<Value> = run
        .events
        .iter()
        .filter_map(|event| {
            if let HistoryEventKind::CompensationScheduled { input, .. } = &event.kind { Some(run.value(input)) } else { None }
        })
        .collect();
    assert_eq!(calls, [json!({ "input": { "n": 4 }, "result": null }), json!({ "input": { "n": 4 }, "result": "r" })]);
}
