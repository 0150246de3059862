//! Heads, by ARN, with the orders in which they are asked for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use breaks::Break;
use interpreter::{ExecutionId, Identity, Timestamp};

use super::expiring::Expiring;
use crate::{DueHead, Head, HeadCreation, HeadPage, HeadQuery, HeadRecord, ListPosition, Retention, StoreError};

#[derive(Debug, Default)]
pub(super) struct Heads {
    by_arn: BTreeMap<String, Expiring<HeadRecord>>,
    /// The pointers to heads; none outlives its head.
    arns: BTreeMap<ExecutionId, String>,
    /// Newest start first.
    listed: BTreeSet<Reverse<ListPosition>>,
    due: BTreeSet<(Timestamp, ExecutionId)>,
}

impl Heads {
    pub(super) fn create(&mut self, head: &Head, expires_at: Option<Timestamp>, now: Timestamp) -> HeadCreation {
        if let Some(record) = self.record(&head.identity.arn, now).filter(|_| !breaks::active(Break::HeadOverwritten)) {
            return HeadCreation::Exists(Box::new(record.head.clone()));
        }
        if !breaks::active(Break::HeadOverwritten) {
            self.delete(&head.identity.arn);
        }
        let record = HeadRecord::new(head.clone());
        self.arns.insert(head.identity.id.clone(), head.identity.arn.clone());
        self.listed.insert(Reverse(ListPosition::of(head)));
        self.due.extend(due_row(&record));
        self.by_arn.insert(head.identity.arn.clone(), Expiring { kept: record, expires_at });
        HeadCreation::Created
    }

    pub(super) fn by_arn(&self, arn: &str, now: Timestamp) -> Option<Head> {
        self.record(arn, now).map(|record| record.head.clone())
    }

    pub(super) fn by_id(&self, execution: &ExecutionId, now: Timestamp) -> Option<Head> {
        self.by_arn(self.arns.get(execution)?, now)
    }

    fn record(&self, arn: &str, now: Timestamp) -> Option<&HeadRecord> {
        self.by_arn.get(arn)?.live(now)
    }

    /// Changes a head; does nothing where there is none. Answers what `change` answers.
    pub(super) fn change(&mut self, identity: &Identity, now: Timestamp, change: impl FnOnce(&mut HeadRecord) -> bool) -> bool {
        let is_own = |head: &&mut Expiring<HeadRecord>| head.is_live(now) && head.kept.head.identity.id == identity.id;
        let Some(Expiring { kept: record, .. }) = self.by_arn.get_mut(&identity.arn).filter(is_own) else {
            return false;
        };
        if let Some(row) = due_row(record) {
            self.due.remove(&row);
        }
        let changed = change(record);
        self.due.extend(due_row(record));
        changed
    }

    pub(super) fn renewal_is_due(&self, identity: &Identity, retention: &Retention) -> bool {
        let now = retention.now();
        let own = self.by_arn.get(&identity.arn).filter(|head| head.kept.head.identity.id == identity.id);
        let renewed = own.filter(|head| head.is_live(now) && head.kept.head.is_renewed());
        renewed.is_some_and(|head| retention.is_due(head.kept.head.kept_since(), head.expires_at, now))
    }

    /// The end of a renewal that began at `began_at`.
    pub(super) fn renew(&mut self, identity: &Identity, began_at: Timestamp, expires_at: Timestamp, now: Timestamp) {
        if self.change(identity, now, |record| record.renew(began_at))
            && let Some(head) = self.by_arn.get_mut(&identity.arn)
        {
            head.renew(expires_at);
        }
    }

    pub(super) fn list(&self, query: &HeadQuery, now: Timestamp) -> Result<HeadPage, StoreError> {
        let start = match &query.after {
            None => Bound::Unbounded,
            Some(token) => Bound::Excluded(Reverse(ListPosition::parse(token)?)),
        };
        let mut heads = self
            .listed
            .range((start, Bound::Unbounded))
            .filter_map(|Reverse(position)| self.record(self.arns.get(&position.execution)?, now))
            .map(|record| &record.head)
            .filter(|head| query.matches(head));
        let page: Vec<Head> = heads.by_ref().take(query.limit).cloned().collect();
        let more = heads.next().is_some();
        let next = page.last().filter(|_| more).map(|head| ListPosition::of(head).token());
        Ok(HeadPage { heads: page, next })
    }

    pub(super) fn due(&self, due_by: Timestamp, limit: usize, now: Timestamp) -> Vec<DueHead> {
        self.due
            .iter()
            .take_while(|(wake_at, _)| *wake_at <= due_by)
            .filter(|(_, execution)| self.arns.get(execution).is_some_and(|arn| self.record(arn, now).is_some()))
            .take(limit)
            .map(|(wake_at, execution)| DueHead { execution: execution.clone(), wake_at: *wake_at })
            .collect()
    }

    /// Deletes what has expired by `now`; answers how many.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let expired: Vec<String> =
            self.by_arn.iter().filter(|(_, head)| !head.is_live(now)).map(|(arn, _)| arn.clone()).collect();
        expired.iter().for_each(|arn| self.delete(arn));
        expired.len()
    }

    fn delete(&mut self, arn: &str) {
        let Some(Expiring { kept: record, .. }) = self.by_arn.remove(arn) else { return };
        self.arns.remove(&record.head.identity.id);
        self.listed.remove(&Reverse(ListPosition::of(&record.head)));
        if let Some(row) = due_row(&record) {
            self.due.remove(&row);
        }
    }
}

fn due_row(record: &HeadRecord) -> Option<(Timestamp, ExecutionId)> {
    record.due_at().map(|wake_at| (wake_at, record.head.identity.id.clone()))
}
