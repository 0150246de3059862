//! TestState: one state by itself, without a machine and, where its task is mocked, without doing anything.
//!
//! What the state makes of its data is the interpreter's (`interpreter::test_state`). A task that is not mocked is carried out, as an express execution of
//! its own that nobody lists.

mod inspection;
mod mock;
mod mock_shape;
mod subject;
mod surroundings;

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::{Brought, StateFailure, StateInspection, StateOutcome, StateTest, test_state};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::constraints::Constraints;
use crate::operation::start_execution::{check_input, input_or_empty};
use crate::{Api, ApiError, ErrorName, member};

pub use inspection::{InspectionData, InspectionErrorDetails};
pub use mock::{MockErrorOutput, MockInput};
use subject::Subject;
use surroundings::Surroundings;

/// A state to be tried.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestStateRequest {
    /// A state, or with `state_name` a machine: required.
    pub definition: Option<String>,
    /// Required for a task that is not mocked.
    pub role_arn: Option<String>,
    /// JSON text; `{}` when absent.
    pub input: Option<String>,
    /// `INFO`, which is the default, `DEBUG` or `TRACE`.
    pub inspection_level: Option<String>,
    /// Whether secrets of HTTP tasks are shown; here nothing shows any.
    pub reveal_secrets: Option<bool>,
    /// A JSON object: the variables that the state sees.
    pub variables: Option<String>,
    /// The state to be tried, where the definition is a machine's.
    pub state_name: Option<String>,
    /// What the task, the branches or the iterations bring.
    pub mock: Option<MockInput>,
    /// A JSON object: the whole context object.
    pub context: Option<String>,
    /// What happened before.
    pub state_configuration: Option<StateConfiguration>,
}

/// What happened before a state is tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateConfiguration {
    /// How often the retrier that applies has retried.
    pub retrier_retry_count: Option<i64>,
    /// The state inside a Map or Parallel that failed.
    pub error_caused_by_state: Option<String>,
    /// How many iterations of a Map have failed.
    pub map_iteration_failure_count: Option<i64>,
    /// JSON text: what a Map's ItemReader reads.
    pub map_item_reader_data: Option<String>,
}

/// What the state came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestStateResponse {
    /// Its output, if it is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Its error, if it has failed and that has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The way from the input to the output, of the levels `DEBUG` and `TRACE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspection_data: Option<InspectionData>,
    /// The state that it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_state: Option<String>,
    /// `SUCCEEDED`, `FAILED`, `RETRIABLE` or `CAUGHT_ERROR`.
    pub status: &'static str,
}

/// The levels of inspection.
const LEVELS: &[&str] = &["INFO", "DEBUG", "TRACE"];

impl Api<'_> {
    /// Tries a state.
    ///
    /// # Errors
    ///
    /// InvalidDefinition, InvalidExecutionInput, ValidationException.
    pub async fn test_state(&self, request: TestStateRequest) -> Result<TestStateResponse, ApiError> {
        let mut constraints = Constraints::default();
        let definition = constraints.required(member::DEFINITION, request.definition);
        let role_arn = constraints.optional(member::ROLE_ARN, request.role_arn);
        let input = constraints.optional(member::INPUT, request.input);
        let state_name = constraints.optional(member::STATE_NAME, request.state_name);
        constraints.one_of("inspectionLevel", request.inspection_level.as_deref(), LEVELS);
        let configuration = request.state_configuration.unwrap_or_default();
        if let Some(mock) = &request.mock {
            mock.constrain(&mut constraints);
        }
        constraints.check()?;
        let subject = Subject::of(&definition, state_name.as_deref())?;
        let brought = mock::brought(&subject, request.mock.as_ref(), &configuration)?;
        let is_task = subject.state()?.type_name() == "Task";
        if is_task && brought.is_none() && role_arn.is_none() {
            return Err(validation("RoleArn must be specified when testing a Task state"));
        }
        let input_text = input_or_empty(input);
        check_input(&input_text)?;
        let input: Value = serde_json::from_str(&input_text).unwrap_or(Value::Null);
        let variables = variables(request.variables.as_deref())?;
        let surroundings = Surroundings {
            name: subject.name(),
            role_arn: role_arn.as_deref(),
            input: &input,
            retried: configuration.retrier_retry_count.unwrap_or(0),
            now: self.now(),
        };
        let context = match &request.context {
            Some(text) => surroundings::given(text, subject.state()?)?,
            None => surroundings.made(self),
        };
        let mut test = StateTest {
            state: subject.state()?,
            input: &input,
            context,
            variables,
            brought,
            retried: u64::try_from(configuration.retrier_retry_count.unwrap_or(0)).unwrap_or(0),
            failed_iterations: u64::try_from(configuration.map_iteration_failure_count.unwrap_or(0)).unwrap_or(0),
            now: self.now(),
            seed: u64::try_from(self.coordinator.ports().entropy.bits() >> 64).unwrap_or(0),
        };
        if is_task && test.brought.is_none() {
            match self.carried_out(&subject, &test, role_arn.unwrap_or_default()).await? {
                Some(brought) => test.brought = Some(brought),
                // It failed before its task was called.
                None => test.brought = Some(Brought::Result(Value::Null)),
            }
        }
        let (outcome, seen) = test_state(&test);
        let texts = Texts { input: (&input, &input_text), mock: request.mock.as_ref().and_then(MockInput::text) };
        let inspected = request.inspection_level.as_deref().is_some_and(|level| level != "INFO");
        let data = inspected.then(|| InspectionData::of(&seen, &texts));
        Ok(response(outcome, data, &texts))
    }

    /// What the task brings, carried out; none if it fails before that.
    async fn carried_out(
        &self,
        subject: &Subject,
        test: &StateTest<'_>,
        role_arn: String,
    ) -> Result<Option<Brought>, ApiError> {
        let dry = StateTest { brought: Some(Brought::Result(Value::Null)), ..test.clone() };
        let (_, StateInspection { after_parameters, after_arguments, result, .. }) = test_state(&dry);
        if result.is_none() {
            return Ok(None);
        }
        let arguments = after_parameters.or(after_arguments).unwrap_or_else(|| test.input.clone());
        let definition = subject.task_alone()?;
        self.carry_out(&definition, role_arn, &arguments).await.map(Some)
    }
}

/// Texts that are shown as they were written.
pub(crate) struct Texts<'t> {
    pub(crate) input: (&'t Value, &'t Arc<str>),
    pub(crate) mock: Option<(Value, &'t str)>,
}

impl Texts<'_> {
    /// A value as JSON text: as it was given, where it was given.
    pub(crate) fn of(&self, value: &Value) -> String {
        if let Some((mocked, text)) = &self.mock
            && mocked == value
        {
            return (*text).to_owned();
        }
        let (input, text) = self.input;
        if input == value { text.to_string() } else { value.to_string() }
    }
}

fn response(outcome: StateOutcome, inspection_data: Option<InspectionData>, texts: &Texts<'_>) -> TestStateResponse {
    let (status, output, next_state, failure) = match outcome {
        StateOutcome::Succeeded { output, next } => ("SUCCEEDED", Some(output), next, None),
        StateOutcome::Failed(failure) => ("FAILED", None, None, Some(failure)),
        StateOutcome::Retriable(failure) => ("RETRIABLE", None, None, Some(failure)),
        StateOutcome::Caught { failure, output, next } => ("CAUGHT_ERROR", Some(output), Some(next), Some(failure)),
    };
    let (error, cause) = failure.map_or((None, None), |StateFailure { error, cause }| (Some(error), cause));
    TestStateResponse {
        output: output.map(|output| texts.of(&output)),
        error: error.filter(|error| !error.is_empty()),
        cause,
        inspection_data,
        next_state,
        status,
    }
}

fn variables(text: Option<&str>) -> Result<BTreeMap<String, Value>, ApiError> {
    let Some(text) = text else { return Ok(BTreeMap::new()) };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members.into_iter().collect()),
        _ => Err(validation("Invalid variables: they must be a JSON object")),
    }
}

/// Refused, in the words of AWS as far as they are known.
pub(crate) fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorName::Validation, message)
}

/// The definition of a machine that carries out one task with what it is given.
pub(crate) fn alone(resource: &str) -> String {
    let task = json!({
        "Type": "Task", "QueryLanguage": "JSONata", "Resource": resource, "Arguments": "{% $states.input %}", "TimeoutSeconds": 300, "End": true,
    });
    json!({"StartAt": "Task", "States": {"Task": task}}).to_string()
}

#[cfg(test)]
mod tests;
