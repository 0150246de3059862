//! A host's clock: the world's, and a little off.

use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;

use super::Site;
use crate::host::millis;

/// A host's clock.
pub(crate) struct HostClock(pub Site);

#[async_trait]
impl Clock for HostClock {
    fn now_millis(&self) -> i64 {
        let Site { world, host } = &self.0;
        world.executor.now() + world.offset_millis(*host)
    }

    async fn sleep(&self, duration: Duration) {
        self.0.world.executor.sleep(millis(duration)).await;
    }
}
