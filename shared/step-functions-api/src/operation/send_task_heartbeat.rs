//! SendTaskHeartbeat: a task that waits for an answer is still being worked on.

use serde::Deserialize;

use super::Empty;
use crate::constraints::Constraints;
use crate::{Api, ApiError, member};

/// Which task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SendTaskHeartbeatRequest {
    /// The task's token: required.
    pub task_token: Option<String>,
}

impl Api<'_> {
    /// Notes that a task was heard of.
    ///
    /// # Errors
    ///
    /// InvalidToken, TaskTimedOut (its deadline has passed, or it was answered before), TaskDoesNotExist, ValidationException.
    pub async fn send_task_heartbeat(&self, request: SendTaskHeartbeatRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let token = constraints.required(member::TASK_TOKEN, request.task_token);
        constraints.check()?;
        self.coordinator.send_task_heartbeat(&token).await?;
        Ok(Empty {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::System;

    #[tokio::test]
    async fn a_task_that_is_heard_of_may_take_longer_than_its_heartbeat() {
        let system = System::new();
        let (_, token) = system.waiting_task().await;
        for _ in 0..3 {
            system.advance_seconds(40);
            assert_eq!(system.call("SendTaskHeartbeat", json!({"taskToken": token})).await, json!({}));
        }
        system.call("SendTaskSuccess", json!({"taskToken": token, "output": "1"})).await;
        system.refused("SendTaskHeartbeat", json!({"taskToken": token}), "TaskTimedOut", "").await;
    }

    #[tokio::test]
    async fn a_task_that_was_not_heard_of_has_timed_out() {
        let system = System::new();
        let (_, token) = system.waiting_task().await;
        system.advance_seconds(61);
        system.refused("SendTaskHeartbeat", json!({"taskToken": token}), "TaskTimedOut", "").await;
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        let system = System::new();
        let (_, token) = system.waiting_task().await;
        for (request, error) in [
            (json!({}), "ValidationException"),
            (json!({"taskToken": "no-token-of-ours"}), "InvalidToken"),
            (json!({"taskToken": System::forged(&token)}), "InvalidToken"),
            (json!({"taskToken": System::of_nobody(&token)}), "TaskDoesNotExist"),
        ] {
            system.refused("SendTaskHeartbeat", request, error, "").await;
        }
    }
}
