//! Which retrier applies, and after how long (States Language specification, "Retrying after error").

use asl::error_name;
use asl::state::{JitterStrategy, Retrier};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::StateFailure;

/// Whether one of the names of a retrier or catcher matches an error.
///
/// `States.ALL` matches all but `States.Runtime`, `States.DataLimitExceeded` included (recorded from AWS, whatever its guide says);
/// `States.TaskFailed` all errors of a Task but `States.Timeout`; `States.Timeout` a lost heartbeat too, and `States.HeartbeatTimeout` only that. `States.Runtime` is matched by nothing,
/// not even by name (recorded from AWS).
pub(crate) fn matches(names: &[String], failure: &StateFailure, of_task: bool) -> bool {
    let error = failure.error.as_str();
    if matches!(error, error_name::RUNTIME | error_name::COMPENSATION_FAILED) {
        return false;
    }
    names.iter().any(|name| match name.as_str() {
        error_name::ALL => true,
        error_name::TASK_FAILED => {
            name == error
                || (of_task
                    && !matches!(error, error_name::TIMEOUT | error_name::HEARTBEAT_TIMEOUT | error_name::DATA_LIMIT_EXCEEDED))
        }
        error_name::TIMEOUT => matches!(error, error_name::TIMEOUT | error_name::HEARTBEAT_TIMEOUT),
        name => name == error,
    })
}

/// The delay in milliseconds before the next attempt, if a retrier has one left; counts it in `retries`.
pub(crate) fn next_delay(
    retriers: &[Retrier],
    retries: &mut Vec<u64>,
    failure: &StateFailure,
    of_task: bool,
    random: &mut ChaCha8Rng,
) -> Option<u64> {
    retries.resize(retriers.len(), 0);
    let (retrier, spent) = retriers.iter().zip(retries).find(|(retrier, _)| matches(&retrier.error_equals, failure, of_task))?;
    if *spent >= retrier.max_attempts {
        return None;
    }
    let delay = delay_millis(retrier, *spent, random);
    *spent += 1;
    Some(delay)
}

/// `IntervalSeconds * BackoffRate ^ retries`, at most `MaxDelaySeconds`, with jitter if asked for.
pub(crate) fn delay_millis(retrier: &Retrier, retries: u64, random: &mut ChaCha8Rng) -> u64 {
    // Beyond the longest interval that the language allows, more precision than a double has means nothing.
    #[expect(clippy::cast_precision_loss, reason = "seconds below 10^8")]
    let interval = retrier.interval_seconds as f64;
    let exponent = i32::try_from(retries).unwrap_or(i32::MAX);
    let longest = retrier.max_delay_seconds.unwrap_or(LONGEST_DELAY_SECONDS).min(LONGEST_DELAY_SECONDS);
    #[expect(clippy::cast_precision_loss, reason = "seconds below 10^8")]
    let seconds = (interval * retrier.backoff_rate.powi(exponent)).min(longest as f64).max(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10^11")]
    let millis = (seconds * 1000.0).round() as u64;
    match retrier.jitter {
        JitterStrategy::None => millis,
        JitterStrategy::Full => random.next_u64().checked_rem(millis + 1).unwrap_or(0),
    }
}

/// The longest delay between two attempts, in seconds: the longest interval that the language allows.
const LONGEST_DELAY_SECONDS: u64 = 99_999_999;

/// A delay in seconds that doubles from `first` up to `longest` with each retry.
pub(crate) fn doubling_seconds(first: u64, longest: u64, retries: u32) -> u64 {
    first.saturating_mul(2_u64.saturating_pow(retries)).min(longest)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn check(names: &[&str], error: &str, expected: bool) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(matches(&names, &StateFailure::named(error), true), expected, "{names:?} against {error}");
    }

    #[test]
    fn names_match_as_the_recordings_show() {
        check(&["States.ALL"], "Boom", true);
        check(&["States.ALL"], "States.Timeout", true);
        check(&["States.ALL"], "States.Runtime", false);
        check(&["States.ALL"], "States.DataLimitExceeded", true);
        check(&["States.Runtime"], "States.Runtime", false);
        check(&["States.DataLimitExceeded"], "States.DataLimitExceeded", true);
        check(&["States.TaskFailed"], "Boom", true);
        check(&["States.TaskFailed"], "States.Timeout", false);
        check(&["State.ALL"], "Boom", false);
        check(&["Other", "Boom"], "Boom", true);
        check(&["States.ALL"], "Backstep.CompensationFailed", false);
    }

    #[test]
    fn delays_grow_by_the_rate_up_to_the_longest() {
        let retrier = Retrier {
            error_equals: vec!["States.ALL".to_owned()],
            interval_seconds: 2,
            max_attempts: 4,
            backoff_rate: 3.0,
            max_delay_seconds: Some(20),
            jitter: JitterStrategy::None,
        };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut retries = Vec::new();
        let mut delays = Vec::new();
        while let Some(delay) =
            next_delay(std::slice::from_ref(&retrier), &mut retries, &StateFailure::named("Boom"), true, &mut random)
        {
            delays.push(delay);
        }
        assert_eq!(delays, [2_000, 6_000, 18_000, 20_000]);
    }

    #[test]
    fn jitter_stays_within_the_delay() {
        let retrier = Retrier {
            error_equals: vec!["States.ALL".to_owned()],
            interval_seconds: 1,
            max_attempts: 1_000,
            backoff_rate: 1.0,
            max_delay_seconds: None,
            jitter: JitterStrategy::Full,
        };
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let delays: Vec<u64> = (0..1_000).map(|_| delay_millis(&retrier, 0, &mut random)).collect();
        assert!(delays.iter().all(|delay| *delay <= 1_000));
        assert!(delays.iter().any(|delay| *delay < 100) && delays.iter().any(|delay| *delay > 900));
    }

    #[test]
    fn the_first_matching_retrier_alone_decides() {
        let retrier = |name: &str, max_attempts| Retrier {
            error_equals: vec![name.to_owned()],
            interval_seconds: 1,
            max_attempts,
            backoff_rate: 1.0,
            max_delay_seconds: None,
            jitter: JitterStrategy::None,
        };
        let retriers = [retrier("Boom", 0), retrier("States.ALL", 5)];
        let mut random = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(next_delay(&retriers, &mut Vec::new(), &StateFailure::named("Boom"), true, &mut random), None);
    }
}
