//! Values on their way into the evaluator and out of it.

use indexmap::IndexMap;
use jsonata_core::value::JValue;
use serde_json::{Map, Number, Value};

use crate::engine::EvaluationError;
use crate::limits::{RESULT_BYTES_MAX, RESULT_DEPTH_MAX};

/// A JSON value for the evaluator. Payloads are as deep as the parser of JSON takes them, so recursion is bounded.
pub(crate) fn into_core(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(flag) => JValue::Bool(*flag),
        Value::Number(number) => JValue::Number(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => JValue::string(text.as_str()),
        Value::Array(elements) => JValue::array(elements.iter().map(into_core).collect()),
        Value::Object(members) => {
            let members: IndexMap<String, JValue> =
                members.iter().map(|(name, value)| (name.clone(), into_core(value))).collect();
            JValue::object(members)
        }
    }
}

/// A result as JSON.
pub(crate) fn from_core(value: &JValue) -> Result<Value, EvaluationError> {
    let mut spent = 0;
    convert(value, 0, &mut spent)
}

fn convert(value: &JValue, depth: usize, spent: &mut usize) -> Result<Value, EvaluationError> {
    if depth > RESULT_DEPTH_MAX {
        return Err(EvaluationError::Limit("levels of a result"));
    }
    // A result whose parts are shared is small in memory and long as text.
    let mut spend = |bytes: usize| {
        *spent = spent.saturating_add(bytes);
        if *spent > RESULT_BYTES_MAX { Err(EvaluationError::Limit("bytes of a result")) } else { Ok(()) }
    };
    spend(8)?;
    match value {
        JValue::Null => Ok(Value::Null),
        JValue::Bool(flag) => Ok(Value::Bool(*flag)),
        JValue::Number(number) => self::number(*number).map(Value::Number),
        JValue::String(text) => {
            spend(text.len())?;
            Ok(Value::String(text.to_string()))
        }
        JValue::Array(elements) => {
            // Nothing is left of what is undefined inside an array, as in the reference.
            let defined = elements.iter().filter(|element| !element.is_undefined());
            defined.map(|element| convert(element, depth + 1, spent)).collect::<Result<_, _>>().map(Value::Array)
        }
        JValue::Object(members) => {
            let mut converted = Map::new();
            for (name, member) in members.iter().filter(|(_, member)| !member.is_undefined()) {
                spent_name(name, spent)?;
                converted.insert(name.clone(), convert(member, depth + 1, spent)?);
            }
            Ok(Value::Object(converted))
        }
        JValue::Undefined => Err(EvaluationError::Undefined),
        JValue::Lambda(_) | JValue::Builtin { .. } => Err(EvaluationError::NotJson("function")),
        JValue::Regex { .. } => Err(EvaluationError::NotJson("regular expression")),
    }
}

fn spent_name(name: &str, spent: &mut usize) -> Result<(), EvaluationError> {
    *spent = spent.saturating_add(name.len());
    if *spent > RESULT_BYTES_MAX { Err(EvaluationError::Limit("bytes of a result")) } else { Ok(()) }
}

/// A number as JSON: a whole one without a fraction, as JavaScript prints it.
fn number(number: f64) -> Result<Number, EvaluationError> {
    /// Whole doubles below this are printed without an exponent, and fit the integers of JSON.
    const WHOLE_MAX: f64 = 9.2e18;
    if number.fract() == 0.0 && number.abs() < WHOLE_MAX {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the limits of the type")]
        return Ok(Number::from(number as i64));
    }
    Number::from_f64(number).ok_or(EvaluationError::NotJson("number that is not finite"))
}
