//! Hosts: each with a clock of its own, which is a little off.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;

use crate::executor::Executor;
use crate::options::Options;
use crate::random::{Random, Stream};

/// What runs on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The cloud: event sources, clients, providers. Never stopped, and its clock is right.
    Cloud,
    /// Coordinators.
    Coordinator,
    /// Workers.
    Worker,
    /// The watch, and the API.
    Other,
}

/// A host.
#[derive(Debug)]
pub(crate) struct Host {
    /// As the trace names it.
    pub name: String,
    /// What runs on it.
    pub role: Role,
    offset_millis: AtomicI64,
    restarts: AtomicU64,
}

impl Host {
    /// The hosts of a world; the first one is the cloud.
    pub(crate) fn all(options: &Options) -> Vec<Self> {
        let mut random = Random::numbered(options.seed, Stream::Options, 1);
        let roles = [
            (Role::Coordinator, "c", options.coordinators),
            (Role::Worker, "w", options.workers),
            (Role::Other, "o", options.others),
        ];
        let mut hosts = vec![Self::new("cloud".to_owned(), Role::Cloud, 0)];
        for (role, letter, count) in roles {
            for number in 1..=count {
                let further = if role == Role::Coordinator { options.coordinator_skew_millis } else { 0 };
                let offset = drawn_offset(options.clock_skew_millis + further, random.bits());
                hosts.push(Self::new(format!("{letter}{number}"), role, offset));
            }
        }
        hosts
    }

    fn new(name: String, role: Role, offset_millis: i64) -> Self {
        Self { name, role, offset_millis: AtomicI64::new(offset_millis), restarts: AtomicU64::new(0) }
    }

    /// By how much its clock is ahead, in milliseconds.
    pub(crate) fn offset_millis(&self) -> i64 {
        self.offset_millis.load(Ordering::Relaxed)
    }

    /// Its clock jumps.
    pub(crate) fn set_offset(&self, skew_millis: u64, bits: u64) {
        self.offset_millis.store(drawn_offset(skew_millis, bits), Ordering::Relaxed);
    }

    /// Its clock is set right: from then on it is not further off than `skew_millis`.
    pub(crate) fn set_right(&self, skew_millis: u64) {
        let skew = i64::try_from(skew_millis).unwrap_or(0);
        self.offset_millis.store(self.offset_millis().clamp(-skew, skew), Ordering::Relaxed);
    }

    /// It went down, and comes up again with nothing in its memory.
    pub(crate) fn restart(&self) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it went down.
    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }
}

/// From `skew_millis` behind to as much ahead.
fn drawn_offset(skew_millis: u64, bits: u64) -> i64 {
    let skew = i64::try_from(skew_millis).unwrap_or(0);
    i64::try_from(bits % (2 * skew_millis + 1)).unwrap_or(0) - skew
}

/// The world's clock: no host sees it.
pub(crate) struct WorldClock(pub Executor);

#[async_trait]
impl Clock for WorldClock {
    fn now_millis(&self) -> i64 {
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(millis(duration)).await;
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
