//! The functions on JSON.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Serializer, Value};

use super::arguments::Arguments;
use super::{Failure, refused};
use crate::evaluation::Evaluation;
use crate::number;

/// `States.StringToJson(text)`: the JSON that the text holds; `null` of an empty one (recorded).
pub(super) fn string_to_json(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let text = arguments.text()?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).or_else(|error| refused(format!("The argument is not valid JSON: {error}.")))
}

/// `States.JsonToString(value)`: its JSON, compact, numbers as AWS prints them.
pub(super) fn json_to_string(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let value = arguments.any()?;
    let mut text = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut text, AsJava));
    evaluation.spend(text.len())?;
    match (written, String::from_utf8(text)) {
        (Ok(()), Ok(text)) => Ok(Value::String(text)),
        _ => refused("The argument cannot be written as JSON."),
    }
}

/// Compact JSON whose doubles print as in Java.
#[derive(Debug)]
struct AsJava;

impl Formatter for AsJava {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(number::float_text(value).as_bytes())
    }
}

/// `States.JsonMerge(object, object, false)`: the members of both, the second's where both have one. Deep merging (`true`) is not
/// supported by AWS either.
pub(super) fn merge(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let mut merged = object(arguments, evaluation)?;
    let later = object(arguments, evaluation)?;
    if arguments.boolean()? {
        return refused("Only shallow merging is supported: argument 3 must be false.");
    }
    merged.extend(later);
    Ok(Value::Object(merged))
}

fn object(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Map<String, Value>, Failure> {
    let value = arguments.any()?;
    if !value.is_object() {
        return arguments.wrong("an object", &value);
    }
    match evaluation.own(value)? {
        Value::Object(members) => Ok(members),
        other => arguments.wrong("an object", &other),
    }
}
