//! `Assign`: who has it, which names, and which flow a variable belongs to.

use expect_test::expect;

use super::{check, check_state, report};
use crate::parse;

#[test]
fn a_variable_has_an_identifier_for_its_name() {
    let assigned = |name: &str| {
        report(&format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Assign": {{"{name}": 1}}, "End": true}}}}}}"#))
    };
    for name in ["a", "_a1", "größe", &"n".repeat(80)] {
        assert_eq!(assigned(name), "", "{name}");
    }
    for name in ["", "1a", "a b", "a-b", "$a", "states", &"n".repeat(81)] {
        assert!(assigned(name).contains("[bad-variable-name]"), "{name}: {}", assigned(name));
    }
    check_state(
        r#"{"Type": "Pass", "Assign": {"a": 1, "a.$": "$.x", "b.$": "x"}, "End": true}"#,
        expect![[r#"
            3:37: the variable `a` is assigned twice [exclusive-fields] at /States/A/Assign/a.$ (keep one of them)
            3:59: a path begins with `$`, not with `x` [bad-path] at /States/A/Assign/b.$ (write a path such as `$.order.id` or `$$.Execution.Id`)
        "#]],
    );
    check_state(
        r#"{"Type": "Succeed", "Assign": {}}"#,
        expect![[r#"
            3:21: a Succeed state has no field `Assign` [unknown-field] at /States/A/Assign (`Assign` is a field of states other than Succeed and Fail, of Choice rules and of catchers)
        "#]],
    );
}

#[test]
fn an_inner_flow_reads_the_variables_around_it_and_assigns_its_own() {
    check(
        r#"{"StartAt": "A", "States": {
"A": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "B"},
"B": {"Type": "Parallel", "Next": "C", "Assign": {"later": 1}, "Branches": [
{"StartAt": "D", "States": {"D": {"Type": "Pass", "Parameters": {"x.$": "$outer"}, "Assign": {"own": 1, "later": 2}, "End": true}}},
{"StartAt": "E", "States": {"E": {"Type": "Pass", "Assign": {"own": 1, "outer.$": "$outer"}, "End": true}}}]},
"C": {"Type": "Pass", "Assign": {"own": 1}, "End": true}}}"#,
        expect![[r#"
            4:95: the variable `own` belongs to a flow around this one, where it is assigned [outer-variable] at /States/B/Branches/0/States/D/Assign/own (inside of a branch or a processor it can be read only; choose another name)
            4:105: the variable `later` belongs to a flow around this one, where it is assigned [outer-variable] at /States/B/Branches/0/States/D/Assign/later (inside of a branch or a processor it can be read only; choose another name)
            5:62: the variable `own` belongs to a flow around this one, where it is assigned [outer-variable] at /States/B/Branches/1/States/E/Assign/own (inside of a branch or a processor it can be read only; choose another name)
            5:72: the variable `outer` belongs to a flow around this one, where it is assigned [outer-variable] at /States/B/Branches/1/States/E/Assign/outer.$ (inside of a branch or a processor it can be read only; choose another name)
        "#]],
    );
}

#[test]
fn what_a_state_refers_to_is_known() {
    let text = r#"{"StartAt": "A", "States": {
"A": {"Type": "Pass", "Assign": {"total": 1, "sum": 2, "who": "x"}, "Next": "B"},
"B": {"Type": "Wait", "SecondsPath": "$total", "Next": "C"},
"C": {"Type": "Pass", "Parameters": {"t.$": "States.Format('{} {}', $who, $total)"}, "Next": "D"},
"D": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% ($x := $who; $map([1], $string) & $x & $sum) %}", "End": true}}}"#;
    let (definition, warnings) = parse(text).unwrap();
    assert_eq!(warnings, []);
    let references: Vec<String> =
        definition.references().iter().map(|(state, variables)| format!("{state}: {variables:?}")).collect();
    assert_eq!(references, [r#"B: {"total"}"#, r#"C: {"total", "who"}"#, r#"D: {"sum", "who"}"#]);
}
