//! Numbers by value: `1` equals `1.0`, which `serde_json` denies; and numbers as AWS prints them.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Two to the power of 63 and 127 fit a double exactly; whole doubles below the latter fit an `i128`.
const I128_LIMIT: f64 = 1.7e38;

/// Which number is greater.
pub(crate) fn compare(left: &Number, right: &Number) -> Ordering {
    match (whole(left), whole(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => float(left).total_cmp(&float(right)),
    }
}

/// Whether two values are the same, numbers by value and members in any order.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare(left, right) == Ordering::Equal,
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let same = |(name, value)| right.get(name).is_some_and(|other| equal(value, other));
            left.len() == right.len() && left.iter().all(same)
        }
        _ => left == right,
    }
}

/// A text that is the same for numbers that are the same.
pub(crate) fn identity(number: &Number) -> String {
    whole(number).map_or_else(|| float(number).to_string(), |integer| integer.to_string())
}

/// The number itself, if it is whole.
fn whole(number: &Number) -> Option<i128> {
    number.as_i128().or_else(|| {
        let float = number.as_f64()?;
        #[allow(clippy::cast_possible_truncation, reason = "whole and within the limits of the type")]
        (float.fract() == 0.0 && float.abs() < I128_LIMIT).then_some(float as i128)
    })
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// The nearest integer, halves upwards, as Java's `Math.round` does: 2.5 is 3, -2.5 is -2. Saturates at the ends of `i64`.
pub(crate) fn rounded(number: &Number) -> i64 {
    if let Some(integer) = number.as_i128() {
        let limit = if integer < 0 { i64::MIN } else { i64::MAX };
        return i64::try_from(integer).unwrap_or(limit);
    }
    let float = float(number);
    let floor = float.floor();
    #[allow(clippy::cast_possible_truncation, reason = "a saturating cast is what is wanted")]
    if float - floor >= 0.5 { (floor + 1.0) as i64 } else { floor as i64 }
}

/// The number as AWS (Java) prints it: `1`, `1.0`, `1.0E10`, `1.5E-5`.
pub(crate) fn text(number: &Number) -> String {
    match number.as_i128() {
        Some(integer) => integer.to_string(),
        None => float_text(float(number)),
    }
}

/// Java's `Double.toString`: plain between 10^-3 and 10^7, else with an exponent; always a digit after the point.
pub(crate) fn float_text(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{float:?}");
    }
    let scientific = format!("{float:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        Some((digits, exponent)) => format!("{digits}.0E{exponent}"),
        None => scientific,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn number(value: Value) -> Number {
        match value {
            Value::Number(number) => number,
            other => panic!("{other} is no number"),
        }
    }

    #[test]
    fn numbers_compare_by_value() {
        for (left, right, ordering) in [
            (json!(1), json!(1.0), Ordering::Equal),
            (json!(0), json!(-0.0), Ordering::Equal),
            (json!(1), json!(1.5), Ordering::Less),
            (json!(-1.5), json!(-2), Ordering::Greater),
            (json!(u64::MAX), json!(i64::MAX), Ordering::Greater),
            (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0), Ordering::Greater),
            (json!(1e300), json!(u64::MAX), Ordering::Greater),
        ] {
            assert_eq!(compare(&number(left.clone()), &number(right.clone())), ordering, "{left} and {right}");
            assert_eq!(compare(&number(right.clone()), &number(left.clone())), ordering.reverse(), "{right} and {left}");
        }
    }

    #[test]
    fn values_are_equal_when_their_numbers_are() {
        assert!(equal(&json!({"a": [1, {"b": 2.0}], "c": null}), &json!({"c": null, "a": [1.0, {"b": 2}]})));
        assert!(!equal(&json!([1, 2]), &json!([1])));
        assert!(!equal(&json!({"a": 1}), &json!({"b": 1})));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": 1})));
        assert!(!equal(&json!("1"), &json!(1)));
    }

    #[test]
    fn halves_are_rounded_upwards() {
        for (value, expected) in [
            (json!(2.5), 3),
            (json!(-2.5), -2),
            (json!(-3.5), -3),
            (json!(1.49), 1),
            (json!(-1.49), -1),
            (json!(-1.51), -2),
            (json!(0.499_999_999_999_999_94), 0),
            (json!(7), 7),
            (json!(1e300), i64::MAX),
            (json!(u64::MAX), i64::MAX),
        ] {
            assert_eq!(rounded(&number(value.clone())), expected, "{value}");
        }
    }

    #[test]
    fn numbers_print_as_in_java() {
        for (value, expected) in [
            (json!(1), "1"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(1.0), "1.0"),
            (json!(-0.0), "-0.0"),
            (json!(1.1), "1.1"),
            (json!(0.001), "0.001"),
            (json!(0.000_15), "1.5E-4"),
            (json!(9_999_999.0), "9999999.0"),
            (json!(1e7), "1.0E7"),
            (json!(-1.25e20), "-1.25E20"),
        ] {
            assert_eq!(text(&number(value)), expected);
        }
    }
}
