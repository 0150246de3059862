//! The clock of the Tokio runtime.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::Clock;

/// Time as the Tokio runtime counts it, from a given moment on. In a runtime whose time is paused it stands still while anything can be
/// done, and jumps to the next sleeper's time when nothing can: waits and backoffs cost nothing.
#[derive(Debug, Clone, Copy)]
pub struct RuntimeClock {
    began_at_millis: i64,
    began: Instant,
}

impl RuntimeClock {
    /// A clock that says `millis` after 1970 now.
    pub fn at_millis(millis: i64) -> Self {
        Self { began_at_millis: millis, began: Instant::now() }
    }
}

#[async_trait]
impl Clock for RuntimeClock {
    fn now_millis(&self) -> i64 {
        let millis = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.began_at_millis.saturating_add(millis)
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn where_nothing_can_be_done_the_time_jumps_to_the_next_sleeper() {
        let clock = RuntimeClock::at_millis(1_000);
        assert_eq!(clock.now_millis(), 1_000);
        clock.sleep(Duration::from_secs(86_400)).await;
        assert_eq!(clock.now_millis(), 86_401_000);
    }
}
