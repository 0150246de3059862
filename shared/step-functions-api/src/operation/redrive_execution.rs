//! RedriveExecution: what failed or is parked goes on where it stands, under the same keys.

use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RedriveExecutionRequest {
    /// Its ARN: required.
    pub execution_arn: Option<String>,
    /// Not used: a redrive that is repeated while the execution runs is refused, which tells as much.
    pub client_token: Option<String>,
}

/// The redrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedriveExecutionResponse {
    /// When it was redriven.
    pub redrive_date: EpochSeconds,
}

impl Api<'_> {
    /// Redrives an execution.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, ExecutionNotRedrivable, ValidationException.
    pub async fn redrive_execution(&self, request: RedriveExecutionRequest) -> Result<RedriveExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        constraints.optional(member::CLIENT_TOKEN, request.client_token);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let redriven = self.coordinator.redrive(&execution_arn).await?;
        Ok(RedriveExecutionResponse { redrive_date: redriven.redriven_at.into() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{FAIL, PASS, System, WAIT};

    #[tokio::test]
    async fn a_failed_execution_is_redriven_and_counts_it() {
        let system = System::new();
        let arn = system.machine("order", FAIL).await;
        let execution = system.start(&arn, "one", "{}").await;
        system.advance_seconds(9);
        let answer = system.call("RedriveExecution", json!({"executionArn": execution, "clientToken": "t"})).await;
        assert_eq!(answer, json!({"redriveDate": 1_793_534_409.0}));
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        assert_eq!((&description["redriveCount"], &description["redriveDate"]), (&json!(1), &json!(1_793_534_409.0)));
        assert_eq!(description["status"], "FAILED", "it fails again");
        let history = system.call("GetExecutionHistory", json!({"executionArn": execution})).await;
        let redriven = history["events"].as_array().unwrap().iter().find(|event| event["type"] == "ExecutionRedriven").unwrap();
        assert_eq!(redriven["executionRedrivenEventDetails"], json!({"redriveCount": 1}));
    }

    #[tokio::test]
    async fn what_succeeded_or_runs_is_not_redrivable() {
        let system = System::new();
        for (definition, told) in [(PASS, "SUCCEEDED"), (WAIT, "RUNNING")] {
            let arn = system.machine(told, definition).await;
            let execution = system.start(&arn, "one", "{}").await;
            system.refused("RedriveExecution", json!({"executionArn": execution}), "ExecutionNotRedrivable", "").await;
        }
        let nobody = "arn:aws:states:us-east-1:123456789012:execution:order:nobody";
        system.refused("RedriveExecution", json!({"executionArn": nobody}), "ExecutionDoesNotExist", nobody).await;
        system.refused("RedriveExecution", json!({"executionArn": "one"}), "InvalidArn", "").await;
        let request = json!({"executionArn": nobody, "clientToken": "t".repeat(65)});
        system.refused("RedriveExecution", request, "ValidationException", "less than or equal to 64").await;
    }
}
