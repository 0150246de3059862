//! CreateStateMachine. Idempotent for what is the same; the same name with something else is StateMachineAlreadyExists.

use interpreter::DefinitionHash;
use serde::{Deserialize, Serialize};
use store::{MachineChange, StateMachine};

use crate::constraints::Constraints;
use crate::machine_settings::{
    EncryptionConfiguration, LoggingConfiguration, MachineSettings, Tag, TracingConfiguration,
};
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, definition, member, name};

/// The kinds of state machines.
pub(crate) const TYPES: &[&str] = &["STANDARD", "EXPRESS"];

/// A state machine to be created.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateStateMachineRequest {
    /// Its name: required.
    pub name: Option<String>,
    /// Its definition: required.
    pub definition: Option<String>,
    /// Its role: required, kept and shown, and not used.
    pub role_arn: Option<String>,
    /// `STANDARD`, which is the default; `EXPRESS` is refused.
    pub r#type: Option<String>,
    /// Kept and shown.
    pub logging_configuration: Option<LoggingConfiguration>,
    /// Kept and shown.
    pub tracing_configuration: Option<TracingConfiguration>,
    /// Kept and shown.
    pub encryption_configuration: Option<EncryptionConfiguration>,
    /// Its tags.
    pub tags: Option<Vec<Tag>>,
    /// Whether a version is to be published: refused.
    pub publish: Option<bool>,
    /// Of the version to be published: refused.
    pub version_description: Option<String>,
}

/// The state machine that has the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateStateMachineResponse {
    /// Its ARN.
    pub state_machine_arn: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Creates a state machine.
    ///
    /// # Errors
    ///
    /// InvalidName, InvalidDefinition, InvalidLoggingConfiguration, InvalidEncryptionConfiguration, StateMachineAlreadyExists,
    /// StateMachineTypeNotSupported, TooManyTags, ValidationException.
    pub async fn create_state_machine(
        &self,
        request: CreateStateMachineRequest,
    ) -> Result<CreateStateMachineResponse, ApiError> {
        let (machine, definition) = self.new_machine(request)?;
        self.executions().put_definition(&machine.definition, &definition).await?;
        if self.executions().put_machine(&machine).await? == MachineChange::Written {
            return Ok(created(machine));
        }
        match self.executions().machine(&machine.arn).await? {
            Some(present) if is_same(&present, &machine) => Ok(created(present)),
            // Another one, or deleted meanwhile: then somebody else is at it as well.
            _ => Err(ApiError::new(
                ErrorName::StateMachineAlreadyExists,
                format!("State Machine Already Exists: '{}'", machine.arn),
            )),
        }
    }

    fn new_machine(&self, request: CreateStateMachineRequest) -> Result<(StateMachine, String), ApiError> {
        let mut constraints = Constraints::default();
        let name = constraints.required(member::NAME, request.name);
        let definition = constraints.required(member::DEFINITION, request.definition);
        let role_arn = constraints.required(member::ROLE_ARN, request.role_arn);
        constraints.one_of("type", request.r#type.as_deref(), TYPES);
        let logging = request.logging_configuration.unwrap_or_default();
        logging.constrain(&mut constraints);
        refuse_publishing(request.publish, &mut constraints);
        constraints.check()?;
        refuse_version_description(request.version_description.as_deref())?;
        name::check(&name)?;
        logging.check()?;
        let kind = request.r#type.unwrap_or_else(|| "STANDARD".to_owned());
        if kind != "STANDARD" {
            let message = format!("State machine type is not supported: '{kind}'");
            return Err(ApiError::new(ErrorName::StateMachineTypeNotSupported, message));
        }
        let encryption = request.encryption_configuration.unwrap_or_default();
        encryption.check()?;
        let tracing = request.tracing_configuration.unwrap_or_default();
        let mut settings = MachineSettings { logging, tracing, encryption, tags: Vec::new() };
        settings.tag(request.tags.unwrap_or_default())?;
        definition::check(&definition)?;
        let now = self.now();
        let machine = StateMachine {
            arn: arn::of_machine(self.place, &name),
            name,
            kind,
            role_arn,
            definition: DefinitionHash::of(&definition),
            created_at: now,
            updated_at: now,
            revision_id: None,
            settings: settings.stored(),
            version: 1,
        };
        Ok((machine, definition))
    }
}

/// Versions are not kept, so that asking for one must not seem to have worked.
pub(crate) fn refuse_publishing(publish: Option<bool>, constraints: &mut Constraints) {
    if publish == Some(true) {
        constraints.violated("Value 'true'", "publish", "versions of state machines are not supported");
    }
}

/// What describes a version needs one.
pub(crate) fn refuse_version_description(description: Option<&str>) -> Result<(), ApiError> {
    description.map_or(Ok(()), |_| {
        Err(ApiError::new(ErrorName::Validation, "Version description can only be set when publish is true"))
    })
}

fn created(machine: StateMachine) -> CreateStateMachineResponse {
    CreateStateMachineResponse { creation_date: machine.created_at.into(), state_machine_arn: machine.arn }
}

/// Whether a repeated creation is the same: by everything but role and tags (CreateStateMachine in the API Reference).
fn is_same(present: &StateMachine, asked: &StateMachine) -> bool {
    let settings = |machine| MachineSettings { tags: Vec::new(), ..MachineSettings::of(machine) };
    present.definition == asked.definition && present.kind == asked.kind && settings(present) == settings(asked)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, ROLE, System};

    #[tokio::test]
    async fn a_created_machine_is_described_as_it_was_given() {
        let system = System::new();
        let answer = system.call("CreateStateMachine", json!({"name": "a.b_c-1", "definition": PASS, "roleArn": ROLE})).await;
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:a.b_c-1";
        assert_eq!(answer, json!({"stateMachineArn": arn, "creationDate": 1_793_534_400.0}));
        let described = system.call("DescribeStateMachine", json!({"stateMachineArn": arn})).await;
        assert_eq!((&described["definition"], &described["roleArn"]), (&json!(PASS), &json!(ROLE)));
    }

    #[tokio::test]
    async fn the_same_again_is_answered_as_before_and_another_is_refused() {
        let system = System::new();
        let create = |definition: &str, role: &str| json!({"name": "order", "definition": definition, "roleArn": role});
        let first = system.call("CreateStateMachine", create(PASS, ROLE)).await;
        system.advance_seconds(5);
        assert_eq!(system.call("CreateStateMachine", create(PASS, ROLE)).await, first);
        // A different role or other tags are ignored, as the API Reference says.
        assert_eq!(system.call("CreateStateMachine", create(PASS, "arn:aws:iam::123456789012:role/other")).await, first);
        let spaced = PASS.replace(':', ": ");
        let error = "StateMachineAlreadyExists";
        system.refused("CreateStateMachine", create(&spaced, ROLE), error, "State Machine Already Exists: 'arn:aws:states:us-east-1:123456789012:stateMachine:order'").await;
        let mut traced = create(PASS, ROLE);
        traced["tracingConfiguration"] = json!({"enabled": true});
        system.refused("CreateStateMachine", traced, error, "order").await;
    }

    #[tokio::test]
    async fn what_cannot_be_created_is_refused_by_the_names_of_aws() {
        let system = System::new();
        for (member, value, error, message) in [
            ("name", json!("a b"), "InvalidName", "Invalid Name: 'a b'"),
            ("name", json!("a".repeat(81)), "ValidationException", "at 'name' failed to satisfy constraint: Member must have length less than or equal to 80"),
            ("name", json!(null), "ValidationException", "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"),
            ("definition", json!("{}"), "InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "),
            ("type", json!("EXPRESS"), "StateMachineTypeNotSupported", "EXPRESS"),
            ("type", json!("QUICK"), "ValidationException", "[STANDARD, EXPRESS]"),
            ("loggingConfiguration", json!({"level": "FATAL"}), "InvalidLoggingConfiguration", "Must specify exactly one Log Destination."),
            ("loggingConfiguration", json!({"level": "SOME"}), "ValidationException", "[ALL, ERROR, FATAL, OFF]"),
            ("encryptionConfiguration", json!({"type": "CUSTOMER_MANAGED_KMS_KEY"}), "InvalidEncryptionConfiguration", "CUSTOMER"),
            ("publish", json!(true), "ValidationException", "not supported"),
            ("versionDescription", json!("first"), "ValidationException", "Version description can only be set when publish is true"),
        ] {
            let mut create = json!({"name": "a", "definition": PASS, "roleArn": ROLE});
            create[member] = value;
            system.refused("CreateStateMachine", create, error, message).await;
        }
        assert_eq!(system.call("ListStateMachines", json!({})).await, json!({"stateMachines": []}));
    }

    #[tokio::test]
    async fn a_definition_may_have_a_megabyte_and_not_one_byte_more() {
        let system = System::new();
        let padded = |length: usize| format!("{PASS}{}", " ".repeat(length - PASS.len()));
        let create = |name: &str, length: usize| json!({"name": name, "definition": padded(length), "roleArn": ROLE});
        system.call("CreateStateMachine", create("at", 1_048_576)).await;
        let told = "Value at 'definition' failed to satisfy constraint: Member must have length less than or equal to 1048576";
        system.refused("CreateStateMachine", create("past", 1_048_577), "ValidationException", told).await;
    }
}
