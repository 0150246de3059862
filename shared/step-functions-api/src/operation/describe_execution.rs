//! DescribeExecution: the truth, from the journal. Unwinding is told in a member of our own, which clients that do not know it skip.

use std::sync::Arc;

use coordinator::{Description, OwedAction};
use interpreter::{Parked, StateFailure};
use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeExecutionRequest {
    /// Its ARN: required.
    pub execution_arn: Option<String>,
    /// `ALL_DATA`, which is the default, or `METADATA_ONLY`.
    pub included_data: Option<String>,
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeExecutionResponse {
    /// Its ARN.
    pub execution_arn: String,
    /// Its machine's ARN.
    pub state_machine_arn: String,
    /// The ARN of the version that it was started with, if it was started by that or by an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<String>,
    /// The ARN of the alias that it was started by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_alias_arn: Option<String>,
    /// The Map Run that it belongs to, if it is the execution of an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_run_arn: Option<String>,
    /// Its name.
    pub name: String,
    /// `RUNNING` until unwinding has ended; then `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: &'static str,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_date: Option<EpochSeconds>,
    /// Its input, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Arc<str>>,
    /// Whether its input is told.
    pub input_details: DataDetails,
    /// Its output, once it has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Arc<str>>,
    /// Whether its output is told, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_details: Option<DataDetails>,
    /// Its error, once it has ended in another way, and if that has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was redriven last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrive_date: Option<EpochSeconds>,
    /// `REDRIVABLE` or `NOT_REDRIVABLE`.
    pub redrive_status: &'static str,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrive_status_reason: Option<String>,
    /// Backstep: what it owes; absent where there is nothing to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compensation: Option<Compensation>,
}

/// Whether data is in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DataDetails {
    /// Whether it is.
    pub included: bool,
}

/// Where an execution stands with what it would have to undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Compensation {
    /// Whether it is unwinding now.
    pub unwinding: bool,
    /// Why it needs a person: `unwinding` if a compensation failed for good, `forward` if something failed after the pivot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parked: Option<Parked>,
    /// What is owed, in the order of the program.
    pub owed: Vec<Owed>,
}

/// An action that would be undone, or is not undone yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Owed {
    /// The action's state.
    pub state: String,
    /// The index of the Map iteration that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u64>,
    /// The action's idempotency key.
    pub key: String,
    /// Whether the action is known to have succeeded; otherwise it may have had an effect.
    pub succeeded: bool,
    /// The error for which its compensation was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The cause of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl From<OwedAction> for Owed {
    fn from(action: OwedAction) -> Self {
        let (error, cause) = told(action.given_up);
        let OwedAction { state, key, iteration, succeeded, .. } = action;
        Self { state, iteration, key: key.0, succeeded, error, cause }
    }
}

impl Api<'_> {
    /// Describes an execution.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, ValidationException.
    pub async fn describe_execution(&self, request: DescribeExecutionRequest) -> Result<DescribeExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        constraints.one_of("includedData", request.included_data.as_deref(), &["ALL_DATA", "METADATA_ONLY"]);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let description = self.coordinator.describe(&execution_arn).await?;
        Ok(described(description, request.included_data.as_deref() != Some("METADATA_ONLY")))
    }
}

fn described(description: Description, included: bool) -> DescribeExecutionResponse {
    let details = DataDetails { included };
    let compensation = compensation(&description);
    let (error, cause) = told(description.failure);
    DescribeExecutionResponse {
        state_machine_arn: description.identity.state_machine_arn(),
        map_run_arn: description.identity.map_run_arn().map(str::to_owned),
        execution_arn: description.identity.arn,
        state_machine_version_arn: description.identity.version_arn,
        state_machine_alias_arn: description.identity.alias_arn,
        name: description.identity.name,
        status: description.status.as_str(),
        start_date: description.started_at.into(),
        stop_date: description.closed_at.map(EpochSeconds),
        input: included.then_some(description.input),
        input_details: details,
        output_details: description.output.is_some().then_some(details),
        output: description.output.filter(|_| included),
        error,
        cause,
        redrive_count: description.redrive_count,
        redrive_date: description.redriven_at.map(EpochSeconds),
        redrive_status: if description.not_redrivable.is_none() { "REDRIVABLE" } else { "NOT_REDRIVABLE" },
        redrive_status_reason: description.not_redrivable,
        compensation,
    }
}

fn compensation(description: &Description) -> Option<Compensation> {
    let Description { unwinding, parked, owed, .. } = description;
    let something = *unwinding || parked.is_some() || !owed.is_empty();
    let owed = owed.iter().cloned().map(Owed::from).collect();
    something.then_some(Compensation { unwinding: *unwinding, parked: *parked, owed })
}

/// A failure as the API tells it: an error without a name is absent.
pub(crate) fn told(failure: Option<StateFailure>) -> (Option<String>, Option<String>) {
    let failure = failure.map(|failure| failure.reported());
    let error = failure.as_ref().map(|failure| failure.error.clone()).filter(|error| !error.is_empty());
    (error, failure.and_then(|failure| failure.cause))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{FAIL, PASS, System, TASK, WAIT};

    async fn described(system: &System, definition: &str) -> Value {
        let arn = system.machine("order", definition).await;
        let execution = system.start(&arn, "one", "{\"a\": 1}").await;
        system.call("DescribeExecution", json!({"executionArn": execution})).await
    }

    #[tokio::test]
    async fn a_succeeded_execution_is_described_with_its_output() {
        assert_eq!(
            described(&System::new(), PASS).await,
            json!({
                "executionArn": "arn:aws:states:us-east-1:123456789012:execution:order:one",
                "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:order",
                "name": "one",
                "status": "SUCCEEDED",
                "startDate": 1_793_534_400.0,
                "stopDate": 1_793_534_400.0,
                "input": "{\"a\": 1}",
                "inputDetails": {"included": true},
                "output": "{\"a\":1}",
                "outputDetails": {"included": true},
                "redriveCount": 0,
                "redriveStatus": "NOT_REDRIVABLE",
                "redriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
            })
        );
    }

    #[tokio::test]
    async fn a_failed_execution_is_described_with_its_error_and_may_be_redriven() {
        let description = described(&System::new(), FAIL).await;
        assert_eq!((&description["status"], &description["error"]), (&json!("FAILED"), &json!("Never")));
        assert_eq!((&description["cause"], &description["redriveStatus"]), (&json!("on purpose"), &json!("REDRIVABLE")));
        assert_eq!((description.get("output"), description.get("redriveStatusReason")), (None, None));
        let nameless = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}"#;
        let description = described(&System::new(), nameless).await;
        assert_eq!((description.get("error"), description.get("cause")), (None, None), "absent ones are left out");
    }

    #[tokio::test]
    async fn a_running_execution_has_no_end() {
        let description = described(&System::new(), WAIT).await;
        assert_eq!((&description["status"], description.get("stopDate")), (&json!("RUNNING"), None));
        assert_eq!(description["redriveStatusReason"], "Execution is RUNNING and cannot be redriven");
        assert_eq!(description.get("compensation"), None);
    }

    #[tokio::test]
    async fn an_execution_that_unwinds_tells_what_it_still_owes() {
        let system = System::new();
        let execution = described(&system, TASK).await["executionArn"].clone();
        system.call("StopExecution", json!({"executionArn": execution})).await;
        let description = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        let compensation = &description["compensation"];
        assert_eq!((&compensation["unwinding"], compensation.get("parked")), (&json!(true), None));
        let owed = &compensation["owed"][0];
        assert_eq!((&owed["state"], &owed["succeeded"], owed.get("error")), (&json!("Charge"), &json!(false), None));
    }

    #[tokio::test]
    async fn without_data_neither_input_nor_output_is_told() {
        let system = System::new();
        described(&system, PASS).await;
        let execution = "arn:aws:states:us-east-1:123456789012:execution:order:one";
        let request = json!({"executionArn": execution, "includedData": "METADATA_ONLY"});
        let description = system.call("DescribeExecution", request).await;
        assert_eq!((description.get("input"), description.get("output")), (None, None));
        assert_eq!(description["outputDetails"], json!({"included": false}));
        let request = json!({"executionArn": execution, "includedData": "SOME"});
        system.refused("DescribeExecution", request, "ValidationException", "[ALL_DATA, METADATA_ONLY]").await;
    }

    #[tokio::test]
    async fn what_is_no_execution_is_refused() {
        let (system, nobody) = (System::new(), "arn:aws:states:us-east-1:123456789012:execution:order:nobody");
        let told = format!("Execution Does Not Exist: '{nobody}'");
        system.refused("DescribeExecution", json!({"executionArn": nobody}), "ExecutionDoesNotExist", &told).await;
        system.refused("DescribeExecution", json!({"executionArn": "one"}), "InvalidArn", "Invalid ARN prefix: one").await;
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:order";
        let told = "Resource type not valid in this context: stateMachine";
        system.refused("DescribeExecution", json!({"executionArn": machine}), "InvalidArn", told).await;
    }
}
