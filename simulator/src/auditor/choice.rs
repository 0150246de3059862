//! Where a Choice leads, as far as its conditions can be judged here.

use std::cmp::Ordering;

use asl::path::Path;
use asl::state::{Choice, Comparison, Condition, Operand, TypeTest};
use serde_json::Value;

use super::evaluation::{Partial, find};

/// The states that a Choice may lead to from this input; none of them if it must fail. One if that is certain.
pub(super) fn targets<'c>(choice: &'c Choice, input: &Value) -> Vec<&'c str> {
    let data = Partial::Known(input.clone());
    let mut targets = Vec::new();
    for rule in &choice.rules {
        match holds(&rule.condition, &data) {
            Some(Ok(true)) => {
                targets.push(rule.next.as_str());
                return targets;
            }
            Some(Ok(false)) => {}
            // A condition that fails fails the state.
            Some(Err(())) => return targets,
            None => targets.push(rule.next.as_str()),
        }
    }
    targets.extend(choice.default.as_deref());
    targets
}

/// Whether a condition holds, or fails; none if it is not judged here.
fn holds(condition: &Condition, data: &Partial) -> Option<Result<bool, ()>> {
    let all = |parts: &[Condition], decides: bool| {
        for part in parts {
            match holds(part, data)? {
                Ok(holds) if holds == decides => return Some(Ok(decides)),
                Ok(_) => {}
                Err(()) => return Some(Err(())),
            }
        }
        Some(Ok(!decides))
    };
    match condition {
        Condition::And(parts) => all(parts, false),
        Condition::Or(parts) => all(parts, true),
        Condition::Not(part) => holds(part, data).map(|judged| judged.map(|holds| !holds)),
        Condition::Constant(_) | Condition::Expression(_) => None,
        Condition::Compare { variable, comparison } => compare(variable, comparison, data),
    }
}

fn compare(variable: &Path, comparison: &Comparison, data: &Partial) -> Option<Result<bool, ()>> {
    let found = find(variable, data);
    if let Comparison::Type(TypeTest::Present, expected) = comparison {
        return match found {
            Ok(Partial::Gap) => None,
            found => Some(Ok(found.is_ok() == *expected)),
        };
    }
    let value = match found {
        Ok(Partial::Known(value)) => value,
        Ok(_) => return None,
        Err(_) => return Some(Err(())),
    };
    match comparison {
        Comparison::Numeric(wanted, or_equal, Operand::Literal(number)) => {
            let ordering = value.as_f64().zip(number.as_f64()).and_then(|(left, right)| left.partial_cmp(&right));
            Some(Ok(satisfies(ordering, *wanted, *or_equal)))
        }
        Comparison::String(Ordering::Equal, _, Operand::Literal(text)) => Some(Ok(value.as_str() == Some(text))),
        Comparison::BooleanEquals(Operand::Literal(boolean)) => Some(Ok(value.as_bool() == Some(*boolean))),
        _ => None,
    }
}

fn satisfies(ordering: Option<Ordering>, wanted: Ordering, or_equal: bool) -> bool {
    ordering.is_some_and(|ordering| ordering == wanted || or_equal && ordering == Ordering::Equal)
}
