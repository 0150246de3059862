//! Data: what flows through a state, how large it may be, and what of it stands in value items (ARCHITECTURE.md, invariants 5 and 7).

use serde_json::{Value, json};

use super::{Run, machine, success, task};
use crate::{ExecutionStatus, HistoryEventKind, Limits, MessageOutcome, Payload};

/// What one Pass with these fields makes of an input.
fn check_pass(fields: Value, input: &Value, expected: &Value) {
    let mut state = json!({ "Type": "Pass", "End": true });
    state.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    let run = Run::start(&machine(json!({ "P": state })), input);
    assert_eq!(&run.output(), expected, "{fields}");
}

#[test]
fn a_pass_shapes_its_data() {
    let input = json!({ "a": { "b": 1 }, "c": 2 });
    check_pass(json!({}), &input, &input);
    check_pass(json!({ "InputPath": "$.a" }), &input, &json!({ "b": 1 }));
    check_pass(json!({ "InputPath": null }), &input, &json!({}));
    check_pass(json!({ "OutputPath": "$.a" }), &input, &json!({ "b": 1 }));
    check_pass(json!({ "OutputPath": null }), &input, &json!({}));
    check_pass(json!({ "Parameters": { "x.$": "$.a.b", "y": 7 } }), &input, &json!({ "x": 1, "y": 7 }));
    check_pass(json!({ "InputPath": "$.a", "Parameters": { "x.$": "$.b" } }), &input, &json!({ "x": 1 }));
    check_pass(json!({ "Result": 5 }), &input, &json!(5));
    check_pass(json!({ "Result": 5, "ResultPath": "$.a.new" }), &input, &json!({ "a": { "b": 1, "new": 5 }, "c": 2 }));
    check_pass(
        json!({ "Result": 5, "ResultPath": "$.fresh.place" }),
        &input,
        &json!({ "a": { "b": 1 }, "c": 2, "fresh": { "place": 5 } }),
    );
    check_pass(json!({ "Result": 5, "ResultPath": "$" }), &input, &json!(5));
    check_pass(json!({ "Result": 5, "ResultPath": null }), &input, &input);
    check_pass(json!({ "InputPath": "$.a", "Result": 5, "ResultPath": "$.r", "OutputPath": "$.r" }), &input, &json!(5));
    check_pass(json!({ "InputPath": "$.a", "ResultPath": "$.c" }), &input, &json!({ "a": { "b": 1 }, "c": { "b": 1 } }));
}

#[test]
fn a_tasks_result_goes_through_its_selector_path_and_output() {
    let fields = json!({ "ResultSelector": { "n.$": "$.value", "kept": true }, "ResultPath": "$.done", "OutputPath": "$.done", "End": true });
    let mut run = Run::start(&machine(json!({ "Work": task("work", fields) })), &json!({ "n": 1 }));
    run.succeed("Work", json!({ "value": 7, "noise": [1, 2] }));
    assert_eq!(run.output(), json!({ "n": 7, "kept": true }));
}

#[test]
fn any_json_is_an_input() {
    for input in [json!(2), json!("text"), json!(null), json!([]), json!({})] {
        check_pass(json!({}), &input, &input);
    }
}

#[test]
fn what_stands_in_the_input_is_passed_on_by_states_without_a_result() {
    let choice = json!({ "Type": "Choice", "InputPath": "$.in", "OutputPath": "$.x",
        "Choices": [{ "Variable": "$.x", "NumericEquals": 1, "Next": "Pause" }] });
    let pause = json!({ "Type": "Wait", "Seconds": 0, "Next": "Done" });
    let done = json!({ "Type": "Succeed", "InputPath": "$", "OutputPath": "$" });
    let run = Run::start(&machine(json!({ "Pick": choice, "Pause": pause, "Done": done })), &json!({ "in": { "x": 1 } }));
    assert_eq!(run.output(), json!(1));
}

#[test]
fn a_path_that_finds_nothing_is_a_runtime_error_that_says_where() {
    let work = task("work", json!({ "OutputPath": "$.no", "End": true }));
    let mut run = Run::start(&machine(json!({ "Work": work })), &json!({}));
    run.succeed("Work", json!({ "n": 1 }));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
    assert!(run.cause().starts_with("An error occurred while executing the state 'Work' (entered at the event id #2). "));
}

/// A string whose JSON text is so long.
fn text_of(bytes: usize) -> Value {
    json!("x".repeat(bytes - 2))
}

/// A machine of one Task with these fields, and what answers it with.
fn answered(resource: Value, result: Value) -> Run {
    let mut state = json!({ "Type": "Task", "End": true });
    state.as_object_mut().unwrap().extend(resource.as_object().cloned().unwrap());
    let mut run = Run::start(&machine(json!({ "Work": state })), &json!({}));
    run.succeed("Work", result);
    run
}

#[test]
fn a_result_may_be_as_large_as_the_limit_and_no_larger() {
    let direct = || json!({ "Resource": super::arn("work") });
    let run = answered(direct(), text_of(262_144));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
    let run = answered(direct(), text_of(262_145));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.DataLimitExceeded"));
    assert_eq!(
        run.cause(),
        "The state/task 'arn:aws:lambda:us-east-1:123456789012:function:work' returned a result with a size exceeding the maximum number of \
         bytes service limit."
    );
    assert_eq!((run.count("LambdaFunctionFailed"), run.count("LambdaFunctionSucceeded")), (1, 0), "as recorded");
}

// Found by the simulator: the state failed, and yet what was too large was to be written with the entry, which no store did.
#[test]
fn what_is_larger_than_any_item_of_a_store_is_not_kept_repro() {
    let run = answered(json!({ "Resource": super::arn("work") }), text_of(500_000));
    assert_eq!(run.error(), "States.DataLimitExceeded");
    let longest = run.values.values().map(|text| text.len()).max();
    assert!(longest.is_none_or(|bytes| bytes <= 262_144), "{longest:?}");
}

#[test]
fn the_cause_of_too_large_a_result_of_lambda_invoke_names_lambda() {
    let invoke = json!({ "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "FunctionName": "work" } });
    let run = answered(invoke, text_of(262_145));
    assert_eq!(run.error(), "States.DataLimitExceeded");
    assert_eq!(
        run.cause(),
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    assert_eq!((run.count("TaskFailed"), run.count("TaskSucceeded")), (1, 0));
}

#[test]
fn too_large_a_result_is_caught_by_states_all_as_recorded() {
    let work = json!({ "Type": "Task", "Resource": super::arn("work"), "Catch": super::catch("Handled"), "End": true });
    let definition = machine(json!({ "Work": work, "Handled": { "Type": "Pass", "OutputPath": "$.Error", "End": true } }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Work", text_of(262_145));
    assert_eq!(run.output(), json!("States.DataLimitExceeded"));
}

#[test]
fn an_output_that_a_state_makes_may_be_as_large_as_the_limit_and_no_larger() {
    let double = |limit: u64| {
        let state = json!({ "Type": "Pass", "Parameters": { "a.$": "$", "b.$": "$" }, "End": true });
        Run::start_within(&machine(json!({ "P": state })), &json!("x"), Limits { payload_bytes: limit, ..Limits::default() })
    };
    let bytes = u64::try_from(json!({ "a": "x", "b": "x" }).to_string().len()).unwrap();
    assert_eq!(double(bytes).status(), ExecutionStatus::Succeeded);
    let run = double(bytes - 1);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.DataLimitExceeded"));
    assert_eq!(
        run.cause(),
        "The state/task 'P' returned a result with a size exceeding the maximum number of bytes service limit."
    );
}

#[test]
fn a_tasks_arguments_may_be_as_large_as_the_limit_and_no_larger() {
    let state = task("work", json!({ "Parameters": { "a.$": "$", "b.$": "$" }, "End": true }));
    let bytes = u64::try_from(json!({ "a": "x", "b": "x" }).to_string().len()).unwrap();
    let start = |payload_bytes| {
        Run::start_within(&machine(json!({ "Work": state })), &json!("x"), Limits { payload_bytes, ..Limits::default() })
    };
    assert_eq!(start(bytes).outside(), ["Work"]);
    assert_eq!((start(bytes - 1).error(), start(bytes - 1).count("LambdaFunctionScheduled")), ("States.DataLimitExceeded", 0));
}

#[test]
fn a_result_may_be_as_deep_as_the_limit_and_no_deeper() {
    let nested = |levels: usize| (0..levels).fold(json!(1), |value, _| json!([value]));
    let direct = || json!({ "Resource": super::arn("work") });
    assert_eq!(answered(direct(), nested(120)).status(), ExecutionStatus::Succeeded);
    let run = answered(direct(), nested(121));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.DataLimitExceeded"));
    assert!(run.cause().ends_with("nested deeper than 120 levels."), "{}", run.cause());
}

fn payloads(run: &Run) -> Vec<&Payload> {
    let events = run.events.iter();
    events
        .filter_map(|event| match &event.kind {
            HistoryEventKind::ExecutionStarted { input: payload }
            | HistoryEventKind::StateEntered { input: payload, .. }
            | HistoryEventKind::StateExited { output: payload, .. }
            | HistoryEventKind::LambdaFunctionScheduled { input: payload, .. }
            | HistoryEventKind::LambdaFunctionSucceeded { output: payload }
            | HistoryEventKind::ExecutionSucceeded { output: payload } => Some(payload),
            _ => None,
        })
        .collect()
}

#[test]
fn a_value_above_the_inline_limit_becomes_a_value_item_that_state_and_history_refer_to() {
    let definition = machine(json!({ "Work": task("work", json!({ "Next": "P" })), "P": { "Type": "Pass", "End": true } }));
    for (bytes, by_reference) in [(4_096, false), (4_097, true)] {
        let mut run = Run::start(&definition, &text_of(bytes));
        let size = run.stored_bytes();
        assert_eq!(size > 4_096, !by_reference, "{size} bytes of state");
        run.succeed("Work", text_of(bytes));
        assert_eq!(run.output(), text_of(bytes));
        assert!(payloads(&run).iter().all(|payload| payload.hash().is_some() == by_reference), "with {bytes} bytes");
        assert_eq!(payloads(&run).len(), 8);
    }
}

#[test]
fn a_value_item_is_read_back_only_where_a_state_needs_it() {
    let big = text_of(10_000);
    let definition = machine(json!({
        "Work": task("work", json!({ "Parameters": { "n": 1 }, "ResultPath": null, "Next": "Ask" })),
        "Ask": task("ask", json!({ "Parameters": { "name.$": "$$.Execution.Name" }, "Next": "Tell" })),
        "Tell": task("tell", json!({ "Parameters": { "all.$": "$$.Execution.Input" }, "End": true })),
    }));
    let mut run = Run::start(&definition, &big);
    run.send(crate::Message::Wake);
    assert_eq!(run.loaded, 0, "waiting needs nothing");
    run.fail_quietly("Work");
    assert_eq!(run.loaded, 0, "an answer that is stale needs nothing");
    run.succeed("Work", json!({}));
    assert_eq!(run.loaded, 1, "the raw input, which is the output");
    run.succeed("Ask", json!("a"));
    assert_eq!(run.loaded, 1, "the execution's input, which is asked for");
    assert_eq!(run.input_of("Tell"), json!({ "all": big }));
    run.succeed("Tell", json!("t"));
    assert_eq!(run.output(), json!("t"));
}

impl Run {
    /// A failure that belongs to an attempt that never was.
    fn fail_quietly(&mut self, state: &str) {
        let mut token = self.request(state).token;
        token.revision += 100;
        assert!(matches!(self.send(success(&token, json!({}))), MessageOutcome::Stale { .. }));
    }
}

#[test]
fn an_execution_of_the_deepest_definition_is_read_back() {
    let item = super::compensated("item", json!({ "Catch": super::catch("Handled"), "Next": "Handled" }));
    let innermost = machine(json!({ "Item": item, "Handled": { "Type": "Pass", "End": true } }));
    let definition = (0..asl::limits::MAX_FLOW_NESTING)
        .fold(innermost, |inner, level| machine(json!({ (format!("M{level}")): super::map(inner, json!({ "End": true })) })));
    let input = (0..asl::limits::MAX_FLOW_NESTING).fold(json!(1), |value, _| json!([value]));
    let mut run = Run::start(&definition, &input);
    run.fail("Item", "Boom");
    run.pass_seconds(1);
    run.stop();
    run.undo_all();
    assert_eq!(run.status(), ExecutionStatus::Aborted, "each transition read what the one before it had written");
}

#[test]
fn the_input_is_echoed_as_it_was_written() {
    let mut run = Run::start(&machine(json!({ "P": { "Type": "Pass", "End": true } })), &json!([1, 2]));
    assert_eq!(run.execution.input.text(), Some("[1,2]"));
    run = Run::start_written(&machine(json!({ "P": { "Type": "Pass", "End": true } })), "[1, 2]");
    let texts: Vec<Option<&str>> = payloads(&run).into_iter().map(Payload::text).collect();
    assert_eq!(texts, [Some("[1, 2]"), Some("[1, 2]"), Some("[1,2]"), Some("[1,2]")], "later values are compact");
}
