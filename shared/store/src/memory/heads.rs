//! Heads, by ARN, with the orders in which they are asked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use breaks::Break;
use interpreter::{ExecutionId, Identity, Timestamp};

use crate::{DueHead, Head, HeadCreation, HeadPage, HeadQuery, HeadRecord, ListPosition, StoreError};

#[derive(Debug, Default)]
pub(super) struct Heads {
    by_arn: BTreeMap<String, HeadRecord>,
    arns: BTreeMap<ExecutionId, String>,
    /// Newest start first.
    listed: BTreeSet<Reverse<ListPosition>>,
    due: BTreeSet<(Timestamp, ExecutionId)>,
}

impl Heads {
    pub(super) fn create(&mut self, head: &Head) -> HeadCreation {
        if let Some(record) = self.by_arn.get(&head.identity.arn).filter(|_| !breaks::active(Break::HeadOverwritten)) {
            return HeadCreation::Exists(Box::new(record.head.clone()));
        }
        let record = HeadRecord::new(head.clone());
        self.arns.insert(head.identity.id.clone(), head.identity.arn.clone());
        self.listed.insert(Reverse(ListPosition::of(head)));
        self.due.extend(due_row(&record));
        self.by_arn.insert(head.identity.arn.clone(), record);
        HeadCreation::Created
    }

    pub(super) fn by_arn(&self, arn: &str) -> Option<Head> {
        self.by_arn.get(arn).map(|record| record.head.clone())
    }

    pub(super) fn by_id(&self, execution: &ExecutionId) -> Option<Head> {
        self.by_arn(self.arns.get(execution)?)
    }

    /// Changes a head; does nothing where there is none. Answers what `change` answers.
    pub(super) fn change(&mut self, identity: &Identity, change: impl FnOnce(&mut HeadRecord) -> bool) -> bool {
        let Some(record) = self.by_arn.get_mut(&identity.arn).filter(|record| record.head.identity.id == identity.id) else {
            return false;
        };
        if let Some(row) = due_row(record) {
            self.due.remove(&row);
        }
        let changed = change(record);
        self.due.extend(due_row(record));
        changed
    }

    pub(super) fn list(&self, query: &HeadQuery) -> Result<HeadPage, StoreError> {
        let start = match &query.after {
            None => Bound::Unbounded,
            Some(token) => Bound::Excluded(Reverse(ListPosition::parse(token)?)),
        };
        let mut heads = self
            .listed
            .range((start, Bound::Unbounded))
            .filter_map(|Reverse(position)| self.by_arn.get(self.arns.get(&position.execution)?))
            .map(|record| &record.head)
            .filter(|head| query.matches(head));
        let page: Vec<Head> = heads.by_ref().take(query.limit).cloned().collect();
        let more = heads.next().is_some();
        let next = page.last().filter(|_| more).map(|head| ListPosition::of(head).token());
        Ok(HeadPage { heads: page, next })
    }

    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<DueHead> {
        self.due
            .iter()
            .take_while(|(wake_at, _)| *wake_at <= now)
            .take(limit)
            .map(|(wake_at, execution)| DueHead { execution: execution.clone(), wake_at: *wake_at })
            .collect()
    }
}

fn due_row(record: &HeadRecord) -> Option<(Timestamp, ExecutionId)> {
    record.due_at().map(|wake_at| (wake_at, record.head.identity.id.clone()))
}
