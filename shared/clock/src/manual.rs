//! A clock that moves only when a test moves it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::Clock;

/// A clock that stands still until it is advanced; sleepers wake when it has passed their time.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<i64>,
    advancing: Mutex<()>,
}

impl ManualClock {
    /// A clock that stands at `millis` after 1970.
    pub fn at_millis(millis: i64) -> Self {
        Self { now: watch::Sender::new(millis), advancing: Mutex::new(()) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        let _one_at_a_time = self.advancing.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.saturating_add(millis));
    }

    /// Sets the clock, backwards too: hosts' clocks do jump.
    pub fn set_millis(&self, millis: i64) {
        self.now.send_replace(millis);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now_millis(&self) -> i64 {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let until = self.now_millis().saturating_add(millis);
        let mut now = self.now.subscribe();
        // The sender lives as long as `self`, so this ends only by the clock.
        let _ = now.wait_for(|now| *now >= until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_has_passed_its_time() {
        let clock = ManualClock::at_millis(1_000);
        let slept = clock.sleep(Duration::from_secs(5));
        tokio::pin!(slept);
        assert!(futures_poll(slept.as_mut()).await.is_none());
        clock.advance(Duration::from_secs(4));
        assert!(futures_poll(slept.as_mut()).await.is_none());
        clock.advance(Duration::from_secs(1));
        assert!(futures_poll(slept.as_mut()).await.is_some());
    }

    async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut future).poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
