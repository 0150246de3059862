//! GetActivityTask: a worker asks for work, for a minute. Whoever is answered a task has it; no other worker is given the same attempt.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, arn, member};

/// How long a poll waits for a task (GetActivityTask in the API Reference).
const POLL_MILLIS: i64 = 60_000;
/// The pause before the store is asked again: doubled from the first to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(20);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// Which activity, and who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetActivityTaskRequest {
    /// The activity: required.
    pub activity_arn: Option<String>,
    /// The worker's name, for the history.
    pub worker_name: Option<String>,
}

/// A task, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetActivityTaskResponse {
    /// The token to answer the task by; null if there is no task.
    pub task_token: Option<String>,
    /// The task's input: JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Arc<str>>,
}

impl Api<'_> {
    /// Waits for a task of an activity, for a minute.
    ///
    /// # Errors
    ///
    /// InvalidArn, ActivityDoesNotExist, ValidationException.
    pub async fn get_activity_task(&self, request: GetActivityTaskRequest) -> Result<GetActivityTaskResponse, ApiError> {
        let mut constraints = Constraints::default();
        let activity_arn = constraints.required(member::ACTIVITY_ARN, request.activity_arn);
        let worker_name = constraints.optional(member::WORKER_NAME, request.worker_name);
        constraints.check()?;
        arn::check(&activity_arn, Kind::Activity)?;
        self.activity(&activity_arn).await?;
        let clock = &self.coordinator.ports().clock;
        let until = clock.now_millis().saturating_add(POLL_MILLIS);
        let mut pause = PAUSE_MIN;
        loop {
            if let Some(task) = self.coordinator.take_activity_task(&activity_arn, worker_name.as_deref()).await? {
                return Ok(GetActivityTaskResponse { task_token: Some(task.token.to_string()), input: Some(task.input) });
            }
            if clock.now_millis() >= until || self.is_stopping() {
                return Ok(GetActivityTaskResponse { task_token: None, input: None });
            }
            clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use serde_json::{Value, json};

    use crate::tests::System;

    const ARN: &str = "arn:aws:states:us-east-1:123456789012:activity:review";

    /// A task that has a minute once it was asked for, with a heartbeat each ten seconds, and is tried once more.
    const TASK: &str = r#"{"StartAt": "Review", "States": {"Review": {"Type": "Task", "End": true, "TimeoutSeconds": 60, "HeartbeatSeconds": 10,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:review", "InputPath": "$.order",
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]}}}"#;

    async fn started(system: &System, name: &str) -> Value {
        system.call("CreateActivity", json!({"name": "review"})).await;
        let machine = system.machine("orders", TASK).await;
        system.start(&machine, name, r#"{"order": {"id":7}}"#).await
    }

    async fn poll(system: &System) -> Value {
        system.call("GetActivityTask", json!({"activityArn": ARN, "workerName": "w-1"})).await
    }

    async fn events(system: &System, execution: &Value) -> Vec<Value> {
        let history = system.call("GetExecutionHistory", json!({"executionArn": execution})).await;
        history["events"].as_array().unwrap().clone()
    }

    fn types(events: &[Value]) -> Vec<&str> {
        events.iter().map(|event| event["type"].as_str().unwrap()).collect()
    }

    /// A poll that finds nothing, told not to wait.
    async fn poll_in_vain(system: &System) {
        let stopping = AtomicBool::new(true);
        let request = serde_json::from_value(json!({"activityArn": ARN})).unwrap();
        let answer = system.api().until(&stopping).get_activity_task(request).await.unwrap();
        assert_eq!(serde_json::to_value(&answer).unwrap(), json!({"taskToken": null}));
    }

    #[tokio::test]
    async fn a_worker_is_given_a_task_and_answers_it() {
        let system = System::new();
        let execution = started(&system, "one").await;
        let task = poll(&system).await;
        assert_eq!(task["input"], r#"{"id":7}"#);
        let answer = json!({"taskToken": task["taskToken"], "output": "{\"ok\":true}"});
        system.call("SendTaskSuccess", answer.clone()).await;
        let events = events(&system, &execution).await;
        let expected = [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ];
        assert_eq!(types(&events), expected);
        let scheduled = json!({
            "resource": ARN, "input": "{\"id\":7}", "inputDetails": {"truncated": false}, "timeoutInSeconds": 60, "heartbeatInSeconds": 10,
        });
        assert_eq!(events[2]["activityScheduledEventDetails"], scheduled);
        assert_eq!(events[3]["activityStartedEventDetails"], json!({"workerName": "w-1"}));
        assert_eq!((&events[3]["previousEventId"], &events[4]["previousEventId"]), (&json!(3), &json!(4)));
        assert_eq!(events[4]["activitySucceededEventDetails"]["output"], "{\"ok\":true}");
        system.refused("SendTaskSuccess", answer, "TaskTimedOut", "").await;
    }

    #[tokio::test]
    async fn a_task_is_given_to_one_worker_and_the_oldest_first() {
        let system = System::new();
        started(&system, "one").await;
        system.advance_seconds(1);
        started(&system, "two").await;
        let (first, second) = (poll(&system).await, poll(&system).await);
        assert_ne!(first["taskToken"], second["taskToken"]);
        poll_in_vain(&system).await;
        system.call("SendTaskSuccess", json!({"taskToken": first["taskToken"], "output": "1"})).await;
        let one = "arn:aws:states:us-east-1:123456789012:execution:orders:one";
        let described = system.call("DescribeExecution", json!({"executionArn": one})).await;
        assert_eq!(described["output"], "1", "the oldest was given first");
    }

    #[tokio::test]
    async fn time_begins_when_a_worker_asks_and_a_task_that_was_not_answered_is_to_be_had_again() {
        let system = System::new();
        let execution = started(&system, "one").await;
        system.advance_seconds(3_600);
        let lost = poll(&system).await["taskToken"].clone();
        system.advance_seconds(9);
        system.call("SendTaskHeartbeat", json!({"taskToken": lost})).await;
        system.advance_seconds(11);
        // The heartbeat stayed away: whatever comes next finds that out.
        system.refused("SendTaskSuccess", json!({"taskToken": lost, "output": "1"}), "TaskTimedOut", "").await;
        system.advance_seconds(2);
        system.hint(&execution).await;
        let again = poll(&system).await["taskToken"].clone();
        assert_ne!(again, lost);
        system.call("SendTaskFailure", json!({"taskToken": again, "error": "Broken", "cause": "by purpose"})).await;
        let events = events(&system, &execution).await;
        let expected = ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut", "ActivityScheduled", "ActivityStarted", "ActivityFailed"];
        assert_eq!(types(&events)[2..8], expected);
        assert_eq!(events[7]["activityFailedEventDetails"], json!({"error": "Broken", "cause": "by purpose"}));
        assert_eq!(types(&events).last(), Some(&"ExecutionFailed"));
    }

    #[tokio::test]
    async fn the_task_of_an_execution_that_was_stopped_is_given_to_nobody() {
        let system = System::new();
        let execution = started(&system, "one").await;
        system.call("StopExecution", json!({"executionArn": execution})).await;
        poll_in_vain(&system).await;
    }

    #[tokio::test]
    async fn only_an_activity_is_polled() {
        let system = System::new();
        let told = format!("Activity Does Not Exist: '{ARN}'");
        system.refused("GetActivityTask", json!({"activityArn": ARN}), "ActivityDoesNotExist", &told).await;
        system.refused("GetActivityTask", json!({"activityArn": "review"}), "InvalidArn", "prefix").await;
        let long = json!({"activityArn": ARN, "workerName": "w".repeat(81)});
        system.refused("GetActivityTask", long, "ValidationException", "'workerName'").await;
    }
}
