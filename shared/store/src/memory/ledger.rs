//! Ledger entries, by key.

use std::collections::BTreeMap;
use std::ops::Bound;

use interpreter::{ExecutionId, IdempotencyKey, Timestamp};

use super::expiring::Expiring;
use crate::{LedgerEntry, LedgerExpectation, LedgerWrite, TransactError, ledger_writes};

/// What has expired is read until it is deleted: an entry says what was done, and is never wrong.
#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<IdempotencyKey, Expiring<LedgerEntry>>);

impl Ledger {
    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&LedgerEntry> {
        self.0.get(key).map(|entry| &entry.kept)
    }

    pub(super) fn put(
        &mut self,
        key: &IdempotencyKey,
        entry: &LedgerEntry,
        expected: LedgerExpectation,
        expires_at: Option<Timestamp>,
    ) -> bool {
        match entry.written_over(self.get(key), expected) {
            LedgerWrite::Unexpected => false,
            LedgerWrite::Met => true,
            LedgerWrite::Write(entry) => {
                self.0.insert(key.clone(), Expiring { kept: entry, expires_at });
                true
            }
        }
    }

    /// What a transaction is to write; `None` if it met itself.
    pub(super) fn decide(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
    ) -> Result<Option<Vec<(IdempotencyKey, LedgerEntry)>>, TransactError> {
        ledger_writes(ledger.iter().map(|(key, entry, expected)| (key, entry.written_over(self.get(key), *expected))))
    }

    pub(super) fn write(&mut self, entries: Vec<(IdempotencyKey, LedgerEntry)>, expires_at: Option<Timestamp>) {
        self.0.extend(entries.into_iter().map(|(key, kept)| (key, Expiring { kept, expires_at })));
    }

    pub(super) fn heartbeat(&mut self, key: &IdempotencyKey, at: Timestamp, expires_at: Option<Timestamp>) {
        if let Some(kept) = LedgerEntry::heard_of(self.get(key), at) {
            self.0.insert(key.clone(), Expiring { kept, expires_at });
        }
    }

    /// Renews entries of an execution behind a key; answers the keys.
    pub(super) fn renew(
        &mut self,
        execution: &ExecutionId,
        after: Option<&str>,
        limit: usize,
        expires_at: Timestamp,
    ) -> Vec<String> {
        // Keys begin with the execution's id and a slash.
        let prefix = format!("{execution}/");
        let start = Bound::Excluded(IdempotencyKey(after.unwrap_or(&prefix).to_owned()));
        let renew = |(key, entry): (&IdempotencyKey, &mut Expiring<LedgerEntry>)| {
            entry.renew(expires_at);
            key.0.clone()
        };
        let behind = self.0.range_mut((start, Bound::Unbounded));
        behind.take_while(|(key, _)| key.as_str().starts_with(&prefix)).take(limit).map(renew).collect()
    }

    /// Deletes what has expired by `now`; answers how many.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let before = self.0.len();
        self.0.retain(|_, entry| entry.is_live(now));
        before - self.0.len()
    }
}
