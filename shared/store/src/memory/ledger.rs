//! Ledger entries, by key.

use std::collections::BTreeMap;

use interpreter::{IdempotencyKey, Timestamp};

use crate::{LedgerEntry, LedgerExpectation, LedgerWrite, TransactError, ledger_writes};

#[derive(Debug, Default)]
pub(super) struct Ledger(BTreeMap<IdempotencyKey, LedgerEntry>);

impl Ledger {
    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&LedgerEntry> {
        self.0.get(key)
    }

    pub(super) fn put(&mut self, key: &IdempotencyKey, entry: &LedgerEntry, expected: LedgerExpectation) -> bool {
        match entry.written_over(self.0.get(key), expected) {
            LedgerWrite::Unexpected => false,
            LedgerWrite::Met => true,
            LedgerWrite::Write(entry) => {
                self.0.insert(key.clone(), entry);
                true
            }
        }
    }

    /// What a transaction is to write; `None` if it met itself.
    pub(super) fn decide(
        &self,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
    ) -> Result<Option<Vec<(IdempotencyKey, LedgerEntry)>>, TransactError> {
        ledger_writes(ledger.iter().map(|(key, entry, expected)| (key, entry.written_over(self.0.get(key), *expected))))
    }

    pub(super) fn write(&mut self, entries: Vec<(IdempotencyKey, LedgerEntry)>) {
        self.0.extend(entries);
    }

    pub(super) fn heartbeat(&mut self, key: &IdempotencyKey, at: Timestamp) {
        if let Some(entry) = LedgerEntry::heard_of(self.0.get(key), at) {
            self.0.insert(key.clone(), entry);
        }
    }
}
