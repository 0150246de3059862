//! How ledger entries change: decided here, once for all stores.

use breaks::Break;
use interpreter::{IdempotencyKey, Timestamp};

use crate::{LedgerEntry, LedgerExpectation, LedgerState, TransactError};

/// What a write of a ledger entry comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum LedgerWrite {
    /// It is as expected: this is to be written.
    Write(LedgerEntry),
    /// What was to be written stands there: an earlier try of the same writer, whose answer was lost.
    Met,
    /// It is not as expected.
    Unexpected,
}

impl LedgerExpectation {
    /// The version that the entry has after a write that found what it expected.
    pub fn next_version(self) -> u64 {
        match self {
            Self::Absent => 1,
            Self::Version(version) => version.saturating_add(1),
        }
    }
}

impl LedgerEntry {
    /// What becomes of a write of this entry that expects `expected` where `stored` stands.
    ///
    /// `heartbeat_at` is no part of what is compared, since heartbeats change it without changing the version, and is never taken back.
    pub fn written_over(&self, stored: Option<&Self>, expected: LedgerExpectation) -> LedgerWrite {
        let version = expected.next_version();
        let as_expected = match (stored, expected) {
            (None, LedgerExpectation::Absent) => true,
            (Some(stored), LedgerExpectation::Version(version)) => stored.version == version,
            _ => false,
        };
        if as_expected || breaks::active(Break::LedgerOverwritten) {
            let heartbeat_at = self.heartbeat_at.max(stored.and_then(|stored| stored.heartbeat_at));
            return LedgerWrite::Write(Self { version, heartbeat_at, ..self.clone() });
        }
        match stored {
            Some(stored) if stored.version == version && stored.attempt == self.attempt && stored.state == self.state => {
                LedgerWrite::Met
            }
            _ => LedgerWrite::Unexpected,
        }
    }

    /// The entry after a heartbeat at `at` where `stored` stands; `None` if that changes nothing.
    pub fn heard_of(stored: Option<&Self>, at: Timestamp) -> Option<Self> {
        match stored {
            None => Some(Self { attempt: 0, state: LedgerState::HeardOf, heartbeat_at: Some(at), version: 1 }),
            Some(stored) if stored.heartbeat_at >= Some(at) => None,
            Some(stored) => Some(Self { heartbeat_at: Some(at), ..stored.clone() }),
        }
    }
}

/// What a transaction is to write into the ledger, from what becomes of each of its entries; `None` if all of them stand there: it is the
/// transaction's own earlier try, whose answer was lost.
///
/// # Errors
///
/// [`TransactError::Ledger`] if an entry is not as expected.
pub fn ledger_writes<'a>(
    decided: impl Iterator<Item = (&'a IdempotencyKey, LedgerWrite)>,
) -> Result<Option<Vec<(IdempotencyKey, LedgerEntry)>>, TransactError> {
    let mut writes = Vec::new();
    let mut met = 0_usize;
    for (key, write) in decided {
        match write {
            LedgerWrite::Write(entry) => writes.push((key.clone(), entry)),
            LedgerWrite::Met => met += 1,
            LedgerWrite::Unexpected => return Err(TransactError::Ledger),
        }
    }
    match (met, writes.is_empty()) {
        (0, _) => Ok(Some(writes)),
        (_, true) => Ok(None),
        (_, false) => Err(TransactError::Ledger),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::samples::{at, failed, held, revoked, succeeded, versioned};
    use crate::frozen;

    /// What stands here never changes.
    #[test]
    fn ledger_entries_of_version_1_are_read_and_written() {
        let check = |state: &str, entry: LedgerEntry| {
            let (attempt, heartbeat) =
                (entry.attempt, entry.heartbeat_at.map_or("null".to_owned(), |at| at.millis().to_string()));
            let text = format!(r#"{{"attempt": {attempt}, "state": {state}, "heartbeat_at": {heartbeat}, "version": 4}}"#);
            frozen::check(&text, &versioned(entry, 4));
        };
        check(r#"{"state": "in_progress", "lease_until": 1793534460000, "owner": "one"}"#, held("one", 2));
        check(
            r#"{"state": "failed", "failure": {"error": "OutOfStock", "cause": "what happened"}, "refusal": true}"#,
            failed("OutOfStock", true),
        );
        check(r#"{"state": "succeeded", "result": {"a": [1, 2.5, null]}}"#, succeeded(json!({"a": [1, 2.5, null]})));
        check(r#"{"state": "revoked"}"#, revoked());
        check(r#"{"state": "heard_of"}"#, LedgerEntry::heard_of(None, at(5)).unwrap());
    }
}
