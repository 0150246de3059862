//! Time, sleep and randomness as ports.
//!
//! Everything outside the interpreter that needs the time, a pause or random bits takes one of these, so that the simulator and
//! the tests decide what they say.

mod entropy;
mod manual;
mod runtime;
mod system;

pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use manual::ManualClock;
pub use runtime::RuntimeClock;
pub use system::SystemClock;

use std::time::Duration;

use async_trait::async_trait;

/// Tells the time and waits.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970.
    fn now_millis(&self) -> i64;

    /// Returns after `duration` of this clock's time.
    async fn sleep(&self, duration: Duration);
}
