//! Calls of services: who is asked, and what histories tell.

use serde_json::{Value, json};

use super::{Run, arn, failure, machine, not_published, success, task};
use crate::{ExecutionStatus, Message, Routes, TaskAnswer, TaskOutcome};

fn service(resource: &str, fields: Value) -> Value {
    let mut task = json!({ "Type": "Task", "Resource": format!("arn:aws:states:::{resource}") });
    task.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    task
}

/// A run that waits in front of its second state, in a system that has a dispatcher and a worker `own`.
fn dispatched(second: Value) -> Run {
    let states = json!({ "First": task("first", json!({ "Next": "Second" })), "Second": second });
    let mut run = Run::start(&machine(states), &json!({ "n": 1 }));
    run.route("own", 10);
    run.route(Routes::ANY, 900);
    let token = run.request("First").token;
    run.send(success(&token, json!({ "n": 2 })));
    run
}

#[track_caller]
fn check_asked(second: Value, function: &str, input: &Value) {
    let run = dispatched(second);
    assert_eq!((run.request("Second").function.as_str(), &run.input_of("Second")), (function, input));
}

#[test]
fn a_worker_of_ours_is_asked_by_its_name_and_any_other_function_by_its_arn() {
    check_asked(task("own", json!({ "End": true })), "own", &json!({ "n": 2 }));
    check_asked(task("other", json!({ "End": true })), &arn("other"), &json!({ "n": 2 }));
    let invoke =
        |name: &str| service("lambda:invoke", json!({ "Parameters": { "FunctionName": name, "Payload.$": "$" }, "End": true }));
    check_asked(invoke("own"), "own", &json!({ "n": 2 }));
    check_asked(invoke("other"), "lambda:invoke", &json!({ "FunctionName": "other", "Payload": { "n": 2 } }));
}

#[test]
fn a_service_is_asked_with_all_the_parameters() {
    let parameters = json!({ "TableName": "t", "Key": { "id": { "S": "1" } } });
    let second = service("aws-sdk:dynamodb:getItem", json!({ "Parameters": parameters, "End": true }));
    check_asked(second, "aws-sdk:dynamodb:getItem", &parameters);
    let parameters = json!({ "StateMachineArn": "arn" });
    let second = service("states:startExecution.sync:2", json!({ "Parameters": parameters, "End": true }));
    check_asked(second, "states:startExecution.sync:2", &parameters);
}

#[test]
fn what_a_worker_of_ours_answers_is_wrapped_and_what_the_dispatcher_answers_is_the_apis() {
    let invoke = |name: &str| service("lambda:invoke", json!({ "Parameters": { "FunctionName": name }, "End": true }));
    let mut run = dispatched(invoke("own"));
    run.succeed("Second", json!("done"));
    assert_eq!(run.output(), json!({ "ExecutedVersion": "$LATEST", "Payload": "done", "StatusCode": 200 }));
    let mut run = dispatched(invoke("other"));
    let whole = json!({ "ExecutedVersion": "7", "Payload": "done", "StatusCode": 200 });
    run.succeed("Second", whole.clone());
    assert_eq!(run.output(), whole);
}

#[test]
fn a_call_that_waits_for_its_token_is_submitted_first() {
    let parameters = json!({ "QueueUrl": "u", "MessageBody": { "token.$": "$$.Task.Token" } });
    let mut run = dispatched(service("sqs:sendMessage.waitForTaskToken", json!({ "Parameters": parameters, "End": true })));
    let request = run.request("Second");
    assert!(request.callback);
    run.succeed("Second", json!({ "MessageId": "m" }));
    assert_eq!(run.status(), ExecutionStatus::Running);
    let outcome = TaskOutcome::Succeeded { result: json!("answered") };
    run.send(Message::Answer(TaskAnswer { token: request.token, outcome, by_callback: true }));
    assert_eq!(run.output(), json!("answered"));
    let told: Vec<String> =
        run.events.iter().map(|event| event.kind.type_name()).filter(|name| name.starts_with("Task")).collect();
    let first = ["TaskStateEntered", "TaskStateExited"];
    let second = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited"];
    assert_eq!(told, [first.as_slice(), second.as_slice()].concat());
}

#[test]
fn histories_name_the_service_and_the_action_with_its_pattern() {
    let mut run = dispatched(service("sns:publish.waitForTaskToken", json!({ "Parameters": { "Message": "m" }, "End": true })));
    let token = run.request("Second").token;
    run.send(failure(&token, "SNS.NotFoundException", true));
    let tasks: Vec<Value> =
        run.events.iter().filter_map(|event| serde_json::to_value(&event.kind).unwrap().get("task").cloned()).collect();
    let task = json!({ "resource_type": "sns", "resource": "publish.waitForTaskToken" });
    assert_eq!(tasks, vec![task; 3]);
    assert_eq!((run.error(), run.count("TaskFailed")), ("SNS.NotFoundException", 1));
    let mut run = dispatched(service("sns:publish", json!({ "Parameters": { "Message": "m" }, "End": true })));
    not_published(&mut run, "Second", true);
    assert_eq!(run.count("TaskSubmitFailed"), 1);
}
