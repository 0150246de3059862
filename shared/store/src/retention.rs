//! How long items of executions are kept (ARCHITECTURE.md, invariant 15; docs/adr/0019).
//!
//! One arithmetic for all stores. A head expires first, by construction: it has no margin, and is renewed behind everything else. So while there is a
//! head, nothing of its execution has expired; and an entry never expires before one of an earlier revision, so that what is read as the latest entry is
//! the latest, or nothing is read.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use interpreter::Timestamp;

/// The retention where nobody says otherwise, in days.
pub const RETENTION_DAYS: u64 = 30;

/// The shortest retention, in days: queues keep messages for 14, and whatever comes from one is to find its execution.
pub const RETENTION_DAYS_MIN: u64 = 15;

/// How long queues keep a message at most, in days: SQS's limit, and what the template sets.
const MESSAGE_DAYS: u64 = 14;

/// What items are kept beyond the retention, in days: the clocks of hosts differ, by less.
const MARGIN_DAYS: u64 = 1;

const DAY_MILLIS: u64 = 86_400_000;

/// How long a store keeps what belongs to executions, and the clock that it goes by.
#[derive(Clone)]
pub struct Retention {
    clock: Arc<dyn Clock>,
    length_millis: u64,
    margin_millis: u64,
    messages_millis: u64,
    young_millis: u64,
}

/// Why a retention is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Messages would outlive what they are about.
    #[error("a retention of `{0}` days is shorter than {RETENTION_DAYS_MIN}: queues keep messages for {MESSAGE_DAYS} days")]
    TooShort(u64),
}

impl Retention {
    /// A retention of so many days.
    ///
    /// # Errors
    ///
    /// [`RetentionError::TooShort`] for fewer than [`RETENTION_DAYS_MIN`].
    pub fn days(clock: Arc<dyn Clock>, days: u64) -> Result<Self, RetentionError> {
        if days < RETENTION_DAYS_MIN {
            return Err(RetentionError::TooShort(days));
        }
        let millis = |days: u64| days.saturating_mul(DAY_MILLIS);
        let messages_millis = millis(MESSAGE_DAYS);
        let young_millis = millis(RETENTION_DAYS_MIN) / 2;
        Ok(Self { messages_millis, young_millis, ..Self::millis(clock, millis(days), millis(MARGIN_DAYS)) })
    }

    /// A retention of any length and margin, in milliseconds, where no message outlives its execution: for tests and simulations.
    pub fn millis(clock: Arc<dyn Clock>, length_millis: u64, margin_millis: u64) -> Self {
        Self { clock, length_millis, margin_millis, messages_millis: 0, young_millis: length_millis / 2 }
    }

    /// The time by its clock: what has expired by now is skipped.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    /// When an entry, a value item or the pointer to a head expires that is written or renewed as of `written_at`.
    pub fn item_expires_at(&self, written_at: Timestamp) -> Timestamp {
        written_at.plus_millis(self.length_millis).plus_millis(self.margin_millis)
    }

    /// When a ledger entry expires that is written or renewed as of `written_at`: it outlives every request that was sent while its execution had a head.
    pub fn ledger_expires_at(&self, written_at: Timestamp) -> Timestamp {
        self.item_expires_at(written_at).plus_millis(self.messages_millis)
    }

    /// When a head expires whose execution was renewed last as of `renewed_at`.
    pub fn head_expires_at(&self, renewed_at: Timestamp) -> Timestamp {
        renewed_at.plus_millis(self.length_millis)
    }

    /// Whether an execution that was renewed last as of `renewed_at`, and whose head expires at `expires_at`, is half-way there by `now`, and is to be
    /// renewed. The head's own expiry and not this retention's, which may have been another when the head was written; a head without one was
    /// written when there was none at all, and everything since then expires before it.
    pub fn is_due(&self, renewed_at: Timestamp, expires_at: Option<Timestamp>, now: Timestamp) -> bool {
        let Some(expires_at) = expires_at else { return true };
        now >= renewed_at + expires_at.since(renewed_at) / 2
    }

    /// Whether an execution that was renewed last as of `renewed_at` expires too soon to be opened again: a renewal may come too late.
    pub fn is_ending(&self, renewed_at: Timestamp, now: Timestamp) -> bool {
        now.plus_millis(self.margin_millis) >= self.head_expires_at(renewed_at)
    }

    /// How old an execution is at least whose renewal may be due: half of the shortest retention there may have been.
    pub fn young(&self) -> Duration {
        Duration::from_millis(self.young_millis)
    }
}

impl fmt::Debug for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clock: _, length_millis, margin_millis, messages_millis, young_millis } = self;
        f.debug_struct("Retention")
            .field("length_millis", length_millis)
            .field("margin_millis", margin_millis)
            .field("messages_millis", messages_millis)
            .field("young_millis", young_millis)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use clock::ManualClock;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn days(days: u64) -> Result<Retention, RetentionError> {
        Retention::days(Arc::new(ManualClock::at_millis(5)), days)
    }

    fn day(number: i64) -> Timestamp {
        Timestamp::from_millis(number * DAY)
    }

    #[test]
    fn a_retention_is_longer_than_queues_keep_messages() {
        assert!(days(RETENTION_DAYS).is_ok());
        assert!(days(15).is_ok());
        let error = days(14).unwrap_err();
        assert_eq!(error.to_string(), "a retention of `14` days is shorter than 15: queues keep messages for 14 days");
    }

    #[test]
    fn the_head_expires_first_and_the_ledger_last() {
        let retention = days(30).unwrap();
        assert_eq!(retention.head_expires_at(day(2)), day(32));
        assert_eq!(retention.item_expires_at(day(2)), day(33));
        assert_eq!(retention.ledger_expires_at(day(2)), day(47));
        assert_eq!(retention.now(), Timestamp::from_millis(5));
    }

    // Fails if a request that is sent while its execution has a head may be received when its ledger entry is gone.
    #[test]
    fn a_ledger_entry_outlives_every_request() {
        for length in [15, 30, 400] {
            let retention = days(length).unwrap();
            let last_sent = retention.head_expires_at(day(0));
            assert!(retention.ledger_expires_at(day(0)) > last_sent + Duration::from_secs(14 * 86_400));
        }
    }

    #[test]
    fn an_execution_is_renewed_at_half_and_not_reopened_in_its_last_day() {
        let retention = days(30).unwrap();
        let just_before = |day: Timestamp| Timestamp::from_millis(day.millis() - 1);
        let expires_at = Some(retention.head_expires_at(day(1)));
        assert!(!retention.is_due(day(1), expires_at, just_before(day(16))));
        assert!(retention.is_due(day(1), expires_at, day(16)));
        assert!(retention.is_due(day(1), Some(day(17)), day(9)), "written when the retention was shorter");
        assert!(retention.is_due(day(1), None, day(1)), "written when there was none");
        assert!(!retention.is_ending(day(1), just_before(day(30))));
        assert!(retention.is_ending(day(1), day(30)));
        assert_eq!(retention.young().as_secs(), 15 * 86_400 / 2);
    }
}
