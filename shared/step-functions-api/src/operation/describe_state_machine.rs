//! DescribeStateMachine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interpreter::DefinitionHash;
use serde::{Deserialize, Serialize};
use store::StateMachine;

use crate::arn::{MachineArn, Qualifier};
use crate::constraints::Constraints;
use crate::machine_settings::{
    EncryptionConfiguration, LoggingConfiguration, MachineSettings, TracingConfiguration,
};
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, member};

/// Which state machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeStateMachineRequest {
    /// Its ARN: required.
    pub state_machine_arn: Option<String>,
}

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeStateMachineResponse {
    /// Its ARN.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// `ACTIVE`.
    pub status: &'static str,
    /// Its definition, as it was given.
    pub definition: Arc<str>,
    /// Its role.
    pub role_arn: String,
    /// `STANDARD`.
    pub r#type: String,
    /// When it, or the version, was created.
    pub creation_date: EpochSeconds,
    /// As it was given, or off.
    pub logging_configuration: LoggingConfiguration,
    /// As it was given, or off.
    pub tracing_configuration: TracingConfiguration,
    /// As it was given, or AWS's.
    pub encryption_configuration: EncryptionConfiguration,
    /// The id of its revision, once it was updated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<String>,
    /// Of a version, what it was published with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The variables that each state refers to, of those states that refer to any.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variable_references: BTreeMap<String, BTreeSet<String>>,
}

impl Api<'_> {
    /// Describes a state machine.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, ValidationException.
    pub async fn describe_state_machine(
        &self,
        request: DescribeStateMachineRequest,
    ) -> Result<DescribeStateMachineResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        constraints.check()?;
        let (machine, description) = self.described_machine(&machine_arn).await?;
        let settings = MachineSettings::of(&machine);
        let definition = self.definition(&machine.definition).await?;
        Ok(DescribeStateMachineResponse {
            variable_references: variable_references(&definition),
            definition,
            state_machine_arn: machine.arn,
            name: machine.name,
            status: "ACTIVE",
            role_arn: machine.role_arn,
            r#type: machine.kind,
            creation_date: machine.created_at.into(),
            logging_configuration: settings.logging,
            tracing_configuration: settings.tracing,
            encryption_configuration: settings.encryption,
            revision_id: machine.revision_id,
            description,
        })
    }

    /// The machine, or as its version has it, under that version's ARN and with its description; of an alias, the version that most starts get.
    async fn described_machine(&self, machine_arn: &str) -> Result<(StateMachine, Option<String>), ApiError> {
        let missing = || ApiError::state_machine_does_not_exist(machine_arn);
        let MachineArn { base, qualifier } = arn::machine(machine_arn)?;
        let machine = self.executions().machine(&base).await?.ok_or_else(missing)?;
        let number = match qualifier {
            None => return Ok((machine, None)),
            Some(Qualifier::Version(number)) => number,
            Some(Qualifier::Alias(name)) => {
                let alias = self.alias(&machine, &name).await?.ok_or_else(missing)?;
                alias.value.main_version().ok_or_else(missing)?
            }
        };
        let version = self.version(&machine, number).await?.ok_or_else(missing)?.value;
        let as_published = StateMachine {
            arn: machine_arn.to_owned(),
            created_at: version.created_at,
            ..version.of_machine(machine)
        };
        Ok((as_published, version.description))
    }

    /// The text of a definition that something refers to.
    pub(crate) async fn definition(&self, hash: &DefinitionHash) -> Result<Arc<str>, ApiError> {
        let text = self.executions().definition(hash).await?;
        text.ok_or_else(|| ApiError::new(ErrorName::InternalFailure, format!("definition `{hash}` does not exist")))
    }
}

/// What a definition's states refer to. One that is refused today was taken once, and refers to nothing that could be told.
pub(crate) fn variable_references(definition: &str) -> BTreeMap<String, BTreeSet<String>> {
    asl::parse(definition).map(|(definition, _)| definition.references()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, ROLE, System};

    #[tokio::test]
    async fn a_machine_is_described_with_what_was_not_given_as_aws_fills_it_in() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        assert_eq!(
            system.call("DescribeStateMachine", json!({"stateMachineArn": arn})).await,
            json!({
                "stateMachineArn": arn,
                "name": "order",
                "status": "ACTIVE",
                "definition": PASS,
                "roleArn": ROLE,
                "type": "STANDARD",
                "creationDate": 1_793_534_400.0,
                "loggingConfiguration": {"level": "OFF", "includeExecutionData": false},
                "tracingConfiguration": {"enabled": false},
                "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
            })
        );
    }

    #[tokio::test]
    async fn the_variables_that_states_refer_to_are_told() {
        let system = System::new();
        let definition = r#"{"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Assign": {"total": 1, "who": "x"}, "Next": "B"},
            "B": {"Type": "Pass", "Parameters": {"a.$": "$who", "b.$": "States.MathAdd($total, 1)"}, "End": true}}}"#;
        let arn = system.machine("order", definition).await;
        let described = system.call("DescribeStateMachine", json!({"stateMachineArn": arn})).await;
        assert_eq!(described["variableReferences"], json!({"B": ["total", "who"]}));
        let execution = system.start(&arn, "one", "{}").await;
        let described = system.call("DescribeStateMachineForExecution", json!({"executionArn": execution})).await;
        assert_eq!(described["variableReferences"], json!({"B": ["total", "who"]}));
    }

    #[tokio::test]
    async fn what_is_no_machine_is_refused() {
        let system = System::new();
        for (request, error, message) in [
            (json!({}), "ValidationException", "'stateMachineArn'"),
            (json!({"stateMachineArn": "order"}), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: order'"),
            (
                json!({"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:order:1"}),
                "StateMachineDoesNotExist",
                "State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:order:1'",
            ),
        ] {
            system.refused("DescribeStateMachine", request, error, message).await;
        }
    }
}
