//! SendTaskSuccess: the answer to a task that waits for one. Committed, then acknowledged.

use serde::Deserialize;

use super::Empty;
use crate::constraints::Constraints;
use crate::{Api, ApiError, ErrorName, jackson, member};

/// Which task, and its result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendTaskSuccessRequest {
    /// The task's token: required.
    pub task_token: Option<String>,
    /// The result: JSON text, required.
    pub output: Option<String>,
}

impl Api<'_> {
    /// Answers a task.
    ///
    /// # Errors
    ///
    /// InvalidToken, InvalidOutput, TaskTimedOut (its deadline has passed, or it was answered before), TaskDoesNotExist, ValidationException.
    pub async fn send_task_success(&self, request: SendTaskSuccessRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let token = constraints.required(member::TASK_TOKEN, request.task_token);
        let output = constraints.required(member::OUTPUT, request.output);
        constraints.check()?;
        check_output(&output)?;
        self.coordinator.send_task_success(&token, &output).await?;
        Ok(Empty {})
    }
}

fn check_output(output: &str) -> Result<(), ApiError> {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(output);
    let Err(error) = parsed else { return Ok(()) };
    let reason = jackson::complaint(output).map_or_else(|| error.to_string(), |complaint| complaint.to_string());
    Err(ApiError::new(ErrorName::InvalidOutput, format!("Invalid Output: '{reason}'")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::System;

    #[tokio::test]
    async fn a_waiting_task_is_answered_once() {
        let system = System::new();
        let (execution, token) = system.waiting_task().await;
        let answer = json!({"taskToken": token, "output": r#"{"approved": true}"#});
        assert_eq!(system.call("SendTaskSuccess", answer.clone()).await, json!({}));
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        assert_eq!((&description["status"], &description["output"]), (&json!("SUCCEEDED"), &json!(r#"{"approved":true}"#)));
        system.refused("SendTaskSuccess", answer, "TaskTimedOut", "Task Timed Out: ").await;
    }

    #[tokio::test]
    async fn what_is_no_answer_is_refused_and_the_task_goes_on_waiting() {
        let system = System::new();
        let (execution, token) = system.waiting_task().await;
        for (request, error, message) in [
            (json!({"output": "{}"}), "ValidationException", "Value null at 'taskToken'"),
            (json!({"taskToken": token}), "ValidationException", "Value null at 'output'"),
            (json!({"taskToken": "no-token-of-ours", "output": "{}"}), "InvalidToken", "Invalid Token: 'Invalid token'"),
            (json!({"taskToken": token, "output": "not"}), "InvalidOutput", "Invalid Output: 'Unrecognized token 'not'"),
            (json!({"taskToken": System::forged(&token), "output": "{}"}), "InvalidToken", ""),
            (json!({"taskToken": System::of_nobody(&token), "output": "{}"}), "TaskDoesNotExist", ""),
        ] {
            system.refused("SendTaskSuccess", request, error, message).await;
        }
        assert_eq!(system.call("DescribeExecution", json!({"executionArn": execution})).await["status"], "RUNNING");
    }

    #[tokio::test]
    async fn an_answer_after_the_deadline_comes_too_late() {
        let system = System::new();
        let (_, token) = system.waiting_task().await;
        system.advance_seconds(601);
        system.refused("SendTaskSuccess", json!({"taskToken": token, "output": "{}"}), "TaskTimedOut", "").await;
    }
}
