//! Journals: encoded entries by execution and revision.

use std::collections::BTreeMap;

use breaks::Break;
use interpreter::{ExecutionId, Seed};

use crate::{Entry, EntryError, PutEntry};

#[derive(Debug, Default)]
pub(super) struct Journal(BTreeMap<ExecutionId, BTreeMap<u64, Kept>>);

#[derive(Debug)]
struct Kept {
    seed: Seed,
    encoded: Vec<u8>,
}

impl Journal {
    pub(super) fn put(&mut self, entry: &Entry, encoded: Vec<u8>) -> PutEntry {
        let journal = self.0.entry(entry.execution.identity.id.clone()).or_default();
        if breaks::active(Break::EntryOverwritten) {
            journal.remove(&entry.revision);
        }
        if breaks::active(Break::OwnEntryNotRecognized) && journal.contains_key(&entry.revision) {
            return PutEntry::Conflict;
        }
        let kept = journal.entry(entry.revision).or_insert_with(|| Kept { seed: entry.seed, encoded });
        if kept.seed == entry.seed { PutEntry::Committed } else { PutEntry::Conflict }
    }

    pub(super) fn latest(&self, execution: &ExecutionId) -> Result<Option<Entry>, EntryError> {
        let behind = usize::from(breaks::active(Break::LatestEntryNotRead));
        let latest = self.0.get(execution).and_then(|journal| journal.iter().nth_back(behind));
        latest.map(|(_, kept)| Entry::decode(&kept.encoded)).transpose()
    }

    pub(super) fn range(&self, execution: &ExecutionId, from: u64, limit: usize) -> Result<Vec<Entry>, EntryError> {
        let journal = self.0.get(execution).into_iter();
        journal.flat_map(|journal| journal.range(from..)).take(limit).map(|(_, kept)| Entry::decode(&kept.encoded)).collect()
    }
}
