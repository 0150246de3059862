//! How a harness works: every bound by name.

use std::time::Duration;

use interpreter::Limits;
use messages::queue_limits::VISIBILITY_SECONDS;

/// How a harness works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarnessSettings {
    /// The queue that it is fed from: named where a message is parked.
    pub queue: String,
    /// The function's timeout: the longest lease.
    pub function_timeout: Duration,
    /// What is left of an invocation when a handler is stopped, to write to the ledger and answer.
    pub closing_time: Duration,
    /// How far two hosts' clocks may be apart. A handler whose effect lies outside is stopped so long before anybody else takes its lease for ended: no
    /// condition of a write could keep its effect from happening after it was undone. (An effect in our table has such a condition.)
    pub clock_skew: Duration,
    /// The longest result, in bytes of JSON.
    pub payload_bytes: u64,
    /// The deepest nesting of a result.
    pub payload_depth: usize,
    /// How many requests of one batch are handled at a time.
    pub concurrency: usize,
    /// How often the ledger is read again in one delivery because somebody else wrote to it meanwhile.
    pub ledger_reads: u32,
    /// How often a handler is called in one delivery because the conditions of its writes did not hold.
    pub performances: u32,
    /// The first pause before a request that could not be handled comes again; doubled with each of its receives.
    pub pause: Duration,
    /// The longest such pause.
    pub pause_max: Duration,
    /// The first pause before a store that did not answer is asked again in the same delivery; doubled each time.
    pub store_pause: Duration,
    /// The longest such pause.
    pub store_pause_max: Duration,
}

/// The longest that a message is given back for: SQS counts its 12 hours from the receive, so that something must be left for handling it.
pub(crate) const GIVE_BACK_MAX: Duration = Duration::from_secs(VISIBILITY_SECONDS - 3_600);

impl HarnessSettings {
    /// The defaults, for a function with this timeout that is fed from `queue`.
    pub fn new(queue: impl Into<String>, function_timeout: Duration) -> Self {
        let limits = Limits::default();
        Self {
            queue: queue.into(),
            function_timeout,
            closing_time: Duration::from_secs(1),
            clock_skew: Duration::from_millis(limits.timer_skew_millis),
            payload_bytes: limits.payload_bytes,
            payload_depth: limits.payload_depth,
            concurrency: 10,
            ledger_reads: 10,
            performances: 5,
            pause: Duration::from_secs(1),
            pause_max: Duration::from_secs(300),
            store_pause: Duration::from_millis(50),
            store_pause_max: Duration::from_secs(1),
        }
    }
}
