//! Paths that may find several values: wildcards, slices, unions, descent, filters; and the functions at the end of a path.

use std::cell::Cell;
use std::cmp::Ordering;

use asl::path::{Filter, Measure, Segment, Selector};
use serde_json::{Number, Value};

use super::{Why, element, filter};
use crate::limits::{SEARCH_BYTES_MAX, SEARCH_VALUES_MAX};
use crate::number;
use crate::value_size::json_bytes;

/// One search from one root: what `$` means in its filters, and how much it may still look at.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) root: &'a Value,
    left: Cell<usize>,
}

impl<'a> Search<'a> {
    fn new(root: &'a Value) -> Self {
        Self { root, left: Cell::new(SEARCH_VALUES_MAX) }
    }

    /// Whether one more value may be looked at. Once it may not, every loop ends, and the search yields nothing.
    pub(super) fn goes_on(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }
}

/// All that `segments` find from `value` on, as an array; or what the function at their end makes of it.
pub(super) fn all(segments: &[Segment], value: &Value, root: &Value) -> Result<Value, Why> {
    let search = Search::new(root);
    let mut found = vec![value];
    for segment in segments {
        if let Segment::Measure(measure) = segment {
            return self::measure(*measure, &collected(found, &search)?).ok_or(Why::Nothing);
        }
        found = step(segment, found, &search);
    }
    collected(found, &search)
}

/// What an indefinite path yields when a name or index on its way leads nowhere.
pub(super) fn nothing(segments: &[Segment]) -> Result<Value, Why> {
    let nothing = Value::Array(Vec::new());
    match segments.last() {
        Some(Segment::Measure(measure)) => self::measure(*measure, &nothing).ok_or(Why::Nothing),
        _ => Ok(nothing),
    }
}

fn collected(found: Vec<&Value>, search: &Search<'_>) -> Result<Value, Why> {
    let mut bytes: usize = 0;
    for value in &found {
        bytes = bytes.saturating_add(json_bytes(value));
        if bytes > SEARCH_BYTES_MAX {
            return Err(Why::TooMuch);
        }
    }
    if search.is_exhausted() {
        return Err(Why::TooMuch);
    }
    Ok(Value::Array(found.into_iter().cloned().collect()))
}

/// All that one segment finds from each of `from`.
pub(super) fn step<'a>(segment: &Segment, from: Vec<&'a Value>, search: &Search<'a>) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for value in from.into_iter().take_while(|_| search.goes_on()) {
        match segment {
            Segment::Name(name) => found.extend(value.get(name.as_str())),
            Segment::Index(index) => found.extend(element(value, *index)),
            Segment::Select(selectors) => selectors.iter().for_each(|selector| pick(selector, value, search, &mut found)),
            Segment::Descend(selectors) => descend(selectors, value, search, &mut found),
            Segment::Measure(_) => {}
        }
    }
    found
}

/// Depth first, each value before what is in it (RFC 9535, 2.5.2). Without recursion: values may be deep.
fn descend<'a>(selectors: &[Selector], value: &'a Value, search: &Search<'a>, found: &mut Vec<&'a Value>) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop().filter(|_| search.goes_on()) {
        for selector in selectors {
            match selector {
                // Everything is visited, so a filter tests what is visited, each value once.
                Selector::Filter(filter) if passes(filter, value, search) => found.push(value),
                Selector::Filter(_) => {}
                other => pick(other, value, search, found),
            }
        }
        match value {
            Value::Array(elements) => waiting.extend(elements.iter().rev()),
            Value::Object(members) => waiting.extend(members.values().rev()),
            _ => {}
        }
    }
}

fn pick<'a>(selector: &Selector, value: &'a Value, search: &Search<'a>, found: &mut Vec<&'a Value>) {
    match selector {
        Selector::Name(name) => found.extend(value.get(name.as_str()).filter(|_| search.goes_on())),
        Selector::Index(index) => found.extend(element(value, *index).filter(|_| search.goes_on())),
        Selector::Wildcard => match value {
            Value::Array(elements) => found.extend(elements.iter().take_while(|_| search.goes_on())),
            Value::Object(members) => found.extend(members.values().take_while(|_| search.goes_on())),
            _ => {}
        },
        Selector::Slice { start, end, step } => slice(value, (*start, *end, *step), search, found),
        Selector::Filter(filter) => {
            // Of an object, the filter tests the object itself, in the library that AWS runs.
            let candidates = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let candidates = candidates.iter().take_while(|_| search.goes_on());
            found.extend(candidates.filter(|candidate| passes(filter, candidate, search)));
        }
    }
}

/// Whether a filter lets a value through. A scalar never passes (Step Functions Developer Guide, "Paths": "the `@` operator ...
/// does not match scalar values").
fn passes<'a>(filter: &Filter, candidate: &'a Value, search: &Search<'a>) -> bool {
    (candidate.is_object() || candidate.is_array()) && filter::holds(filter, candidate, search)
}

/// The start, end and step of a slice.
type Bounds = (Option<i64>, Option<i64>, i64);

/// Elements `start..end` by `step` (RFC 9535, 2.3.4.2).
fn slice<'a>(value: &'a Value, (start, end, step): Bounds, search: &Search<'a>, found: &mut Vec<&'a Value>) {
    let Some(elements) = value.as_array() else { return };
    let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let absolute = |index: i64| if index < 0 { length.saturating_add(index) } else { index };
    let (mut at, end) = match step.cmp(&0) {
        Ordering::Greater => (start.map_or(0, absolute).clamp(0, length), end.map_or(length, absolute).clamp(0, length)),
        Ordering::Less => {
            (start.map_or(length - 1, absolute).clamp(-1, length - 1), end.map_or(-1, absolute).clamp(-1, length - 1))
        }
        Ordering::Equal => return,
    };
    while ((step > 0 && at < end) || (step < 0 && at > end)) && search.goes_on() {
        found.extend(usize::try_from(at).ok().and_then(|at| elements.get(at)));
        at = at.saturating_add(step);
    }
}

/// What a function makes of a value; nothing if it cannot be applied.
pub(super) fn measure(measure: Measure, value: &Value) -> Option<Value> {
    if measure == Measure::Length {
        let length = match value {
            Value::Array(elements) => elements.len(),
            Value::Object(members) => members.len(),
            Value::String(text) => text.chars().count(),
            _ => return None,
        };
        return Some(length.into());
    }
    let numbers: Vec<&Number> = value.as_array()?.iter().filter_map(as_number).collect();
    let (least, greatest) = (
        numbers.iter().copied().min_by(|left, right| number::compare(left, right)),
        numbers.iter().copied().max_by(|left, right| number::compare(left, right)),
    );
    match measure {
        Measure::Min => least.cloned().map(Value::Number),
        Measure::Max => greatest.cloned().map(Value::Number),
        Measure::Sum => least.and_then(|_| float(sum(&numbers))),
        #[allow(clippy::cast_precision_loss, reason = "no array has 2^52 elements")]
        Measure::Avg => least.and_then(|_| float(sum(&numbers) / numbers.len() as f64)),
        Measure::Length => None,
    }
}

fn as_number(value: &Value) -> Option<&Number> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

fn sum(numbers: &[&Number]) -> f64 {
    numbers.iter().filter_map(|number| number.as_f64()).sum()
}

/// Sums and averages are doubles, as in the library that AWS runs; none if the result is not finite.
fn float(float: f64) -> Option<Value> {
    Number::from_f64(float).map(Value::Number)
}
