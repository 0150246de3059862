//! States tried out by themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

/// Tries the state `S`, which may lead to `Behind` and be caught for `Caught`.
fn tried(state: &Value, input: &Value, brought: Option<Brought>, counts: (u64, u64)) -> (StateOutcome, StateInspection) {
    let mut states = serde_json::Map::from_iter([("S".to_owned(), state.clone())]);
    for target in ["Behind", "Caught"] {
        if state.to_string().contains(&format!("\"{target}\"")) {
            states.insert(target.to_owned(), json!({"Type": "Succeed"}));
        }
    }
    let (definition, _) = asl::parse(&json!({"StartAt": "S", "States": states}).to_string()).unwrap();
    test_state(&StateTest {
        state: definition.state("S").unwrap(),
        input,
        context: json!({"State": {"Name": "S"}}),
        variables: BTreeMap::from([("factor".to_owned(), json!(3))]),
        brought,
        retried: counts.0,
        failed_iterations: counts.1,
        now: Timestamp::from_millis(0),
        seed: 1,
    })
}

fn left_with(output: Value) -> StateOutcome {
    StateOutcome::Succeeded { output, next: None }
}

#[test]
fn every_step_of_a_task_in_json_path_is_seen() {
    let state = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
        "InputPath": "$.order", "Parameters": {"id.$": "$.id", "state.$": "$$.State.Name"},
        "ResultSelector": {"total.$": "$.sum"}, "ResultPath": "$.charged", "OutputPath": "$.charged",
    });
    let input = json!({"order": {"id": 7}});
    let (outcome, seen) = tried(&state, &input, Some(Brought::Result(json!({"sum": 5, "other": 1}))), (0, 0));
    assert_eq!(outcome, left_with(json!({"total": 5})));
    let expected = StateInspection {
        after_input_path: Some(json!({"id": 7})),
        after_parameters: Some(json!({"id": 7, "state": "S"})),
        result: Some(json!({"sum": 5, "other": 1})),
        after_result_selector: Some(json!({"total": 5})),
        after_result_path: Some(json!({"order": {"id": 7}, "charged": {"total": 5}})),
        ..StateInspection::default()
    };
    assert_eq!(seen, expected);
}

#[test]
fn arguments_output_and_variables_in_jsonata_are_seen() {
    let state = json!({
        "Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Next": "Behind",
        "Arguments": {"n": "{% $states.input.n * $factor %}"}, "Output": "{% $states.result + 1 %}",
        "Assign": {"last": "{% $states.result %}"},
    });
    let (outcome, seen) = tried(&state, &json!({"n": 2}), Some(Brought::Result(json!(6))), (0, 0));
    assert_eq!(outcome, StateOutcome::Succeeded { output: json!(7), next: Some("Behind".to_owned()) });
    assert_eq!((seen.after_arguments, seen.result), (Some(json!({"n": 6})), Some(json!(6))));
    assert_eq!((seen.after_input_path, seen.after_result_path), (None, None));
    assert_eq!(seen.assigned, BTreeMap::from([("last".to_owned(), json!(6))]));
}

#[test]
fn a_failure_is_tried_again_then_caught_then_final() {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true,
        "Retry": [{"ErrorEquals": ["Other"]}, {"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}],
        "Catch": [{"ErrorEquals": ["Never"], "Next": "Caught"}, {"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Caught"}],
    });
    let (busy, input) = (StateFailure::new("Busy", "too much"), json!({"a": 1}));
    let failed = |state: &Value, retried| tried(state, &input, Some(Brought::Failure(busy.clone())), (retried, 0));
    let (outcome, seen) = failed(&state, 2);
    assert_eq!(outcome, StateOutcome::Retriable(busy.clone()));
    assert_eq!((seen.retry_index, seen.retry_backoff_millis, seen.catch_index), (Some(1), Some(8_000), None));
    let (outcome, seen) = failed(&state, 3);
    let output = json!({"a": 1, "e": {"Error": "Busy", "Cause": "too much"}});
    assert_eq!(outcome, StateOutcome::Caught { failure: busy.clone(), output, next: "Caught".to_owned() });
    assert_eq!((seen.retry_index, seen.retry_backoff_millis, seen.catch_index), (Some(1), None, Some(1)));
    state.as_object_mut().unwrap().remove("Catch");
    assert_eq!(failed(&state, 3).0, StateOutcome::Failed(busy.clone()));
}

#[test]
fn states_that_do_nothing_outside_are_tried_as_they_are() {
    let check = |state: Value, input: Value| tried(&state, &input, None, (0, 0));
    let pass = json!({"Type": "Pass", "Parameters": {"b.$": "$.a"}, "ResultPath": "$.c", "End": true});
    let (outcome, seen) = check(pass, json!({"a": 1}));
    assert_eq!(outcome, left_with(json!({"a": 1, "c": {"b": 1}})));
    assert_eq!((seen.after_parameters, seen.result), (Some(json!({"b": 1})), None));
    let (outcome, seen) = check(json!({"Type": "Pass", "Result": {"r": 1}, "End": true}), json!({"a": 1}));
    assert_eq!(outcome, left_with(json!({"r": 1})));
    assert_eq!((seen.after_input_path, seen.result), (None, Some(json!({"r": 1}))));
    let fail = json!({"Type": "Fail", "Error": "E", "CausePath": "$.why"});
    assert_eq!(check(fail, json!({"why": "so"})).0, StateOutcome::Failed(StateFailure::new("E", "so")));
    assert_eq!(check(json!({"Type": "Wait", "Seconds": 600, "End": true}), json!(1)).0, left_with(json!(1)));
    let choice =
        json!({"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Behind"}], "Default": "Caught"});
    for (a, target) in [(1, "Behind"), (2, "Caught")] {
        let expected = StateOutcome::Succeeded { output: json!({"a": a}), next: Some(target.to_owned()) };
        assert_eq!(check(choice.clone(), json!({"a": a})).0, expected);
    }
}

#[test]
fn a_failure_of_the_interpreter_says_where_it_happened() {
    let state = json!({"Type": "Pass", "InputPath": "$.no", "End": true});
    let StateOutcome::Failed(failure) = tried(&state, &json!({}), None, (0, 0)).0 else { panic!("it succeeded") };
    assert_eq!(failure.error, "States.Runtime");
    let cause = failure.cause.unwrap();
    assert!(cause.starts_with("An error occurred while executing the state 'S' (entered at the event id #2). "), "{cause}");
}

#[test]
fn iterations_may_fail_as_many_as_are_tolerated() {
    let state = json!({"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ToleratedFailureCount": 1, "End": true,
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}});
    let input = json!({"items": [1, 2, 3]});
    let with = |failed| tried(&state, &input, Some(Brought::Result(json!([4, 5, 6]))), (0, failed));
    let (outcome, seen) = with(1);
    assert_eq!(outcome, left_with(json!([4, 5, 6])));
    assert_eq!((seen.max_concurrency, seen.tolerated_failure_count), (Some(2), Some(json!(1))));
    let expected = "The specified tolerated failure threshold was exceeded";
    let expected = StateFailure::new("States.ExceedToleratedFailureThreshold", expected);
    assert_eq!(with(2).0, StateOutcome::Failed(expected));
}
