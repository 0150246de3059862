//! What a coordinator is told once: routes, limits of executions, and its own bounds by name, units last.

use interpreter::{Limits, Routes};
use store::Retention;

/// The settings of a coordinator.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Who serves which function: the template's of the day.
    pub routes: Routes,
    /// The limits of executions.
    pub limits: Limits,
    /// The bounds of the coordinator itself.
    pub bounds: Bounds,
}

/// Why settings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// An execution might expire between two looks at it.
    #[error("an execution is looked at each `{seconds}` s, which is not within half of the shortest retention, {half_seconds} s")]
    LookedAtTooRarely {
        /// How rarely an open execution may be looked at.
        seconds: u64,
        /// After how many seconds it may have to be renewed.
        half_seconds: u64,
    },
}

impl Settings {
    /// Refuses settings by which a store with this retention would lose open executions: each is to be looked at between the time when it is to be
    /// renewed and its expiry, whatever the retention was when it was written.
    ///
    /// # Errors
    ///
    /// [`SettingsError::LookedAtTooRarely`].
    pub fn check(&self, retention: Option<&Retention>) -> Result<(), SettingsError> {
        let seconds = self.limits.wake_at_least_seconds.max(self.limits.wake_within_seconds);
        match retention.map(|retention| retention.young().as_secs()) {
            Some(half_seconds) if seconds >= half_seconds => Err(SettingsError::LookedAtTooRarely { seconds, half_seconds }),
            _ => Ok(()),
        }
    }
}

/// How much a coordinator does in one call. The defaults keep one call within the 10 s of its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// How often a batch is decided again because another writer's entry was first.
    pub decisions_per_delivery: u32,
    /// How often one decision may ask for more to be read: several times for each state that a transition visits.
    pub reads_per_decision: u32,
    /// How often requests that can never be published are turned into failures, before the rest is left to a wake.
    pub follow_ups_per_delivery: u32,
    /// How often a call of a store or a queue is tried.
    pub tries_per_call: u32,
    /// The pause before the second try, in milliseconds; doubled for each further one.
    pub first_pause_millis: u64,
    /// The longest pause between two tries, in milliseconds.
    pub longest_pause_millis: u64,
    /// Inputs above this many bytes travel by reference to a value item.
    pub request_inline_bytes: u64,
    /// Sends to one queue, or revocations, that are under way at a time, per execution.
    pub concurrent_sends: usize,
    /// Executions that are worked on at a time, per call of `handle`.
    pub concurrent_executions: usize,
    /// Commands that the handling of one wake publishes, or of a message that was delivered before; the rest is a further wake's. Each is a message
    /// to a queue or the revocation of a key.
    pub commands_per_wake: usize,
    /// Items of an execution that one message renews.
    pub renewed_per_page: usize,
    /// Heads that one call of `watch` wakes.
    pub wakes_per_watch: usize,
    /// Heads of a page when open executions are listed.
    pub heads_per_page: usize,
    /// Journal entries of a page when a history is read.
    pub entries_per_page: usize,
    /// Bytes of payloads that a page of a history tells; it ends before the event that would exceed them, and has one event at least.
    pub history_page_bytes: u64,
    /// After how many seconds a message comes again when a store or queue did not answer.
    pub give_back_seconds: u64,
    /// After how many seconds a message of a newer release comes again.
    pub newer_give_back_seconds: u64,
    /// The longest delay, in seconds, of a message that is sent again because of contention.
    pub contention_delay_seconds: u64,
    /// Parsed definitions that are kept.
    pub cached_definitions: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            decisions_per_delivery: 8,
            reads_per_decision: 1_024,
            follow_ups_per_delivery: 8,
            tries_per_call: 5,
            first_pause_millis: 20,
            longest_pause_millis: 1_000,
            request_inline_bytes: 49_152,
            concurrent_sends: 8,
            concurrent_executions: 10,
            commands_per_wake: 100,
            renewed_per_page: 100,
            wakes_per_watch: 1_000,
            heads_per_page: 100,
            entries_per_page: 25,
            history_page_bytes: 16 * 1024 * 1024,
            give_back_seconds: 5,
            newer_give_back_seconds: 60,
            contention_delay_seconds: 30,
            cached_definitions: 64,
        }
    }
}
