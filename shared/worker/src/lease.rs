//! The lease on a key: taken, extended, given up; each by a conditional write of the one ledger entry.

use interpreter::{IdempotencyKey, Timestamp};
use store::{LedgerEntry, LedgerExpectation, LedgerState, StoreError};

use crate::decision::RELEASED;
use crate::harness::Inner;

/// A lease that this process holds.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) key: IdempotencyKey,
    pub(crate) attempt: u32,
    pub(crate) owner: String,
    /// Its end, by the holder's clock: then the handler is stopped.
    pub(crate) until: Timestamp,
    /// When whatever acts under it is stopped at the latest, by every host's clock; the ledger says that it ends no earlier. A process that stands still and
    /// goes on acts before it looks at its clock: only the platform stops it. None for effects in the table, which fail with the lease.
    pub(crate) stopped_by: Option<Timestamp>,
    /// The version of its entry.
    pub(crate) version: u64,
}

impl Lease {
    /// What the ledger says while this lease is held.
    pub(crate) fn expected(&self) -> LedgerExpectation {
        LedgerExpectation::Version(self.version)
    }

    /// The entry that ends this lease, with what came of it.
    pub(crate) fn ended(&self, state: LedgerState) -> LedgerEntry {
        let version = self.expected().next_version();
        LedgerEntry { attempt: self.attempt, state, heartbeat_at: None, version }
    }

    fn entry(&self, until: Timestamp, heartbeat_at: Option<Timestamp>, version: u64) -> LedgerEntry {
        let lease_until = self.stopped_by.map_or(until, |stopped_by| stopped_by.max(until));
        let state = LedgerState::InProgress { lease_until, owner: self.owner.clone() };
        LedgerEntry { attempt: self.attempt, state, heartbeat_at, version }
    }
}

impl Inner {
    /// Writes the lease where `expected` is what the ledger says. Answers whether it was.
    pub(crate) async fn take(
        &self,
        lease: &Lease,
        expected: LedgerExpectation,
        heartbeat_at: Option<Timestamp>,
        give_up: Timestamp,
    ) -> Result<bool, StoreError> {
        let entry = lease.entry(lease.until, heartbeat_at, expected.next_version());
        self.retried(give_up, || self.ledger.put_ledger(&lease.key, &entry, expected)).await
    }

    /// Moves the lease's end, and records that the task was heard of. Answers whether the lease was still held.
    pub(crate) async fn extend(&self, lease: &mut Lease, until: Timestamp, give_up: Timestamp) -> Result<bool, StoreError> {
        let expected = lease.expected();
        let entry = lease.entry(until, Some(self.now()), expected.next_version());
        // The same entry each time: a write whose answer was lost must recognise itself.
        let held = self.retried(give_up, || self.ledger.put_ledger(&lease.key, &entry, expected)).await?;
        if held {
            lease.version = entry.version;
            lease.until = until;
        }
        Ok(held)
    }

    /// Gives the lease up, so that the next delivery need not wait for its end. If that fails, it does wait. `doubtful`: something may have been
    /// done under it.
    pub(crate) async fn release(&self, lease: &Lease, doubtful: bool) {
        let owner = if doubtful { lease.owner.clone() } else { RELEASED.to_owned() };
        // Over for every clock, however late.
        let entry = lease.ended(LedgerState::InProgress { lease_until: Timestamp::from_millis(0), owner });
        if let Err(error) = self.ledger.put_ledger(&lease.key, &entry, lease.expected()).await {
            tracing::warn!(key = %lease.key, %error, "a lease was not given up");
        }
    }
}
