//! Conditions by table.

#![allow(clippy::needless_pass_by_value, reason = "rows read better without `&`")]

use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::BTreeMap;

use asl::path::Path;
use asl::state::{Comparison, Condition, Operand, TypeTest};
use serde_json::{Value, json};

use super::holds;
use crate::failure::StateFailure;
use crate::json_path::Roots;

fn path(text: &str) -> Path {
    Path::parse(text).expect(text)
}

fn evaluate(condition: &Condition, data: &Value) -> Result<bool, StateFailure> {
    let variables = BTreeMap::from([("limit".to_owned(), json!(5))]);
    holds(condition, &Roots { data, context: &json!({"Retries": 2}), variables: &variables })
}

fn of_variable(comparison: Comparison) -> Condition {
    Condition::Compare { variable: path("$.v"), comparison }
}

/// The comparison with the operand written, and the same with the operand found by a path.
#[track_caller]
fn check<T: Clone>(comparison: impl Fn(Operand<T>) -> Comparison, variable: Value, literal: T, operand: Value, expected: bool) {
    let data = json!({"v": variable, "o": operand});
    assert_eq!(evaluate(&of_variable(comparison(Operand::Literal(literal))), &data), Ok(expected), "literal, {data}");
    assert_eq!(evaluate(&of_variable(comparison(Operand::Path(path("$.o")))), &data), Ok(expected), "path, {data}");
}

/// The five comparisons of an ordering: equal, less, less or equal, greater, greater or equal.
#[track_caller]
fn check_all<T: Clone>(
    comparison: fn(std::cmp::Ordering, bool, Operand<T>) -> Comparison,
    variable: &Value,
    literal: &T,
    operand: &Value,
    expected: [bool; 5],
) {
    let operators = [(Equal, false), (Less, false), (Less, true), (Greater, false), (Greater, true)];
    for ((ordering, or_equal), expected) in operators.into_iter().zip(expected) {
        let comparison = |operand| comparison(ordering, or_equal, operand);
        check(comparison, variable.clone(), literal.clone(), operand.clone(), expected);
    }
}

const LESS: [bool; 5] = [false, true, true, false, false];
const SAME: [bool; 5] = [true, false, true, false, true];
const GREATER: [bool; 5] = [false, false, false, true, true];
const NEITHER: [bool; 5] = [false; 5];

#[test]
fn strings_compare_by_their_characters() {
    for (variable, operand, expected) in [
        (json!("A"), "AB", LESS),
        (json!("AB"), "AB", SAME),
        (json!(""), "", SAME),
        (json!("a"), "B", GREATER),
        (json!("\u{E000}"), "\u{10000}", GREATER),
        (json!(1), "1", NEITHER),
        (json!(null), "", NEITHER),
        (json!([""]), "", NEITHER),
    ] {
        check_all(Comparison::String, &variable, &operand.to_owned(), &json!(operand), expected);
    }
}

#[test]
fn numbers_compare_by_their_values() {
    for (variable, operand, expected) in [
        (json!(0), json!(1), LESS),
        (json!(0.0), json!(0), SAME),
        (json!(1), json!(1.0), SAME),
        (json!(1.1), json!(1), GREATER),
        (json!("1"), json!(1), NEITHER),
        (json!(true), json!(1), NEITHER),
        (json!(null), json!(0), NEITHER),
    ] {
        let literal = operand.as_number().expect("a number").clone();
        check_all(Comparison::Numeric, &variable, &literal, &operand, expected);
    }
}

#[test]
fn timestamps_compare_as_instants() {
    for (variable, operand, expected) in [
        (json!("2012-10-09T19:00:55Z"), "2012-10-09T19:00:56Z", LESS),
        (json!("2012-10-09T19:00:55Z"), "2012-10-09T20:00:55+01:00", SAME),
        (json!("2012-10-09T19:00:55.0002Z"), "2012-10-09T19:00:55.0001Z", GREATER),
        (json!("2012-10-09T19:00:55"), "2012-10-09T19:00:55Z", NEITHER),
        (json!("2023-02-24 12:15:56.832957"), "2012-10-09T19:00:55Z", NEITHER),
        (json!("2023-02-24"), "2023-02-24", NEITHER),
        (json!(0), "2012-10-09T19:00:55Z", NEITHER),
    ] {
        check_all(Comparison::Timestamp, &variable, &operand.to_owned(), &json!(operand), expected);
    }
}

#[test]
fn an_operand_of_another_type_makes_a_comparison_false() {
    let data = json!({"v": "1", "o": 1});
    let operand = || path("$.o");
    for comparison in [
        Comparison::String(Less, true, Operand::Path(operand())),
        Comparison::Timestamp(Less, true, Operand::Path(operand())),
        Comparison::BooleanEquals(Operand::Path(operand())),
    ] {
        assert_eq!(evaluate(&of_variable(comparison), &data), Ok(false));
    }
    let data = json!({"v": 1, "o": "1"});
    assert_eq!(evaluate(&of_variable(Comparison::Numeric(Less, true, Operand::Path(operand()))), &data), Ok(false));
}

#[test]
fn booleans_are_equal_or_not() {
    for (variable, operand, expected) in [
        (json!(true), true, true),
        (json!(false), false, true),
        (json!(false), true, false),
        (json!(0), false, false),
        (json!("true"), true, false),
        (json!(null), false, false),
    ] {
        check(Comparison::BooleanEquals, variable, operand, json!(operand), expected);
    }
}

#[test]
fn a_text_matches_a_pattern() {
    for (variable, pattern, expected) in [
        (json!("order-1.json"), "order-*.json", true),
        (json!("a*"), r"a\*", true),
        (json!("ab"), r"a\*", false),
        (json!(1), "*", false),
    ] {
        let condition = of_variable(Comparison::StringMatches(pattern.to_owned()));
        assert_eq!(evaluate(&condition, &json!({"v": variable})), Ok(expected), "{variable} {pattern}");
    }
}

#[test]
fn types_are_tested() {
    use TypeTest::{Boolean, Null, Numeric, Present, String, Timestamp};
    for (variable, passed) in [
        (json!(null), vec![Null]),
        (json!(1.1), vec![Numeric]),
        (json!("text"), vec![String]),
        (json!("2012-10-09T19:00:55+01:00"), vec![String, Timestamp]),
        (json!("2012-10-09T19:00:55"), vec![String]),
        (json!(false), vec![Boolean]),
        (json!({"A": 0}), vec![]),
        (json!([""]), vec![]),
    ] {
        for test in [Boolean, Null, Numeric, Present, String, Timestamp] {
            let passes = test == Present || passed.contains(&test);
            for expected in [true, false] {
                let condition = of_variable(Comparison::Type(test, expected));
                assert_eq!(evaluate(&condition, &json!({"v": variable})), Ok(passes == expected), "{test:?} of {variable}");
            }
        }
    }
}

fn is_present(text: &str, expected: bool) -> Condition {
    Condition::Compare { variable: path(text), comparison: Comparison::Type(TypeTest::Present, expected) }
}

#[test]
fn only_is_present_may_miss_its_variable() {
    assert_eq!(evaluate(&is_present("$.none", true), &json!({})), Ok(false));
    assert_eq!(evaluate(&is_present("$.none", false), &json!({})), Ok(true));

    let cause = "Invalid path '$.v': The choice state's condition path references an invalid value.";
    for comparison in [
        Comparison::Type(TypeTest::Null, true),
        Comparison::BooleanEquals(Operand::Literal(true)),
        Comparison::String(Equal, false, Operand::Literal(String::new())),
        Comparison::StringMatches("*".to_owned()),
    ] {
        assert_eq!(evaluate(&of_variable(comparison), &json!({})), Err(StateFailure::new("States.Runtime", cause)));
    }

    let missing_operand = of_variable(Comparison::BooleanEquals(Operand::Path(path("$.o"))));
    let cause = "Invalid path '$.o': The choice state's condition path references an invalid value.";
    assert_eq!(evaluate(&missing_operand, &json!({"v": true})), Err(StateFailure::new("States.Runtime", cause)));
}

#[test]
fn variables_and_the_context_object_are_compared_too() {
    let comparison = Comparison::Numeric(Less, false, Operand::Path(path("$limit")));
    assert_eq!(evaluate(&Condition::Compare { variable: path("$$.Retries"), comparison }, &json!({})), Ok(true));
}

#[test]
fn conditions_join_and_stop_at_what_decides() {
    let (yes, no) = (is_present("$", true), is_present("$", false));
    let fails = of_variable(Comparison::BooleanEquals(Operand::Literal(true)));
    let all = |parts: &[&Condition]| Condition::And(parts.iter().copied().cloned().collect());
    let any = |parts: &[&Condition]| Condition::Or(parts.iter().copied().cloned().collect());
    for (condition, expected) in [
        (all(&[&yes, &yes]), Some(true)),
        (all(&[&yes, &no]), Some(false)),
        (all(&[&no, &fails]), Some(false)),
        (all(&[&yes, &fails]), None),
        (any(&[&no, &yes]), Some(true)),
        (any(&[&no, &no]), Some(false)),
        (any(&[&yes, &fails]), Some(true)),
        (any(&[&no, &fails]), None),
        (Condition::Not(Box::new(no.clone())), Some(true)),
        (Condition::Not(Box::new(all(&[&yes, &yes]))), Some(false)),
        (Condition::Not(Box::new(fails.clone())), None),
    ] {
        assert_eq!(evaluate(&condition, &json!({})).ok(), expected, "{condition:?}");
    }
}
