//! The functions on arrays.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::arguments::Arguments;
use super::{Failure, refused};
use crate::evaluation::Evaluation;
use crate::limits::ARRAY_RANGE_ELEMENTS_MAX;
use crate::number;

/// `States.Array(values...)`: an array of the values.
pub(super) fn array(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let mut elements = Vec::new();
    while let Some(value) = arguments.optional() {
        elements.push(evaluation.own(value)?);
    }
    Ok(Value::Array(elements))
}

/// `States.ArrayPartition(array, size)`: the array in chunks of so many elements, the last maybe shorter.
pub(super) fn partition(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let elements = arguments.array()?;
    let size = arguments.integer()?;
    let Some(size) = usize::try_from(size).ok().filter(|size| *size > 0) else {
        return refused(format!("The chunk size must be a positive integer but is {size}."));
    };
    let chunks = elements.chunks(size).map(|chunk| own_all(chunk, evaluation).map(Value::Array));
    Ok(Value::Array(chunks.collect::<Result<_, _>>()?))
}

/// `States.ArrayContains(array, value)`: whether an element is the same as the value.
pub(super) fn contains(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let elements = arguments.array()?;
    let wanted = arguments.any()?;
    Ok(Value::Bool(elements.iter().any(|element| number::equal(element, &wanted))))
}

/// `States.ArrayRange(first, last, step)`: the numbers from the first to the last, which is included if a step lands on it.
pub(super) fn range(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let (first, last, step) = (arguments.integer()?, arguments.integer()?, arguments.integer()?);
    if step == 0 {
        return refused("The step must not be zero.");
    }
    let count = ((i128::from(last) - i128::from(first)) / i128::from(step) + 1).max(0);
    let is_away = (last < first) == (step > 0) && last != first;
    let count = if is_away { 0 } else { count };
    if count > ARRAY_RANGE_ELEMENTS_MAX {
        return refused(format!("The array would have {count} elements; {ARRAY_RANGE_ELEMENTS_MAX} are allowed."));
    }
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    Ok(numbers.take(usize::try_from(count).unwrap_or(0)).map(Value::from).collect())
}

/// `States.ArrayGetItem(array, index)`: the element at the index, from zero.
pub(super) fn get_item(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let elements = arguments.array()?;
    let index = arguments.integer()?;
    match usize::try_from(index).ok().and_then(|index| elements.get(index)) {
        Some(element) => Ok(evaluation.own(Cow::Borrowed(element))?),
        None => refused(format!("The index {index} is out of bounds of an array of {} elements.", elements.len())),
    }
}

/// `States.ArrayLength(array)`: how many elements it has.
pub(super) fn length(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    Ok(Value::from(arguments.array()?.len()))
}

/// `States.ArrayUnique(array)`: the first of each of the elements that are the same.
pub(super) fn unique(arguments: &mut Arguments<'_>, evaluation: &mut Evaluation<'_>) -> Result<Value, Failure> {
    let elements = arguments.array()?;
    let mut seen = BTreeSet::new();
    let first: Vec<&Value> = elements.iter().filter(|element| seen.insert(identity(element))).collect();
    let owned = first.into_iter().map(|element| evaluation.own(Cow::Borrowed(element)));
    Ok(Value::Array(owned.collect::<Result<_, _>>()?))
}

/// A text that is the same for values that are the same: members sorted, numbers by value.
fn identity(value: &Value) -> String {
    match value {
        Value::Number(number) => number::identity(number),
        Value::Array(elements) => format!("[{}]", elements.iter().map(identity).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(name, member)| format!("{}:{}", Value::from(name.as_str()), identity(member))).collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

fn own_all(elements: &[Value], evaluation: &mut Evaluation<'_>) -> Result<Vec<Value>, Failure> {
    elements.iter().map(|element| evaluation.own(Cow::Borrowed(element)).map_err(Failure::from)).collect()
}
