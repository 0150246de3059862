//! UpdateStateMachine. Executions that were started before keep the definition they were started with.

use interpreter::DefinitionHash;
use serde::{Deserialize, Serialize};
use store::{MachineChange, StateMachine};

use super::create_state_machine::{refuse_publishing, refuse_version_description};
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::machine_settings::{EncryptionConfiguration, LoggingConfiguration, MachineSettings, TracingConfiguration};
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, definition, member};

/// How often a machine that others change meanwhile is read again.
const ROUNDS: u32 = 8;

/// What is to be changed of a state machine; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStateMachineRequest {
    /// The machine: required.
    pub state_machine_arn: Option<String>,
    /// Its new definition.
    pub definition: Option<String>,
    /// Its new role.
    pub role_arn: Option<String>,
    /// Kept and shown.
    pub logging_configuration: Option<LoggingConfiguration>,
    /// Kept and shown.
    pub tracing_configuration: Option<TracingConfiguration>,
    /// Kept and shown.
    pub encryption_configuration: Option<EncryptionConfiguration>,
    /// Whether a version is to be published: refused.
    pub publish: Option<bool>,
    /// Of the version to be published: refused.
    pub version_description: Option<String>,
}

/// The updated machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStateMachineResponse {
    /// When it was updated.
    pub update_date: EpochSeconds,
    /// The id of its revision.
    pub revision_id: Option<String>,
}

impl Api<'_> {
    /// Updates a state machine.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, MissingRequiredParameter, InvalidDefinition, InvalidLoggingConfiguration,
    /// InvalidEncryptionConfiguration, ValidationException.
    pub async fn update_state_machine(
        &self,
        request: UpdateStateMachineRequest,
    ) -> Result<UpdateStateMachineResponse, ApiError> {
        let (machine_arn, update) = checked(request)?;
        let revision_id = self.new_uuid();
        if let Some(definition) = &update.definition {
            self.executions().put_definition(&DefinitionHash::of(definition), definition).await?;
        }
        let updated = self.change_machine(&machine_arn, |machine| {
            update.apply(machine);
            machine.updated_at = self.now();
            machine.revision_id = Some(revision_id.clone());
            Ok(())
        });
        let updated = updated.await?;
        Ok(UpdateStateMachineResponse { update_date: updated.updated_at.into(), revision_id: updated.revision_id })
    }

    /// Changes a machine: read, decided and written again for as long as others are first.
    pub(crate) async fn change_machine(
        &self,
        machine_arn: &str,
        change: impl Fn(&mut StateMachine) -> Result<(), ApiError>,
    ) -> Result<StateMachine, ApiError> {
        for _ in 0..ROUNDS {
            let mut machine = self.machine(machine_arn).await?;
            change(&mut machine)?;
            machine.version = machine.version.saturating_add(1);
            if self.executions().put_machine(&machine).await? == MachineChange::Written {
                return Ok(machine);
            }
        }
        Err(ApiError::new(ErrorName::ServiceUnavailable, "the state machine is being changed by others"))
    }

    /// The machine with this ARN.
    pub(crate) async fn machine(&self, machine_arn: &str) -> Result<StateMachine, ApiError> {
        let machine = self.executions().machine(machine_arn).await?;
        machine.ok_or_else(|| ApiError::state_machine_does_not_exist(machine_arn))
    }
}

/// The request, less its ARN, with nothing to object to.
fn checked(request: UpdateStateMachineRequest) -> Result<(String, UpdateStateMachineRequest), ApiError> {
    let mut constraints = Constraints::default();
    let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
    let definition = constraints.optional(member::DEFINITION, request.definition);
    let role_arn = constraints.optional(member::ROLE_ARN, request.role_arn);
    if let Some(logging) = &request.logging_configuration {
        logging.constrain(&mut constraints);
    }
    refuse_publishing(request.publish, &mut constraints);
    constraints.check()?;
    refuse_version_description(request.version_description.as_deref())?;
    arn::check(&machine_arn, Kind::StateMachine)?;
    let update = UpdateStateMachineRequest { state_machine_arn: None, definition, role_arn, ..request };
    if update == (UpdateStateMachineRequest { publish: update.publish, ..UpdateStateMachineRequest::default() }) {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
        return Err(ApiError::new(ErrorName::MissingRequiredParameter, message));
    }
    update.logging_configuration.as_ref().map_or(Ok(()), LoggingConfiguration::check)?;
    update.encryption_configuration.as_ref().map_or(Ok(()), EncryptionConfiguration::check)?;
    update.definition.as_deref().map_or(Ok(()), definition::check)?;
    Ok((machine_arn, update))
}

impl UpdateStateMachineRequest {
    fn apply(&self, machine: &mut StateMachine) {
        if let Some(definition) = &self.definition {
            machine.definition = DefinitionHash::of(definition);
        }
        if let Some(role_arn) = &self.role_arn {
            machine.role_arn.clone_from(role_arn);
        }
        let present = MachineSettings::of(machine);
        let settings = MachineSettings {
            logging: self.logging_configuration.clone().unwrap_or(present.logging),
            tracing: self.tracing_configuration.unwrap_or(present.tracing),
            encryption: self.encryption_configuration.clone().unwrap_or(present.encryption),
            tags: present.tags,
        };
        machine.settings = settings.stored();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, ROLE, System, WAIT};

    async fn described(system: &System, arn: &Value) -> Value {
        system.call("DescribeStateMachine", json!({"stateMachineArn": arn})).await
    }

    #[tokio::test]
    async fn what_is_not_named_stays_as_it_is_and_each_update_has_a_revision() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        system.advance_seconds(7);
        let update = json!({"stateMachineArn": arn, "roleArn": "arn:aws:iam::123456789012:role/other"});
        let first = system.call("UpdateStateMachine", update).await;
        assert_eq!(first["updateDate"], json!(1_793_534_407.0));
        let after = described(&system, &arn).await;
        assert_eq!((&after["definition"], &after["roleArn"]), (&json!(PASS), &json!("arn:aws:iam::123456789012:role/other")));
        assert_eq!((&after["revisionId"], &after["creationDate"]), (&first["revisionId"], &json!(1_793_534_400.0)));
        let second = system.call("UpdateStateMachine", json!({"stateMachineArn": arn, "definition": WAIT})).await;
        assert_ne!(second["revisionId"], first["revisionId"]);
        assert_eq!(described(&system, &arn).await["definition"], json!(WAIT));
    }

    #[tokio::test]
    async fn an_execution_keeps_the_definition_it_was_started_with() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let execution = system.start(&arn, "one", "{}").await;
        system.call("UpdateStateMachine", json!({"stateMachineArn": arn, "definition": PASS})).await;
        let of = system.call("DescribeStateMachineForExecution", json!({"executionArn": execution})).await;
        assert_eq!(of["definition"], json!(WAIT));
    }

    #[tokio::test]
    async fn an_update_of_nothing_or_by_what_is_invalid_is_refused() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        for (update, error) in [
            (json!({"stateMachineArn": arn}), "MissingRequiredParameter"),
            (json!({"stateMachineArn": arn, "publish": false}), "MissingRequiredParameter"),
            (json!({"stateMachineArn": arn, "publish": true}), "ValidationException"),
            (json!({"stateMachineArn": arn, "roleArn": ROLE, "versionDescription": "x"}), "ValidationException"),
            (json!({"stateMachineArn": arn, "definition": "{}"}), "InvalidDefinition"),
            (json!({"stateMachineArn": arn, "loggingConfiguration": {"level": "ALL"}}), "InvalidLoggingConfiguration"),
            (json!({"stateMachineArn": missing, "roleArn": ROLE}), "StateMachineDoesNotExist"),
            (json!({"stateMachineArn": "order", "roleArn": ROLE}), "InvalidArn"),
            (json!({"roleArn": ROLE}), "ValidationException"),
        ] {
            system.refused("UpdateStateMachine", update, error, "").await;
        }
        assert_eq!(described(&system, &arn).await.get("revisionId"), None);
    }
}
