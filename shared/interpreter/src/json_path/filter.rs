//! Whether a filter of a path holds for a value.

use std::borrow::Cow;
use std::cmp::Ordering;

use asl::path::{Comparator, Filter, FilterOperand, Origin, Query, Segment};
use serde_json::Value;

use super::select::{self, Search};
use crate::number;

/// Whether the filter holds for `candidate` (`@`); the search knows where the whole path starts (`$`).
pub(super) fn holds<'a>(filter: &Filter, candidate: &'a Value, search: &Search<'a>) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| holds(part, candidate, search)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, candidate, search)),
        Filter::Not(part) => !holds(part, candidate, search),
        Filter::Exists(query) => !found(query, candidate, search).is_empty(),
        Filter::Compare(left, comparator, right) => {
            search.goes_on()
                && compares(side(left, candidate, search).as_deref(), *comparator, side(right, candidate, search).as_deref())
        }
    }
}

/// All that a path inside the filter finds.
fn found<'v>(query: &Query, candidate: &'v Value, search: &Search<'v>) -> Vec<Cow<'v, Value>> {
    let origin = match query.origin {
        Origin::Candidate => candidate,
        Origin::Root => search.root,
    };
    let mut found = vec![origin];
    for segment in &query.segments {
        if let Segment::Measure(measure) = segment {
            return found.into_iter().filter_map(|value| select::measure(*measure, value)).map(Cow::Owned).collect();
        }
        found = select::step(segment, found, search);
    }
    found.into_iter().map(Cow::Borrowed).collect()
}

/// One side of a comparison; nothing if its path finds nothing.
fn side<'v>(operand: &'v FilterOperand, candidate: &'v Value, search: &Search<'v>) -> Option<Cow<'v, Value>> {
    match operand {
        FilterOperand::Literal(value) => Some(Cow::Borrowed(value)),
        FilterOperand::Query(query) => found(query, candidate, search).into_iter().next(),
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
