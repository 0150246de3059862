//! DescribeStateMachineForExecution: the machine as it was when the execution was started.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::machine_settings::{
    EncryptionConfiguration, LoggingConfiguration, MachineSettings, TracingConfiguration,
};
use crate::operation::describe_state_machine::variable_references;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeStateMachineForExecutionRequest {
    /// Its ARN: required.
    pub execution_arn: Option<String>,
}

/// The machine that the execution runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeStateMachineForExecutionResponse {
    /// Its ARN.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// The definition that the execution is pinned to.
    pub definition: Arc<str>,
    /// The role that it had.
    pub role_arn: String,
    /// When the machine was updated; of one that was deleted, when the execution was started.
    pub update_date: EpochSeconds,
    /// The machine's.
    pub logging_configuration: LoggingConfiguration,
    /// The machine's.
    pub tracing_configuration: TracingConfiguration,
    /// The machine's.
    pub encryption_configuration: EncryptionConfiguration,
    /// The id of the machine's revision, if that is still the one that the execution runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<String>,
    /// The variables that each state refers to, of those states that refer to any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variable_references: BTreeMap<String, BTreeSet<String>>,
}

impl Api<'_> {
    /// Describes the machine that an execution runs.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, ValidationException.
    pub async fn describe_state_machine_for_execution(
        &self,
        request: DescribeStateMachineForExecutionRequest,
    ) -> Result<DescribeStateMachineForExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let head = self.executions().head(&execution_arn).await?;
        let head = head.ok_or_else(|| ApiError::execution_does_not_exist(&execution_arn))?;
        let machine = self.executions().machine(&head.identity.machine_arn).await?;
        let settings = machine.as_ref().map(MachineSettings::of).unwrap_or_default();
        let pinned = machine.filter(|machine| machine.definition == head.definition);
        let definition = self.definition(&head.definition).await?;
        Ok(DescribeStateMachineForExecutionResponse {
            variable_references: variable_references(&definition),
            definition,
            state_machine_arn: head.identity.machine_arn,
            name: head.identity.machine_name,
            role_arn: head.identity.role_arn,
            update_date: pinned.as_ref().map_or(head.started_at, |machine| machine.updated_at).into(),
            logging_configuration: settings.logging,
            tracing_configuration: settings.tracing,
            encryption_configuration: settings.encryption,
            revision_id: pinned.and_then(|machine| machine.revision_id),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, ROLE, System};

    #[tokio::test]
    async fn the_machine_of_an_execution_is_described_even_when_it_was_deleted() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let execution = system.start(&arn, "one", "{}").await;
        let expected = json!({
            "stateMachineArn": arn,
            "name": "order",
            "definition": PASS,
            "roleArn": ROLE,
            "updateDate": 1_793_534_400.0,
            "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
            "tracingConfiguration": {"enabled": false},
            "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
        });
        let describe = || system.call("DescribeStateMachineForExecution", json!({"executionArn": execution}));
        assert_eq!(describe().await, expected);
        system.call("DeleteStateMachine", json!({"stateMachineArn": arn})).await;
        assert_eq!(describe().await, expected);
    }

    #[tokio::test]
    async fn an_execution_that_nobody_started_has_no_machine() {
        let nobody = "arn:aws:states:us-east-1:123456789012:execution:order:nobody";
        let (system, told) = (System::new(), format!("Execution Does Not Exist: '{nobody}'"));
        let request = json!({"executionArn": nobody});
        system.refused("DescribeStateMachineForExecution", request, "ExecutionDoesNotExist", &told).await;
        system.refused("DescribeStateMachineForExecution", json!({"executionArn": "x"}), "InvalidArn", "prefix").await;
    }
}
