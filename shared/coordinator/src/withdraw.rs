//! Withdraws requests that can never be published, so that nobody else's publishing of them has an effect (docs/adr/0018).

use breaks::Break;
use interpreter::{IdempotencyKey, PublishFailure};
use store::{LedgerEntry, LedgerExpectation, LedgerState, StoreError};

use crate::Coordinator;

/// How often a request is withdrawn against others that write to the same key.
const TRIES: u32 = 3;

/// A request that can never be published.
pub(crate) struct Undeliverable {
    pub(crate) key: IdempotencyKey,
    pub(crate) failure: PublishFailure,
}

impl Coordinator {
    /// What requests fail with that can never be published. Only of what was not published before, and is withdrawn now, that is a refusal.
    pub(crate) async fn withdraw_all(&self, undeliverable: Vec<Undeliverable>) -> Result<Vec<PublishFailure>, StoreError> {
        let mut failures = Vec::with_capacity(undeliverable.len());
        for Undeliverable { key, failure } in undeliverable {
            let first_publish = failure.first_publish && self.withdraw(&key, &failure).await?;
            failures.push(PublishFailure { first_publish, ..failure });
        }
        Ok(failures)
    }

    /// Answers whether the attempt is proved to have had no effect, now and for ever: the ledger says that it failed. Whoever else has
    /// read the entry may have published the request meanwhile (a wake, a repeated start): its worker finds that, or was first, and nothing is proved.
    ///
    /// The record is no refusal: it says nothing about earlier attempts, and a refusal under its key makes the outcome of a pivot known. Whoever is answered by it,
    /// because this process stopped before the failure was committed, takes it for unknown, which is safe.
    async fn withdraw(&self, key: &IdempotencyKey, failed: &PublishFailure) -> Result<bool, StoreError> {
        if breaks::active(Break::SeenRequestTakenForUnseen) {
            return Ok(true);
        }
        let (ledger, attempt) = (&self.ports.ledger, failed.token.attempt);
        let state = LedgerState::Failed { failure: failed.failure.clone(), refusal: false };
        for _ in 0..TRIES {
            let expected = match self.retried(|| ledger.ledger(key)).await? {
                None => LedgerExpectation::Absent,
                Some(entry) if entry.attempt == attempt && entry.state == state => return Ok(true),
                Some(LedgerEntry {
                    attempt: before, state: LedgerState::Failed { .. } | LedgerState::HeardOf, version, ..
                }) if before < attempt => LedgerExpectation::Version(version),
                Some(_) => return Ok(false),
            };
            let entry = LedgerEntry { attempt, state: state.clone(), heartbeat_at: None, version: expected.next_version() };
            if self.retried(|| ledger.put_ledger(key, &entry, expected)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
