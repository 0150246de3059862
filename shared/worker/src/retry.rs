//! Pauses: before a store is asked again, before a message comes again.

use std::time::Duration;

use breaks::Break;
use interpreter::Timestamp;
use store::{StoreError, TransactError};

use crate::harness::Inner;

/// An error that may go away by itself.
pub(crate) trait Passing {
    /// Whether trying again can help.
    fn is_passing(&self) -> bool;
}

impl Passing for StoreError {
    fn is_passing(&self) -> bool {
        self.is_retryable()
    }
}

impl Passing for TransactError {
    fn is_passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable()) && !breaks::active(Break::ConflictIsABusinessAnswer)
    }
}

impl Inner {
    /// Calls until the answer is no passing error, or `give_up` would be reached before the next try.
    pub(crate) async fn retried<T, E, F>(&self, give_up: Timestamp, call: impl Fn() -> F) -> Result<T, E>
    where
        E: Passing,
        F: Future<Output = Result<T, E>>,
    {
        let mut tries = 0;
        loop {
            let answer = call().await;
            let pause = self.jittered(doubled(self.settings.store_pause, tries, self.settings.store_pause_max));
            let again = matches!(&answer, Err(error) if error.is_passing());
            if !again || self.now() + pause >= give_up {
                return answer;
            }
            self.clock.sleep(pause).await;
            tries += 1;
        }
    }

    /// How long a message that could not be handled stays away.
    pub(crate) fn pause(&self, receive_count: u32) -> Duration {
        self.jittered(doubled(self.settings.pause, receive_count.saturating_sub(1), self.settings.pause_max))
    }

    /// Between half of a pause and all of it, so that what failed together does not come again together.
    fn jittered(&self, pause: Duration) -> Duration {
        let half = pause / 2;
        let millis = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        let drawn = self.entropy.bits() % (u128::from(millis) + 1);
        pause - half + Duration::from_millis(u64::try_from(drawn).unwrap_or(0))
    }
}

fn doubled(pause: Duration, times: u32, longest: Duration) -> Duration {
    pause.saturating_mul(1 << times.min(20)).min(longest)
}
