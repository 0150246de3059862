//! Whether a Choice rule's condition holds.
//!
//! States Language specification, "Choice State". Recorded of AWS: a value of another type makes a comparison false, never an
//! error; numbers compare by value; timestamps compare as instants, and only texts with `Z` or an offset are timestamps.

mod matching;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;

use asl::path::Path;
use asl::state::{Comparison, Condition, Operand, TypeTest};
use serde_json::{Number, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::StateFailure;
use crate::json_path::{MissingPath, Roots, find};
use crate::number;
use crate::timestamp::Timestamp;

/// Whether the condition holds. `And` and `Or` stop at the first part that decides them, so that `IsPresent` can guard a
/// comparison; any other test of a `Variable`, or an operand's path, that finds nothing fails with `States.Runtime`.
pub(crate) fn holds(condition: &Condition, roots: &Roots<'_>) -> Result<bool, StateFailure> {
    match condition {
        Condition::And(parts) => {
            for part in parts {
                if !holds(part, roots)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(parts) => {
            for part in parts {
                if holds(part, roots)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(part) => holds(part, roots).map(|holds| !holds),
        // The parser gives these to JSONata states only.
        Condition::Constant(_) | Condition::Expression(_) => Ok(false),
        Condition::Compare { variable, comparison } => compare(variable, comparison, roots),
    }
}

fn compare(variable: &Path, comparison: &Comparison, roots: &Roots<'_>) -> Result<bool, StateFailure> {
    if let Comparison::Type(TypeTest::Present, expected) = comparison {
        return match find(variable, roots) {
            Err(missing) if !missing.is_absent() => Err(missing.in_condition()),
            found => Ok(found.is_ok() == *expected),
        };
    }
    let value = value_of(variable, roots)?;
    let value = value.as_ref();
    match comparison {
        Comparison::String(ordering, or_equal, operand) => {
            let other = text(operand, roots)?;
            Ok(satisfies(both(value.as_str(), other.as_deref(), in_java), *ordering, *or_equal))
        }
        Comparison::Numeric(ordering, or_equal, operand) => {
            let other = number(operand, roots)?;
            Ok(satisfies(both(number_of(value), other.as_ref(), number::compare), *ordering, *or_equal))
        }
        Comparison::Timestamp(ordering, or_equal, operand) => {
            let other = text(operand, roots)?.as_deref().and_then(instant);
            let order = both(value.as_str().and_then(instant), other, |left, right| left.cmp(&right));
            Ok(satisfies(order, *ordering, *or_equal))
        }
        Comparison::BooleanEquals(operand) => {
            Ok(both(value.as_bool(), boolean(operand, roots)?, |left, right| left == right).unwrap_or(false))
        }
        Comparison::StringMatches(pattern) => value.as_str().map_or(Ok(false), |text| matching::matches(pattern, text)),
        Comparison::Type(test, expected) => Ok(is(*test, value) == *expected),
    }
}

/// Both sides compared, if both are of the type that is compared.
fn both<L, R, C>(left: Option<L>, right: Option<R>, compare: impl Fn(L, R) -> C) -> Option<C> {
    Some(compare(left?, right?))
}

fn satisfies(order: Option<Ordering>, wanted: Ordering, or_equal: bool) -> bool {
    order.is_some_and(|order| order == wanted || or_equal && order == Ordering::Equal)
}

/// By UTF-16 code units, as Java compares strings: differs from code points beyond U+FFFF.
fn in_java(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

fn value_of<'a>(path: &Path, roots: &Roots<'a>) -> Result<Cow<'a, Value>, StateFailure> {
    find(path, roots).map_err(MissingPath::in_condition)
}

/// The operand, if it is a text.
fn text<'a>(operand: &'a Operand<String>, roots: &Roots<'a>) -> Result<Option<Cow<'a, str>>, StateFailure> {
    Ok(match operand {
        Operand::Literal(text) => Some(Cow::Borrowed(text.as_str())),
        Operand::Path(path) => match value_of(path, roots)? {
            Cow::Borrowed(value) => value.as_str().map(Cow::Borrowed),
            Cow::Owned(value) => value.as_str().map(|text| Cow::Owned(text.to_owned())),
        },
    })
}

/// The operand, if it is a number.
fn number(operand: &Operand<Number>, roots: &Roots<'_>) -> Result<Option<Number>, StateFailure> {
    match operand {
        Operand::Literal(number) => Ok(Some(number.clone())),
        Operand::Path(path) => Ok(number_of(value_of(path, roots)?.as_ref()).cloned()),
    }
}

/// The operand, if it is a boolean.
fn boolean(operand: &Operand<bool>, roots: &Roots<'_>) -> Result<Option<bool>, StateFailure> {
    match operand {
        Operand::Literal(boolean) => Ok(Some(*boolean)),
        Operand::Path(path) => Ok(value_of(path, roots)?.as_bool()),
    }
}

fn number_of(value: &Value) -> Option<&Number> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

/// The instant that a text names, to the nanosecond, if it is a timestamp as the language writes them.
fn instant(text: &str) -> Option<OffsetDateTime> {
    Timestamp::parse(text)?;
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Whether a value that is there passes a test of its type.
fn is(test: TypeTest, value: &Value) -> bool {
    match test {
        TypeTest::Null => value.is_null(),
        TypeTest::Present => true,
        TypeTest::Numeric => value.is_number(),
        TypeTest::String => value.is_string(),
        TypeTest::Boolean => value.is_boolean(),
        TypeTest::Timestamp => value.as_str().and_then(instant).is_some(),
    }
}
