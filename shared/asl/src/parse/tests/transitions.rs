//! Where states lead.

use expect_test::expect;

use super::{check, check_state, check_taken};

#[test]
fn a_flow_says_where_it_starts() {
    check(
        r#"{"States": {"A": {"Type": "Succeed"}}}"#,
        expect![[r#"
            1:1: the state machine needs the field `StartAt` [missing-field] (name the state that is entered first)
        "#]],
    );
    check(
        r#"{"StartAt": "A"}"#,
        expect![[r#"
            1:1: the state machine needs the field `States` [missing-field] (write the states: `"States": { "Name": { "Type": ... } }`)
        "#]],
    );
    check(
        r#"{"StartAt": "A", "States": {}}"#,
        expect![[r#"
        1:28: `States` must not be empty [empty] at /States (write at least one state)
    "#]],
    );
    check(
        r#"{"StartAt": "A", "States": []}"#,
        expect![[r#"
        1:28: `States` must be an object, found an array [wrong-type] at /States (write an object)
    "#]],
    );
    check(
        r#"{"StartAt": ["A"], "States": {"A": {"Type": "Succeed"}}}"#,
        expect![[r#"
        1:13: `StartAt` must be a string, found an array [wrong-type] at /StartAt (write a string)
    "#]],
    );
    check(
        r#"{"StartAt": "Elsewhere", "States": {"A": {"Type": "Succeed"}}}"#,
        expect![[r#"
        1:13: there is no state `Elsewhere` in this flow [unknown-state] at /StartAt (name a state of the same flow)
    "#]],
    );
}

#[test]
fn every_transition_leads_to_a_state_of_the_same_flow() {
    check(
        r#"{"StartAt": "Valdate", "States": {
"Validate": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "Chrage"}], "Default": "Nowhere"},
"Charge": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge", "Next": "Dome",
"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}]},
"Done": {"Type": "Succeed"}
}}"#,
        expect![[r#"
            1:13: there is no state `Valdate` in this flow [unknown-state] at /StartAt (did you mean `Validate`?)
            2:88: there is no state `Chrage` in this flow [unknown-state] at /States/Validate/Choices/0/Next (did you mean `Charge`?)
            2:111: there is no state `Nowhere` in this flow [unknown-state] at /States/Validate/Default (name a state of the same flow)
            3:105: there is no state `Dome` in this flow [unknown-state] at /States/Charge/Next (did you mean `Done`?)
            4:51: there is no state `Undo` in this flow [unknown-state] at /States/Charge/Catch/0/Next (name a state of the same flow)
        "#]],
    );
}

#[test]
fn no_transition_leads_into_or_out_of_a_branch() {
    check(
        r#"{"StartAt": "Both", "States": {
"Both": {"Type": "Parallel", "Next": "Inner", "Branches": [
  {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "Next": "Done"}, "End": {"Type": "Succeed"}}}
]},
"Done": {"Type": "Succeed"}
}}"#,
        expect![[r#"
            2:38: there is no state `Inner` in this flow [unknown-state] at /States/Both/Next (`Inner` (line 3) is a state of another flow, and no transition leads into or out of a branch or a processor)
            3:69: there is no state `Done` in this flow [unknown-state] at /States/Both/Branches/0/States/Inner/Next (`Done` (line 5) is a state of another flow, and no transition leads into or out of a branch or a processor)
            3:78: no state leads to `End` [unreachable-state] at /States/Both/Branches/0/States/End (lead to it by `Next`, `Default` or `Catch`, or remove it)
            5:1: no state leads to `Done` [unreachable-state] at /States/Done (lead to it by `Next`, `Default` or `Catch`, or remove it)
        "#]],
    );
}

#[test]
fn a_state_that_nothing_leads_to_is_refused_in_every_flow() {
    check(
        r#"{"StartAt": "Each", "States": {
"Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "One", "States": {
  "One": {"Type": "Pass", "End": true},
  "Lonely": {"Type": "Pass", "End": true}
}}},
"Left": {"Type": "Pass", "Next": "Right"},
"Right": {"Type": "Pass", "Next": "Left"}
}}"#,
        expect![[r#"
            4:3: no state leads to `Lonely` [unreachable-state] at /States/Each/ItemProcessor/States/Lonely (lead to it by `Next`, `Default` or `Catch`, or remove it)
            6:1: no state leads to `Left` [unreachable-state] at /States/Left (lead to it by `Next`, `Default` or `Catch`, or remove it)
            7:1: no state leads to `Right` [unreachable-state] at /States/Right (lead to it by `Next`, `Default` or `Catch`, or remove it)
        "#]],
    );
}

#[test]
fn the_outermost_flow_ends_and_a_nested_one_should() {
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Wait", "Seconds": 1, "Next": "A"}}}"#,
        expect![[r#"
            1:18: no state of this flow ends it [no-terminal-state] at /States (write `"End": true` on a state, or add a Succeed or Fail state)
        "#]],
    );
    check_state(
        r#"{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "B", "States": {
"B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}}}"#,
        expect![[r#"
            warning: 3:64: no state of this flow ends it [no-terminal-state] at /States/A/ItemProcessor/States (write `"End": true` on a state, or add a Succeed or Fail state)
        "#]],
    );
}

#[test]
fn a_states_name_is_unique_in_the_whole_machine() {
    check(
        r#"{"StartAt": "A", "States": {
"A": {"Type": "Parallel", "Next": "B", "Branches": [
  {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
  {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}
]},
"B": {"Type": "Pass", "Next": "C"},
"C": {"Type": "Succeed"},
"C": {"Type": "Fail"}
}}"#,
        expect![[r#"
            4:31: the state `B` stands already at line 3 [duplicate-state] at /States/A/Branches/1/States/B (a state's name is unique in the whole machine, nested flows included; rename one of them)
            6:1: the state `B` stands already at line 3 [duplicate-state] at /States/B (a state's name is unique in the whole machine, nested flows included; rename one of them)
            8:1: the state `C` stands already at line 7 [duplicate-state] at /States/C (a state's name is unique in the whole machine, nested flows included; rename one of them)
        "#]],
    );
}

#[test]
fn a_state_says_next_or_end_and_not_both() {
    check_state(
        r#"{"Type": "Pass"}"#,
        expect![[r#"
        3:1: a Pass state needs `Next` or `"End": true` [missing-transition] at /States/A (say where it leads)
    "#]],
    );
    check_state(
        r#"{"Type": "Pass", "End": false}"#,
        expect![[r#"
        3:1: a Pass state needs `Next` or `"End": true` [missing-transition] at /States/A (say where it leads)
    "#]],
    );
    check_state(
        r#"{"Type": "Pass", "End": true, "Next": "A"}"#,
        expect![[r#"
        3:31: `Next` and `"End": true` exclude each other [next-and-end] at /States/A/Next (keep one of them)
    "#]],
    );
    check_state(
        r#"{"Type": "Pass", "Next": "A", "End": true}"#,
        expect![[r#"
        3:31: `Next` and `"End": true` exclude each other [next-and-end] at /States/A/End (keep one of them)
    "#]],
    );
    check_state(
        r#"{"Type": "Pass", "End": "true"}"#,
        expect![[r#"
        3:25: `End` must be a boolean, found the string `true` [wrong-type] at /States/A/End (remove the quotes)
    "#]],
    );
    check_state(
        r#"{"Type": "Pass", "Next": 1}"#,
        expect![[r#"
            3:26: `Next` must be a string, found `1` [wrong-type] at /States/A/Next (write a string)
        "#]],
    );
    check(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": false, "Next": "B"}, "B": {"Type": "Succeed"}}}"#,
        expect![[""]],
    );
}

#[test]
fn only_states_that_go_on_have_next_and_end() {
    check_state(
        r#"{"Type": "Succeed", "End": true}"#,
        expect![[r#"
        3:21: a Succeed state has no field `End` [unknown-field] at /States/A/End (`End` is a field of states other than Choice, Succeed and Fail)
    "#]],
    );
    check_state(
        r#"{"Type": "Fail", "Next": "A"}"#,
        expect![[r#"
        3:18: a Fail state has no field `Next` [unknown-field] at /States/A/Next (`Next` is a field of states other than Choice, Succeed and Fail, of Choice rules and of catchers)
    "#]],
    );
    check_state(
        r#"{"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "A"}], "End": true}"#,
        expect![[r#"
            3:83: a Choice state has no field `End` [unknown-field] at /States/A/End (`End` is a field of states other than Choice, Succeed and Fail)
        "#]],
    );
    check_taken(&[r#"{"Type": "Succeed"}"#, r#"{"Type": "Fail"}"#]);
}

#[test]
fn a_broken_state_still_leads_on() {
    check(
        r#"{"StartAt": "A", "States": {
"A": {"Type": "Taks", "Next": "B"},
"B": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 + %}", "Next": "C"},
"C": {"Type": "Succeed"}}}"#,
        expect![[r#"
            2:15: there is no state type `Taks` [unknown-state-type] at /States/A/Type (did you mean `Task`?)
            3:61: `1 +` is no JSONata expression: S0207: Unexpected end of expression [bad-jsonata] at /States/B/Output (see docs.jsonata.org; Step Functions has version 2.0)
        "#]],
    );
}
