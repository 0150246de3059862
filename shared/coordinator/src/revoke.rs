//! Revokes keys: a request still queued, delayed or redelivered is then never executed.

use breaks::Break;
use interpreter::IdempotencyKey;
use store::{LedgerEntry, LedgerExpectation, LedgerState};

use crate::{Coordinator, PublishError};

/// How often a revocation is tried against a worker that writes to the same key.
const TRIES: u32 = 5;

impl Coordinator {
    /// Revokes keys, a bounded number at a time; an error if any is not revoked.
    pub(crate) async fn revoke_all(&self, keys: &[(IdempotencyKey, bool)]) -> Result<(), PublishError> {
        for some in keys.chunks(self.settings.bounds.concurrent_sends.max(1)) {
            futures::future::try_join_all(some.iter().map(|(key, callback)| self.revoke(key, *callback))).await?;
        }
        Ok(())
    }

    /// Revokes a key unless it has succeeded. A success of a callback task is that of one attempt, which handed its token out: it is no reason.
    ///
    /// A live lease is revoked as well: the worker that holds it loses it, so that an effect in our table
    /// fails with it. An effect outside may still happen; the task was declared to leave nothing to undo.
    async fn revoke(&self, key: &IdempotencyKey, callback: bool) -> Result<(), PublishError> {
        let ledger = &self.ports.ledger;
        for _ in 0..TRIES {
            let entry = self.retried(|| ledger.ledger(key)).await?;
            let Some((revoked, expected)) = revocation_of(entry, callback) else { return Ok(()) };
            if self.retried(|| ledger.put_ledger(key, &revoked, expected)).await? {
                return Ok(());
            }
        }
        let reason = format!("the ledger entry of `{key}` keeps changing");
        Err(PublishError::Store(store::StoreError::Unavailable(reason)))
    }
}

/// The entry that revokes a key and what it is to replace; none if nothing is to be written.
pub(crate) fn revocation_of(entry: Option<LedgerEntry>, callback: bool) -> Option<(LedgerEntry, LedgerExpectation)> {
    let Some(entry) = entry else {
        let revoked = LedgerEntry { attempt: 0, state: LedgerState::Revoked, heartbeat_at: None, version: 1 };
        return Some((revoked, LedgerExpectation::Absent));
    };
    match entry.state {
        LedgerState::Succeeded { .. } if !callback || breaks::active(Break::CallbackNotRevoked) => None,
        LedgerState::Revoked => None,
        LedgerState::Succeeded { .. } | LedgerState::InProgress { .. } | LedgerState::Failed { .. } | LedgerState::HeardOf => {
            let expected = LedgerExpectation::Version(entry.version);
            Some((LedgerEntry { state: LedgerState::Revoked, version: entry.version + 1, ..entry }, expected))
        }
    }
}
