//! Variables: who sees them, when they change, how large they may be, and what histories tell of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Run, machine, map, parallel, task};
use crate::{ExecutionStatus, HistoryEventKind, Limits};

/// What each exited event tells of variables, by state.
fn assigned(run: &Run) -> Vec<(String, BTreeMap<String, Value>)> {
    run.events
        .iter()
        .filter_map(|event| match &event.kind {
            HistoryEventKind::StateExited { name, assigned, .. } if !assigned.is_empty() => {
                let values = assigned.iter().map(|(name, value)| (name.clone(), run.value(value))).collect();
                Some((name.clone(), values))
            }
            _ => None,
        })
        .collect()
}

fn told(values: Value) -> BTreeMap<String, Value> {
    values.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn a_state_assigns_when_it_is_left_and_sees_what_was_before() {
    let states = json!({
        "A": { "Type": "Pass", "Result": { "n": 42 }, "ResultPath": "$.deep.down", "Assign": { "n.$": "$.n", "text": "plain", "all.$": "$" }, "Next": "B" },
        "B": { "Type": "Pass", "Assign": { "n": 1, "old.$": "$n" }, "Parameters": { "seen.$": "$n", "inside.$": "$all.n", "call.$": "States.MathAdd($n, 1)" }, "End": true },
    });
    let run = Run::start(&machine(states), &json!({}));
    assert_eq!(run.output(), json!({ "seen": 42, "inside": 42, "call": 43 }));
    assert_eq!(
        assigned(&run),
        [
            ("A".to_owned(), told(json!({ "n": 42, "text": "plain", "all": { "n": 42 } }))),
            ("B".to_owned(), told(json!({ "n": 1, "old": 42 }))),
        ]
    );
}

#[test]
fn paths_of_every_field_may_begin_at_a_variable() {
    let states = json!({
        "A": { "Type": "Pass", "Assign": { "seconds": 7, "list": [1, 2, 3], "one": "1", "flag": true, "error": "Mine" }, "Next": "B" },
        "B": { "Type": "Wait", "SecondsPath": "$seconds", "Next": "C" },
        "C": { "Type": "Choice", "Choices": [{ "Variable": "$flag", "BooleanEqualsPath": "$flag", "Next": "D" }] },
        "D": map(json!({ "StartAt": "X", "States": { "X": { "Type": "Pass", "End": true } } }),
            json!({ "ItemsPath": "$list", "MaxConcurrencyPath": "$one", "ToleratedFailureCountPath": "$one",
                "ToleratedFailurePercentagePath": "$one", "ItemSelector": { "v.$": "$$.Map.Item.Value", "s.$": "$seconds" }, "Next": "E" })),
        "E": { "Type": "Pass", "InputPath": "$error", "OutputPath": "$list[1]", "Next": "F" },
        "F": { "Type": "Fail", "ErrorPath": "$error", "CausePath": "States.Format('{}', $list)" },
    });
    let mut run = Run::start(&machine(states), &json!({}));
    run.pass_seconds(7);
    assert_eq!((run.error(), run.cause()), ("Mine", "[1, 2, 3]"));
}

#[test]
fn a_task_assigns_from_its_selected_result_and_a_catcher_from_the_error() {
    let work = task(
        "work",
        json!({
            "ResultSelector": { "id.$": "$.raw.id" }, "ResultPath": null, "Assign": { "id.$": "$.id" }, "Next": "Z",
            "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Assign": { "why.$": "$.Error" }, "Next": "Z" }],
        }),
    );
    let definition = machine(json!({ "W": work, "Z": { "Type": "Succeed" } }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("W", json!({ "raw": { "id": 9 } }));
    assert_eq!(assigned(&run), [("W".to_owned(), told(json!({ "id": 9 })))]);
    let mut run = Run::start(&definition, &json!({}));
    run.fail("W", "Boom");
    assert_eq!(assigned(&run), [("W".to_owned(), told(json!({ "why": "Boom" })))]);
}

#[test]
fn a_choice_assigns_by_its_rule_or_by_default() {
    let choice = json!({ "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericEquals": 1, "Assign": { "who": "rule" }, "Next": "Z" }],
        "Assign": { "who": "default", "n.$": "$.n" }, "Default": "Z" });
    let definition = machine(json!({ "C": choice, "Z": { "Type": "Succeed" } }));
    let by = |n: i64| assigned(&Run::start(&definition, &json!({ "n": n })));
    assert_eq!(by(1), [("C".to_owned(), told(json!({ "who": "rule" })))]);
    assert_eq!(by(2), [("C".to_owned(), told(json!({ "who": "default", "n": 2 })))]);
}

/// A flow of one task that shows `outer`, assigns `own`, and shows that.
fn flow(name: &str) -> Value {
    let (first, second) = (format!("{name}1"), format!("{name}2"));
    json!({ "StartAt": first, "States": {
        first.as_str(): task("work", json!({ "Parameters": { "outer.$": "$outer" }, "Assign": { "own.$": "$" }, "Next": second.as_str() })),
        second.as_str(): { "Type": "Pass", "Parameters": { "outer.$": "$outer", "own.$": "$own" }, "End": true } } })
}

#[test]
fn branches_see_what_is_around_them_and_keep_what_is_theirs() {
    let states = json!({
        "A": { "Type": "Pass", "Assign": { "outer": "o" }, "Next": "P" },
        "P": parallel(json!([flow("L"), flow("R")]), json!({ "Assign": { "both.$": "$[*].own" }, "Next": "Z" })),
        "Z": { "Type": "Pass", "Parameters": { "both.$": "$both", "results.$": "$" }, "End": true },
    });
    let mut run = Run::start(&machine(states), &json!({}));
    assert_eq!(run.input_of("L1"), json!({ "outer": "o" }));
    run.succeed("R1", json!("r"));
    run.succeed("L1", json!("l"));
    let (left, right) = (json!({ "outer": "o", "own": "l" }), json!({ "outer": "o", "own": "r" }));
    assert_eq!(run.output(), json!({ "both": ["l", "r"], "results": [left, right] }));
}

#[test]
fn iterations_see_what_is_around_them_at_any_depth() {
    let states = json!({
        "A": { "Type": "Pass", "Assign": { "outer": "o" }, "Next": "M" },
        "M": map(json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "Assign": { "item.$": "$" }, "Next": "N" },
            "N": parallel(json!([flow("B")]), json!({ "End": true })) } }), json!({ "End": true })),
    });
    let mut run = Run::start(&machine(states), &json!([1]));
    run.succeed("B1", json!("x"));
    assert_eq!(run.output(), json!([[{ "outer": "o", "own": "x" }]]));
}

#[test]
fn what_was_assigned_inside_is_gone_behind_it() {
    let states = json!({
        "P": parallel(json!([{ "StartAt": "I", "States": { "I": { "Type": "Pass", "Assign": { "own": 1 }, "End": true } } }]), json!({ "Next": "Z" })),
        "Z": { "Type": "Pass", "OutputPath": "$own", "End": true },
    });
    let run = Run::start(&machine(states), &json!({}));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.Runtime"));
}

#[test]
fn variables_have_the_size_of_a_payload_at_most() {
    let assign = |bytes: usize| {
        let state = json!({ "Type": "Pass", "Assign": { "a.$": "$.text", "b": "12345678" }, "ResultPath": null, "OutputPath": "$.n", "End": true });
        let limits = Limits { payload_bytes: 10_000, ..Limits::default() };
        Run::start_within(&machine(json!({ "A": state })), &json!({ "text": "x".repeat(bytes - 2), "n": 1 }), limits)
    };
    assert_eq!(assign(9_990).status(), ExecutionStatus::Succeeded);
    let run = assign(9_991);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.DataLimitExceeded"));
}

#[test]
fn all_variables_that_a_state_sees_have_ten_mebibytes_at_most() {
    let assign = |bytes: usize| {
        let inner = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "Assign": { "b": "12345678" }, "End": true } } });
        let states = json!({
            "A": { "Type": "Pass", "Assign": { "a.$": "$" }, "OutputPath": null, "Next": "P" },
            "P": parallel(json!([inner]), json!({ "End": true })),
        });
        let limits = Limits { payload_bytes: 20_000_000, ..Limits::default() };
        Run::start_within(&machine(states), &json!("x".repeat(bytes - 2)), limits)
    };
    assert_eq!(assign(10 * 1024 * 1024 - 10).status(), ExecutionStatus::Succeeded);
    let run = assign(10 * 1024 * 1024 - 9);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "States.DataLimitExceeded"));
}

#[test]
fn a_large_variable_is_a_value_item() {
    let large = "x".repeat(50_000);
    let states = json!({
        "A": { "Type": "Pass", "Assign": { "large.$": "$" }, "Result": large, "ResultPath": null, "Next": "W" },
        "W": task("work", json!({ "Parameters": { "n": 1 }, "Next": "Z" })),
        "Z": { "Type": "Pass", "Parameters": { "l.$": "$large" }, "OutputPath": "$.l", "End": true },
    });
    let mut run = Run::start(&machine(states), &json!({}));
    assert!(run.stored_bytes() < 10_000, "{}", run.stored_bytes());
    run.succeed("W", json!({}));
    assert_eq!(run.output(), json!(large));
}
