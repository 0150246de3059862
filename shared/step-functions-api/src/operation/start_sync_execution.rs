//! StartSyncExecution: an express execution, started and waited for.

use std::sync::Arc;
use std::time::Duration;

use coordinator::{Description, StartRequest};
use interpreter::{ExecutionStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::create_state_machine::EXPRESS;
use super::describe_execution::{DataDetails, told};
use super::start_execution::{check_input, input_or_empty};
use crate::constraints::Constraints;
use crate::start_target::StartTarget;
use crate::{Api, ApiError, EpochSeconds, arn, express, member, name};

/// The pause before an execution is looked at again: doubled from the first to the longest.
const PAUSE_MIN: Duration = Duration::from_millis(2);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(64);
/// What AWS bills is counted in steps of so many milliseconds.
const BILLED_STEP_MILLIS: i64 = 100;
/// The least memory that AWS bills.
const BILLED_MEMORY_MB: u64 = 64;

/// An express execution to be started and waited for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartSyncExecutionRequest {
    /// The express machine, one of its versions, or an alias: required.
    pub state_machine_arn: Option<String>,
    /// Its name, which need not be unique; a UUID when absent.
    pub name: Option<String>,
    /// Its input: JSON text, kept as it is; `{}` when absent.
    pub input: Option<String>,
    /// Not used, and given back.
    pub trace_header: Option<String>,
    /// `ALL_DATA`, which is the default, or `METADATA_ONLY`.
    pub included_data: Option<String>,
}

/// The execution, ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartSyncExecutionResponse {
    /// Its ARN.
    pub execution_arn: String,
    /// Its machine's ARN.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    pub stop_date: EpochSeconds,
    /// `SUCCEEDED`, `FAILED` or `TIMED_OUT`.
    pub status: &'static str,
    /// Its error, if it failed and that has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Its input, as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Arc<str>>,
    /// Whether its input is told.
    pub input_details: DataDetails,
    /// Its output, if it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Arc<str>>,
    /// Whether its output would be told.
    pub output_details: DataDetails,
    /// As it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_header: Option<String>,
    /// What AWS would bill for.
    pub billing_details: BillingDetails,
}

/// What AWS would bill for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BillingDetails {
    /// Memory, in MB.
    #[serde(rename = "billedMemoryUsedInMB")]
    pub billed_memory_used_in_mb: u64,
    /// Time, rounded up to 100 ms.
    #[serde(rename = "billedDurationInMilliseconds")]
    pub billed_duration_in_milliseconds: i64,
}

impl Api<'_> {
    /// Starts an execution of an express machine, and answers when it has ended: after five minutes at the latest, which is what it may take.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, StateMachineTypeNotSupported, InvalidName, InvalidExecutionInput, ValidationException.
    pub async fn start_sync_execution(
        &self,
        request: StartSyncExecutionRequest,
    ) -> Result<StartSyncExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let name = constraints.optional(member::NAME, request.name);
        let input = constraints.optional(member::INPUT, request.input);
        let trace_header = constraints.optional(member::TRACE_HEADER, request.trace_header);
        constraints.one_of("includedData", request.included_data.as_deref(), &["ALL_DATA", "METADATA_ONLY"]);
        constraints.check()?;
        arn::machine(&machine_arn)?;
        name.as_deref().map_or(Ok(()), name::check)?;
        let input = input_or_empty(input);
        check_input(&input)?;
        let target = self.start_target(&machine_arn).await?;
        if target.machine.kind != EXPRESS {
            return Err(ApiError::type_not_supported());
        }
        let name = name.unwrap_or_else(|| self.new_uuid());
        let execution_arn = self.start_express(target, name, input).await?.0;
        let ended = self.ended(&execution_arn).await?;
        let included = request.included_data.as_deref() != Some("METADATA_ONLY");
        Ok(response(ended, included, trace_header, self.now()))
    }

    /// Starts an execution of an express machine: its ARN, which no other has, and when it was started.
    pub(crate) async fn start_express(
        &self,
        target: StartTarget,
        name: String,
        input: Arc<str>,
    ) -> Result<(String, Timestamp), ApiError> {
        let StartTarget { machine, mut by } = target;
        by.execution_arn = Some(express::execution_arn(&machine.arn, &name, &self.new_uuid()));
        let started = self.coordinator.start_by(StartRequest { machine, name, input, parent: None }, by).await?;
        Ok((started.identity.arn, started.started_at))
    }

    /// Waits for the end of an execution.
    pub(crate) async fn ended(&self, execution_arn: &str) -> Result<Description, ApiError> {
        let mut pause = PAUSE_MIN;
        loop {
            let description = self.coordinator.describe(execution_arn).await?;
            if description.status != ExecutionStatus::Running {
                return Ok(description);
            }
            self.coordinator.ports().clock.sleep(pause).await;
            pause = pause.saturating_mul(2).min(PAUSE_MAX);
        }
    }
}

fn response(
    ended: Description,
    included: bool,
    trace_header: Option<String>,
    now: Timestamp,
) -> StartSyncExecutionResponse {
    let stopped_at = ended.closed_at.unwrap_or(now);
    let millis = (stopped_at.millis() - ended.started_at.millis()).max(1);
    let steps = (millis + BILLED_STEP_MILLIS - 1) / BILLED_STEP_MILLIS;
    let (error, cause) = told(ended.failure);
    let details = DataDetails { included };
    StartSyncExecutionResponse {
        execution_arn: ended.identity.arn,
        state_machine_arn: ended.identity.version_arn.unwrap_or(ended.identity.machine_arn),
        name: ended.identity.name,
        start_date: ended.started_at.into(),
        stop_date: stopped_at.into(),
        status: ended.status.as_str(),
        error,
        cause,
        input: included.then_some(ended.input),
        input_details: details,
        output: ended.output.filter(|_| included),
        output_details: details,
        trace_header,
        billing_details: BillingDetails {
            billed_memory_used_in_mb: BILLED_MEMORY_MB,
            billed_duration_in_milliseconds: steps * BILLED_STEP_MILLIS,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{FAIL, PASS, ROLE, System};

    async fn express(system: &System, definition: &str) -> Value {
        let create = json!({"name": "quick", "definition": definition, "roleArn": ROLE, "type": "EXPRESS"});
        system.call("CreateStateMachine", create).await["stateMachineArn"].clone()
    }

    #[tokio::test]
    async fn an_express_execution_is_answered_when_it_has_ended() {
        let system = System::new();
        let arn = express(&system, PASS).await;
        let start = json!({"stateMachineArn": arn, "name": "one", "input": "{\"a\": 1}", "traceHeader": "Root=1"});
        let mut answer = system.call("StartSyncExecution", start).await;
        let execution = answer["executionArn"].take();
        assert!(execution.as_str().unwrap().starts_with("arn:aws:states:us-east-1:123456789012:express:quick:one:"));
        assert_eq!(
            answer,
            json!({
                "executionArn": null,
                "stateMachineArn": arn,
                "name": "one",
                "startDate": 1_793_534_400.0,
                "stopDate": 1_793_534_400.0,
                "status": "SUCCEEDED",
                "input": "{\"a\": 1}",
                "inputDetails": {"included": true},
                "output": "{\"a\":1}",
                "outputDetails": {"included": true},
                "traceHeader": "Root=1",
                "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
            })
        );
        let again = json!({"stateMachineArn": arn, "name": "one", "includedData": "METADATA_ONLY"});
        let again = system.call("StartSyncExecution", again).await;
        assert_ne!(again["executionArn"], execution, "a name is used as often as one likes");
        assert_eq!((again.get("input"), again.get("output")), (None, None));
    }

    #[tokio::test]
    async fn a_failed_execution_is_answered_as_well() {
        let system = System::new();
        let arn = express(&system, FAIL).await;
        let answer = system.call("StartSyncExecution", json!({"stateMachineArn": arn})).await;
        assert_eq!((&answer["status"], &answer["error"]), (&json!("FAILED"), &json!("Never")));
        assert_eq!((&answer["cause"], answer.get("output")), (&json!("on purpose"), None));
    }

    #[tokio::test]
    async fn express_executions_are_found_by_nobody() {
        let system = System::new();
        let arn = express(&system, PASS).await;
        let started = system.call("StartExecution", json!({"stateMachineArn": arn, "name": "one"})).await;
        let again = system.call("StartExecution", json!({"stateMachineArn": arn, "name": "one"})).await;
        assert_ne!(started["executionArn"], again["executionArn"]);
        let told = "Resource type not valid in this context: express";
        let request = json!({"executionArn": started["executionArn"]});
        for operation in ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution"] {
            system.refused(operation, request.clone(), "InvalidArn", told).await;
        }
        let told = "This operation is not supported by this type of state machine";
        system.refused("ListExecutions", json!({"stateMachineArn": arn}), "StateMachineTypeNotSupported", told).await;
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_refused() {
        let system = System::new();
        let standard = system.machine("order", PASS).await;
        let express = express(&system, PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        for (request, error) in [
            (json!({"stateMachineArn": standard}), "StateMachineTypeNotSupported"),
            (json!({"stateMachineArn": missing}), "StateMachineDoesNotExist"),
            (json!({"stateMachineArn": express, "input": "{"}), "InvalidExecutionInput"),
            (json!({"stateMachineArn": express, "name": "a b"}), "InvalidName"),
            (json!({}), "ValidationException"),
        ] {
            system.refused("StartSyncExecution", request, error, "").await;
        }
    }

    #[tokio::test]
    async fn what_an_express_machine_cannot_do_is_told_when_it_is_made() {
        let system = System::new();
        let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true,
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}}}}"#;
        let create = json!({"name": "quick", "definition": definition, "roleArn": ROLE, "type": "EXPRESS"});
        let told = "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support \
                    '.waitForTaskToken' service integration  at /States/A/Resource'";
        system.refused("CreateStateMachine", create, "InvalidDefinition", told).await;
        let arn = express(&system, PASS).await;
        let update = json!({"stateMachineArn": arn, "definition": definition});
        system.refused("UpdateStateMachine", update, "InvalidDefinition", told).await;
    }
}
