//! UpdateStateMachine. Executions that were started before keep the definition they were started with.

use interpreter::DefinitionHash;
use serde::{Deserialize, Serialize};
use store::{MachineChange, StateMachine};

use super::create_state_machine::{check_description, publication};
use crate::constraints::Constraints;
use crate::machine_settings::{EncryptionConfiguration, LoggingConfiguration, MachineSettings, TracingConfiguration};
use crate::version::version_arn;
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
    /// Whether a version is to be published.
    pub publish: Option<bool>,
    /// Of the version to be published; refused without one.
    pub version_description: Option<String>,
}

/// The updated machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStateMachineResponse {
    /// When it was updated.
    pub update_date: EpochSeconds,
    /// The id of its revision; none of one that nothing has changed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<String>,
    /// The ARN of its version, if one was to be published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<String>,
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
        // Before anything is stored; the type of a machine never changes.
        definition_fits(&self.machine(&machine_arn).await?.kind, update.definition.as_deref())?;
        if let Some(definition) = &update.definition {
            self.executions().put_definition(&DefinitionHash::of(definition), definition).await?;
        }
        let updated = self.change_machine(&machine_arn, |machine| {
            let before = machine.clone();
            update.apply(machine);
            machine.updated_at = self.now();
            // What changes nothing makes no revision, as recorded from AWS.
            if !is_same_revision(&before, machine) {
                machine.revision_id = Some(revision_id.clone());
            }
            Ok(())
        });
        let updated = updated.await?;
        let version = match publication(update.publish, update.version_description) {
            Some(publication) => Some(self.publish(&machine_arn, &publication).await?),
            None => None,
        };
        Ok(UpdateStateMachineResponse {
            update_date: updated.updated_at.into(),
            revision_id: updated.revision_id,
            state_machine_version_arn: version.map(|version| version_arn(&machine_arn, version.number)),
        })
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
    let version_description = constraints.optional(member::VERSION_DESCRIPTION, request.version_description);
    constraints.check()?;
    check_description(request.publish, version_description.as_deref())?;
    let machine_arn = arn::unqualified_machine(&machine_arn)?;
    let publication = (request.publish, version_description);
    let update = UpdateStateMachineRequest {
        state_machine_arn: None,
        definition,
        role_arn,
        publish: None,
        version_description: None,
        ..request
    };
    if update == UpdateStateMachineRequest::default() {
        let message = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified";
        return Err(ApiError::new(ErrorName::MissingRequiredParameter, message));
    }
    update.logging_configuration.as_ref().map_or(Ok(()), LoggingConfiguration::check)?;
    update.encryption_configuration.as_ref().map_or(Ok(()), EncryptionConfiguration::check)?;
    let (publish, version_description) = publication;
    Ok((machine_arn, UpdateStateMachineRequest { publish, version_description, ..update }))
}

fn is_same_revision(before: &StateMachine, after: &StateMachine) -> bool {
    let settings = |machine| MachineSettings { tags: Vec::new(), ..MachineSettings::of(machine) };
    before.definition == after.definition && before.role_arn == after.role_arn && settings(before) == settings(after)
}

/// Refuses a new definition that the machine's type does not allow.
fn definition_fits(kind: &str, definition: Option<&str>) -> Result<(), ApiError> {
    definition.map_or(Ok(()), |text| definition::check_for(kind, text))
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
    async fn what_changes_nothing_makes_no_revision_and_no_second_version() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let update = json!({"stateMachineArn": arn, "definition": PASS, "publish": true});
        let version = "arn:aws:states:us-east-1:123456789012:stateMachine:order:1";
        for _ in 0..2 {
            let updated = system.call("UpdateStateMachine", update.clone()).await;
            assert_eq!(updated, json!({"updateDate": 1_793_534_400.0, "stateMachineVersionArn": version}));
        }
        let update = json!({"stateMachineArn": arn, "definition": WAIT, "publish": true, "versionDescription": "waits"});
        let updated = system.call("UpdateStateMachine", update).await;
        assert_eq!(updated["stateMachineVersionArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:order:2");
        assert!(updated["revisionId"].is_string());
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
            (json!({"stateMachineArn": arn, "publish": true}), "MissingRequiredParameter"),
            (json!({"stateMachineArn": format!("{}:1", arn.as_str().unwrap()), "roleArn": ROLE}), "ValidationException"),
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
