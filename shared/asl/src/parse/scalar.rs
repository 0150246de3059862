//! Strings, numbers, booleans, paths: one value of a known type.

use std::ops::RangeInclusive;

use super::expression::{self, Read};
use super::fields::Fields;
use super::report::Report;
use crate::code;
use crate::intrinsic::Call;
use crate::path::{Path, PathError, ReferencePath, Segment};
use crate::raw::{Content, Member, Place, Value};
use crate::state::Amount;

/// A string.
pub(super) fn text<'a>(member: &'a Member, report: &mut Report) -> Option<&'a str> {
    match &member.value.content {
        Content::String(text) => Some(text),
        _ => wrong_type(member, "a string", report),
    }
}

/// A string of a fixed set.
pub(super) fn one_of<T: Copy>(member: &Member, values: &[(&str, T)], report: &mut Report) -> Option<T> {
    let written = text(member, report)?;
    if let Some((_, value)) = values.iter().find(|(name, _)| *name == written) {
        return Some(*value);
    }
    let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = format!("`{}` cannot be `{written}`", member.name);
    let hint = if names.len() == 1 { format!("write {}", names.concat()) } else { format!("write one of {}", names.join(", ")) };
    report.error(code::BAD_VALUE, &member.value.place, message, hint);
    None
}

/// A boolean.
pub(super) fn flag(member: &Member, report: &mut Report) -> Option<bool> {
    match &member.value.content {
        Content::Bool(flag) => Some(*flag),
        _ => wrong_type(member, "a boolean", report),
    }
}

/// A whole number within bounds.
pub(super) fn whole_number(member: &Member, bounds: RangeInclusive<u64>, report: &mut Report) -> Option<u64> {
    let Content::Number(number) = &member.value.content else {
        return wrong_type(member, "a whole number", report);
    };
    if number.is_f64() {
        return wrong_type(member, "a whole number", report);
    }
    let value = number.as_u64().filter(|value| bounds.contains(value));
    if value.is_none() {
        let message = format!("`{}` cannot be `{number}`", member.name);
        let hint = match *bounds.end() {
            u64::MAX => format!("write a whole number of at least {}", bounds.start()),
            end => format!("write a whole number from {} to {end}", bounds.start()),
        };
        report.error(code::OUT_OF_RANGE, &member.value.place, message, hint);
    }
    value
}

/// A whole number that is written in one field, found by the path of another, or given by an expression; none when neither is there.
pub(super) fn amount(
    fields: &mut Fields<'_>,
    (name, path_name): (&'static str, &'static str),
    bounds: RangeInclusive<u64>,
    report: &mut Report,
) -> Option<Amount> {
    if report.is_jsonata() {
        let member = fields.take(name)?;
        return match expression::of_member(member, report) {
            Some(Read::Expression(expression)) => Some(Amount::Expression(expression)),
            Some(Read::Literal | Read::Refused) => None,
            None => whole_number(member, bounds, report).map(Amount::Literal),
        };
    }
    let member = fields.take_one(name, path_name, report)?;
    if member.name == path_name {
        single_path(member, report).map(Amount::Path)
    } else {
        whole_number(member, bounds, report).map(Amount::Literal)
    }
}

/// A path.
pub(super) fn path(member: &Member, report: &mut Report) -> Option<Path> {
    let written = text(member, report)?;
    Path::parse(written).map_err(|error| bad(code::BAD_PATH, &member.value, &error, PATH_HINT, report)).ok()
}

/// A path that names exactly one place: in the data, the context object or a variable. (The specification's "Reference Path",
/// which AWS asks for in `ItemsPath`, `Variable` and every field that ends in `Path` and stands for one value.)
pub(super) fn single_path(member: &Member, report: &mut Report) -> Option<Path> {
    let path = path(member, report)?;
    if path.segments.iter().any(|segment| !matches!(segment, Segment::Name(_) | Segment::Index(_))) {
        let message = format!("`{}` must name exactly one place, and `{path}` does not", member.name);
        report.error(code::BAD_PATH, &member.value.place, message, "write a path of names and indexes: `$.order.lines[0]`");
    }
    Some(path)
}

/// A path that names exactly one place in the data, so that something can be put there.
pub(super) fn reference_path(member: &Member, report: &mut Report) -> Option<ReferencePath> {
    let written = text(member, report)?;
    let hint = "write a path of names and indexes from `$` on: `$.order.lines[0]`";
    ReferencePath::parse(written).map_err(|error| bad(code::BAD_PATH, &member.value, &error, hint, report)).ok()
}

/// A call of an intrinsic function.
pub(super) fn intrinsic(value: &Value, written: &str, report: &mut Report) -> Option<Call> {
    let hint = "write a call such as `States.Format('order {}', $.id)`";
    Call::parse(written).map_err(|error| bad(code::BAD_INTRINSIC, value, &error, hint, report)).ok()
}

/// What to do about a text that is no path.
pub(super) const PATH_HINT: &str = "write a path such as `$.order.id` or `$$.Execution.Id`";

/// Reports a text that a path or an intrinsic function refused, at the offending character where the text has no escapes.
fn bad(code: &'static str, value: &Value, error: &PathError, hint: &str, report: &mut Report) {
    report.error(code, &within(value, error.offset), error.message.clone(), hint);
}

fn within(value: &Value, offset: usize) -> Place {
    let place = &value.place;
    let Some(text) = value.text().filter(|text| text.len() + 2 == place.span.len()) else {
        return place.clone();
    };
    let Some(before) = text.get(..offset) else {
        return place.clone();
    };
    let start = place.span.start + 1 + before.len();
    Place { column: place.column + 1 + before.chars().count(), span: start..(place.span.end - 1).max(start), ..place.clone() }
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type<T>(member: &Member, expected: &str, report: &mut Report) -> Option<T> {
    let found = match &member.value.content {
        Content::Number(number) => format!("`{number}`"),
        Content::String(text) if text.len() <= 40 => format!("the string `{text}`"),
        _ => member.value.type_in_words().to_owned(),
    };
    let place = match member.value.content {
        Content::Array(_) | Content::Object(_) => member.value.place.opening(),
        _ => member.value.place.clone(),
    };
    report.error(
        code::WRONG_TYPE,
        &place,
        format!("`{}` must be {expected}, found {found}", member.name),
        type_hint(member, expected),
    );
    None
}

fn type_hint(member: &Member, expected: &str) -> String {
    match member.value.text() {
        Some(text) if text.starts_with('$') && PATH_TWINS.contains(&member.name.as_str()) => {
            format!("a path goes into `{}Path`", member.name)
        }
        Some(text) if expected == "a whole number" && text.parse::<u64>().is_ok() => "remove the quotes".to_owned(),
        Some("true" | "false") if expected == "a boolean" => "remove the quotes".to_owned(),
        _ => format!("write {expected}"),
    }
}

/// Fields that have a twin ending in `Path`.
const PATH_TWINS: &[&str] = &[
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "Seconds",
    "MaxConcurrency",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "NumericEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "BooleanEquals",
];
