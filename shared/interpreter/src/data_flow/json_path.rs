//! JSONPath at work in one state.

use std::borrow::Cow;
use std::collections::BTreeMap;

use asl::error_name;
use asl::state::{Amount, Assign, Catcher, CompensationAction, Condition, Data, InputPath, Map, ResultPath, Text, WaitUntil};
use asl::template::Template;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{Assigning, DataFlow};
use crate::evaluation::Evaluation;
use crate::halt::FlowFailure;
use crate::json_path::{MissingPath, Roots, find, put};
use crate::{StateFailure, Timestamp, comparison, intrinsic, template};

/// JSONPath at work in one state.
pub(super) struct JsonPath<'s> {
    pub(super) data: &'s Data,
    pub(super) context: Value,
    pub(super) variables: BTreeMap<String, Value>,
}

impl JsonPath<'_> {
    fn roots<'r>(&'r self, data: &'r Value) -> Roots<'r> {
        Roots { data, context: &self.context, variables: &self.variables }
    }

    fn evaluate(&self, template: &Template, data: &Value, random: &mut ChaCha8Rng) -> Result<Value, StateFailure> {
        template::evaluate(template, &mut Evaluation::new(self.roots(data), random))
    }

    fn select(&self, path: &InputPath, data: Value) -> Result<Value, FlowFailure> {
        match path {
            InputPath::Whole => Ok(data),
            InputPath::Discard => Ok(json!({})),
            InputPath::Path(path) => {
                let found = find(path, &self.roots(&data)).map_err(MissingPath::in_data_flow)?;
                Ok(found.into_owned())
            }
        }
    }

    fn combine(&self, raw: &Value, place: &ResultPath, result: Value) -> Result<Value, FlowFailure> {
        match place {
            ResultPath::Replace => Ok(result),
            ResultPath::Discard => Ok(raw.clone()),
            ResultPath::At(reference) => Ok(put(reference, raw.clone(), result)?),
        }
    }
}

impl DataFlow for JsonPath<'_> {
    fn input(&self, raw: &Value) -> Result<Value, FlowFailure> {
        match &self.data.input_path {
            InputPath::Path(path) => {
                let found = find(path, &self.roots(raw)).map_err(MissingPath::in_data_flow)?;
                Ok(found.into_owned())
            }
            InputPath::Whole => Ok(raw.clone()),
            InputPath::Discard => Ok(json!({})),
        }
    }

    fn arguments(&self, input: Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        match &self.data.parameters {
            Some(parameters) => Ok(self.evaluate(parameters, &input, random)?),
            None => Ok(input),
        }
    }

    fn result(&self, result: Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        match &self.data.result_selector {
            Some(selector) => Ok(self.evaluate(selector, &result, random)?),
            None => Ok(result),
        }
    }

    fn output(&self, raw: &Value, result: Value) -> Result<Value, FlowFailure> {
        let combined = self.combine(raw, &self.data.result_path, result)?;
        self.select(&self.data.output_path, combined)
    }

    fn placed(&self, raw: &Value, result: Value) -> Result<Option<Value>, FlowFailure> {
        self.combine(raw, &self.data.result_path, result).map(Some)
    }

    fn passed(&self, input: Value, _by: Option<(usize, Option<&Template>)>) -> Result<Value, FlowFailure> {
        self.select(&self.data.output_path, input)
    }

    fn caught(&self, raw: &Value, (_, catcher): (usize, &Catcher), failure: &StateFailure) -> Result<Value, FlowFailure> {
        self.combine(raw, &catcher.result_path, error_output(failure))
    }

    fn assigned(&self, assign: &Assign, by: Assigning<'_>, random: &mut ChaCha8Rng) -> Result<Vec<(String, Value)>, FlowFailure> {
        let mut evaluation = Evaluation::new(self.roots(by.data), random);
        Ok(template::evaluate_members(assign, &mut evaluation)?.into_iter().collect())
    }

    fn selected(&self, selector: &Template, input: &Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        Ok(self.evaluate(selector, input, random)?)
    }

    fn evaluated(&self, template: &Template, _field: &str, input: &Value, random: &mut ChaCha8Rng) -> Result<Value, FlowFailure> {
        Ok(self.evaluate(template, input, random)?)
    }

    fn undoing(
        &self,
        action: &CompensationAction,
        input: &Value,
        result: &Value,
        random: &mut ChaCha8Rng,
    ) -> Result<(Option<u64>, Value), FlowFailure> {
        let data = json!({ "input": input, "result": result });
        let timeout_seconds = action.timeout.as_ref().map(|amount| self.amount(amount, "TimeoutSeconds", &data)).transpose()?;
        let arguments = match &action.parameters {
            Some(parameters) => self.evaluate(parameters, &data, random)?,
            None => data,
        };
        Ok((timeout_seconds, arguments))
    }

    fn holds(&self, condition: &Condition, _index: usize, input: &Value) -> Result<bool, FlowFailure> {
        Ok(comparison::holds(condition, &self.roots(input))?)
    }

    fn found(&self, amount: &Amount, _field: &str, input: &Value) -> Result<Value, FlowFailure> {
        match amount {
            Amount::Literal(number) => Ok(json!(number)),
            Amount::Path(path) => Ok(find(path, &self.roots(input)).map_err(MissingPath::in_data_flow)?.into_owned()),
            Amount::Expression(expression) => Err(foreign(expression).into()),
        }
    }

    fn amount(&self, amount: &Amount, field: &str, input: &Value) -> Result<u64, FlowFailure> {
        let path = match amount {
            Amount::Literal(number) => return Ok(*number),
            Amount::Path(path) => path,
            Amount::Expression(expression) => return Err(foreign(expression).into()),
        };
        let found = find(path, &self.roots(input)).map_err(MissingPath::in_data_flow)?;
        let whole = found.as_u64().or_else(|| found.as_f64().filter(|number| number.fract() == 0.0).and_then(whole_number));
        // Recorded from AWS: of a Map a text is read as a number, of a Wait it is not.
        let read = ["MaxConcurrency", "MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch"];
        let text = found.as_str().filter(|_| read.contains(&field));
        let whole = whole.or_else(|| text.and_then(|text| text.parse().ok()));
        whole.ok_or_else(|| {
            let cause = format!("The {field}Path parameter cannot be parsed as a long value: {} == {found}", path.text);
            StateFailure::new(error_name::RUNTIME, cause).into()
        })
    }

    fn text(&self, text: &Text, _field: &str, input: &Value, random: &mut ChaCha8Rng) -> Result<String, FlowFailure> {
        let found = match text {
            Text::Literal(text) => return Ok(text.clone()),
            Text::Path(path) => find(path, &self.roots(input)).map_err(MissingPath::in_data_flow)?.into_owned(),
            Text::Intrinsic(call) => intrinsic::evaluate(call, &mut Evaluation::new(self.roots(input), random))?,
            Text::Expression(expression) => return Err(foreign(expression).into()),
        };
        match found {
            Value::String(text) => Ok(text),
            other => Err(StateFailure::new(error_name::RUNTIME, format!("expected a string, found `{other}`")).into()),
        }
    }

    fn until(&self, until: &WaitUntil, now: Timestamp, input: &Value) -> Result<Timestamp, FlowFailure> {
        let path = match until {
            WaitUntil::Seconds(seconds) => return Ok(now.plus_seconds(self.amount(seconds, "Seconds", input)?)),
            WaitUntil::Timestamp(text) => return Ok(super::written(text)?),
            WaitUntil::TimestampPath(path) => path,
            WaitUntil::TimestampExpression(expression) => return Err(foreign(expression).into()),
        };
        let found = find(path, &self.roots(input)).map_err(MissingPath::in_data_flow)?;
        found.as_str().and_then(Timestamp::parse).ok_or_else(|| {
            let cause =
                format!("The {} parameter does not reference a valid ISO-8601 extended offset date-time: {found}", path.text);
            StateFailure::new(error_name::RUNTIME, cause).into()
        })
    }

    fn items(&self, map: &Map, input: &Value) -> Result<Vec<Value>, FlowFailure> {
        let path = map.items_path.as_ref();
        let found = match path {
            Some(path) => find(path, &self.roots(input)).map_err(MissingPath::in_data_flow)?,
            None => Cow::Borrowed(input),
        };
        match found.into_owned() {
            Value::Array(items) => Ok(items),
            _ => {
                let path = path.map_or("$", |path| path.text.as_str());
                Err(StateFailure::new(error_name::RUNTIME, format!("Reference path \"{path}\" must point to array.")).into())
            }
        }
    }
}

/// `{"Error", "Cause"}`, as a catcher's target receives it.
pub(crate) fn error_output(failure: &StateFailure) -> Value {
    json!({ "Error": failure.error, "Cause": failure.cause.as_deref().unwrap_or_default() })
}

/// The parser gives JSONata expressions to JSONata states only.
fn foreign(expression: &jsonata::Expression) -> StateFailure {
    StateFailure::new(error_name::RUNTIME, format!("the expression `{}` stands in a JSONPath state", expression.text()))
}

/// A number without fraction as an unsigned integer.
fn whole_number(number: f64) -> Option<u64> {
    format!("{number:.0}").parse().ok()
}
