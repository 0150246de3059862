//! TestState as clients see it.

use serde_json::{Value, json};

use crate::tests::{ROLE, System};

const INVOKE: &str = r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
    "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "ResultSelector": {"answer.$": "$.Payload"}}"#;

async fn tested(request: Value) -> Value {
    System::new().call("TestState", request).await
}

#[tokio::test]
async fn a_mocked_task_is_inspected_step_by_step() {
    let mut request = json!({"definition": INVOKE, "input": "{\"a\": 1}", "mock": {"result": "{\"Payload\": 7}"}, "inspectionLevel": "DEBUG"});
    let expected = json!({
        "status": "SUCCEEDED",
        "output": "{\"answer\":7}",
        "inspectionData": {
            "input": "{\"a\": 1}",
            "afterInputPath": "{\"a\": 1}",
            "afterParameters": "{\"FunctionName\":\"f\",\"Payload\":{\"a\":1}}",
            "result": "{\"Payload\": 7}",
            "afterResultSelector": "{\"answer\":7}",
            "afterResultPath": "{\"answer\":7}",
        },
    });
    assert_eq!(tested(request.clone()).await, expected);
    request["inspectionLevel"] = json!("INFO");
    assert_eq!(tested(request).await, json!({"status": "SUCCEEDED", "output": "{\"answer\":7}"}));
}

#[tokio::test]
async fn the_context_object_is_what_was_given_or_that_of_an_express_execution() {
    let definition = r#"{"Type": "Pass", "Parameters": {"context.$": "$$"}, "End": true}"#;
    let given = json!({"definition": definition, "context": "{\"State\": {\"Name\": \"Mine\"}}"});
    assert_eq!(tested(given).await["output"], r#"{"context":{"State":{"Name":"Mine"}}}"#);
    let made = tested(json!({"definition": definition, "roleArn": ROLE, "input": "[1]"})).await;
    let made: Value = serde_json::from_str(made["output"].as_str().unwrap()).unwrap();
    let context = &made["context"];
    assert_eq!((&context["State"]["Name"], &context["State"]["RetryCount"]), (&json!("StateName"), &json!(0)));
    assert_eq!((&context["Execution"]["Input"], &context["Execution"]["RoleArn"]), (&json!([1]), &json!(ROLE)));
    let id = context["Execution"]["Id"].as_str().unwrap();
    assert!(id.starts_with("arn:aws:states:us-east-1:123456789012:express:"), "{id}");
}

#[tokio::test]
async fn a_state_inside_a_machine_is_tried_by_its_name() {
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor":
        {"StartAt": "I", "States": {"I": {"Type": "Pass", "Result": 1, "Next": "J"}, "J": {"Type": "Pass", "End": true}}}}}}"#;
    let answer = tested(json!({"definition": definition, "stateName": "I"})).await;
    assert_eq!(answer, json!({"status": "SUCCEEDED", "output": "1", "nextState": "J"}));
    let request = json!({"definition": definition, "stateName": "K"});
    System::new().refused("TestState", request, "ValidationException", "State not found in definition").await;
}

#[tokio::test]
async fn variables_are_seen_and_assigned() {
    let definition = r#"{"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $n %}", "Assign": {"m": "{% $n + 1 %}"}, "End": true}"#;
    let request = json!({"definition": definition, "variables": "{\"n\": 2}", "inspectionLevel": "TRACE"});
    let answer = tested(request).await;
    assert_eq!((&answer["output"], &answer["inspectionData"]["variables"]), (&json!("2"), &json!("{\"m\":3}")));
}

#[tokio::test]
async fn failures_tell_who_would_take_them() {
    let definition = r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true,
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 3}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Elsewhere"}]}"#;
    let request = |retried: u64| {
        json!({"definition": definition, "mock": {"errorOutput": {"error": "Busy", "cause": "c"}}, "inspectionLevel": "DEBUG",
               "stateConfiguration": {"retrierRetryCount": retried}})
    };
    let answer = tested(request(1)).await;
    assert_eq!((&answer["status"], &answer["error"], answer.get("output")), (&json!("RETRIABLE"), &json!("Busy"), None));
    assert_eq!(answer["inspectionData"]["errorDetails"], json!({"retryIndex": 0, "retryBackoffIntervalSeconds": 3}));
    let answer = tested(request(2)).await;
    assert_eq!((&answer["status"], &answer["nextState"]), (&json!("CAUGHT_ERROR"), &json!("Elsewhere")));
    assert_eq!(answer["inspectionData"]["errorDetails"], json!({"catchIndex": 0, "retryIndex": 0}));
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused_in_the_words_of_aws() {
    let parallel = r#"{"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
        {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}"#;
    let fail = r#"{"Type": "Fail"}"#;
    let context = |what: &str| format!("Invalid Context object provided: {what}");
    let task = context("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern");
    let map = context("'Map' field is not supported when mocking a Context object");
    let mine = context("Field 'Mine' is not allowed");
    for (request, error, message) in [
        (json!({}), "ValidationException", "'definition'"),
        (json!({"definition": INVOKE}), "ValidationException", "RoleArn must be specified when testing a Task state"),
        (json!({"definition": INVOKE, "mock": {"result": "1", "errorOutput": {}}}), "ValidationException", "A test mock should have only one of the following fields: [result, errorOutput]."),
        (json!({"definition": INVOKE, "mock": {"result": "{\"StatusCode\": \"200\"}"}}), "ValidationException", "Mock result schema validation error: Field 'StatusCode' must be a number"),
        (json!({"definition": INVOKE, "mock": {"fieldValidationMode": "SOME"}}), "ValidationException", "[STRICT, PRESENT, NONE]"),
        (json!({"definition": fail, "mock": {"result": "1"}}), "ValidationException", "State type 'Fail' is not supported when a mock is specified"),
        (json!({"definition": parallel}), "InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"),
        (json!({"definition": parallel, "mock": {"result": "{}"}}), "ValidationException", "Mocked result must be an array."),
        (json!({"definition": parallel, "mock": {"result": "[1]"}}), "ValidationException", "Mocked result must contain the same number of items as number of Parallel branches."),
        (json!({"definition": fail, "context": "{\"Map\": {}}"}), "ValidationException", map.as_str()),
        (json!({"definition": fail, "context": "{\"Mine\": 1}"}), "ValidationException", mine.as_str()),
        (json!({"definition": fail, "context": "{\"Task\": {\"Token\": \"t\"}}"}), "ValidationException", task.as_str()),
        (json!({"definition": "{"}), "InvalidDefinition", "INVALID_JSON_DESCRIPTION"),
        (json!({"definition": r#"{"Type": "Pass"}"#}), "InvalidDefinition", "SCHEMA_VALIDATION_FAILED"),
        (json!({"definition": fail, "input": "{"}), "InvalidExecutionInput", ""),
        (json!({"definition": fail, "inspectionLevel": "ALL"}), "ValidationException", "[INFO, DEBUG, TRACE]"),
    ] {
        System::new().refused("TestState", request, error, message).await;
    }
}

#[tokio::test]
async fn a_mistake_is_told_at_its_place_in_the_state() {
    let request = json!({"definition": "{\"Type\": \"Pass\",\n  \"Nxt\": \"A\", \"End\": true}"});
    System::new().refused("TestState", request, "InvalidDefinition", "[unknown-field, line 2, column 3] at /Nxt").await;
}

#[tokio::test]
async fn a_task_that_is_not_mocked_is_carried_out() {
    let mut definition: Value = serde_json::from_str(INVOKE).unwrap();
    // A function whose requests can be published nowhere: its task fails at once.
    definition["Parameters"]["FunctionName"] = json!("nobody");
    let answer = tested(json!({"definition": definition.to_string(), "roleArn": ROLE})).await;
    assert_eq!((&answer["status"], &answer["error"]), (&json!("FAILED"), &json!("Lambda.ResourceNotFoundException")));
}
