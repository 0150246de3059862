//! The definitions are parsed as they are, and speak of nothing that does not exist.

use std::collections::BTreeSet;

use asl::state::{Compensation, StateKind};
use asl::{Definition, Integration};
use serde_json::json;

use super::*;
use crate::error_name;

fn parsed(text: &str) -> Definition {
    match asl::parse(text) {
        Ok((definition, warnings)) => {
            assert!(warnings.is_empty(), "{warnings:#?}");
            definition
        }
        Err(diagnostics) => panic!("{}", diagnostics.iter().map(|found| format!("{found}\n")).collect::<String>()),
    }
}

fn all() -> Vec<(&'static str, Definition)> {
    let values = [Substitutions::demo().unwrap(), Substitutions::production().unwrap()];
    let texts = values.iter().flat_map(|values| definitions(values).unwrap());
    texts.map(|(name, text)| (name, parsed(&text))).collect()
}

#[test]
fn both_definitions_are_valid_with_the_values_of_production_and_of_the_demo() {
    assert_eq!(all().len(), 4);
}

#[test]
fn the_files_are_json_before_their_values_are_substituted() {
    for text in [ORDER_FULFILLMENT_TEXT, ORDER_FULFILLMENT_LABELLED_TEXT] {
        assert!(serde_json::from_str::<Value>(text).is_ok());
    }
}

#[test]
fn both_files_of_values_have_the_same_names_and_each_is_used() {
    let names = |values: Substitutions| values.0.into_keys().collect::<BTreeSet<_>>();
    let demo = names(Substitutions::demo().unwrap());
    assert_eq!(demo, names(Substitutions::production().unwrap()));
    for name in demo {
        let placeholder = format!("${{{name}}}");
        assert!(ORDER_FULFILLMENT_TEXT.contains(&placeholder), "`{name}` is used nowhere");
    }
}

/// Each function that a definition names is served.
#[test]
fn every_task_and_compensation_has_a_route() {
    let routes = crate::routes();
    for (name, definition) in all() {
        for state in definition.states.values() {
            let StateKind::Task(task) = &state.kind else { continue };
            let compensation = match &task.compensation {
                Some(Compensation::Action(action)) => Some(&action.resource),
                _ => None,
            };
            for resource in std::iter::once(&task.resource).chain(compensation) {
                if let Integration::Function { name: function } = &resource.integration {
                    assert!(routes.of(function).is_some(), "{name}: `{function}` has no route");
                }
            }
        }
    }
    assert!(ORDER_FULFILLMENT_TEXT.contains("\"FunctionName\": \"${Prefix}request-review\""));
    assert!(routes.of("request-review").is_some());
}

#[test]
fn every_task_says_what_undoes_it_and_the_pivot_stands_in_the_outermost_flow() {
    for (name, definition) in all() {
        let mut pivots = Vec::new();
        for state in definition.states.values() {
            let StateKind::Task(task) = &state.kind else { continue };
            assert_ne!(task.compensation.is_some(), task.pivot, "{name}: `{}`", state.name);
            if task.pivot {
                pivots.push(state.name.as_str());
            }
        }
        let pivot = if name == ORDER_FULFILLMENT { "CreateShipment" } else { "CapturePayment" };
        assert_eq!(pivots, [pivot]);
    }
}

#[test]
fn the_definitions_speak_only_of_errors_that_the_handlers_raise() {
    let known: BTreeSet<&str> =
        error_name::ALL.into_iter().chain(["States.ALL", "States.Timeout", "States.TaskFailed"]).collect();
    for (name, definition) in all() {
        for state in definition.states.values() {
            let retried = state.retriers().iter().flat_map(|retrier| &retrier.error_equals);
            let caught = state.catchers().iter().flat_map(|catcher| &catcher.error_equals);
            let refusals: &[String] = if let StateKind::Task(task) = &state.kind { &task.refusals } else { &[] };
            for error in retried.chain(caught).chain(refusals) {
                assert!(known.contains(error.as_str()), "{name}: `{}` speaks of `{error}`", state.name);
            }
        }
    }
}

#[test]
fn a_value_takes_the_place_of_its_placeholder() {
    let check = |text: &str, expected: &str| {
        let values = Substitutions::parse(r#"{ "Name": "a \"b\"", "Seconds": 5, "On": true }"#).unwrap();
        assert_eq!(values.apply(text).unwrap(), expected);
    };
    check(r#"{"a": "${Name}"}"#, r#"{"a": "a \"b\""}"#);
    check(r#"{"a": "x:${Name}-y"}"#, r#"{"a": "x:a \"b\"-y"}"#);
    check(r#"{"a": "${Seconds}", "b": ${Seconds}, "c": "${On}"}"#, r#"{"a": 5, "b": 5, "c": true}"#);
    check(r#"{"a": "in ${Seconds} s"}"#, r#"{"a": "in 5 s"}"#);
    check(r#"{"a.$": "$.b"}"#, r#"{"a.$": "$.b"}"#);
    check("", "");
}

#[test]
fn what_cannot_be_substituted_is_named_with_its_line() {
    let values = Substitutions::parse(r#"{ "A": 1 }"#).unwrap();
    let error = values.apply("{\n \"${A}\":\n\"${B}\"}").unwrap_err().to_string();
    assert_eq!(error, "line 3: there is no value for `${B}`");
    assert_eq!(values.apply("\n${A").unwrap_err().to_string(), "line 2: `${` without `}`");
    assert_eq!(values.with("B", json!(2)).apply("${B}").unwrap(), "2");
    for text in ["[]", r#"{ "A": null }"#, r#"{ "A": [] }"#] {
        assert!(Substitutions::parse(text).is_err(), "{text}");
    }
}
