//! What intrinsic functions evaluate to: a file per family.
//!
//! Step Functions Developer Guide, "Intrinsic functions for JSONPath states", and what was recorded of AWS. An argument of the
//! wrong kind, or over a limit, fails with `States.IntrinsicFailure`; a path that finds nothing with `States.Runtime`.

mod arguments;
mod array;
mod encoding;
mod format;
mod hash;
mod json;
mod math;
mod string;
#[cfg(test)]
mod tests;
mod uuid;

use asl::error_name;
use asl::intrinsic::{Call, Function};
use serde_json::Value;

use crate::evaluation::Evaluation;
use crate::failure::StateFailure;
use arguments::Arguments;

/// Why a function cannot be evaluated.
#[derive(Debug, Clone, PartialEq)]
enum Failure {
    /// What is wrong with its arguments, a sentence for the author.
    Refused(String),
    /// A failure with its own name: of a nested call, a path that finds nothing, a limit of the whole evaluation.
    Other(StateFailure),
}

impl From<StateFailure> for Failure {
    fn from(failure: StateFailure) -> Self {
        Self::Other(failure)
    }
}

/// A failure by a sentence.
fn refused<T>(why: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Refused(why.into()))
}

/// Evaluates a call, its arguments first.
pub(crate) fn evaluate(call: &Call, evaluation: &mut Evaluation<'_>) -> Result<Value, StateFailure> {
    apply(call, evaluation).map_err(|failure| match failure {
        Failure::Refused(why) => {
            let cause = format!("The function '{}' had the following error: {why}", call.text);
            StateFailure::new(error_name::INTRINSIC_FAILURE, cause)
        }
        Failure::Other(failure) => failure,
    })
}

fn apply(call: &Call, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    if call.function == Function::Format {
        return format::format(call, evaluation);
    }
    let mut arguments = Arguments::of(call, evaluation)?;
    let arguments = &mut arguments;
    match call.function {
        Function::Format => format::format(call, evaluation),
        Function::StringToJson => json::string_to_json(arguments),
        Function::JsonToString => json::json_to_string(arguments, evaluation),
        Function::Array => array::array(arguments, evaluation),
        Function::ArrayPartition => array::partition(arguments, evaluation),
        Function::ArrayContains => array::contains(arguments),
        Function::ArrayRange => array::range(arguments),
        Function::ArrayGetItem => array::get_item(arguments, evaluation),
        Function::ArrayLength => array::length(arguments),
        Function::ArrayUnique => array::unique(arguments, evaluation),
        Function::Base64Encode => encoding::encode(arguments),
        Function::Base64Decode => encoding::decode(arguments),
        Function::Hash => hash::hash(arguments),
        Function::JsonMerge => json::merge(arguments, evaluation),
        Function::MathRandom => math::random(arguments, evaluation.random),
        Function::MathAdd => math::add(arguments),
        Function::StringSplit => string::split(arguments, evaluation),
        Function::Uuid => Ok(Value::String(uuid::version_4(evaluation.random))),
    }
}
