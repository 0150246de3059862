//! Putting a value where a reference path points: `ResultPath`.

use asl::error_name;
use asl::path::{ReferencePath, Step};
use serde_json::{Map, Value};

use crate::failure::StateFailure;
use crate::value_size::excerpt;

/// Puts `value` into `into` at `reference`, and gives back the whole.
///
/// Objects that are missing on the way are made. Fails with `States.ResultPathMatchFailure` if something on the way is neither
/// missing nor an object (or, for an index, an array that has that element).
pub(crate) fn put(reference: &ReferencePath, into: Value, value: Value) -> Result<Value, StateFailure> {
    let mut whole = into;
    match place(&mut whole, &reference.steps) {
        Some(place) => *place = value,
        None => {
            let cause = format!("Unable to apply ReferencePath {reference} to input {}", excerpt(&whole));
            return Err(StateFailure::new(error_name::RESULT_PATH_MATCH_FAILURE, cause));
        }
    }
    Ok(whole)
}

/// The place that the steps lead to, made where it is missing. The whole is unchanged if there is none, up to objects made on
/// the way, which only stand under names that were missing.
fn place<'v>(whole: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    if !leads_somewhere(whole, steps) {
        return None;
    }
    steps.iter().try_fold(whole, |value, step| match (step, value) {
        (Step::Name(name), Value::Object(members)) => Some(members.entry(name.as_str()).or_insert(Value::Object(Map::new()))),
        (Step::Index(index), Value::Array(elements)) => elements.get_mut(*index),
        _ => None,
    })
}

/// Whether something can be put there. Looked at first, so that the failure shows the input as it was.
fn leads_somewhere(whole: &Value, steps: &[Step]) -> bool {
    let mut value = whole;
    for (at, step) in steps.iter().enumerate() {
        let next = match (step, value) {
            (Step::Name(name), Value::Object(members)) => members.get(name),
            (Step::Index(index), Value::Array(elements)) if *index < elements.len() => elements.get(*index),
            _ => return false,
        };
        match next {
            Some(next) => value = next,
            // The rest is made, and no array is made.
            None => return steps.iter().skip(at + 1).all(|step| matches!(step, Step::Name(_))),
        }
    }
    true
}
