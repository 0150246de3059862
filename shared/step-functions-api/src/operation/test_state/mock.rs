//! What a mock brings in place of the task, the branches or the iterations; and which states take one.

use asl::{State, StateKind};
use interpreter::{Brought, StateFailure};
use serde::Deserialize;
use serde_json::Value;

use super::subject::Subject;
use super::{StateConfiguration, mock_shape, validation};
use crate::constraints::Constraints;
use crate::{ApiError, ErrorName};

/// What is brought in place of what a state would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MockInput {
    /// JSON text.
    pub result: Option<String>,
    /// A failure in place of a result.
    pub error_output: Option<MockErrorOutput>,
    /// How a result is held against what the service answers: `STRICT`, which is the default, `PRESENT` or `NONE`.
    pub field_validation_mode: Option<String>,
}

/// A mocked failure.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct MockErrorOutput {
    /// Its error.
    pub error: Option<String>,
    /// Its cause.
    pub cause: Option<String>,
}

impl MockInput {
    pub(super) fn constrain(&self, constraints: &mut Constraints) {
        let modes = &["STRICT", "PRESENT", "NONE"];
        constraints.one_of("mock.fieldValidationMode", self.field_validation_mode.as_deref(), modes);
    }

    /// The mocked result, and how it is written.
    pub(super) fn text(&self) -> Option<(Value, &str)> {
        let text = self.result.as_deref()?;
        Some((serde_json::from_str(text).ok()?, text))
    }
}

/// What the state is brought; none of a state that needs nothing, or whose task is to be carried out.
pub(super) fn brought(
    subject: &Subject,
    mock: Option<&MockInput>,
    configuration: &StateConfiguration,
) -> Result<Option<Brought>, ApiError> {
    let state = subject.state()?;
    if mock.is_some_and(|mock| mock.result.is_some() && mock.error_output.is_some()) {
        return Err(validation("A test mock should have only one of the following fields: [result, errorOutput]."));
    }
    let given = mock.filter(|mock| mock.result.is_some() || mock.error_output.is_some());
    let Some(mock) = given else { return without(state) };
    if !matches!(state.kind, StateKind::Task(_) | StateKind::Map(_) | StateKind::Parallel(_)) {
        let message = format!("State type '{}' is not supported when a mock is specified", state.type_name());
        return Err(validation(message));
    }
    if configuration.error_caused_by_state.as_ref().is_some_and(|name| !subject.knows(name)) {
        return Err(validation("State not found in definition"));
    }
    if let Some(failure) = &mock.error_output {
        let MockErrorOutput { error, cause } = failure.clone();
        return Ok(Some(Brought::Failure(StateFailure { error: error.unwrap_or_default(), cause })));
    }
    let Some((result, _)) = mock.text() else { return Err(validation("Mocked result must be valid JSON.")) };
    check(subject, state, &result, mock, configuration)?;
    Ok(Some(Brought::Result(result)))
}

/// Branches and iterations are not carried out.
fn without(state: &State) -> Result<Option<Brought>, ApiError> {
    if matches!(state.kind, StateKind::Map(_) | StateKind::Parallel(_)) {
        let message = "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, \
                       Succeed, Fail, Choice]";
        return Err(ApiError::new(ErrorName::InvalidDefinition, message));
    }
    Ok(None)
}

/// Refuses a result that the state could not have.
fn check(
    subject: &Subject,
    state: &State,
    result: &Value,
    mock: &MockInput,
    configuration: &StateConfiguration,
) -> Result<(), ApiError> {
    match &state.kind {
        StateKind::Parallel(parallel) => match result.as_array() {
            None => Err(validation("Mocked result must be an array.")),
            Some(results) if results.len() != parallel.branches.len() => {
                Err(validation("Mocked result must contain the same number of items as number of Parallel branches."))
            }
            Some(_) => Ok(()),
        },
        StateKind::Map(_) => {
            let writes = subject.written().get("ResultWriter").is_some();
            if writes && !result.is_object() {
                return Err(validation("Mocked result must be a JSON object."));
            }
            if !writes && !result.is_array() {
                return Err(validation("Mocked result must be an array."));
            }
            let failed = configuration.map_iteration_failure_count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
            match result.as_array() {
                Some(results) if failed > results.len() => Err(validation(
                    "Map iteration failure count must be less than or equal to the number of Map iterations",
                )),
                _ => Ok(()),
            }
        }
        StateKind::Task(task) => {
            let mode = mock.field_validation_mode.as_deref().unwrap_or("STRICT");
            mock_shape::check(&task.resource.arn, result, mode)
                .map_err(|what| validation(format!("Mock result schema validation error: {what}")))
        }
        _ => Ok(()),
    }
}
