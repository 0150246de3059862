//! Whether a filter of a path holds for a value.

use std::borrow::Cow;
use std::cmp::Ordering;

use asl::path::{Comparator, Filter, FilterOperand, Origin, Query, Segment};
use serde_json::Value;

use super::select;
use crate::number;

/// Whether the filter holds for `candidate` (`@`); `root` is where the whole path starts (`$`).
pub(super) fn holds(filter: &Filter, candidate: &Value, root: &Value) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, candidate, root)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, candidate, root)),
        Filter::Not(part) => !holds(part, candidate, root),
        Filter::Exists(query) => !found(query, candidate, root).is_empty(),
        Filter::Compare(left, comparator, right) => {
            compares(side(left, candidate, root).as_deref(), *comparator, side(right, candidate, root).as_deref())
        }
    }
}

/// All that a path inside the filter finds.
fn found<'v>(query: &Query, candidate: &'v Value, root: &'v Value) -> Vec<Cow<'v, Value>> {
    let origin = match query.origin {
        Origin::Candidate => candidate,
        Origin::Root => root,
    };
    let mut found = vec![origin];
    for segment in &query.segments {
        if let Segment::Measure(measure) = segment {
            return found.into_iter().filter_map(|value| select::measure(*measure, value)).map(Cow::Owned).collect();
        }
        found = select::step(segment, found, root);
    }
    found.into_iter().map(Cow::Borrowed).collect()
}

/// One side of a comparison; nothing if its path finds nothing.
fn side<'v>(operand: &'v FilterOperand, candidate: &'v Value, root: &'v Value) -> Option<Cow<'v, Value>> {
    match operand {
        FilterOperand::Literal(value) => Some(Cow::Borrowed(value)),
        FilterOperand::Query(query) => found(query, candidate, root).into_iter().next(),
    }
}

/// RFC 9535, 2.3.5.2.2: nothing equals nothing only; only numbers and strings have an order.
fn compares(left: Option<&Value>, comparator: Comparator, right: Option<&Value>) -> bool {
    let equal = match (left, right) {
        (Some(left), Some(right)) => number::equal(left, right),
        (left, right) => left.is_none() && right.is_none(),
    };
    let order = match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => Some(number::compare(left, right)),
        (Some(Value::String(left)), Some(Value::String(right))) => Some(left.cmp(right)),
        _ => None,
    };
    match comparator {
        Comparator::Equal => equal,
        Comparator::NotEqual => !equal,
        Comparator::Less => order == Some(Ordering::Less),
        Comparator::LessOrEqual => equal || order == Some(Ordering::Less),
        Comparator::Greater => order == Some(Ordering::Greater),
        Comparator::GreaterOrEqual => equal || order == Some(Ordering::Greater),
    }
}
