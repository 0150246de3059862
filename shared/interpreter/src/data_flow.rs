//! How data flows through a state: the trait between the state files and the query languages.
//!
//! States Language specification, "Input and Output Processing". Everything a state file wants to know of its data it asks here, so that
//! a second query language is another implementation and not another branch in each state.

use std::collections::BTreeMap;

use asl::error_name;
use asl::path::Path;
use asl::state::{Amount, Condition, Data, InputPath, ResultPath, Text};
use asl::template::Template;
use asl::{State, StateKind};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::context_object::{self, StateContext};
use crate::evaluation::Evaluation;
use crate::json_path::{MissingPath, Roots, find, put};
use crate::mention::Mention;
use crate::turn::Turn;
use crate::{StateFailure, Timestamp, TransitionError, comparison, intrinsic, template};

/// A query language at work in one state.
pub(crate) trait DataFlow {
    /// The effective input: what of the raw input the state works on.
    fn input(&self, raw: &Value) -> Result<Value, StateFailure>;
    /// What a task, the branches of a Parallel or a Pass receive.
    fn arguments(&self, input: Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure>;
    /// The state's output, made of its raw input and a result.
    fn output(&self, raw: &Value, result: Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure>;
    /// The output of a state that has no result of its own (Choice, Wait, Succeed).
    fn passed(&self, input: Value) -> Result<Value, StateFailure>;
    /// The output when a failure is caught.
    fn caught(&self, raw: &Value, place: &ResultPath, failure: &StateFailure) -> Result<Value, StateFailure>;
    /// A template evaluated over data.
    fn evaluate(&self, template: &Template, data: &Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure>;
    /// Whether a condition holds.
    fn holds(&self, condition: &Condition, data: &Value) -> Result<bool, StateFailure>;
    /// A whole number that is not negative, of the field `field`.
    fn amount(&self, amount: &Amount, field: &str, data: &Value) -> Result<u64, StateFailure>;
    /// What a path finds.
    fn find(&self, path: &Path, data: &Value) -> Result<Value, StateFailure>;
    /// A text.
    fn text(&self, text: &Text, data: &Value, random: &mut ChaCha8Rng) -> Result<String, StateFailure>;
    /// An instant.
    fn timestamp(&self, path: &Path, data: &Value) -> Result<Timestamp, StateFailure>;
    /// The items of a Map.
    fn items(&self, path: Option<&Path>, data: &Value) -> Result<Vec<Value>, StateFailure>;
}

/// JSONPath at work in one state.
pub(crate) struct JsonPath<'s> {
    data: &'s Data,
    context: Value,
    variables: BTreeMap<String, Value>,
}

/// The query language of a state, with its context object. Takes the place of nothing but what the state's expressions mention.
pub(crate) fn of_state<'s>(
    turn: &Turn<'_>,
    state: &'s State,
    context: StateContext<'_>,
) -> Result<JsonPath<'s>, TransitionError> {
    let mention = Mention::by_state(state);
    // As recorded from AWS, only states that can be retried tell how often they were.
    let retried = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_));
    let context = StateContext { retry_count: context.retry_count.filter(|_| retried), ..context };
    let context = match mention.context {
        true => context_object::build(turn, context, mention.execution_input)?,
        false => Value::Null,
    };
    Ok(JsonPath { data: state.data(), context, variables: BTreeMap::new() })
}

impl JsonPath<'_> {
    fn roots<'r>(&'r self, data: &'r Value) -> Roots<'r> {
        Roots { data, context: &self.context, variables: &self.variables }
    }

    fn select(&self, path: &InputPath, data: Value) -> Result<Value, StateFailure> {
        match path {
            InputPath::Whole => Ok(data),
            InputPath::Discard => Ok(json!({})),
            InputPath::Path(path) => {
                let found = find(path, &self.roots(&data)).map_err(MissingPath::in_data_flow)?;
                Ok(found.into_owned())
            }
        }
    }

    fn combine(&self, raw: &Value, place: &ResultPath, result: Value) -> Result<Value, StateFailure> {
        match place {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(raw.clone()),
            ResultPath::At(reference) => put(reference, raw.clone(), result),
        }
    }
}

impl DataFlow for JsonPath<'_> {
    fn input(&self, raw: &Value) -> Result<Value, StateFailure> {
        match &self.data.input_path {
            InputPath::Path(path) => {
                let found = find(path, &self.roots(raw)).map_err(MissingPath::in_data_flow)?;
                Ok(found.into_owned())
            }
            InputPath::Whole => Ok(raw.clone()),
            InputPath::Discard => Ok(json!({})),
        }
    }

    fn arguments(&self, input: Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure> {
        match &self.data.parameters {
            Some(parameters) => self.evaluate(parameters, &input, random),
            None => Ok(input),
        }
    }

    fn output(&self, raw: &Value, result: Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure> {
        let selected = match &self.data.result_selector {
            Some(selector) => self.evaluate(selector, &result, random)?,
            None => result,
        };
        let combined = self.combine(raw, &self.data.result_path, selected)?;
        self.select(&self.data.output_path, combined)
    }

    fn passed(&self, input: Value) -> Result<Value, StateFailure> {
        self.select(&self.data.output_path, input)
    }

    fn caught(&self, raw: &Value, place: &ResultPath, failure: &StateFailure) -> Result<Value, StateFailure> {
        let caught = json!({ "Error": failure.error, "Cause": failure.cause.as_deref().unwrap_or_default() });
        self.combine(raw, place, caught)
    }

    fn evaluate(&self, template: &Template, data: &Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure> {
        template::evaluate(template, &mut Evaluation::new(self.roots(data), random))
    }

    fn holds(&self, condition: &Condition, data: &Value) -> Result<bool, StateFailure> {
        comparison::holds(condition, &self.roots(data))
    }

    fn find(&self, path: &Path, data: &Value) -> Result<Value, StateFailure> {
        let found = find(path, &self.roots(data)).map_err(MissingPath::in_data_flow)?;
        Ok(found.into_owned())
    }

    fn amount(&self, amount: &Amount, field: &str, data: &Value) -> Result<u64, StateFailure> {
        let path = match amount {
            Amount::Literal(number) => return Ok(*number),
            Amount::Path(path) => path,
        };
        let found = find(path, &self.roots(data)).map_err(MissingPath::in_data_flow)?;
        let whole = found.as_u64().or_else(|| found.as_f64().filter(|number| number.fract() == 0.0).and_then(whole_number));
        whole.ok_or_else(|| {
            let cause = format!("The {field}Path parameter cannot be parsed as a long value: {} == {found}", path.text);
            StateFailure::new(error_name::RUNTIME, cause)
        })
    }

    fn text(&self, text: &Text, data: &Value, random: &mut ChaCha8Rng) -> Result<String, StateFailure> {
        let found = match text {
            Text::Literal(text) => return Ok(text.clone()),
            Text::Path(path) => find(path, &self.roots(data)).map_err(MissingPath::in_data_flow)?.into_owned(),
            Text::Intrinsic(call) => intrinsic::evaluate(call, &mut Evaluation::new(self.roots(data), random))?,
        };
        match found {
            Value::String(text) => Ok(text),
            other => Err(StateFailure::new(error_name::RUNTIME, format!("expected a string, found `{other}`"))),
        }
    }

    fn timestamp(&self, path: &Path, data: &Value) -> Result<Timestamp, StateFailure> {
        let found = find(path, &self.roots(data)).map_err(MissingPath::in_data_flow)?;
        found.as_str().and_then(Timestamp::parse).ok_or_else(|| {
            let cause =
                format!("The {} parameter does not reference a valid ISO-8601 extended offset date-time: {found}", path.text);
            StateFailure::new(error_name::RUNTIME, cause)
        })
    }

    fn items(&self, path: Option<&Path>, data: &Value) -> Result<Vec<Value>, StateFailure> {
        let found = match path {
            Some(path) => find(path, &self.roots(data)).map_err(MissingPath::in_data_flow)?,
            None => std::borrow::Cow::Borrowed(data),
        };
        match found.into_owned() {
            Value::Array(items) => Ok(items),
            _ => {
                let path = path.map_or("$", |path| path.text.as_str());
                Err(StateFailure::new(error_name::RUNTIME, format!("Reference path \"{path}\" must point to array.")))
            }
        }
    }
}

/// A number without fraction as an unsigned integer.
fn whole_number(number: f64) -> Option<u64> {
    format!("{number:.0}").parse().ok()
}
