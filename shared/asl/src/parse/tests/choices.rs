//! Choice rules.

use std::cmp::Ordering;

use expect_test::expect;

use super::{check, check_state, machine, report};
use crate::parse;
use crate::state::{Comparison, Condition, Operand, StateKind, TypeTest};

/// A machine of a Choice with these rules and of an end, to which its default leads: a Choice alone ends no machine.
fn choice(rules: &str) -> String {
    machine(&format!(r#"{{"Type": "Choice", "Choices": [{rules}], "Default": "End"}}, "End": {{"Type": "Succeed"}}"#))
}

fn condition(rule: &str) -> Condition {
    let text = choice(rule);
    let (definition, _) = parse(&text).unwrap_or_else(|diagnostics| panic!("{rule}: {}", diagnostics[0]));
    let StateKind::Choice(choice) = &definition.states["A"].kind else { panic!("not a Choice") };
    choice.rules[0].condition.clone()
}

#[test]
fn every_operator_of_the_specification_is_known() {
    let mut operators = vec!["StringMatches".to_owned(), "BooleanEquals".to_owned(), "BooleanEqualsPath".to_owned()];
    for kind in ["String", "Numeric", "Timestamp"] {
        for order in ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"] {
            operators.push(format!("{kind}{order}"));
            operators.push(format!("{kind}{order}Path"));
        }
    }
    operators.extend(["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"].map(str::to_owned));
    assert_eq!(operators.len(), 39);
    for operator in operators {
        let value = match operator.as_str() {
            path if path.ends_with("Path") => "\"$.b\"",
            text if text.starts_with("String") => "\"b\"",
            number if number.starts_with("Numeric") => "1.5",
            time if time.starts_with("Timestamp") => "\"2026-11-22T17:06:00Z\"",
            _ => "true",
        };
        condition(&format!(r#"{{"Variable": "$.a", "{operator}": {value}, "Next": "End"}}"#));
        let wrong = report(&choice(&format!(r#"{{"Variable": "$.a", "{operator}": [], "Next": "End"}}"#)));
        assert!(wrong.contains("[wrong-type] at /States/A/Choices/0/"), "{operator}: {wrong}");
    }
}

#[test]
fn an_operator_means_what_it_says() {
    let Condition::Compare { variable, comparison } =
        condition(r#"{"Variable": "$.a", "NumericLessThanEquals": 1.5, "Next": "End"}"#)
    else {
        panic!("not a comparison")
    };
    assert_eq!(variable.text, "$.a");
    assert_eq!(
        comparison,
        Comparison::Numeric(Ordering::Less, true, Operand::Literal(serde_json::Number::from_f64(1.5).unwrap()))
    );
    let Condition::Compare { comparison, .. } =
        condition(r#"{"Variable": "$.a", "TimestampGreaterThanPath": "$.b", "Next": "End"}"#)
    else {
        panic!("not a comparison")
    };
    assert!(matches!(comparison, Comparison::Timestamp(Ordering::Greater, false, Operand::Path(path)) if path.text == "$.b"));
    let Condition::Compare { comparison, .. } = condition(r#"{"Variable": "$.a", "IsPresent": false, "Next": "End"}"#) else {
        panic!("not a comparison")
    };
    assert_eq!(comparison, Comparison::Type(TypeTest::Present, false));
}

#[test]
fn rules_stand_inside_each_other() {
    let condition = condition(
        r#"{"Comment": "c", "Or": [{"Not": {"Variable": "$.a", "IsNull": true}}, {"And": [{"Variable": "$.b", "BooleanEquals": true}]}], "Next": "End"}"#,
    );
    let Condition::Or(parts) = condition else { panic!("not an Or") };
    assert!(matches!(&parts[..], [Condition::Not(_), Condition::And(inner)] if inner.len() == 1));
}

#[test]
fn a_choice_has_rules() {
    check_state(
        r#"{"Type": "Choice"}"#,
        expect![[r#"
        3:1: a Choice state needs the field `Choices` [missing-field] at /States/A (write the rules, tried in order: `[{ "Variable": ..., "Next": ... }]`)
    "#]],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": [], "Default": 1}"#,
        expect![[r#"
            3:31: `Choices` must not be empty [empty] at /States/A/Choices (write the rules, tried in order: `[{ "Variable": ..., "Next": ... }]`)
            3:46: `Default` must be a string, found `1` [wrong-type] at /States/A/Default (write a string)
        "#]],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": {}}"#,
        expect![[r#"
        3:31: `Choices` must be an array of rules, found an object [wrong-type] at /States/A/Choices (write an array of rules)
    "#]],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": [1], "ResultPath": "$.a", "Retry": []}"#,
        expect![[r#"
            3:32: a Choice rule must be an object, found a number [wrong-type] at /States/A/Choices/0 (write `{ ... }`)
            3:36: a Choice state has no field `ResultPath` [unknown-field] at /States/A/ResultPath (`ResultPath` is a field of Task, Parallel, Map and Pass states and of catchers)
            3:57: a Choice state has no field `Retry` [unknown-field] at /States/A/Retry (`Retry` is a field of Task, Parallel and Map states and of a `Compensation`)
        "#]],
    );
}

#[test]
fn a_rule_has_one_comparison_and_a_next() {
    check(
        &choice(r#"{"Variable": "$.a", "StringEquals": "b"}"#),
        expect![[r#"
        3:32: a Choice rule needs the field `Next` [missing-field] at /States/A/Choices/0 (name the state to which the rule leads)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "Next": "A"}"#),
        expect![[r#"
        3:32: a Choice rule needs a comparison [one-comparison] at /States/A/Choices/0 (write one, such as `"StringEquals": "..."` beside `Variable`, or `And`, `Or`, `Not`)
    "#]],
    );
    check(
        &choice(r#"{"StringEquals": "b", "Next": "A"}"#),
        expect![[r#"
        3:32: `StringEquals` needs the field `Variable` beside it [missing-field] at /States/A/Choices/0 (write the path to compare: `"Variable": "$.status"`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "NumericGreaterThan": 1, "NumericLessThan": 5, "Next": "A"}"#),
        expect![[r#"
        3:77: a Choice rule has one comparison, and `NumericLessThan` is the second beside `NumericGreaterThan` [one-comparison] at /States/A/Choices/0/NumericLessThan (join them by `And` or `Or`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "And": [{"Variable": "$.a", "IsNull": true}], "Next": "A"}"#),
        expect![[r#"
        3:33: `Variable` and `And` exclude each other [exclusive-fields] at /States/A/Choices/0/Variable (write it into the rules of `And`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "StringEqual": "b", "Next": "A"}"#),
        expect![[r#"
        3:32: a Choice rule needs a comparison [one-comparison] at /States/A/Choices/0 (write one, such as `"StringEquals": "..."` beside `Variable`, or `And`, `Or`, `Not`)
        3:52: a Choice rule has no field `StringEqual` [unknown-field] at /States/A/Choices/0/StringEqual (did you mean `StringEquals`?)
    "#]],
    );
    check(
        &choice(r#"{"Condition": "{% $a %}", "Next": "A"}"#),
        expect![[r#"
        3:32: a Choice rule needs a comparison [one-comparison] at /States/A/Choices/0 (write one, such as `"StringEquals": "..."` beside `Variable`, or `And`, `Or`, `Not`)
        3:33: `Condition` is a field of the JSONata query language, and a Choice rule is in JSONPath [jsonata-field] at /States/A/Choices/0/Condition (use `Variable` with a comparison)
    "#]],
    );
}

#[test]
fn a_rule_inside_another_leads_nowhere() {
    check(
        &choice(r#"{"And": [{"Variable": "$.a", "IsNull": true, "Next": "A"}], "Next": "A"}"#),
        expect![[r#"
            3:77: a rule inside another has no field `Next` [unknown-field] at /States/A/Choices/0/And/0/Next (`Next` is a field of states other than Choice, Succeed and Fail, of Choice rules and of catchers)
        "#]],
    );
    check(
        &choice(r#"{"Not": {"Not": {"Variable": "$.a", "IsNull": true, "Next": "A"}}, "Next": "A"}"#),
        expect![[r#"
            3:84: a rule inside another has no field `Next` [unknown-field] at /States/A/Choices/0/Not/Not/Next (`Next` is a field of states other than Choice, Succeed and Fail, of Choice rules and of catchers)
        "#]],
    );
    check(
        &choice(r#"{"And": [], "Next": "A"}, {"Or": {}, "Next": "A"}, {"Not": [], "Next": "A"}"#),
        expect![[r#"
        3:40: `And` must not be empty [empty] at /States/A/Choices/0/And (write at least one rule)
        3:65: `Or` must be an array of rules, found an object [wrong-type] at /States/A/Choices/1/Or (write an array of rules)
        3:91: a rule inside another must be an object, found an array [wrong-type] at /States/A/Choices/2/Not (write `{ ... }`)
    "#]],
    );
}

#[test]
fn what_is_compared_is_named_by_a_path_to_one_place() {
    check(
        &choice(r#"{"Variable": "a", "IsNull": true, "Next": "A"}"#),
        expect![[r#"
        3:46: a path begins with `$`, not with `a` [bad-path] at /States/A/Choices/0/Variable (write a path such as `$.order.id` or `$$.Execution.Id`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a[*]", "StringEqualsPath": "$..b", "Next": "A"}"#),
        expect![[r#"
        3:45: `Variable` must name exactly one place, and `$.a[*]` does not [bad-path] at /States/A/Choices/0/Variable (write a path of names and indexes: `$.order.lines[0]`)
        3:75: `StringEqualsPath` must name exactly one place, and `$..b` does not [bad-path] at /States/A/Choices/0/StringEqualsPath (write a path of names and indexes: `$.order.lines[0]`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "States.ArrayLength($.a)", "NumericEquals": 1, "Next": "A"}"#),
        expect![[r#"
        3:46: a path begins with `$`, not with `States.ArrayLength($` [bad-path] at /States/A/Choices/0/Variable (write a path such as `$.order.id` or `$$.Execution.Id`)
    "#]],
    );
}

#[test]
fn what_it_is_compared_to_has_the_operators_type() {
    check(
        &choice(r#"{"Variable": "$.a", "NumericEquals": "$.b", "Next": "A"}"#),
        expect![[r#"
        3:69: `NumericEquals` must be a number, found the string `$.b` [wrong-type] at /States/A/Choices/0/NumericEquals (a path goes into `NumericEqualsPath`)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "BooleanEquals": "true", "Next": "A"}"#),
        expect![[r#"
        3:69: `BooleanEquals` must be a boolean, found the string `true` [wrong-type] at /States/A/Choices/0/BooleanEquals (remove the quotes)
    "#]],
    );
    check(
        &choice(r#"{"Variable": "$.a", "TimestampEquals": "2026-11-22t17:06:00z", "Next": "A"}"#),
        expect![[r#"
        3:71: `2026-11-22t17:06:00z` is no RFC 3339 timestamp [bad-timestamp] at /States/A/Choices/0/TimestampEquals (write it with `T` and `Z` or an offset: `2026-11-22T17:06:00Z`)
    "#]],
    );
}
