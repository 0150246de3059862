//! Backstep's extension: `Compensation`, `Refusals`, `Pivot`, `Compensate`.

use expect_test::expect;

use super::{check_state, check_taken, machine};
use crate::parse;
use crate::state::{Amount, Compensate, Compensation, StateKind};

const REFUND: &str = "arn:aws:lambda:us-east-1:123456789012:function:refund";

fn task(fields: &str) -> String {
    format!(r#"{{"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge", {fields}, "End": true}}"#)
}

fn inside(enclosing: &str, state: &str) -> String {
    let flow = format!(r#"{{"StartAt": "B", "States": {{"B": {state}, "C": {{"Type": "Succeed"}}}}}}"#);
    match enclosing {
        "Map" => format!(r#"{{"Type": "Map", "ItemProcessor": {flow}, "End": true}}"#),
        _ => format!(r#"{{"Type": "Parallel", "Branches": [{flow}], "End": true}}"#),
    }
}

#[test]
fn a_compensation_is_a_task_beside_the_task() {
    let compensation = format!(
        r#""Compensation": {{"Comment": "c", "Resource": "{REFUND}", "Parameters": {{"charge.$": "$.result.id"}}, "TimeoutSeconds": 30,
"Retry": [{{"ErrorEquals": ["States.ALL"], "MaxAttempts": 10}}]}}, "Refusals": ["Declined"]"#
    );
    let (definition, warnings) = parse(&machine(&task(&compensation))).unwrap();
    assert_eq!(warnings, []);
    assert!(definition.uses_compensation());
    let StateKind::Task(task) = &definition.states["A"].kind else { panic!("not a Task") };
    let Some(Compensation::Action(action)) = &task.compensation else { panic!("no action") };
    assert_eq!(action.resource.arn, REFUND);
    assert_eq!(action.timeout, Some(Amount::Literal(30)));
    assert_eq!(action.retry.as_ref().unwrap()[0].max_attempts, 10);
    assert!(action.parameters.is_some());
    assert_eq!(task.refusals, ["Declined"]);
}

#[test]
fn a_compensation_may_be_declared_to_be_none() {
    let (definition, _) = parse(&machine(&task(r#""Compensation": "None", "Pivot": true"#))).unwrap();
    let StateKind::Task(task) = &definition.states["A"].kind else { panic!("not a Task") };
    assert_eq!(task.compensation, Some(Compensation::Nothing));
    assert!(task.pivot);
}

#[test]
fn a_compensation_is_none_or_an_object_with_a_resource() {
    check_state(
        &task(r#""Compensation": "none""#),
        expect![[r#"
            3:103: `Compensation` cannot be `none` [bad-value] at /States/A/Compensation (write `None`)
        "#]],
    );
    check_state(
        &task(r#""Compensation": null"#),
        expect![[r#"
        3:103: `Compensation` must be an object or `"None"`, found null [wrong-type] at /States/A/Compensation (write an object or `"None"`)
    "#]],
    );
    check_state(
        &task(r#""Compensation": {}"#),
        expect![[r#"
        3:103: a compensation needs the field `Resource` [missing-field] at /States/A/Compensation (name the function that undoes the action)
    "#]],
    );
    check_state(
        &task(&format!(
            r#""Compensation": {{"Resource": "{REFUND}", "HeartbeatSeconds": 1, "Next": "A", "Catch": [], "Arguments": {{}}, "TimeoutSeconds": 0}}"#
        )),
        expect![[r#"
            3:173: a compensation has no field `HeartbeatSeconds` [unknown-field] at /States/A/Compensation/HeartbeatSeconds (`HeartbeatSeconds` is a field of Task states)
            3:196: a compensation has no field `Next` [unknown-field] at /States/A/Compensation/Next (`Next` is a field of states other than Choice, Succeed and Fail, of Choice rules and of catchers)
            3:209: a compensation has no field `Catch` [unknown-field] at /States/A/Compensation/Catch (`Catch` is a field of Task, Parallel and Map states)
            3:222: `Arguments` is a field of the JSONata query language, and a compensation is in JSONPath [jsonata-field] at /States/A/Compensation/Arguments (use `Parameters`)
            3:257: `TimeoutSeconds` cannot be `0` [out-of-range] at /States/A/Compensation/TimeoutSeconds (write a whole number from 1 to 99999999)
        "#]],
    );
    check_state(
        &task(&format!(
            r#""Compensation": {{"Resource": "{REFUND}", "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t", "Retry": [{{}}]}}"#
        )),
        expect![[r#"
            3:194: `TimeoutSeconds` and `TimeoutSecondsPath` exclude each other [exclusive-fields] at /States/A/Compensation/TimeoutSecondsPath (keep one of them)
            3:233: a retrier needs the field `ErrorEquals` [missing-field] at /States/A/Compensation/Retry/0 (name the errors after which to retry: `["States.ALL"]`)
        "#]],
    );
    check_state(
        &task(r#""Compensation": {"Resource": "arn:aws:states:::sqs:receiveMessage"}"#),
        expect![[r#"
            3:116: the resource `arn:aws:states:::sqs:receiveMessage` is not supported [unsupported-resource] at /States/A/Compensation/Resource (supported are a Lambda function's ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`), an activity's, and, as `arn:aws:states:::SERVICE:ACTION`: `lambda:invoke`, `sqs:sendMessage`, `sns:publish`, `events:putEvents`, `dynamodb:getItem`, `putItem`, `updateItem` and `deleteItem`, `states:startExecution`, `http:invoke`, and any action of a service as `aws-sdk:SERVICE:ACTION`)
        "#]],
    );
}

#[test]
fn a_compensation_by_lambda_invoke_says_which_function_and_waits_for_no_token() {
    check_taken(&[&task(
        r#""Compensation": {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "refund", "Payload.$": "$"}}"#,
    )]);
    check_state(
        &task(r#""Compensation": {"Resource": "arn:aws:states:::lambda:invoke"}"#),
        expect![[r#"
        3:103: `lambda:invoke` needs `Parameters` with `FunctionName` [missing-field] at /States/A/Compensation (write `"Parameters": { "FunctionName": "...", "Payload.$": "$" }`)
    "#]],
    );
    check_state(
        &task(r#""Compensation": {"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {}}"#),
        expect![[r#"
        3:164: `lambda:invoke` needs `FunctionName` in its `Parameters` [missing-field] at /States/A/Compensation/Parameters (write `"Parameters": { "FunctionName": "...", "Payload.$": "$" }`)
    "#]],
    );
    check_state(
        &task(
            r#""Compensation": {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f"}}"#,
        ),
        expect![[r#"
            3:116: a compensation cannot wait for a task token, or for another execution [callback-compensation] at /States/A/Compensation/Resource (write the resource without `.waitForTaskToken` or `.sync`, or the function's ARN)
        "#]],
    );
    check_state(
        &task(r#""Compensation": {"Resource": "arn:aws:states:us-east-1:123456789012:activity:refund"}"#),
        expect![[r#"
            3:116: a compensation cannot be an activity: nobody may ever ask for it [callback-compensation] at /States/A/Compensation/Resource (write the resource without `.waitForTaskToken` or `.sync`, or the function's ARN)
        "#]],
    );
}

#[test]
fn a_refusal_proves_that_there_was_no_effect() {
    check_state(
        &task(r#""Refusals": []"#),
        expect![[r#"
        3:99: `Refusals` must not be empty [empty] at /States/A/Refusals (name at least one error)
    "#]],
    );
    check_state(
        &task(r#""Refusals": "Declined""#),
        expect![[r#"
        3:99: `Refusals` must be an array of error names, found the string `Declined` [wrong-type] at /States/A/Refusals (write an array of error names)
    "#]],
    );
    check_state(
        &task(r#""Refusals": ["Declined", "States.ALL", "States.Timeout", "States.HeartbeatTimeout", "States.TaskFailed"]"#),
        expect![[r#"
            3:112: `States.ALL` does not prove that there was no effect [bad-refusal] at /States/A/Refusals/1 (name the errors by which the worker says that it did nothing)
            3:126: `States.Timeout` does not prove that there was no effect [bad-refusal] at /States/A/Refusals/2 (name the errors by which the worker says that it did nothing)
            3:144: `States.HeartbeatTimeout` does not prove that there was no effect [bad-refusal] at /States/A/Refusals/3 (name the errors by which the worker says that it did nothing)
            3:171: `States.TaskFailed` does not prove that there was no effect [bad-refusal] at /States/A/Refusals/4 (name the errors by which the worker says that it did nothing)
        "#]],
    );
}

#[test]
fn a_pivot_is_not_undone() {
    check_state(
        &task(&format!(r#""Pivot": true, "Compensation": {{"Resource": "{REFUND}"}}"#)),
        expect![[r#"
        3:102: a pivot has no compensation: after it the saga only goes forward [pivot-with-compensation] at /States/A/Compensation (remove `Pivot`, or write `"Compensation": "None"`)
    "#]],
    );
    check_state(
        &task(r#""Pivot": "true""#),
        expect![[r#"
        3:96: `Pivot` must be a boolean, found the string `true` [wrong-type] at /States/A/Pivot (remove the quotes)
    "#]],
    );
    check_taken(&[&task(&format!(r#""Pivot": false, "Compensation": {{"Resource": "{REFUND}"}}"#))]);
}

#[test]
fn a_pivot_stands_in_the_outermost_flow() {
    check_state(
        &inside("Parallel", &task(r#""Pivot": true"#).replace("\"End\": true", "\"Next\": \"C\"")),
        expect![[r#"
        3:154: a pivot cannot stand inside a Parallel [nested-pivot] at /States/A/Branches/0/States/B/Pivot (what runs beside it could still fail; put the pivot into the outermost flow)
    "#]],
    );
    check_state(
        &inside("Map", &task(r#""Pivot": true"#).replace("\"End\": true", "\"Next\": \"C\"")),
        expect![[r#"
        3:153: a pivot cannot stand inside a Map [nested-pivot] at /States/A/ItemProcessor/States/B/Pivot (what runs beside it could still fail; put the pivot into the outermost flow)
    "#]],
    );
}

#[test]
fn a_catcher_widens_or_suppresses_the_unwinding() {
    let catch = |compensate: &str| {
        task(&format!(r#""Catch": [{{"ErrorEquals": ["States.ALL"], "Compensate": {compensate}, "Next": "A"}}]"#))
    };
    let (definition, _) = parse(&machine(&catch("\"Execution\""))).unwrap();
    assert_eq!(definition.states["A"].catchers()[0].compensate, Some(Compensate::Execution));
    let (definition, _) = parse(&machine(&catch("\"None\""))).unwrap();
    assert_eq!(definition.states["A"].catchers()[0].compensate, Some(Compensate::Nothing));
    check_state(
        &catch("\"All\""),
        expect![[r#"
        3:143: `Compensate` cannot be `All` [bad-value] at /States/A/Catch/0/Compensate (write one of `Execution`, `None`)
    "#]],
    );
    check_state(
        &catch("true"),
        expect![[r#"
        3:143: `Compensate` must be a string, found a boolean [wrong-type] at /States/A/Catch/0/Compensate (write a string)
    "#]],
    );
}

#[test]
fn a_catcher_inside_a_parallel_or_a_map_cannot_unwind_the_execution() {
    let catch = |compensate: &str| {
        task(&format!(r#""Catch": [{{"ErrorEquals": ["States.ALL"], "Compensate": "{compensate}", "Next": "C"}}]"#))
    };
    check_state(
        &inside("Parallel", &catch("Execution")),
        expect![[r#"
        3:210: `"Compensate": "Execution"` cannot stand inside a Parallel: what runs beside it is not over [nested-compensate] at /States/A/Branches/0/States/B/Catch/0/Compensate (put it on a catcher of the Parallel state, or of a state after it)
    "#]],
    );
    check_state(
        &inside("Map", &catch("Execution")),
        expect![[r#"
        3:209: `"Compensate": "Execution"` cannot stand inside a Map: what runs beside it is not over [nested-compensate] at /States/A/ItemProcessor/States/B/Catch/0/Compensate (put it on a catcher of the Map state, or of a state after it)
    "#]],
    );
    check_taken(&[&inside("Map", &catch("None"))]);
    let on_the_map = inside("Map", r#"{"Type": "Pass", "Next": "C"}"#).replace(
        "\"Type\": \"Map\"",
        r#""Type": "Map", "Catch": [{"ErrorEquals": ["States.ALL"], "Compensate": "Execution", "Next": "A"}]"#,
    );
    check_taken(&[&on_the_map]);
}

#[test]
fn the_extension_belongs_to_tasks_and_catchers() {
    check_state(
        r#"{"Type": "Pass", "Compensation": "None", "Pivot": true, "Refusals": [], "Compensate": "None", "End": true}"#,
        expect![[r#"
            3:18: a Pass state has no field `Compensation` [unknown-field] at /States/A/Compensation (`Compensation` is a field of Task states)
            3:42: a Pass state has no field `Pivot` [unknown-field] at /States/A/Pivot (`Pivot` is a field of Task states)
            3:57: a Pass state has no field `Refusals` [unknown-field] at /States/A/Refusals (`Refusals` is a field of Task states)
            3:73: a Pass state has no field `Compensate` [unknown-field] at /States/A/Compensate (`Compensate` is a field of catchers)
        "#]],
    );
}
