//! RedriveExecution: what failed or is parked goes on where it stands, under the same keys.

use coordinator::RedriveError;
use serde::{Deserialize, Serialize};
use store::{Condition, ItemKey, Write};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member, record};

/// Which execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RedriveExecutionRequest {
    /// Its ARN: required.
    pub execution_arn: Option<String>,
    /// Names this redrive: repeated with the same token within a day, it is answered as done and not done again.
    pub client_token: Option<String>,
}

/// The redrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RedriveExecutionResponse {
    /// When it was redriven.
    pub redrive_date: EpochSeconds,
}

/// How long a client's token is remembered.
const TOKEN_SECONDS: u64 = 86_400;

/// A redrive that was asked for by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct AskedRedrive {
    /// How often the execution had been redriven.
    redrive_count: u32,
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
        let client_token = constraints.optional(member::CLIENT_TOKEN, request.client_token);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let token_key = client_token.map(|token| record::key("redrives", &execution_arn, &token));
        if let Some(key) = &token_key
            && let Some(redrive_date) = self.redriven_before(&execution_arn, key).await?
        {
            return Ok(RedriveExecutionResponse { redrive_date });
        }
        let redriven = match (self.coordinator.redrive(&execution_arn).await, token_key) {
            (Err(refusal @ RedriveError::NotRedrivable(_)), Some(key)) => {
                // What was refused is not done by somebody else's redrive.
                self.write(&[Write::Delete { key, condition: Condition::Always }]).await?;
                return Err(refusal.into());
            }
            (redriven, _) => redriven?,
        };
        Ok(RedriveExecutionResponse { redrive_date: redriven.redriven_at.into() })
    }

    /// When the redrive with this token was done; none if it was not. The token is kept before, with what was there before: so a redrive whose
    /// answer was lost is recognized, and one that was not done is not taken for done.
    async fn redriven_before(&self, execution_arn: &str, key: &ItemKey) -> Result<Option<EpochSeconds>, ApiError> {
        let description = self.coordinator.describe(execution_arn).await?;
        if let Some(asked) = self.record::<AskedRedrive>(key).await? {
            let done = description.redrive_count > asked.value.redrive_count;
            return Ok(description.redriven_at.filter(|_| done).map(EpochSeconds));
        }
        let asked = AskedRedrive { redrive_count: description.redrive_count };
        let until = self.now().plus_seconds(TOKEN_SECONDS);
        // Somebody else asked with the same token in between: the redrive itself decides who is first.
        self.write(&[record::put_until(key.clone(), &asked, Condition::Absent, Some(until))?]).await?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{FAIL, PASS, System, WAIT};

    #[tokio::test]
    async fn a_redrive_that_is_repeated_with_its_token_is_done_once() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let execution = system.start(&arn, "one", "{}").await;
        let redrive = |token: &str| json!({"executionArn": execution, "clientToken": token});
        system.refused("RedriveExecution", redrive("early"), "ExecutionNotRedrivable", "RUNNING").await;
        system.call("StopExecution", json!({"executionArn": execution})).await;
        let first = system.call("RedriveExecution", redrive("a")).await;
        system.advance_seconds(5);
        assert_eq!(system.call("RedriveExecution", redrive("a")).await, first);
        system.refused("RedriveExecution", redrive("b"), "ExecutionNotRedrivable", "RUNNING").await;
        system.call("StopExecution", json!({"executionArn": execution})).await;
        let later = system.call("RedriveExecution", redrive("b")).await;
        assert_ne!(later, first, "what was refused before was not done");
        let described = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        assert_eq!(described["redriveCount"], 2);
    }

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
