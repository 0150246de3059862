//! `States.Format`.

use std::borrow::Cow;

use asl::intrinsic::{Argument, Call};
use serde_json::Value;

use super::arguments::value;
use super::{Failure, refused};
use crate::evaluation::Evaluation;
use crate::number;

/// `States.Format(template, values...)`: the template with each `{}` replaced by the value in its turn.
///
/// Values print as in Java, which was recorded: a string as it is, an object as `{Arg1=1, Arg2=[]}`.
pub(super) fn format(call: &Call, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let mut arguments = call.arguments.iter();
    let pieces = match arguments.next() {
        Some(Argument::Pieces(pieces)) => pieces.iter().map(|piece| Cow::Borrowed(piece.as_str())).collect(),
        Some(template) => pieces_of(value(template, call, evaluation)?.as_ref())?,
        None => return refused("Argument 1 is missing."),
    };
    let places = pieces.len() - 1;
    if arguments.len() != places {
        let given = arguments.len();
        return refused(format!("The number of arguments, {given}, does not match the occurrences of {{}}, {places}."));
    }
    let mut text = String::new();
    for piece in pieces {
        text.push_str(&piece);
        if let Some(argument) = arguments.next() {
            let before = text.len();
            print(value(argument, call, evaluation)?.as_ref(), &mut text);
            evaluation.spend(text.len() - before)?;
        }
    }
    Ok(Value::String(text))
}

/// The pieces of a template that is not written out: it has no escapes.
fn pieces_of<'p>(template: &Value) -> Result<Vec<Cow<'p, str>>, Failure> {
    match template {
        Value::String(template) => Ok(template.split("{}").map(|piece| Cow::Owned(piece.to_owned())).collect()),
        _ => refused("Argument 1 must be a string."),
    }
}

/// Prints a value as Java's `toString` does.
fn print(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(boolean) => text.push_str(if *boolean { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number::text(number)),
        Value::String(string) => text.push_str(string),
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                separate(at, text);
                print(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                separate(at, text);
                text.push_str(name);
                text.push('=');
                print(member, text);
            }
            text.push('}');
        }
    }
}

fn separate(at: usize, text: &mut String) {
    if at > 0 {
        text.push_str(", ");
    }
}
