//! StopExecution: committed, then answered. An execution that owes something unwinds first, and is RUNNING until then.

use coordinator::StopRequest;
use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which execution, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StopExecutionRequest {
    /// Its ARN: required.
    pub execution_arn: Option<String>,
    /// The error that it ends with.
    pub error: Option<String>,
    /// The cause that it ends with.
    pub cause: Option<String>,
}

/// The stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StopExecutionResponse {
    /// When it was stopped, or had ended before.
    pub stop_date: EpochSeconds,
}

impl Api<'_> {
    /// Stops an execution; one that has ended stays as it is, and the call succeeds.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, ValidationException.
    pub async fn stop_execution(&self, request: StopExecutionRequest) -> Result<StopExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        let error = constraints.optional(member::ERROR, request.error);
        let cause = constraints.optional(member::CAUSE, request.cause);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let stopped = self.coordinator.stop(StopRequest { execution_arn, error, cause }).await?;
        Ok(StopExecutionResponse { stop_date: stopped.stopped_at.into() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{System, TASK, WAIT};

    #[tokio::test]
    async fn a_stopped_execution_is_aborted_with_what_was_said() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let execution = system.start(&arn, "one", "{}").await;
        system.advance_seconds(2);
        let stop = json!({"executionArn": execution, "error": "Because", "cause": "of this"});
        let answer = system.call("StopExecution", stop).await;
        assert_eq!(answer, json!({"stopDate": 1_793_534_402.0}));
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        for (member, value) in [("status", "ABORTED"), ("error", "Because"), ("cause", "of this")] {
            assert_eq!(description[member], value);
        }
        system.advance_seconds(2);
        assert_eq!(system.call("StopExecution", json!({"executionArn": execution})).await, answer, "stopped once");
    }

    #[tokio::test]
    async fn what_owes_something_unwinds_before_it_is_aborted() {
        let system = System::new();
        let arn = system.machine("order", TASK).await;
        let execution = system.start(&arn, "one", "{}").await;
        system.call("StopExecution", json!({"executionArn": execution})).await;
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        assert_eq!((&description["status"], &description["compensation"]["unwinding"]), (&json!("RUNNING"), &json!(true)));
    }

    #[tokio::test]
    async fn what_cannot_be_stopped_is_refused() {
        let (system, nobody) = (System::new(), "arn:aws:states:us-east-1:123456789012:execution:order:nobody");
        system.refused("StopExecution", json!({"executionArn": nobody}), "ExecutionDoesNotExist", nobody).await;
        system.refused("StopExecution", json!({"executionArn": "one"}), "InvalidArn", "").await;
        let long = json!({"executionArn": nobody, "error": "e".repeat(257), "cause": "c".repeat(32_769)});
        system.refused("StopExecution", long, "ValidationException", "2 validation errors detected").await;
    }
}
