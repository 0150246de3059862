//! CreateStateMachine. Idempotent for what is the same; the same name with something else is StateMachineAlreadyExists.

use interpreter::DefinitionHash;
use serde::{Deserialize, Serialize};
use store::{MachineChange, StateMachine};

use crate::constraints::Constraints;
use crate::machine_settings::{
    EncryptionConfiguration, LoggingConfiguration, MachineSettings, Tag, TracingConfiguration, constrain_tags,
};
use crate::version::{Publication, version_arn};
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, definition, member, name};

/// The kinds of state machines.
pub(crate) const TYPES: &[&str] = &["STANDARD", EXPRESS];
/// The kind whose executions are many and short, and are found by nobody but who waits for them.
pub(crate) const EXPRESS: &str = "EXPRESS";

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
    /// `STANDARD`, which is the default, or `EXPRESS`.
    pub r#type: Option<String>,
    /// Kept and shown.
    pub logging_configuration: Option<LoggingConfiguration>,
    /// Kept and shown.
    pub tracing_configuration: Option<TracingConfiguration>,
    /// Kept and shown.
    pub encryption_configuration: Option<EncryptionConfiguration>,
    /// Its tags.
    pub tags: Option<Vec<Tag>>,
    /// Whether a version is to be published.
    pub publish: Option<bool>,
    /// Of the version to be published; refused without one.
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
    /// The ARN of its version, if one was to be published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<String>,
}

impl Api<'_> {
    /// Creates a state machine.
    ///
    /// # Errors
    ///
    /// InvalidName, InvalidDefinition, InvalidLoggingConfiguration, InvalidEncryptionConfiguration, StateMachineAlreadyExists, TooManyTags,
    /// ValidationException.
    pub async fn create_state_machine(
        &self,
        request: CreateStateMachineRequest,
    ) -> Result<CreateStateMachineResponse, ApiError> {
        let publication = publication(request.publish, request.version_description.clone());
        let (machine, definition) = self.new_machine(request)?;
        self.executions().put_definition(&machine.definition, &definition).await?;
        let created = self.create(machine).await?;
        let version = match &publication {
            Some(publication) => Some(self.publish(&created.arn, publication).await?),
            None => None,
        };
        Ok(CreateStateMachineResponse {
            creation_date: created.created_at.into(),
            state_machine_version_arn: version.map(|version| version_arn(&created.arn, version.number)),
            state_machine_arn: created.arn,
        })
    }

    /// The machine, or the same one that is there already.
    async fn create(&self, machine: StateMachine) -> Result<StateMachine, ApiError> {
        if self.executions().put_machine(&machine).await? == MachineChange::Written {
            return Ok(machine);
        }
        match self.executions().machine(&machine.arn).await? {
            Some(present) if is_same(&present, &machine) => Ok(present),
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
        let description = constraints.optional(member::VERSION_DESCRIPTION, request.version_description);
        constrain_tags(request.tags.as_deref().unwrap_or_default(), &mut constraints);
        constraints.check()?;
        check_description(request.publish, description.as_deref())?;
        name::check(&name)?;
        logging.check()?;
        let kind = request.r#type.unwrap_or_else(|| "STANDARD".to_owned());
        let encryption = request.encryption_configuration.unwrap_or_default();
        encryption.check()?;
        let tracing = request.tracing_configuration.unwrap_or_default();
        let mut settings = MachineSettings { logging, tracing, encryption, tags: Vec::new() };
        settings.tag(request.tags.unwrap_or_default())?;
        definition::check_for(&kind, &definition)?;
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

/// The version that is to be published, if one is.
pub(crate) fn publication(publish: Option<bool>, description: Option<String>) -> Option<Publication> {
    (publish == Some(true)).then_some(Publication { description, revision_id: None })
}

/// What describes a version needs one.
pub(crate) fn check_description(publish: Option<bool>, description: Option<&str>) -> Result<(), ApiError> {
    match description {
        Some(_) if publish != Some(true) => {
            Err(ApiError::new(ErrorName::Validation, "Version description can only be set when publish is true"))
        }
        _ => Ok(()),
    }
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
    async fn a_machine_may_be_published_as_it_is_created_however_often_that_is_repeated() {
        let system = System::new();
        let create = json!({"name": "order", "definition": PASS, "roleArn": ROLE, "publish": true, "versionDescription": "first"});
        let first = system.call("CreateStateMachine", create.clone()).await;
        let version = "arn:aws:states:us-east-1:123456789012:stateMachine:order:1";
        assert_eq!(first["stateMachineVersionArn"], version);
        assert_eq!(system.call("CreateStateMachine", create).await, first);
        assert_eq!(system.call("DescribeStateMachine", json!({"stateMachineArn": version})).await["description"], "first");
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
            ("type", json!("QUICK"), "ValidationException", "[STANDARD, EXPRESS]"),
            ("loggingConfiguration", json!({"level": "FATAL"}), "InvalidLoggingConfiguration", "Must specify exactly one Log Destination."),
            ("loggingConfiguration", json!({"level": "SOME"}), "ValidationException", "[ALL, ERROR, FATAL, OFF]"),
            ("encryptionConfiguration", json!({"type": "CUSTOMER_MANAGED_KMS_KEY"}), "InvalidEncryptionConfiguration", "CUSTOMER"),
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
