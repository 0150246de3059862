//! The functions on numbers.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::Value;

use super::arguments::Arguments;
use super::{Failure, refused};
use crate::limits::{MATH_ADD_MAX, MATH_ADD_MIN};
use crate::number;

/// `States.MathAdd(number, number)`: the sum, each operand rounded first (recorded: -0.5 + 0.5 is 1).
pub(super) fn add(arguments: &mut Arguments<'_>) -> Result<Value, Failure> {
    let (left, right) = (operand(arguments)?, operand(arguments)?);
    Ok(Value::from(left.saturating_add(right)))
}

fn operand(arguments: &mut Arguments<'_>) -> Result<i64, Failure> {
    let integer = arguments.integer()?;
    if (MATH_ADD_MIN..=MATH_ADD_MAX).contains(&integer) {
        return Ok(integer);
    }
    refused(format!("{integer} is not between {MATH_ADD_MIN} and {MATH_ADD_MAX}."))
}

/// `States.MathRandom(start, end[, seed])`: an integer from the start up to and without the end; with a seed, always the same.
///
/// Which one a seed gives is not AWS's: it is drawn by the generator that this crate uses everywhere.
pub(super) fn random(arguments: &mut Arguments<'_>, random: &mut ChaCha8Rng) -> Result<Value, Failure> {
    let (start, end) = (arguments.integer()?, arguments.integer()?);
    let seed = match arguments.optional().as_deref() {
        None => None,
        Some(Value::Number(seed)) => Some(number::rounded(seed)),
        Some(other) => return arguments.wrong("a number", other),
    };
    let Some(width) = end.checked_sub(start).and_then(|width| u64::try_from(width).ok()).filter(|width| *width > 0) else {
        return refused(format!("The end, {end}, must be greater than the start, {start}, and not too far from it."));
    };
    let drawn = match seed {
        Some(seed) => below(width, &mut ChaCha8Rng::seed_from_u64(seed.cast_unsigned())),
        None => below(width, random),
    };
    Ok(Value::from(start.saturating_add_unsigned(drawn)))
}

/// A number below `width`, uniformly: what would favor the lower ones is drawn again.
fn below(width: u64, random: &mut ChaCha8Rng) -> u64 {
    let fair = u64::MAX - u64::MAX % width;
    loop {
        let drawn = random.next_u64();
        if drawn < fair {
            return drawn % width;
        }
    }
}
