//! The fields of each state type.

use expect_test::expect;

use super::{check_state, check_taken};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:charge";

fn task(fields: &str) -> String {
    format!(r#"{{"Type": "Task", "Resource": "{FUNCTION}", {fields}, "End": true}}"#)
}

#[test]
fn a_task_names_a_resource_that_is_served_here() {
    check_state(
        r#"{"Type": "Task", "End": true}"#,
        expect![[r#"
        3:1: a Task state needs the field `Resource` [missing-field] at /States/A (name the function that does the work: its ARN)
    "#]],
    );
    for resource in [
        FUNCTION,
        "arn:aws:lambda:us-east-1:123456789012:function:charge:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:charge:live",
        "arn:aws-cn:lambda:cn-north-1:123456789012:function:charge_2",
        "arn:aws:states:us-east-1:123456789012:activity:review.manual-1",
    ] {
        check_taken(&[&format!(r#"{{"Type": "Task", "Resource": "{resource}", "End": true}}"#)]);
    }
    for resource in ["arn:aws:states:::lambda:invoke", "arn:aws:states:::lambda:invoke.waitForTaskToken"] {
        check_taken(&[&format!(
            r#"{{"Type": "Task", "Resource": "{resource}", "Parameters": {{"FunctionName": "f"}}, "End": true}}"#
        )]);
    }
    check_state(
        r#"{"Type": "Task", "Resource": "arn:aws:states:::sqs:receiveMessage", "End": true}"#,
        expect![[r#"
            3:30: the resource `arn:aws:states:::sqs:receiveMessage` is not supported [unsupported-resource] at /States/A/Resource (supported are a Lambda function's ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`), an activity's, and, as `arn:aws:states:::SERVICE:ACTION`: `lambda:invoke`, `sqs:sendMessage`, `sns:publish`, `events:putEvents`, `dynamodb:getItem`, `putItem`, `updateItem` and `deleteItem`, `states:startExecution`, `http:invoke`, and any action of a service as `aws-sdk:SERVICE:ACTION`)
        "#]],
    );
    for resource in [
        "charge",
        "",
        "arn:aws:lambda:us-east-1:1234:function:charge",
        "arn:aws:lambda::123456789012:function:charge",
        "arn:aws:lambda:us-east-1:123456789012:function:",
        "arn:aws:lambda:us-east-1:123456789012:function:charge:",
        "arn:aws:lambda:us-east-1:123456789012:function:charge:a:b",
        "arn:aws:states:::lambda:invoke.sync",
        "arn:aws:states:us-east-1:123456789012:activity:a b",
        "arn:aws:states:us-east-1:123456789012:activity:a:b",
    ] {
        let text = super::report(&super::machine(&format!(r#"{{"Type": "Task", "Resource": "{resource}", "End": true}}"#)));
        assert!(text.contains("[unsupported-resource]"), "{resource}: {text}");
    }
}

#[test]
fn lambda_invoke_says_which_function() {
    let invoke = |parameters: &str| {
        format!(r#"{{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",{parameters} "End": true}}"#)
    };
    check_state(
        &invoke(""),
        expect![[r#"
        3:1: `lambda:invoke` needs `Parameters` with `FunctionName` [missing-field] at /States/A (write `"Parameters": { "FunctionName": "...", "Payload.$": "$" }`)
    "#]],
    );
    check_state(
        &invoke(r#""Parameters": {"Payload.$": "$"},"#),
        expect![[r#"
        3:77: `lambda:invoke` needs `FunctionName` in its `Parameters` [missing-field] at /States/A/Parameters (write `"Parameters": { "FunctionName": "...", "Payload.$": "$" }`)
    "#]],
    );
    check_state(
        &invoke(r#""Parameters": {"FunctionName": "f", "Paylod": 1, "OrderId": 1},"#),
        expect![[r#"
        3:99: `lambda:invoke` has no parameter `Paylod` [unknown-field] at /States/A/Parameters/Paylod (did you mean `Payload`?)
        3:112: `lambda:invoke` has no parameter `OrderId` [unknown-field] at /States/A/Parameters/OrderId (what the function is to receive goes into `Payload`)
    "#]],
    );
    check_taken(&[&invoke(
        r#""Parameters": {"FunctionName.$": "$.f", "Payload": {}, "Qualifier": "1", "InvocationType": "Event"},"#,
    )]);
}

#[test]
fn a_task_has_timeouts_in_bounds() {
    check_taken(&[
        &task(r#""TimeoutSeconds": 1"#),
        &task(r#""TimeoutSeconds": 99999999, "HeartbeatSeconds": 99999998"#),
        &task(r#""TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$$.Execution.Input.h""#),
        &task(r#""HeartbeatSeconds": 10"#),
    ]);
    check_state(
        &task(r#""TimeoutSeconds": 0, "HeartbeatSeconds": 100000000"#),
        expect![[r#"
        3:105: `TimeoutSeconds` cannot be `0` [out-of-range] at /States/A/TimeoutSeconds (write a whole number from 1 to 99999999)
        3:128: `HeartbeatSeconds` cannot be `100000000` [out-of-range] at /States/A/HeartbeatSeconds (write a whole number from 1 to 99999999)
    "#]],
    );
    check_state(
        &task(r#""TimeoutSeconds": 5, "HeartbeatSeconds": 5"#),
        expect![[r#"
        3:128: `HeartbeatSeconds` (5) must be less than `TimeoutSeconds` (5) [out-of-range] at /States/A/HeartbeatSeconds (a heartbeat that late could never be missed)
    "#]],
    );
    check_state(
        &task(r#""TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t""#),
        expect![[r#"
        3:108: `TimeoutSeconds` and `TimeoutSecondsPath` exclude each other [exclusive-fields] at /States/A/TimeoutSecondsPath (keep one of them)
    "#]],
    );
    check_state(
        &task(r#""HeartbeatSecondsPath": "$.t", "HeartbeatSeconds": 5"#),
        expect![[r#"
        3:118: `HeartbeatSeconds` and `HeartbeatSecondsPath` exclude each other [exclusive-fields] at /States/A/HeartbeatSeconds (keep one of them)
    "#]],
    );
    check_state(
        &task(r#""TimeoutSecondsPath": "$.t[*]""#),
        expect![[r#"
        3:109: `TimeoutSecondsPath` must name exactly one place, and `$.t[*]` does not [bad-path] at /States/A/TimeoutSecondsPath (write a path of names and indexes: `$.order.lines[0]`)
    "#]],
    );
    check_state(
        &task(r#""TimeoutSecondsPath": 5"#),
        expect![[r#"
        3:109: `TimeoutSecondsPath` must be a string, found `5` [wrong-type] at /States/A/TimeoutSecondsPath (write a string)
    "#]],
    );
}

#[test]
fn a_wait_says_until_when_once() {
    check_taken(&[
        r#"{"Type": "Wait", "Seconds": 0, "End": true}"#,
        r#"{"Type": "Wait", "Seconds": 99999999, "End": true}"#,
        r#"{"Type": "Wait", "SecondsPath": "$.s", "End": true}"#,
        r#"{"Type": "Wait", "Timestamp": "2026-11-22T17:06:00Z", "End": true}"#,
        r#"{"Type": "Wait", "TimestampPath": "$.t", "InputPath": "$.a", "OutputPath": null, "End": true}"#,
    ]);
    check_state(
        r#"{"Type": "Wait", "End": true}"#,
        expect![[r#"
        3:1: a Wait state needs `Seconds`, `SecondsPath`, `Timestamp` or `TimestampPath` [missing-field] at /States/A (say until when: `"Seconds": 60`)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "TimestampPath": "$.t", "Seconds": 1, "SecondsPath": "$.s", "End": true}"#,
        expect![[r#"
        3:42: `TimestampPath` and `Seconds` exclude each other [exclusive-fields] at /States/A/Seconds (keep one of them)
        3:56: `TimestampPath` and `SecondsPath` exclude each other [exclusive-fields] at /States/A/SecondsPath (keep one of them)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": -1, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` cannot be `-1` [out-of-range] at /States/A/Seconds (write a whole number from 0 to 99999999)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Seconds": 100000000, "End": true}"#,
        expect![[r#"
        3:29: `Seconds` cannot be `100000000` [out-of-range] at /States/A/Seconds (write a whole number from 0 to 99999999)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "Timestamp": "2026-11-22 17:06:00", "End": true}"#,
        expect![[r#"
        3:31: `2026-11-22 17:06:00` is no RFC 3339 timestamp [bad-timestamp] at /States/A/Timestamp (write it with `T` and `Z` or an offset: `2026-11-22T17:06:00Z`)
    "#]],
    );
    check_state(
        r#"{"Type": "Wait", "SecondsPath": "s", "ResultPath": "$", "End": true}"#,
        expect![[r#"
            3:34: a path begins with `$`, not with `s` [bad-path] at /States/A/SecondsPath (write a path such as `$.order.id` or `$$.Execution.Id`)
            3:38: a Wait state has no field `ResultPath` [unknown-field] at /States/A/ResultPath (`ResultPath` is a field of Task, Parallel, Map and Pass states and of catchers)
        "#]],
    );
}

#[test]
fn a_parallel_has_branches() {
    let parallel = |branches: &str| format!(r#"{{"Type": "Parallel", "Branches": {branches}, "End": true}}"#);
    check_taken(&[&parallel(r#"[{"Comment": "b", "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]"#)]);
    check_state(
        r#"{"Type": "Parallel", "End": true}"#,
        expect![[r#"
        3:1: a Parallel state needs the field `Branches` [missing-field] at /States/A (write the flows that run beside each other: `[{ "StartAt": ..., "States": ... }]`)
    "#]],
    );
    check_state(
        &parallel("[]"),
        expect![[r#"
        3:34: `Branches` must not be empty [empty] at /States/A/Branches (write the flows that run beside each other: `[{ "StartAt": ..., "States": ... }]`)
    "#]],
    );
    check_state(
        &parallel("{}"),
        expect![[r#"
        3:34: `Branches` must be an array of branches, found an object [wrong-type] at /States/A/Branches (write an array of branches)
    "#]],
    );
    check_state(
        &parallel("[1, {}]"),
        expect![[r#"
        3:35: a branch must be an object, found a number [wrong-type] at /States/A/Branches/0 (write `{ ... }`)
        3:38: a branch needs the field `StartAt` [missing-field] at /States/A/Branches/1 (name the state that is entered first)
        3:38: a branch needs the field `States` [missing-field] at /States/A/Branches/1 (write the states: `"States": { "Name": { "Type": ... } }`)
    "#]],
    );
    check_state(
        &parallel(
            r#"[{"StartAt": "B", "QueryLanguage": "JSONPath", "TimeoutSeconds": 1, "States": {"B": {"Type": "Succeed"}}}]"#,
        ),
        expect![[r#"
            3:52: a branch has no field `QueryLanguage` [unknown-field] at /States/A/Branches/0/QueryLanguage (`QueryLanguage` is a field of the machine and of states)
            3:81: a branch has no field `TimeoutSeconds` [unknown-field] at /States/A/Branches/0/TimeoutSeconds (`TimeoutSeconds` is a field of Task states, of the machine and of a `Compensation`)
        "#]],
    );
}

#[test]
fn a_map_has_a_processor() {
    let flow = r#""StartAt": "B", "States": {"B": {"Type": "Succeed"}}"#;
    let map = |fields: &str| format!(r#"{{"Type": "Map", {fields}, "End": true}}"#);
    check_taken(&[
        &map(&format!(r#""ItemProcessor": {{{flow}}}"#)),
        &map(&format!(r#""Iterator": {{{flow}}}"#)),
        &map(&format!(r#""ItemProcessor": {{"ProcessorConfig": {{"Mode": "INLINE"}}, {flow}}}"#)),
        &map(&format!(r#""ItemProcessor": {{"ProcessorConfig": {{}}, "Comment": "c", {flow}}}"#)),
    ]);
    check_state(
        r#"{"Type": "Map", "End": true}"#,
        expect![[r#"
        3:1: a Map state needs the field `ItemProcessor` [missing-field] at /States/A (write the flow that each item runs through: `{ "StartAt": ..., "States": ... }`)
    "#]],
    );
    check_state(
        &map(&format!(r#""ItemProcessor": {{{flow}}}, "Iterator": {{"StartAt": "C", "States": {{}}}}"#)),
        expect![[r#"
        3:90: `ItemProcessor` and `Iterator` exclude each other [exclusive-fields] at /States/A/Iterator (keep one of them)
    "#]],
    );
    check_state(
        &map(&format!(r#""ItemReader": {{}}, "Label": "x", "ItemProcessor": {{{flow}}}"#)),
        expect![[r#"
        3:17: an inline Map has no `ItemReader` [exclusive-fields] at /States/A/ItemReader (write `"ProcessorConfig": { "Mode": "DISTRIBUTED" }` into its `ItemProcessor`)
        3:35: an inline Map has no `Label` [exclusive-fields] at /States/A/Label (write `"ProcessorConfig": { "Mode": "DISTRIBUTED" }` into its `ItemProcessor`)
    "#]],
    );
    check_state(
        &map(&format!(r#""ItemProcessor": {{"ProcessorConfig": {{"Mode": "INLINE", "ExecutionType": "STANDARD"}}, {flow}}}"#)),
        expect![[r#"
            3:73: `ExecutionType` and `"Mode": "INLINE"` exclude each other [exclusive-fields] at /States/A/ItemProcessor/ProcessorConfig/ExecutionType (remove it: the iterations of an inline Map have no executions of their own)
        "#]],
    );
    check_state(
        &map(&format!(r#""ItemProcessor": {{"ProcessorConfig": {{"Mode": "inline", "Modus": 1}}, {flow}}}"#)),
        expect![[r#"
            3:63: `Mode` cannot be `inline` [bad-value] at /States/A/ItemProcessor/ProcessorConfig/Mode (write one of `INLINE`, `DISTRIBUTED`)
            3:73: a `ProcessorConfig` has no field `Modus` [unknown-field] at /States/A/ItemProcessor/ProcessorConfig/Modus (did you mean `Mode`?)
        "#]],
    );
}

#[test]
fn a_distributed_map_reads_batches_and_writes() {
    let flow = r#""StartAt": "B", "States": {"B": {"Type": "Succeed"}}"#;
    let map = |fields: &str| {
        let config = r#""ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}"#;
        format!(r#"{{"Type": "Map", "ItemProcessor": {{{config}, {flow}}}, {fields}, "End": true}}"#)
    };
    let reader = |fields: &str| map(&format!(r#""ItemReader": {{"Resource": "arn:aws:states:::s3:getObject", {fields}}}"#));
    check_taken(&[
        &map(r#""Label": "Orders-1""#),
        &reader(r#""Parameters": {"Bucket": "b", "Key.$": "$.key"}"#),
        &reader(r#""Parameters": {}, "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/a", "MaxItemsPath": "$.most"}"#),
        &reader(
            r#""ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"], "CSVDelimiter": "TAB"}"#,
        ),
        &map(r#""ItemReader": {"Resource": "arn:aws-cn:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}"#),
        &map(r#""ItemBatcher": {"MaxItemsPerBatch": 10, "BatchInput": {"a.$": "$.b"}}"#),
        &map(r#""ItemBatcher": {"MaxInputBytesPerBatchPath": "$.bytes"}"#),
        &map(r#""ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}"#),
        &map(r#""ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}"#),
    ]);
    for (fields, found) in [
        (r#""Label": "a b""#, "`a b` is no label [bad-value]"),
        (r#""Label": "0123456789012345678901234567890123456789x""#, "is no label [bad-value]"),
        (r#""ItemReader": {}"#, "needs the field `Resource` [missing-field]"),
        (r#""ItemReader": {"Resource": "arn:aws:states:::dynamodb:query"}"#, "[unsupported-resource]"),
        (r#""ItemBatcher": {}"#, "an `ItemBatcher` needs a bound of its batches [missing-field]"),
        (r#""ItemBatcher": {"MaxItemsPerBatch": 0}"#, "`MaxItemsPerBatch` cannot be `0` [out-of-range]"),
        (r#""ResultWriter": {}"#, "needs `Resource` and `Parameters`, or `WriterConfig` [missing-field]"),
        (r#""ResultWriter": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {}}"#, "[unsupported-resource]"),
    ] {
        let text = super::report(&super::machine(&map(fields)));
        assert!(text.contains(found), "{fields}: {text}");
    }
    let text = super::report(&super::machine(&reader(r#""ReaderConfig": {"CSVHeaderLocation": "GIVEN"}"#)));
    assert!(text.contains("`GIVEN` needs the field `CSVHeaders` [missing-field]"), "{text}");
}

#[test]
fn a_map_says_what_it_iterates_over() {
    let map = |fields: &str| {
        format!(
            r#"{{"Type": "Map", "ItemProcessor": {{"StartAt": "B", "States": {{"B": {{"Type": "Succeed"}}}}}}, {fields}, "End": true}}"#
        )
    };
    check_taken(&[
        &map(r#""ItemsPath": "$.items", "ItemSelector": {"item.$": "$$.Map.Item.Value"}, "MaxConcurrency": 0"#),
        &map(r#""Parameters": {"index.$": "$$.Map.Item.Index"}, "MaxConcurrency": 9223372036854775807"#),
        &map(r#""MaxConcurrencyPath": "$.m", "ToleratedFailureCountPath": "$.c", "ToleratedFailurePercentagePath": "$.p""#),
        &map(r#""ToleratedFailureCount": 0, "ToleratedFailurePercentage": 100"#),
        &map(
            r#""ItemsPath": "$$.Execution.Input.items", "ResultSelector": {"n.$": "$[0]"}, "ResultPath": "$.r", "Retry": [], "Catch": []"#,
        ),
    ]);
    check_state(
        &map(r#""ItemSelector": {}, "Parameters": {}"#),
        expect![[r#"
        3:110: `ItemSelector` and `Parameters` exclude each other [exclusive-fields] at /States/A/Parameters (keep one of them)
    "#]],
    );
    check_state(
        &map(r#""ItemsPath": "$.items[*]", "ItemSelector": [1]"#),
        expect![[r#"
        3:103: `ItemsPath` must name exactly one place, and `$.items[*]` does not [bad-path] at /States/A/ItemsPath (write a path of names and indexes: `$.order.lines[0]`)
        3:133: `ItemSelector` must be an object, found an array [wrong-type] at /States/A/ItemSelector (write an object)
    "#]],
    );
    check_state(
        &map(r#""MaxConcurrency": -1, "ToleratedFailureCount": -1, "ToleratedFailurePercentage": 101"#),
        expect![[r#"
            3:108: `MaxConcurrency` cannot be `-1` [out-of-range] at /States/A/MaxConcurrency (write a whole number of at least 0)
            3:137: `ToleratedFailureCount` cannot be `-1` [out-of-range] at /States/A/ToleratedFailureCount (write a whole number of at least 0)
            3:171: `ToleratedFailurePercentage` cannot be `101` [out-of-range] at /States/A/ToleratedFailurePercentage (write a whole number from 0 to 100)
        "#]],
    );
    check_state(
        &map(
            r#""MaxConcurrency": 1, "MaxConcurrencyPath": "$.m", "ToleratedFailureCountPath": "$.c", "ToleratedFailureCount": 1"#,
        ),
        expect![[r#"
            3:111: `MaxConcurrency` and `MaxConcurrencyPath` exclude each other [exclusive-fields] at /States/A/MaxConcurrencyPath (keep one of them)
            3:176: `ToleratedFailureCount` and `ToleratedFailureCountPath` exclude each other [exclusive-fields] at /States/A/ToleratedFailureCount (keep one of them)
        "#]],
    );
    check_state(
        &map(r#""TimeoutSeconds": 5"#),
        expect![[r#"
        3:90: a Map state has no field `TimeoutSeconds` [unknown-field] at /States/A/TimeoutSeconds (`TimeoutSeconds` is a field of Task states, of the machine and of a `Compensation`)
    "#]],
    );
}

#[test]
fn a_fail_says_what_failed_once() {
    check_taken(&[
        r#"{"Type": "Fail", "Error": "Declined", "Cause": "the card was declined"}"#,
        r#"{"Type": "Fail", "ErrorPath": "$.error", "CausePath": "States.Format('{} declined', $.card)"}"#,
        r#"{"Type": "Fail", "ErrorPath": "$$.State.Name"}"#,
    ]);
    check_state(
        r#"{"Type": "Fail", "Error": "a", "ErrorPath": "$.b", "CausePath": "$.c", "Cause": "d"}"#,
        expect![[r#"
        3:32: `Error` and `ErrorPath` exclude each other [exclusive-fields] at /States/A/ErrorPath (keep one of them)
        3:72: `Cause` and `CausePath` exclude each other [exclusive-fields] at /States/A/Cause (keep one of them)
    "#]],
    );
    check_state(
        r#"{"Type": "Fail", "Error": 1, "CausePath": "c", "InputPath": "$"}"#,
        expect![[r#"
        3:27: `Error` must be a string, found `1` [wrong-type] at /States/A/Error (write a string)
        3:44: a path begins with `$`, not with `c` [bad-path] at /States/A/CausePath (write a path such as `$.order.id` or `$$.Execution.Id`)
        3:48: a Fail state has no field `InputPath` [unknown-field] at /States/A/InputPath (`InputPath` is a field of states other than Fail)
    "#]],
    );
    check_state(
        r#"{"Type": "Fail", "Error": "$.error", "CausePath": "States.Formt('a')"}"#,
        expect![[r#"
        warning: 3:27: the value of `Error` looks like an expression, and is taken as written [missing-dollar] at /States/A/Error (to evaluate it write `ErrorPath`)
        3:52: unknown intrinsic function `States.Formt` [bad-intrinsic] at /States/A/CausePath (write a call such as `States.Format('order {}', $.id)`)
    "#]],
    );
}

#[test]
fn a_pass_has_a_result_of_any_kind() {
    check_taken(&[
        r#"{"Type": "Pass", "Result": null, "End": true}"#,
        r#"{"Type": "Pass", "Result": [1, "$.a"], "ResultPath": "$.a.b[0]", "End": true}"#,
        r#"{"Type": "Pass", "Parameters": {"a.$": "$.b"}, "ResultPath": null, "InputPath": null, "End": true}"#,
    ]);
    check_state(
        r#"{"Type": "Pass", "ResultSelector": {}, "End": true}"#,
        expect![[r#"
        3:18: a Pass state has no field `ResultSelector` [unknown-field] at /States/A/ResultSelector (`ResultSelector` is a field of Task, Parallel and Map states)
    "#]],
    );
}

#[test]
fn a_succeed_has_no_result() {
    check_taken(&[
        r#"{"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b", "Comment": "done", "QueryLanguage": "JSONPath"}"#,
    ]);
    check_state(
        r#"{"Type": "Succeed", "Result": 1}"#,
        expect![[r#"
        3:21: a Succeed state has no field `Result` [unknown-field] at /States/A/Result (`Result` is a field of Pass states)
    "#]],
    );
}
