//! Fields: unknown, missing, of the wrong type; what belongs to the machine.

use expect_test::expect;

use super::{check, check_state, report};

#[test]
fn an_unknown_field_gets_the_nearest_known_one_or_the_place_where_it_belongs() {
    check_state(
        r#"{"Type": "Pass",
"Reslt": 1,
"resultPath": "$.a",
"TimeoutSeconds": 5,
"Catch": [],
"HeartbeatSecond": 1,
"Banana": 1,
"Items": [1],
"Output": 1,
"Assign": {"a": 1},
"Credentials": {},
"End": true}"#,
        expect![[r#"
            4:1: a Pass state has no field `Reslt` [unknown-field] at /States/A/Reslt (did you mean `Result`?)
            5:1: a Pass state has no field `resultPath` [unknown-field] at /States/A/resultPath (did you mean `ResultPath`?)
            6:1: a Pass state has no field `TimeoutSeconds` [unknown-field] at /States/A/TimeoutSeconds (`TimeoutSeconds` is a field of Task states, of the machine and of a `Compensation`)
            7:1: a Pass state has no field `Catch` [unknown-field] at /States/A/Catch (`Catch` is a field of Task, Parallel and Map states)
            8:1: a Pass state has no field `HeartbeatSecond` [unknown-field] at /States/A/HeartbeatSecond (did you mean `HeartbeatSeconds`? It is a field of Task states)
            9:1: a Pass state has no field `Banana` [unknown-field] at /States/A/Banana (a Pass state has the fields `Assign`, `Comment`, `End`, `InputPath`, `Next`, `OutputPath`, `Parameters`, `QueryLanguage`, `Result`, `ResultPath`, `Type`)
            10:1: `Items` is a field of the JSONata query language, and a Pass state is in JSONPath [jsonata-field] at /States/A/Items (use `ItemsPath`)
            11:1: `Output` is a field of the JSONata query language, and a Pass state is in JSONPath [jsonata-field] at /States/A/Output (use `ResultSelector`, `ResultPath` or `OutputPath`)
            13:1: a Pass state has no field `Credentials` [unknown-field] at /States/A/Credentials (a Pass state has the fields `Assign`, `Comment`, `End`, `InputPath`, `Next`, `OutputPath`, `Parameters`, `QueryLanguage`, `Result`, `ResultPath`, `Type`)
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
fn a_machine_has_these_fields() {
    let with = |field: &str| format!(r#"{{{field}, "StartAt": "A", "States": {{"A": {{"Type": "Succeed"}}}}}}"#);
    for field in [
        r#""Comment": "text""#,
        r#""Version": "1.0""#,
        r#""TimeoutSeconds": 0"#,
        r#""TimeoutSeconds": 99999999"#,
        r#""QueryLanguage": "JSONPath""#,
        r#""QueryLanguage": "JSONata""#,
    ] {
        assert_eq!(report(&with(field)), "", "{field}");
    }
    check(
        &with(r#""Comment": 1"#),
        expect![[r#"
        1:13: `Comment` must be a string, found `1` [wrong-type] at /Comment (write a string)
    "#]],
    );
    check(
        &with(r#""Version": "2.0""#),
        expect![[r#"
            1:13: `Version` cannot be `2.0` [bad-value] at /Version (write `1.0`)
        "#]],
    );
    check(
        &with(r#""TimeoutSeconds": 100000000"#),
        expect![[r#"
        1:20: `TimeoutSeconds` cannot be `100000000` [out-of-range] at /TimeoutSeconds (write a whole number from 0 to 99999999)
    "#]],
    );
    check(
        &with(r#""TimeoutSeconds": -1"#),
        expect![[r#"
        1:20: `TimeoutSeconds` cannot be `-1` [out-of-range] at /TimeoutSeconds (write a whole number from 0 to 99999999)
    "#]],
    );
    check(
        &with(r#""TimeoutSecondsPath": "$.a""#),
        expect![[r#"
        1:2: the state machine has no field `TimeoutSecondsPath` [unknown-field] at /TimeoutSecondsPath (`TimeoutSecondsPath` is a field of Task states and of a `Compensation`; did you mean `TimeoutSeconds`?)
    "#]],
    );
    check(
        &with(r#""QueryLanguage": "jsonata""#),
        expect![[r#"
        1:19: `QueryLanguage` cannot be `jsonata` [bad-value] at /QueryLanguage (write one of `JSONPath`, `JSONata`)
    "#]],
    );
    check(
        &with(r#""Comments": "a""#),
        expect![[r#"
        1:2: the state machine has no field `Comments` [unknown-field] at /Comments (did you mean `Comment`?)
    "#]],
    );
}

#[test]
fn a_state_is_an_object_with_a_known_type() {
    check_state(
        "1",
        expect![[r#"
        3:1: a state must be an object, found a number [wrong-type] at /States/A (write `{ ... }`)
    "#]],
    );
    check_state(
        "{}",
        expect![[r#"
        3:1: a state needs the field `Type` [missing-field] at /States/A (say what the state does: `"Type": "Task"`)
    "#]],
    );
    check_state(
        r#"{"Type": 1}"#,
        expect![[r#"
        3:10: `Type` must be a string, found `1` [wrong-type] at /States/A/Type (write a string)
    "#]],
    );
    check_state(
        r#"{"Type": "task"}"#,
        expect![[r#"
        3:10: there is no state type `task` [unknown-state-type] at /States/A/Type (did you mean `Task`?)
    "#]],
    );
    check_state(
        r#"{"Type": "Step"}"#,
        expect![[r#"
        3:10: there is no state type `Step` [unknown-state-type] at /States/A/Type (write one of `Task`, `Choice`, `Parallel`, `Map`, `Wait`, `Pass`, `Succeed`, `Fail`)
    "#]],
    );
}

// Fails without `finish_untold`, or if it judges fields whose state might have them.
#[test]
fn a_slip_for_the_type_gets_its_suggestion_beside_what_is_missing() {
    check_state(
        r#"{"Typ": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:a", "Timeout": 9, "End": true}"#,
        expect![[r#"
            3:1: a state needs the field `Type` [missing-field] at /States/A (say what the state does: `"Type": "Task"`)
            3:2: a state has no field `Typ` [unknown-field] at /States/A/Typ (did you mean `Type`?)
        "#]],
    );
    check_state(
        r#"{"type": "Pass", "Items": [], "Label": "x", "Kind": "y", "End": true}"#,
        expect![[r#"
        3:1: a state needs the field `Type` [missing-field] at /States/A (say what the state does: `"Type": "Task"`)
        3:2: a state has no field `type` [unknown-field] at /States/A/type (did you mean `Type`?)
    "#]],
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_what_was_found() {
    check_state(
        r#"{"Type": "Wait", "Seconds": "10", "Comment": {"a": 1}, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` must be a whole number, found the string `10` [wrong-type] at /States/A/Seconds (remove the quotes)
        3:46: `Comment` must be a string, found an object [wrong-type] at /States/A/Comment (write a string)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": "$.seconds", "End": true}"#,
        expect![[r#"
        3:29: `Seconds` must be a whole number, found the string `$.seconds` [wrong-type] at /States/A/Seconds (a path goes into `SecondsPath`)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": 1.5, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` must be a whole number, found `1.5` [wrong-type] at /States/A/Seconds (write a whole number)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": 1.0, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` must be a whole number, found `1.0` [wrong-type] at /States/A/Seconds (write a whole number)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": null, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` must be a whole number, found null [wrong-type] at /States/A/Seconds (write a whole number)
    "#]],
    );
}
