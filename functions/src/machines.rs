//! The state machines of a stack: registered when it is deployed, each a custom resource.

use std::collections::BTreeMap;

use asl::{Diagnostic, substitute};
use coordinator::{Coordinator, MachineRegistration, RegisterError};
use order::definition::{SubstitutionError, Substitutions, definitions};
use serde_json::{Map, Value};
use store::StoreError;

use crate::{CustomResourceRequest, CustomResourceResponse, RequestKind};

/// The role that new machines name. Nothing assumes it: functions act with roles of their own.
const ROLE: &str = "arn:aws:iam::000000000000:role/backstep";

/// Registers state machines as CloudFormation asks.
pub struct Machines {
    coordinator: Coordinator,
    arns: String,
}

/// Why a state machine was not registered.
#[derive(Debug, thiserror::Error)]
enum MachineError {
    #[error("the property `{0}` is missing")]
    Missing(&'static str),
    #[error("there is no definition `{0}` in this release")]
    UnknownDefinition(String),
    #[error("there are no substitutions `{0}`; write `production` or `demo`")]
    UnknownSubstitutions(String),
    #[error(transparent)]
    Substitution(#[from] SubstitutionError),
    #[error("{0}")]
    Substitute(String),
    #[error("the definition of `{name}` has errors: {}", listed(diagnostics))]
    Invalid { name: String, diagnostics: Vec<Diagnostic> },
    #[error(transparent)]
    Register(RegisterError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn listed(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<RegisterError> for MachineError {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Invalid { name, diagnostics } => Self::Invalid { name, diagnostics },
            other => Self::Register(other),
        }
    }
}

impl Machines {
    /// Machines whose ARNs begin with `arns`.
    pub fn new(coordinator: Coordinator, arns: impl Into<String>) -> Self {
        Self { coordinator, arns: arns.into() }
    }

    /// Does what CloudFormation asks for, and says how that is to be answered. Done again it comes to the same.
    pub async fn answer(&self, request: &CustomResourceRequest) -> CustomResourceResponse {
        let done = match request.request_type {
            RequestKind::Create | RequestKind::Update => self.register(request).await,
            RequestKind::Delete => self.delete(request).await,
        };
        match done {
            Ok((arn, data)) => CustomResourceResponse::success(request, arn, data),
            Err(error) => {
                tracing::error!(resource = request.logical_resource_id, %error, "a state machine was not registered");
                CustomResourceResponse::failure(request, &error.to_string())
            }
        }
    }

    async fn register(&self, request: &CustomResourceRequest) -> Result<(String, Map<String, Value>), MachineError> {
        let properties = &request.resource_properties;
        let name = text(properties, "Name").ok_or(MachineError::Missing("Name"))?;
        let arn = format!("{}{name}", self.arns);
        let definition = definition(properties)?;
        let registration = MachineRegistration { arn: &arn, role_arn: ROLE, definition: &definition };
        let machine = self.coordinator.register_machine(&registration).await?;
        tracing::info!(machine = name, definition = %machine.definition, "registered");
        let data = [("Arn", arn.clone()), ("Name", name.to_owned()), ("DefinitionHash", machine.definition.to_string())];
        Ok((arn, data.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()))
    }

    /// Executions go on: each has pinned its definition, which stays.
    async fn delete(&self, request: &CustomResourceRequest) -> Result<(String, Map<String, Value>), MachineError> {
        let id = request.physical_resource_id.clone().unwrap_or_default();
        if id.starts_with(&self.arns) {
            self.coordinator.ports().executions.delete_machine(&id).await?;
            tracing::info!(machine = id, "deleted");
        }
        Ok((id, Map::new()))
    }
}

/// The definition that the properties name or hold, with values for its placeholders.
fn definition(properties: &Map<String, Value>) -> Result<String, MachineError> {
    let own = properties.get("DefinitionSubstitutions").and_then(Value::as_object);
    let own = own.into_iter().flatten().map(|(name, value)| (name.clone(), literal(value)));
    if let Some(definition) = text(properties, "DefinitionString") {
        let values: BTreeMap<String, Value> = own.collect();
        return substitute(definition, &values).map_err(|error| MachineError::Substitute(error.to_string()));
    }
    let name = text(properties, "Definition").ok_or(MachineError::Missing("Definition"))?;
    let base = match text(properties, "Substitutions").unwrap_or("production") {
        "production" => Substitutions::production()?,
        "demo" => Substitutions::demo()?,
        other => return Err(MachineError::UnknownSubstitutions(other.to_owned())),
    };
    let substitutions = own.fold(base, |substitutions, (name, value)| substitutions.with(&name, value));
    let found = definitions(&substitutions)?.into_iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| text).ok_or_else(|| MachineError::UnknownDefinition(name.to_owned()))
}

fn text<'p>(properties: &'p Map<String, Value>, name: &str) -> Option<&'p str> {
    properties.get(name).and_then(Value::as_str)
}

/// A value as the template has it: CloudFormation gives numbers and truth values as texts.
fn literal(value: &Value) -> Value {
    let number_or_truth = |text: &String| {
        let read = serde_json::from_str::<Value>(text).ok().filter(|read| read.is_number() || read.is_boolean())?;
        let written = read.to_string();
        (written == *text).then_some(read)
    };
    let Value::String(text) = value else { return value.clone() };
    number_or_truth(text).unwrap_or_else(|| value.clone())
}
