//! SendTaskFailure: a task that waits for an answer has failed. Committed, then acknowledged.

use serde::Deserialize;

use super::Empty;
use crate::constraints::Constraints;
use crate::{Api, ApiError, member};

/// Which task, and its failure.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendTaskFailureRequest {
    /// The task's token: required.
    pub task_token: Option<String>,
    /// Its error's name.
    pub error: Option<String>,
    /// What happened.
    pub cause: Option<String>,
}

impl Api<'_> {
    /// Fails a task.
    ///
    /// # Errors
    ///
    /// InvalidToken, TaskTimedOut (its deadline has passed, or it was answered before), TaskDoesNotExist, ValidationException.
    pub async fn send_task_failure(&self, request: SendTaskFailureRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let token = constraints.required(member::TASK_TOKEN, request.task_token);
        let error = constraints.optional(member::ERROR, request.error);
        let cause = constraints.optional(member::CAUSE, request.cause);
        constraints.check()?;
        self.coordinator.send_task_failure(&token, error, cause).await?;
        Ok(Empty {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::System;

    #[tokio::test]
    async fn a_waiting_task_fails_once_with_what_was_said() {
        let system = System::new();
        let (execution, token) = system.waiting_task().await;
        let failure = json!({"taskToken": token, "error": "Rejected", "cause": "too dear"});
        assert_eq!(system.call("SendTaskFailure", failure.clone()).await, json!({}));
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        for (member, value) in [("status", "FAILED"), ("error", "Rejected"), ("cause", "too dear")] {
            assert_eq!(description[member], value);
        }
        system.refused("SendTaskFailure", failure, "TaskTimedOut", "").await;
    }

    #[tokio::test]
    async fn what_is_no_failure_of_a_task_is_refused() {
        let system = System::new();
        let (_, token) = system.waiting_task().await;
        for (request, error) in [
            (json!({}), "ValidationException"),
            (json!({"taskToken": "no-token-of-ours"}), "InvalidToken"),
            (json!({"taskToken": token, "error": "e".repeat(257)}), "ValidationException"),
            (json!({"taskToken": token, "cause": "c".repeat(32_769)}), "ValidationException"),
            (json!({"taskToken": System::forged(&token)}), "InvalidToken"),
            (json!({"taskToken": System::of_nobody(&token)}), "TaskDoesNotExist"),
        ] {
            system.refused("SendTaskFailure", request, error, "").await;
        }
    }
}
