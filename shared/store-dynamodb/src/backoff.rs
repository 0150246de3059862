//! How long to wait before a request that was hindered is sent again.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Exponential, with full jitter: those who hinder each other do not meet again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// The longest wait before the second try; the bound doubles with each further try.
    pub(crate) first: Duration,
    /// The longest wait at all.
    pub(crate) longest: Duration,
    /// How often a request is sent.
    pub(crate) tries: u32,
}

/// On top of the SDK's own retries of throttling and lost connections: about 2 s in all on average, well within a function's 10 s.
pub(crate) const BACKOFF: Backoff = Backoff { first: Duration::from_millis(25), longest: Duration::from_secs(1), tries: 9 };

impl Backoff {
    /// Waits after the try numbered `attempt`, from 0 on; answers `false` at once if that was the last one.
    pub(crate) async fn wait(&self, attempt: u32) -> bool {
        if attempt.saturating_add(1) >= self.tries {
            return false;
        }
        tokio::time::sleep(self.delay(attempt, random_fraction())).await;
        true
    }

    fn delay(&self, attempt: u32, fraction: f64) -> Duration {
        let bound = self.first.saturating_mul(2_u32.saturating_pow(attempt)).min(self.longest);
        bound.mul_f64(fraction.clamp(0.0, 1.0))
    }
}

/// From the keys that the standard library draws for its hash maps: jitter needs no more.
fn random_fraction() -> f64 {
    let random = u32::try_from(RandomState::new().build_hasher().finish() >> 32).unwrap_or(0);
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let millis = |attempt, fraction| BACKOFF.delay(attempt, fraction).as_millis();
        assert_eq!([millis(0, 1.0), millis(1, 1.0), millis(5, 1.0), millis(6, 1.0), millis(99, 1.0)], [25, 50, 800, 1000, 1000]);
        assert_eq!([millis(1, 0.0), millis(1, 0.5)], [0, 25]);
        assert!((0.0..=1.0).contains(&random_fraction()));
    }

    #[tokio::test]
    async fn the_last_try_is_not_followed_by_a_wait() {
        let backoff = Backoff { first: Duration::ZERO, longest: Duration::ZERO, tries: 2 };
        assert!(backoff.wait(0).await);
        assert!(!backoff.wait(1).await);
    }
}
