//! States in JSONata: their fields, their expressions, and what they refuse of JSONPath.

use expect_test::expect;

use super::{check, check_state, report};
use crate::parse;
use crate::state::{Amount, Condition, QueryLanguage, StateKind, Text, WaitUntil};
use crate::template::Template;

fn machine(states: &str) -> String {
    format!(r#"{{"QueryLanguage": "JSONata", "StartAt": "A", "States": {{{states}}}}}"#)
}

#[test]
fn every_type_of_state_has_fields_of_its_own_in_jsonata() {
    let function = "arn:aws:lambda:eu-west-1:123456789012:function:f";
    let inner = r#"{"StartAt": "X", "States": {"X": {"Type": "Pass", "Output": "{% $states.input.n + 1 %}", "End": true}}}"#;
    for state in [
        format!(
            r#"{{"Type": "Task", "Resource": "{function}", "Arguments": {{"n": "{{% $states.input.n %}}"}}, "TimeoutSeconds": "{{% 60 %}}",
                "HeartbeatSeconds": 5, "Output": "{{% $states.result %}}", "Assign": {{"n": 1}}, "End": true,
                "Catch": [{{"ErrorEquals": ["States.ALL"], "Output": 1, "Assign": {{"e": "{{% $states.errorOutput %}}"}}, "Next": "A"}}],
                "Compensation": {{"Resource": "{function}", "Arguments": "{{% $states.result %}}", "TimeoutSeconds": "{{% 5 %}}"}}}}"#
        ),
        r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": "{% $states.input %}", "End": true}"#.to_owned(),
        r#"{"Type": "Choice", "Choices": [{"Condition": "{% $states.input.n > 1 %}", "Output": 1, "Assign": {"n": 1}, "Next": "A"},
            {"Condition": true, "Next": "A"}], "Default": "A", "Output": [], "Assign": {"n": 2}}"#.to_owned(),
        format!(r#"{{"Type": "Parallel", "Arguments": {{}}, "Branches": [{inner}], "Output": null, "End": true}}"#),
        format!(
            r#"{{"Type": "Map", "Items": "{{% $states.input %}}", "ItemSelector": {{"i": "{{% $states.context.Map.Item.Index %}}"}},
                "MaxConcurrency": "{{% 3 %}}", "ToleratedFailureCount": 1, "ToleratedFailurePercentage": "{{% 10 %}}",
                "ItemProcessor": {inner}, "End": true}}"#
        ),
        format!(r#"{{"Type": "Map", "Items": [1, "{{% 2 %}}"], "ItemSelector": "{{% 1 %}}", "ItemProcessor": {inner}, "End": true}}"#),
        r#"{"Type": "Wait", "Seconds": "{% 5 %}", "Output": 1, "Assign": {"n": 1}, "End": true}"#.to_owned(),
        r#"{"Type": "Wait", "Timestamp": "{% $now() %}", "End": true}"#.to_owned(),
        r#"{"Type": "Wait", "Timestamp": "2026-07-01T12:00:00Z", "End": true}"#.to_owned(),
        r#"{"Type": "Pass", "Output": "no {% expression %} but a text", "End": true}"#.to_owned(),
        r#"{"Type": "Succeed", "Output": {"n": "{% 1 %}"}}"#.to_owned(),
        r#"{"Type": "Fail", "Error": "{% $states.input.error %}", "Cause": "a text"}"#.to_owned(),
    ] {
        let told = report(&machine(&format!(r#""A": {state}"#)));
        let only_endless = told.is_empty() || told.contains("[no-terminal-state]");
        assert!(only_endless, "{state}: {told}");
    }
}

#[test]
fn expressions_are_read_where_a_text_is_delimited() {
    let text = machine(
        r#""A": {"Type": "Wait", "Seconds": "{% 1 + 1 %}", "Next": "B"},
           "B": {"Type": "Choice", "Choices": [{"Condition": false, "Next": "C"}, {"Condition": "{%$x%}", "Next": "C"}], "Assign": {"x": [1, "{% 2 %}"]}},
           "C": {"Type": "Fail", "Error": "{% 'e' %}", "Cause": "c"}"#,
    );
    let (definition, _) = parse(&text).unwrap();
    let kind = |name: &str| &definition.state(name).unwrap().kind;
    let StateKind::Wait(wait) = kind("A") else { panic!() };
    assert!(matches!(&wait.until, WaitUntil::Seconds(Amount::Expression(expression)) if expression.text() == "1 + 1"));
    assert_eq!(wait.data.language, QueryLanguage::Jsonata);
    let StateKind::Choice(choice) = kind("B") else { panic!() };
    assert_eq!(choice.rules[0].condition, Condition::Constant(false));
    assert!(matches!(&choice.rules[1].condition, Condition::Expression(expression) if expression.text() == "$x"));
    let [(name, Template::Array(elements))] = choice.data.assign.as_slice() else { panic!("{:?}", choice.data.assign) };
    assert!(name == "x" && matches!(elements.as_slice(), [Template::Literal(_), Template::Expression(_)]));
    let StateKind::Fail(fail) = kind("C") else { panic!() };
    assert!(matches!((&fail.error, &fail.cause), (Some(Text::Expression(_)), Some(Text::Literal(_)))));
}

#[test]
fn a_state_may_be_in_jsonata_in_a_machine_that_is_not_and_its_inner_states_are_the_machines() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Parallel", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": true,
        "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass", "ResultPath": "$.x", "Output": 1, "End": true}}}]}}}"#;
    check(
        text,
        expect![[r#"
            2:93: `Output` is a field of the JSONata query language, and a Pass state is in JSONPath [jsonata-field] at /States/A/Branches/0/States/B/Output (use `ResultSelector`, `ResultPath` or `OutputPath`)
        "#]],
    );
    check(
        &machine(r#""A": {"Type": "Pass", "QueryLanguage": "JSONPath", "Result": 1, "End": true}"#),
        expect![[r#"
            1:62: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine [query-language-downgrade] at /States/A (say `"QueryLanguage": "JSONata"` on the states that are in it, and not on the machine)
        "#]],
    );
}

#[test]
fn what_is_no_expression_is_refused_where_it_stands() {
    check(
        &machine(
            r#""A": {"Type": "Pass",
"Output": {"open": "{% 1", "closed": "1 %}", "syntax": "{% 1 + %}", "eval": "{% $eval('1') %}", "new": "{% $a ?? 1 %}"},
"Next": "B"},
"B": {"Type": "Wait", "Seconds": "60", "Next": "C"},
"C": {"Type": "Choice", "Choices": [{"Condition": "true", "Next": "D"}, {"Next": "D"}, {"Condition": "{% ( %}", "Next": "D"}]},
"D": {"Type": "Map", "Items": 1, "ItemProcessor": {"StartAt": "E", "States": {"E": {"Type": "Succeed"}}}, "Next": "F"},
"F": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": "plain", "End": true}"#,
        ),
        expect![[r#"
            2:20: the expression `{% 1` does not begin with `{%` and end with `%}` [bad-jsonata] at /States/A/Output/open (write `{% ... %}` around all of it)
            2:38: the expression `1 %}` does not begin with `{%` and end with `%}` [bad-jsonata] at /States/A/Output/closed (write `{% ... %}` around all of it)
            2:56: `1 +` is no JSONata expression: S0207: Unexpected end of expression [bad-jsonata] at /States/A/Output/syntax (see docs.jsonata.org; Step Functions has version 2.0)
            2:77: `$eval('1')` is no JSONata expression: `$eval` is not supported by Step Functions [bad-jsonata] at /States/A/Output/eval (see docs.jsonata.org; Step Functions has version 2.0)
            2:104: `$a ?? 1` is no JSONata expression: the operator `??` is newer than JSONata 2.0 [bad-jsonata] at /States/A/Output/new (see docs.jsonata.org; Step Functions has version 2.0)
            4:34: `Seconds` must be a whole number, found the string `60` [wrong-type] at /States/B/Seconds (remove the quotes)
            5:51: `Condition` must be a boolean or an expression in `{%` and `%}`, found the string `true` [wrong-type] at /States/C/Choices/0/Condition (write a boolean or an expression in `{%` and `%}`)
            5:73: a Choice rule needs the field `Condition` [missing-field] at /States/C/Choices/1 (say when it applies: `"Condition": "{% $states.input.total > 10 %}"`)
            5:102: `(` is no JSONata expression: S0207: Unexpected end of expression [bad-jsonata] at /States/C/Choices/2/Condition (see docs.jsonata.org; Step Functions has version 2.0)
            6:31: `Items` must be an array or an expression in `{%` and `%}`, found `1` [wrong-type] at /States/D/Items (write an array or an expression in `{%` and `%}`)
            7:82: `Arguments` must be an object or an expression in `{%` and `%}`, found the string `plain` [wrong-type] at /States/F/Arguments (write an object or an expression in `{%` and `%}`)
        "#]],
    );
}

#[test]
fn fields_of_jsonpath_are_refused_in_jsonata() {
    check(
        &machine(
            r#""A": {"Type": "Pass",
"InputPath": "$", "OutputPath": "$",
"Parameters": {}, "ResultPath": "$", "Result": 1, "Next": "B"},
"B": {"Type": "Wait", "SecondsPath": "$.s", "Next": "C"},
"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "D"}]},
"D": {"Type": "Fail", "CausePath": "$.c"}"#,
        ),
        expect![[r#"
            2:1: `InputPath` is a field of the JSONPath query language, and a Pass state is in JSONata [jsonpath-field] at /States/A/InputPath (use `$states.input` in expressions)
            2:19: `OutputPath` is a field of the JSONPath query language, and a Pass state is in JSONata [jsonpath-field] at /States/A/OutputPath (use `Output`)
            3:1: `Parameters` is a field of the JSONPath query language, and a Pass state is in JSONata [jsonpath-field] at /States/A/Parameters (use `Arguments`)
            3:19: `ResultPath` is a field of the JSONPath query language, and a Pass state is in JSONata [jsonpath-field] at /States/A/ResultPath (use `Output`)
            3:38: `Result` is a field of the JSONPath query language, and a Pass state is in JSONata [jsonpath-field] at /States/A/Result (use `Output`)
            4:6: a Wait state needs `Seconds` or `Timestamp` [missing-field] at /States/B (say until when: `"Seconds": 60`)
            4:23: `SecondsPath` is a field of the JSONPath query language, and a Wait state is in JSONata [jsonpath-field] at /States/B/SecondsPath (use `Seconds` with an expression)
            5:37: a Choice rule needs the field `Condition` [missing-field] at /States/C/Choices/0 (say when it applies: `"Condition": "{% $states.input.total > 10 %}"`)
            5:38: `Variable` is a field of the JSONPath query language, and a Choice rule is in JSONata [jsonpath-field] at /States/C/Choices/0/Variable (use `Condition`)
            5:57: `IsNull` is a comparison of the JSONPath query language, and a Choice rule is in JSONata [jsonpath-field] at /States/C/Choices/0/IsNull (use `Condition`)
            6:23: `CausePath` is a field of the JSONPath query language, and a Fail state is in JSONata [jsonpath-field] at /States/D/CausePath (use `Cause` with an expression)
        "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Timestamp": "{% '2016-03-14T01:59:00Z' %}", "End": true}"#,
        expect![[r#"
            3:31: `{% '2016-03-14T01:59:00Z' %}` is no RFC 3339 timestamp [bad-timestamp] at /States/A/Timestamp (write it with `T` and `Z` or an offset: `2026-11-22T17:06:00Z`)
        "#]],
    );
}
