//! Journals: entries by execution and revision, each as it is read back from its JSON.

use std::collections::BTreeMap;
use std::ops::Bound;

use breaks::Break;
use interpreter::{ExecutionId, Timestamp};

use super::expiring::Expiring;
use crate::{Entry, PutEntry};

#[derive(Debug, Default)]
pub(super) struct Journals(BTreeMap<ExecutionId, BTreeMap<u64, Expiring<Entry>>>);

impl Journals {
    /// Puts an entry, given as it is read back.
    pub(super) fn put(&mut self, entry: Entry, expires_at: Option<Timestamp>) -> PutEntry {
        let journal = self.0.entry(entry.execution.identity.id.clone()).or_default();
        if breaks::active(Break::EntryOverwritten) {
            journal.remove(&entry.revision);
        }
        match journal.get(&entry.revision) {
            Some(_) if breaks::active(Break::OwnEntryNotRecognized) => PutEntry::Conflict,
            Some(standing) if standing.kept.seed != entry.seed => PutEntry::Conflict,
            Some(_) => PutEntry::Committed,
            None => {
                journal.insert(entry.revision, Expiring { kept: entry, expires_at });
                PutEntry::Committed
            }
        }
    }

    /// The latest entry. If that has expired so have all: never an earlier one in its place.
    pub(super) fn latest(&self, execution: &ExecutionId, now: Timestamp) -> Option<Entry> {
        let behind = usize::from(breaks::active(Break::LatestEntryNotRead));
        let journal = self.0.get(execution)?;
        journal.values().nth_back(behind)?.live(now).cloned()
    }

    pub(super) fn range(&self, execution: &ExecutionId, from: u64, limit: usize, now: Timestamp) -> Vec<Entry> {
        let journal = self.0.get(execution).into_iter();
        let live = journal.flat_map(|journal| journal.range(from..)).filter_map(|(_, entry)| entry.live(now));
        live.take(limit).cloned().collect()
    }

    /// Renews entries before a revision, the latest first; answers the revisions.
    pub(super) fn renew(
        &mut self,
        execution: &ExecutionId,
        before: Option<u64>,
        limit: usize,
        expires_at: Timestamp,
    ) -> Vec<String> {
        let Some(journal) = self.0.get_mut(execution) else { return Vec::new() };
        let end = before.map_or(Bound::Unbounded, Bound::Excluded);
        let latest_first = journal.range_mut((Bound::Unbounded, end)).rev().take(limit);
        let renew = |(revision, entry): (&u64, &mut Expiring<Entry>)| {
            entry.renew(expires_at);
            format!("{revision:020}")
        };
        latest_first.map(renew).collect()
    }

    /// Deletes what has expired by `now`; answers how many.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let mut count = 0;
        for journal in self.0.values_mut() {
            count += journal.len();
            journal.retain(|_, entry| entry.is_live(now));
            count -= journal.len();
        }
        self.0.retain(|_, journal| !journal.is_empty());
        count
    }
}
