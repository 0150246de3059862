//! Retriers and catchers.

use expect_test::expect;

use super::{check_state, check_taken, machine};
use crate::parse;
use crate::state::{JitterStrategy, Retrier};

fn task(fields: &str) -> String {
    format!(r#"{{"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", {fields}, "End": true}}"#)
}

fn retry(retriers: &str) -> String {
    task(&format!(r#""Retry": [{retriers}]"#))
}

#[test]
fn a_retrier_has_defaults() {
    let (definition, _) = parse(&machine(&retry(r#"{"ErrorEquals": ["A", "B"]}"#))).unwrap();
    let expected = Retrier {
        error_equals: vec!["A".to_owned(), "B".to_owned()],
        interval_seconds: 1,
        max_attempts: 3,
        backoff_rate: 2.0,
        max_delay_seconds: None,
        jitter: JitterStrategy::None,
    };
    assert_eq!(definition.states["A"].retriers(), [expected]);
}

#[test]
fn a_retrier_has_numbers_in_bounds() {
    check_taken(&[
        &retry(
            r#"{"ErrorEquals": ["A"], "IntervalSeconds": 0, "MaxAttempts": 0, "BackoffRate": 1, "MaxDelaySeconds": 1, "JitterStrategy": "NONE", "Comment": "c"}"#,
        ),
        &retry(
            r#"{"ErrorEquals": ["A"], "IntervalSeconds": 99999999, "MaxAttempts": 99999999, "BackoffRate": 1.01, "MaxDelaySeconds": 31622400, "JitterStrategy": "FULL"}"#,
        ),
    ]);
    check_state(
        &retry(
            r#"{"ErrorEquals": ["A"], "IntervalSeconds": -1, "MaxAttempts": -1, "BackoffRate": 0.99, "MaxDelaySeconds": 0, "JitterStrategy": "HALF"}"#,
        ),
        expect![[r#"
            3:134: `IntervalSeconds` cannot be `-1` [out-of-range] at /States/A/Retry/0/IntervalSeconds (write a whole number from 0 to 99999999)
            3:153: `MaxAttempts` cannot be `-1` [out-of-range] at /States/A/Retry/0/MaxAttempts (write a whole number from 0 to 99999999)
            3:172: `BackoffRate` cannot be `0.99` [out-of-range] at /States/A/Retry/0/BackoffRate (write a number of at least 1; 1 keeps the interval as it is)
            3:197: `MaxDelaySeconds` cannot be `0` [out-of-range] at /States/A/Retry/0/MaxDelaySeconds (write a whole number from 1 to 31622400)
            3:218: `JitterStrategy` cannot be `HALF` [bad-value] at /States/A/Retry/0/JitterStrategy (write one of `NONE`, `FULL`)
        "#]],
    );
    check_state(
        &retry(
            r#"{"ErrorEquals": ["A"], "IntervalSeconds": 100000000, "MaxAttempts": 100000000, "BackoffRate": "2", "MaxDelaySeconds": 31622401, "JitterStrategy": 1}"#,
        ),
        expect![[r#"
            3:134: `IntervalSeconds` cannot be `100000000` [out-of-range] at /States/A/Retry/0/IntervalSeconds (write a whole number from 0 to 99999999)
            3:160: `MaxAttempts` cannot be `100000000` [out-of-range] at /States/A/Retry/0/MaxAttempts (write a whole number from 0 to 99999999)
            3:186: `BackoffRate` must be a number, found the string `2` [wrong-type] at /States/A/Retry/0/BackoffRate (write a number)
            3:210: `MaxDelaySeconds` cannot be `31622401` [out-of-range] at /States/A/Retry/0/MaxDelaySeconds (write a whole number from 1 to 31622400)
            3:238: `JitterStrategy` must be a string, found `1` [wrong-type] at /States/A/Retry/0/JitterStrategy (write a string)
        "#]],
    );
    check_state(
        &retry(r#"{"ErrorEquals": ["A"], "IntervalSeconds": 1.5, "MaxAttempts": "3"}"#),
        expect![[r#"
        3:134: `IntervalSeconds` must be a whole number, found `1.5` [wrong-type] at /States/A/Retry/0/IntervalSeconds (write a whole number)
        3:154: `MaxAttempts` must be a whole number, found the string `3` [wrong-type] at /States/A/Retry/0/MaxAttempts (remove the quotes)
    "#]],
    );
}

#[test]
fn a_retrier_names_errors() {
    check_state(
        &retry("{}, 1"),
        expect![[r#"
        3:92: a retrier needs the field `ErrorEquals` [missing-field] at /States/A/Retry/0 (name the errors after which to retry: `["States.ALL"]`)
        3:96: a retrier must be an object, found a number [wrong-type] at /States/A/Retry/1 (write `{ ... }`)
    "#]],
    );
    check_state(
        &retry(r#"{"ErrorEquals": []}, {"ErrorEquals": "A"}, {"ErrorEquals": ["A", 1]}"#),
        expect![[r#"
        3:108: `ErrorEquals` must not be empty [empty] at /States/A/Retry/0/ErrorEquals (name at least one error)
        3:129: `ErrorEquals` must be an array of error names, found the string `A` [wrong-type] at /States/A/Retry/1/ErrorEquals (write an array of error names)
        3:157: `ErrorEquals` holds error names, found a number [wrong-type] at /States/A/Retry/2/ErrorEquals/1 (write a string)
    "#]],
    );
    check_state(
        &retry(r#"{"ErrorEqual": ["A"], "Next": "A"}"#),
        expect![[r#"
        3:92: a retrier needs the field `ErrorEquals` [missing-field] at /States/A/Retry/0 (name the errors after which to retry: `["States.ALL"]`)
        3:93: a retrier has no field `ErrorEqual` [unknown-field] at /States/A/Retry/0/ErrorEqual (did you mean `ErrorEquals`?)
        3:114: a retrier has no field `Next` [unknown-field] at /States/A/Retry/0/Next (`Next` is a field of states other than Choice, Succeed and Fail, of Choice rules and of catchers)
    "#]],
    );
    check_state(
        &task(r#""Retry": {"ErrorEquals": ["A"]}"#),
        expect![[r#"
        3:91: `Retry` must be an array of retriers, found an object [wrong-type] at /States/A/Retry (write an array of retriers)
    "#]],
    );
}

#[test]
fn states_all_stands_alone_and_last() {
    check_taken(&[&retry(r#"{"ErrorEquals": ["A"]}, {"ErrorEquals": ["States.ALL"]}"#)]);
    check_state(
        &retry(r#"{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A", "States.ALL"]}, {"ErrorEquals": ["B"]}"#),
        expect![[r#"
            3:109: `States.ALL` must stand last [misplaced-states-all] at /States/A/Retry/0/ErrorEquals/0 (what comes after it never matches; move it to the end)
            3:147: `States.ALL` must be alone in its `ErrorEquals` [misplaced-states-all] at /States/A/Retry/1/ErrorEquals/1 (it matches the other names already; remove them)
        "#]],
    );
    check_state(
        &task(r#""Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}, {"ErrorEquals": ["B"], "Next": "A"}]"#),
        expect![[r#"
            3:109: `States.ALL` must stand last [misplaced-states-all] at /States/A/Catch/0/ErrorEquals/0 (what comes after it never matches; move it to the end)
        "#]],
    );
}

#[test]
fn a_reserved_name_that_does_not_exist_is_taken_with_a_warning() {
    check_taken(&[&retry(r#"{"ErrorEquals": ["States.Timeout", "Lambda.Unknown", "States.TaskFailed", "Statesman"]}"#)]);
    check_state(
        &retry(r#"{"ErrorEquals": ["State.ALL", "States.TimeOut", "States.Own"]}"#),
        expect![[r#"
        warning: 3:109: nothing reports the error `State.ALL` [unknown-error-name] at /States/A/Retry/0/ErrorEquals/0 (did you mean `States.ALL`?)
        warning: 3:122: nothing reports the error `States.TimeOut` [unknown-error-name] at /States/A/Retry/0/ErrorEquals/1 (did you mean `States.Timeout`?)
        warning: 3:140: nothing reports the error `States.Own` [unknown-error-name] at /States/A/Retry/0/ErrorEquals/2 (did you mean `States.ALL`?)
    "#]],
    );
}

#[test]
fn a_catcher_names_errors_and_leads_on() {
    check_taken(&[
        &task(
            r#""Catch": [{"ErrorEquals": ["A"], "Next": "A", "ResultPath": "$.error", "Comment": "c"}, {"ErrorEquals": ["States.ALL"], "Next": "A", "ResultPath": null}]"#,
        ),
        &task(r#""Catch": []"#),
    ]);
    check_state(
        &task(r#""Catch": [{}, 1]"#),
        expect![[r#"
        3:92: a catcher needs the field `ErrorEquals` [missing-field] at /States/A/Catch/0 (name the errors to catch: `["States.ALL"]`)
        3:92: a catcher needs the field `Next` [missing-field] at /States/A/Catch/0 (name the state that handles the error)
        3:96: a catcher must be an object, found a number [wrong-type] at /States/A/Catch/1 (write `{ ... }`)
    "#]],
    );
    check_state(
        &task(r#""Catch": [{"ErrorEquals": [], "Next": 1, "ResultPath": "error", "Assign": {}, "End": true}]"#),
        expect![[r#"
            3:108: `ErrorEquals` must not be empty [empty] at /States/A/Catch/0/ErrorEquals (name at least one error)
            3:120: `Next` must be a string, found `1` [wrong-type] at /States/A/Catch/0/Next (write a string)
            3:138: a path begins with `$`, not with `error` [bad-path] at /States/A/Catch/0/ResultPath (write a path of names and indexes from `$` on: `$.order.lines[0]`)
            3:160: a catcher has no field `End` [unknown-field] at /States/A/Catch/0/End (`End` is a field of states other than Choice, Succeed and Fail)
        "#]],
    );
    check_state(
        &task(r#""Catch": 1"#),
        expect![[r#"
        3:91: `Catch` must be an array of catchers, found `1` [wrong-type] at /States/A/Catch (write an array of catchers)
    "#]],
    );
}
