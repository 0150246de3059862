//! JSONata at work in one state (Step Functions Developer Guide, "Transforming data with JSONata").
//!
//! A field that is absent leaves the data as it is. The texts of the failures are recorded from AWS, as far as it was seen to fail.

use std::cell::Cell;
use std::collections::BTreeMap;

use ::jsonata::{Bindings, EvaluationError, Expression, Moment, States};
use asl::path::Path;
use asl::state::{Amount, Assign, Catcher, CompensationAction, Condition, Data, Map, Text, WaitUntil};
use asl::template::Template;
use asl::{State, StateKind, error_name};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::json_path::error_output;
use super::{Assigning, DataFlow, Field};
use crate::halt::{FailedEvaluation, FlowFailure};
use crate::value_size::excerpt;
use crate::{StateFailure, Timestamp};

/// JSONata at work in one state.
pub(super) struct Jsonata<'s> {
    data: &'s Data,
    /// Whether what the state makes is a result: not of a Pass.
    has_result: bool,
    context: Value,
    variables: BTreeMap<String, Value>,
    now: Timestamp,
    /// What the next evaluation draws from: each draws from another.
    seed: Cell<u64>,
}

/// The parts of `$states` that differ from field to field.
#[derive(Debug, Clone, Copy, Default)]
struct Seen<'v> {
    input: Option<&'v Value>,
    result: Option<&'v Value>,
    error_output: Option<&'v Value>,
}

impl<'v> Seen<'v> {
    fn input(input: &'v Value) -> Self {
        Self { input: Some(input), ..Self::default() }
    }
}

impl<'s> Jsonata<'s> {
    pub(super) fn new(state: &'s State, context: Value, variables: BTreeMap<String, Value>, now: Timestamp, seed: u64) -> Self {
        let has_result = matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_));
        Self { data: state.data(), has_result, context, variables, now, seed: Cell::new(seed) }
    }

    fn evaluate(&self, expression: &Expression, location: &str, seen: Seen<'_>) -> Result<Value, FlowFailure> {
        let bindings = Bindings {
            variables: self.variables.iter().map(|(name, value)| (name.as_str(), value)).collect(),
            states: States {
                input: seen.input,
                result: seen.result,
                error_output: seen.error_output,
                context: Some(&self.context),
            },
        };
        let seed = self.seed.get();
        // Any odd step leads through all seeds; this one is that of SplitMix64.
        self.seed.set(seed.wrapping_add(0x9E37_79B9_7F4A_7C15));
        let moment = Moment { millis: self.now.millis(), seed };
        expression.evaluate(&bindings, moment).map_err(|error| match error {
            EvaluationError::NotJson(kind) => unexpected(expression, location, "a JSON value", kind, ""),
            error => failed(specified(expression, location, &format!("{error}{}", stop(&error))), location),
        })
    }

    /// JSON whose expressions are evaluated.
    fn json(&self, template: &Template, location: &str, seen: Seen<'_>) -> Result<Value, FlowFailure> {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Expression(expression) => self.evaluate(expression, location, seen),
            Template::Object(members) => members
                .iter()
                .map(|(name, member)| Ok((name.clone(), self.json(member, &format!("{location}/{name}"), seen)?)))
                .collect::<Result<_, _>>()
                .map(Value::Object),
            Template::Array(elements) => elements
                .iter()
                .enumerate()
                .map(|(at, element)| self.json(element, &format!("{location}[{at}]"), seen))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Template::Path(path) => Err(foreign(path)),
            Template::Intrinsic(call) => Err(internal(&call.text)),
        }
    }

    fn number(&self, amount: &Amount, field: &str, seen: Seen<'_>) -> Result<Value, FlowFailure> {
        match amount {
            Amount::Literal(number) => Ok(json!(number)),
            Amount::Path(path) => Err(foreign(path)),
            Amount::Expression(expression) => match self.evaluate(expression, field, seen)? {
                number @ Value::Number(_) => Ok(number),
                other => Err(mistaken(expression, field, "number", &other)),
            },
        }
    }

    fn whole(&self, amount: &Amount, field: &str, seen: Seen<'_>) -> Result<u64, FlowFailure> {
        let number = self.number(amount, field, seen)?;
        number.as_u64().ok_or_else(|| {
            let cause = format!("The {field} field must be a non-negative integer, but was: {number}");
            failed(cause, field)
        })
    }
}

impl DataFlow for Jsonata<'_> {
    fn input(&self, raw: &Value) -> Result<Value, FlowFailure> {
        Ok(raw.clone())
    }

    fn arguments(&self, input: Value, _random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        match &self.data.parameters {
            Some(arguments) => self.json(arguments, "Arguments", Seen::input(&input)),
            None => Ok(input),
        }
    }

    fn result(&self, result: Value, _random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        Ok(result)
    }

    fn output(&self, raw: &Value, result: Value) -> Result<Value, FlowFailure> {
        let Some(output) = &self.data.output else { return Ok(result) };
        let seen = Seen { result: Some(&result).filter(|_| self.has_result), ..Seen::input(raw) };
        self.json(output, "Output", seen)
    }

    fn placed(&self, _raw: &Value, _result: Value) -> Result<Option<Value>, FlowFailure> {
        Ok(None)
    }

    fn passed(&self, input: Value, by: Option<(usize, Option<&Template>)>) -> Result<Value, FlowFailure> {
        let (field, output) = match by {
            Some((index, output)) => (Field::Rule(index), output),
            None => (Field::State, self.data.output.as_ref()),
        };
        match output {
            Some(output) => self.json(output, &field.named("Output"), Seen::input(&input)),
            None => Ok(input),
        }
    }

    fn caught(&self, raw: &Value, (index, catcher): (usize, &Catcher), failure: &StateFailure) -> Result<Value, FlowFailure> {
        let error_output = error_output(failure);
        let seen = Seen { error_output: Some(&error_output), ..Seen::input(raw) };
        match &catcher.output {
            Some(output) => self.json(output, &Field::Catcher(index).named("Output"), seen),
            None => Ok(error_output),
        }
    }

    fn assigned(
        &self,
        assign: &Assign,
        by: Assigning<'_>,
        _random: &mut ChaCha8Rng,
    ) -> Result<Vec<(String, Value)>, FlowFailure> {
        let seen = Seen { input: Some(by.raw), result: by.result.filter(|_| self.has_result), error_output: by.error_output };
        let field = by.field.named("Assign");
        let assigned = assign.iter().map(|(name, value)| Ok((name.clone(), self.json(value, &format!("{field}/{name}"), seen)?)));
        assigned.collect()
    }

    fn selected(&self, selector: &Template, input: &Value, _random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        self.json(selector, "ItemSelector", Seen::input(input))
    }

    fn evaluated(&self, template: &Template, field: &str, input: &Value, _random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        self.json(template, field, Seen::input(input))
    }

    fn undoing(
        &self,
        action: &CompensationAction,
        input: &Value,
        result: &Value,
        _random: &mut ChaCha8Rng,
    ) -> Result<(Option<u64>, Value), FlowFailure> {
        let seen = Seen { result: Some(result), ..Seen::input(input) };
        let timeout = action.timeout.as_ref();
        let timeout_seconds = timeout.map(|amount| self.whole(amount, "Compensation/TimeoutSeconds", seen)).transpose()?;
        let arguments = match &action.parameters {
            Some(arguments) => self.json(arguments, "Compensation/Arguments", seen)?,
            None => json!({ "input": input, "result": result }),
        };
        Ok((timeout_seconds, arguments))
    }

    fn holds(&self, condition: &Condition, index: usize, input: &Value) -> Result<bool, FlowFailure> {
        match condition {
            Condition::Constant(flag) => Ok(*flag),
            Condition::Expression(expression) => {
                let field = Field::Rule(index).named("Condition");
                match self.evaluate(expression, &field, Seen::input(input))? {
                    Value::Bool(flag) => Ok(flag),
                    other => Err(mistaken(expression, &field, "boolean", &other)),
                }
            }
            Condition::And(_) | Condition::Or(_) | Condition::Not(_) | Condition::Compare { .. } => Err(internal("Variable")),
        }
    }

    fn found(&self, amount: &Amount, field: &str, input: &Value) -> Result<Value, FlowFailure> {
        self.number(amount, field, Seen::input(input))
    }

    fn amount(&self, amount: &Amount, field: &str, input: &Value) -> Result<u64, FlowFailure> {
        self.whole(amount, field, Seen::input(input))
    }

    fn text(&self, text: &Text, field: &str, input: &Value, _random: &mut ChaCha8Rng) -> Result<String, FlowFailure> {
        match text {
            Text::Literal(text) => Ok(text.clone()),
            Text::Expression(expression) => match self.evaluate(expression, field, Seen::input(input))? {
                Value::String(text) => Ok(text),
                other => Err(mistaken(expression, field, "string", &other)),
            },
            Text::Path(path) => Err(foreign(path)),
            Text::Intrinsic(call) => Err(internal(&call.text)),
        }
    }

    fn until(&self, until: &WaitUntil, now: Timestamp, input: &Value) -> Result<Timestamp, FlowFailure> {
        let expression = match until {
            WaitUntil::Seconds(seconds) => return Ok(now.plus_seconds(self.amount(seconds, "Seconds", input)?)),
            WaitUntil::Timestamp(text) => return Ok(super::written(text)?),
            WaitUntil::TimestampPath(path) => return Err(foreign(path)),
            WaitUntil::TimestampExpression(expression) => expression,
        };
        let field = "Timestamp";
        match self.evaluate(expression, field, Seen::input(input))? {
            Value::String(text) => Timestamp::parse(&text).ok_or_else(|| {
                let what = "cannot be parsed as an ISO-8601 extended offset date-time format string";
                linked(failed(format!("The {field} field {what}: {text}"), field))
            }),
            other => Err(mistaken(expression, field, "string", &other)),
        }
    }

    fn items(&self, map: &Map, input: &Value) -> Result<Vec<Value>, FlowFailure> {
        let Some(items) = &map.items else {
            return match input {
                Value::Array(items) => Ok(items.clone()),
                other => {
                    let cause = format!("Map state input must be an array but was: {}", excerpt(other));
                    let evaluation = Some(FailedEvaluation { location: None, linked: false });
                    Err(FlowFailure { failure: StateFailure::new(error_name::QUERY_EVALUATION_ERROR, cause), evaluation })
                }
            };
        };
        match (self.json(items, "Items", Seen::input(input))?, items) {
            (Value::Array(items), _) => Ok(items),
            (other, Template::Expression(expression)) => Err(mistaken(expression, "Items", "array", &other)),
            (_, _) => Err(internal("Items")),
        }
    }
}

/// The full stop that AWS puts behind some of its sentences, and not behind what JSONata says.
fn stop(error: &EvaluationError) -> &'static str {
    if matches!(error, EvaluationError::Thrown(_)) { "" } else { "." }
}

fn specified(expression: &Expression, location: &str, what: &str) -> String {
    format!("The JSONata expression '{}' specified for the field '{location}' {what}", expression.text())
}

fn failed(cause: String, location: &str) -> FlowFailure {
    let failure = StateFailure::new(error_name::QUERY_EVALUATION_ERROR, cause);
    FlowFailure { failure, evaluation: Some(FailedEvaluation { location: Some(location.to_owned()), linked: false }) }
}

fn linked(failure: FlowFailure) -> FlowFailure {
    let evaluation = failure.evaluation.map(|evaluation| FailedEvaluation { linked: true, ..evaluation });
    FlowFailure { evaluation, ..failure }
}

/// A result of another type than the field has.
fn mistaken(expression: &Expression, location: &str, expected: &str, found: &Value) -> FlowFailure {
    let kind = match found {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    unexpected(expression, location, expected, kind, &format!(" for value: {}", excerpt(found)))
}

fn unexpected(expression: &Expression, location: &str, expected: &str, found: &str, value: &str) -> FlowFailure {
    let what = format!("returned an unexpected result type. Expected '{expected}', but was '{found}'{value}");
    failed(specified(expression, location, &what), location)
}

/// The parser gives paths to JSONPath states only.
fn foreign(path: &Path) -> FlowFailure {
    internal(&path.text)
}

fn internal(text: &str) -> FlowFailure {
    StateFailure::new(error_name::RUNTIME, format!("`{text}` stands in a JSONata state")).into()
}
