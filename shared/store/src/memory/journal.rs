//! Journals: entries by execution and revision, each as it is read back from its JSON.

use std::collections::BTreeMap;

use breaks::Break;
use interpreter::ExecutionId;

use crate::{Entry, PutEntry};

#[derive(Debug, Default)]
pub(super) struct Journals(BTreeMap<ExecutionId, BTreeMap<u64, Entry>>);

impl Journals {
    /// Puts an entry, given as it is read back.
    pub(super) fn put(&mut self, entry: Entry) -> PutEntry {
        let journal = self.0.entry(entry.execution.identity.id.clone()).or_default();
        if breaks::active(Break::EntryOverwritten) {
            journal.remove(&entry.revision);
        }
        match journal.get(&entry.revision) {
            Some(_) if breaks::active(Break::OwnEntryNotRecognized) => PutEntry::Conflict,
            Some(standing) if standing.seed != entry.seed => PutEntry::Conflict,
            Some(_) => PutEntry::Committed,
            None => {
                journal.insert(entry.revision, entry);
                PutEntry::Committed
            }
        }
    }

    pub(super) fn latest(&self, execution: &ExecutionId) -> Option<Entry> {
        let behind = usize::from(breaks::active(Break::LatestEntryNotRead));
        let journal = self.0.get(execution)?;
        journal.values().nth_back(behind).cloned()
    }

    pub(super) fn range(&self, execution: &ExecutionId, from: u64, limit: usize) -> Vec<Entry> {
        let journal = self.0.get(execution).into_iter();
        journal.flat_map(|journal| journal.range(from..)).take(limit).map(|(_, entry)| entry.clone()).collect()
    }
}
