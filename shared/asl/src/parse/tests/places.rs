//! Where problems are: the syntax, the limits, and that all problems come at once.

use expect_test::expect;

use super::{check, report};
use crate::limits::{MAX_DEFINITION_BYTES, MAX_FLOW_NESTING, MAX_NESTING_DEPTH, MAX_STATE_NAME_CHARACTERS, MAX_SUGGESTIONS};
use crate::parse;

/// Take out any of the five rules, and one of the five lines is missing.
#[test]
fn a_definition_with_five_mistakes_gets_five_diagnostics() {
    check(
        r#"{
  "Comment": "five mistakes",
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge",
      "TimoutSeconds": 30,
      "Retry": [{ "ErrorEquals": ["States.ALL"], "BackoffRate": 0.5 }],
      "Next": "Shipp"
    },
    "Ship": {
      "Type": "Wait",
      "Seconds": "10",
      "ResultPath": "$.ship",
      "End": true
    }
  }
}"#,
        expect![[r#"
            8:7: a Task state has no field `TimoutSeconds` [unknown-field] at /States/Charge/TimoutSeconds (did you mean `TimeoutSeconds`?)
            9:65: `BackoffRate` cannot be `0.5` [out-of-range] at /States/Charge/Retry/0/BackoffRate (write a number of at least 1; 1 keeps the interval as it is)
            10:15: there is no state `Shipp` in this flow [unknown-state] at /States/Charge/Next (did you mean `Ship`?)
            14:18: `Seconds` must be a whole number, found the string `10` [wrong-type] at /States/Ship/Seconds (remove the quotes)
            15:7: a Wait state has no field `ResultPath` [unknown-field] at /States/Ship/ResultPath (`ResultPath` is a field of Task, Parallel, Map and Pass states and of catchers)
        "#]],
    );
}

#[test]
fn a_syntax_error_is_the_only_diagnostic_and_says_where() {
    check(
        "{\n  \"StartAt\": \"A\",\n  \"States\": {},\n}",
        expect![[r#"
            4:1: trailing comma [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{\"StartAt\": \"Ä\" \"States\": {}}",
        expect![[r#"
            1:17: expected `,` or `}` [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "not a definition",
        expect![[r#"
            1:1: expected `true`, `false` or `null` [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{\"StartAt\": 'A'}",
        expect![[r#"
            1:13: expected value [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{} // the end",
        expect![[r#"
            1:4: trailing characters [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{\"a\": \"\\ud800\"}",
        expect![[r#"
            1:14: unexpected end of hex escape [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{\"a\": 1e999}",
        expect![[r#"
            1:7: number out of range [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "{\"a\": \"b",
        expect![[r#"
            1:8: EOF while parsing a string [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
    check(
        "",
        expect![[r#"
            1:1: EOF while parsing a value [syntax] (a definition is one JSON object; comments, trailing commas and single quotes are not JSON)
        "#]],
    );
}

#[test]
fn a_definition_is_an_object() {
    check(
        "[]",
        expect![[r#"
            1:1: the state machine must be an object, found an array [wrong-type] (write `{ ... }`)
        "#]],
    );
    check(
        "\"A\"",
        expect![[r#"
            1:1: the state machine must be an object, found a string [wrong-type] (write `{ ... }`)
        "#]],
    );
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let text =
        "{\"Comment\": \"Größe 😀\", \"Startat\": \"A\", \"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
    let diagnostics = parse(text).unwrap_err();
    assert_eq!(diagnostics.len(), 1);
    assert_eq!((diagnostics[0].line, diagnostics[0].column), (1, 24));
    assert_eq!(&text[diagnostics[0].span.clone()], "\"Startat\"");
}

#[test]
fn a_pointer_escapes_as_rfc_6901_says() {
    check(
        r#"{"StartAt": "a/b~c", "States": {"a/b~c": {"Type": "Pass", "End": 1, "Next": "a/b~c"}}}"#,
        expect![[r#"
            1:66: `End` must be a boolean, found `1` [wrong-type] at /States/a~1b~0c/End (write a boolean)
        "#]],
    );
}

#[test]
fn a_key_that_stands_twice_is_reported_wherever_it_stands() {
    check(
        r#"{"StartAt": "A", "StartAt": "A", "States": {"A": {
"Type": "Pass", "Result": [{"a": 1, "b": {"c": 1, "c": 2}, "\u0061": 3}],
"End": true, "End": true}}}"#,
        expect![[r#"
            1:18: the key `StartAt` stands twice in this object [duplicate-key] at /StartAt (remove it here or at line 1)
            2:51: the key `c` stands twice in this object [duplicate-key] at /States/A/Result/0/b/c (remove it here or at line 2)
            2:60: the key `a` stands twice in this object [duplicate-key] at /States/A/Result/0/a (remove it here or at line 2)
            3:14: the key `End` stands twice in this object [duplicate-key] at /States/A/End (remove it here or at line 3)
        "#]],
    );
}

#[test]
fn a_definition_has_at_most_a_mebibyte() {
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#;
    let at_the_limit = definition.to_owned() + &" ".repeat(MAX_DEFINITION_BYTES - definition.len());
    assert_eq!(report(&at_the_limit), "");
    check(
        &(at_the_limit + " "),
        expect![[r#"
            1:1: the definition has 1048577 bytes, 1048576 are allowed [too-large] (move parts of it into state machines of their own)
        "#]],
    );
}

#[test]
fn objects_and_arrays_stand_at_most_a_hundred_deep() {
    let with_depth = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 3), "]".repeat(depth - 3));
        format!(r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Result": {open}"[[[{{{{\"[["{close}, "End": true}}}}}}"#)
    };
    assert_eq!(report(&with_depth(MAX_NESTING_DEPTH)), "");
    check(
        &with_depth(MAX_NESTING_DEPTH + 1),
        expect![[r#"
            1:158: more than 100 objects and arrays stand inside each other [too-deep] (move the inner flow into a state machine of its own)
        "#]],
    );
    let objects = |depth: usize| r#"{"a": "#.repeat(depth) + "1" + &"}".repeat(depth);
    assert!(report(&objects(MAX_NESTING_DEPTH)).contains("unknown-field"));
    assert!(report(&objects(MAX_NESTING_DEPTH + 1)).contains("too-deep"));
    check(
        &"[".repeat(MAX_DEFINITION_BYTES),
        expect![[r#"
            1:101: more than 100 objects and arrays stand inside each other [too-deep] (move the inner flow into a state machine of its own)
        "#]],
    );
}

#[test]
fn a_states_name_has_at_most_eighty_characters() {
    let with_name = |name: &str| format!(r#"{{"StartAt": "{name}", "States": {{"{name}": {{"Type": "Succeed"}}}}}}"#);
    assert_eq!(report(&with_name(&"ü".repeat(MAX_STATE_NAME_CHARACTERS))), "");
    check(
        &with_name(&"ü".repeat(MAX_STATE_NAME_CHARACTERS + 1)),
        expect![[r#"
        1:109: a state's name has 1 to 80 characters, this one has 81 [bad-state-name] at /States/üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü (write a shorter name, and the rest into `Comment`)
    "#]],
    );
    check(
        &with_name(""),
        expect![[r#"
        1:28: a state's name has 1 to 80 characters, this one has 0 [bad-state-name] at /States/ (write a shorter name, and the rest into `Comment`)
    "#]],
    );
}

#[test]
fn a_definition_in_one_line_of_a_mebibyte_with_thousands_of_problems_is_judged_in_one_pass() {
    let state = |i: usize| format!(r#""S{i}": {{"Type": "Pass", "Next": "S{}", "Nxt": 1}}"#, i + 1);
    let states: Vec<String> = (0..9_999).map(state).collect();
    let text = format!(r#"{{"StartAt": "S0", "States": {{{}, "S9999": {{"Type": "Succeed"}}}}}}"#, states.join(","));
    let diagnostics = parse(&text).unwrap_err();
    assert_eq!(diagnostics.len(), 9_999);
    let suggested = diagnostics.iter().filter(|diagnostic| diagnostic.hint.as_deref() == Some("did you mean `Next`?")).count();
    assert_eq!(suggested, MAX_SUGGESTIONS);
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.column == diagnostic.span.start + 1));
}

#[test]
fn flows_stand_at_most_fifteen_deep_inside_each_other() {
    let with_depth = |depth: usize| {
        let innermost = r#"{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#.to_owned();
        (0..depth).fold(innermost, |inner, level| {
            format!(
                r#"{{"StartAt": "M{level}", "States": {{"M{level}": {{"Type": "Map", "ItemProcessor": {inner}, "End": true}}}}}}"#
            )
        })
    };
    assert_eq!(report(&with_depth(MAX_FLOW_NESTING)), "");
    let beyond = report(&with_depth(MAX_FLOW_NESTING + 1));
    assert!(beyond.contains("more than 15 flows stand inside each other [too-deep]"), "{beyond}");
}
