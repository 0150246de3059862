//! A call's arguments, evaluated, and taken one after the other by the kind that the function wants.

use std::borrow::Cow;

use asl::intrinsic::{Argument, Call};
use serde_json::Value;

use super::{Failure, evaluate, refused};
use crate::evaluation::Evaluation;
use crate::number;

/// A call's arguments; their number was checked when the call was parsed.
#[derive(Debug)]
pub(super) struct Arguments<'a> {
    values: std::vec::IntoIter<Cow<'a, Value>>,
    /// How many were taken.
    taken: usize,
}

/// Evaluates one argument.
pub(super) fn value<'v, 'a: 'v>(
    argument: &'v Argument,
    call: &Call,
    evaluation: &mut Evaluation<'a>,
) -> Result<Cow<'v, Value>, Failure> {
    match argument {
        Argument::Literal(value) => Ok(Cow::Borrowed(value)),
        Argument::Pieces(pieces) => Ok(Cow::Owned(Value::String(pieces.join("{}")))),
        Argument::Path(path) => Ok(evaluation.find_for_argument(path, call)?),
        Argument::Call(call) => Ok(Cow::Owned(evaluate(call, evaluation)?)),
    }
}

impl<'a> Arguments<'a> {
    /// Evaluates all of a call's arguments, in their order.
    pub(super) fn of<'r: 'a>(call: &'a Call, evaluation: &mut Evaluation<'r>) -> Result<Self, Failure> {
        let values = call.arguments.iter().map(|argument| value(argument, call, evaluation));
        Ok(Self { values: values.collect::<Result<Vec<_>, _>>()?.into_iter(), taken: 0 })
    }

    /// The next one, if there is one.
    pub(super) fn optional(&mut self) -> Option<Cow<'a, Value>> {
        self.taken += 1;
        self.values.next()
    }

    /// The next one, of any kind.
    pub(super) fn any(&mut self) -> Result<Cow<'a, Value>, Failure> {
        self.optional().map_or_else(|| refused(format!("Argument {} is missing.", self.taken)), Ok)
    }

    /// The next one, an array.
    pub(super) fn array(&mut self) -> Result<Cow<'a, [Value]>, Failure> {
        match self.any()? {
            Cow::Borrowed(Value::Array(elements)) => Ok(Cow::Borrowed(elements)),
            Cow::Owned(Value::Array(elements)) => Ok(Cow::Owned(elements)),
            other => self.wrong("an array", &other),
        }
    }

    /// The next one, a string.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Failure> {
        match self.any()? {
            Cow::Borrowed(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Cow::Owned(Value::String(text)) => Ok(Cow::Owned(text)),
            other => self.wrong("a string", &other),
        }
    }

    /// The next one, a string of so many characters at most.
    pub(super) fn text_of_at_most(&mut self, characters_max: usize) -> Result<Cow<'a, str>, Failure> {
        let text = self.text()?;
        match text.chars().nth(characters_max) {
            None => Ok(text),
            Some(_) => refused(format!("Argument {} has more than {characters_max} characters.", self.taken)),
        }
    }

    /// The next one, a number, rounded to the nearest integer, halves upwards.
    pub(super) fn integer(&mut self) -> Result<i64, Failure> {
        match self.any()?.as_ref() {
            Value::Number(number) => Ok(number::rounded(number)),
            other => self.wrong("a number", other),
        }
    }

    /// The next one, a boolean.
    pub(super) fn boolean(&mut self) -> Result<bool, Failure> {
        let value = self.any()?;
        value.as_bool().map_or_else(|| self.wrong("a boolean", &value), Ok)
    }

    /// Refuses the argument that was taken last.
    pub(super) fn wrong<T>(&self, wanted: &str, value: &Value) -> Result<T, Failure> {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        refused(format!("Argument {} must be {wanted} but is {kind}.", self.taken))
    }
}
