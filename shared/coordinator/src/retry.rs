//! Calls of a store that did not answer are tried again, a bounded number of times, with growing pauses and jitter.

use std::future::Future;
use std::time::Duration;

use store::StoreError;

use crate::Coordinator;

/// What a call came to, and how often it was tried.
pub(crate) struct Tried<T> {
    pub(crate) value: T,
    /// 1 if the first try was answered.
    pub(crate) tries: u32,
}

impl Coordinator {
    /// Calls a store until it answers; only what may help is tried again.
    pub(crate) async fn retried<T, F, Answer>(&self, call: F) -> Result<T, StoreError>
    where
        F: FnMut() -> Answer,
        Answer: Future<Output = Result<T, StoreError>>,
    {
        self.tried(call).await.map(|tried| tried.value)
    }

    /// As [`Self::retried`], with the number of tries: an earlier one may have taken effect.
    pub(crate) async fn tried<T, F, Answer>(&self, mut call: F) -> Result<Tried<T>, StoreError>
    where
        F: FnMut() -> Answer,
        Answer: Future<Output = Result<T, StoreError>>,
    {
        let mut tries = 1;
        loop {
            match call().await {
                Ok(value) => return Ok(Tried { value, tries }),
                Err(error) if error.is_retryable() && tries < self.settings.bounds.tries_per_call => {
                    tracing::debug!(%error, tries, "the store did not answer");
                    self.pause(tries).await;
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits before the next try: between half and all of the first pause, doubled for each try before.
    pub(crate) async fn pause(&self, tries: u32) {
        let bounds = &self.settings.bounds;
        let doubled = bounds.first_pause_millis.saturating_mul(1 << tries.saturating_sub(1).min(20));
        let longest = doubled.min(bounds.longest_pause_millis);
        self.ports.clock.sleep(Duration::from_millis(longest - self.drawn_below(longest / 2 + 1))).await;
    }

    /// A random number below `bound` (0 if that is 0).
    pub(crate) fn drawn_below(&self, bound: u64) -> u64 {
        let bits = self.ports.entropy.bits();
        u64::try_from(bits % u128::from(bound.max(1))).unwrap_or(0)
    }
}
