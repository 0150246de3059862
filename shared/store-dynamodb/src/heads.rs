//! Heads: creation, wake times, reports, and what is due.
//!
//! A head changes by compare-and-set: [`HeadRecord`] decides for every store what a call makes of a record. The first request of a
//! change does not read: its condition covers the common case. If that does not hold, DynamoDB answers with what stands there
//! (at no further request), the record decides, and the next request is conditional on exactly that. So a call costs one
//! request in the common case and two in any other; it takes a third only if somebody changed the head between the two.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::{try_join, try_join_all};
use interpreter::{ExecutionId, ExecutionStatus, Identity, Timestamp};
use store::{DueHead, Head, HeadCreation, HeadRecord, StoreError};

use crate::attributes::{Attributes, Stored, number, string};
use crate::expression::Expression;
use crate::head_item;
use crate::key::Key;
use crate::requests::Conditional;
use crate::retention::expiring;
use crate::table::{DUE_INDEX, DUE_SHARD, EXECUTION_ID, WAKE_AT};
use crate::table_store::DynamoStore;

/// How often a change is decided again because somebody else changed the head in between.
const CHANGE_TRIES_MAX: usize = 16;

impl DynamoStore {
    pub(crate) async fn create_head_item(&self, head: &Head) -> Result<HeadCreation, StoreError> {
        let identity = &head.identity;
        try_join(self.note_machine(&identity.machine_arn), self.put_head_of(identity)).await?;
        let item = expiring(head_item::written(&HeadRecord::new(head.clone()))?, self.head_expiry(head.kept_since()));
        let Conditional::Failed(said) = self.put(item, self.on_none_live()).await? else {
            return Ok(HeadCreation::Created);
        };
        let standing = self.standing(&Key::Head { execution_arn: &identity.arn }, said).await?;
        let standing = standing.ok_or_else(|| StoreError::Unavailable("a head vanished while it was read".to_owned()))?;
        let standing = head_item::read(&standing)?.head;
        if standing.identity.id != identity.id {
            // The name is another's for good: nothing will ever stand where this execution's id points to. If this fails, a small item is left.
            let _ = self.delete(&Key::HeadOf(&identity.id)).await;
        }
        Ok(HeadCreation::Exists(Box::new(standing)))
    }

    /// Notes, once per process and machine, that the machine has heads.
    async fn note_machine(&self, machine_arn: &str) -> Result<(), StoreError> {
        if !self.is_noted(machine_arn) {
            self.put(Key::ListedMachine { arn: machine_arn }.new_item(), Expression::new()).await?;
            self.note(machine_arn);
        }
        Ok(())
    }

    async fn put_head_of(&self, identity: &Identity) -> Result<(), StoreError> {
        let mut item = expiring(Key::HeadOf(&identity.id).new_item(), self.item_expiry());
        item.insert("arn".to_owned(), string(&identity.arn));
        self.put(item, Expression::new()).await.map(drop)
    }

    pub(crate) async fn head_at(&self, execution_arn: &str) -> Result<Option<Head>, StoreError> {
        let item = self.get(&Key::Head { execution_arn }).await?;
        self.live(item.into_iter().collect())?.first().map(|item| Ok(head_item::read(item)?.head)).transpose()
    }

    pub(crate) async fn head_with_id(&self, execution: &ExecutionId) -> Result<Option<Head>, StoreError> {
        let Some(item) = self.get(&Key::HeadOf(execution)).await? else {
            return Ok(None);
        };
        let head = self.head_at(Stored::open(&item)?.text("arn")?).await?;
        Ok(head.filter(|head| head.identity.id == *execution))
    }

    /// Common case: it is earlier, and no later revision lowered it before.
    pub(crate) async fn lower_wake_at(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<(), StoreError> {
        let first = head_item::of(identity)
            .set(WAKE_AT, number(wake_at.millis()))
            .set("wake_revision", number(revision))
            .on("#status = :running AND #wake_at > :wake_at AND #wake_revision <= :wake_revision")
            .value("running", running());
        self.change_head(identity, first, |record| record.lower_wake(wake_at, revision)).await.map(drop)
    }

    /// The condition covers every case in which it is raised, so that the answer to a failed one is `false` at once.
    pub(crate) async fn raise_wake_at(&self, identity: &Identity, wake_at: Timestamp, revision: u64) -> Result<bool, StoreError> {
        let first = head_item::of(identity)
            .set(WAKE_AT, number(wake_at.millis()))
            .set(DUE_SHARD, string(head_item::due_shard(&identity.id)))
            .on("#status = :running AND #wake_revision <= :revision")
            .value("running", running())
            .value("revision", number(revision));
        self.change_head(identity, first, |record| record.raise_wake(wake_at, revision)).await
    }

    /// Common case: an open head is told the end, or a closed one that it runs again, by the latest revision there is.
    pub(crate) async fn report_to_head(
        &self,
        identity: &Identity,
        (status, closed_at): (ExecutionStatus, Option<Timestamp>),
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> Result<(), StoreError> {
        let runs = status == ExecutionStatus::Running;
        let due_shard = wake_at.map(|_| string(head_item::due_shard(&identity.id)));
        let first = head_item::of(identity)
            .set("status", string(status.as_str()))
            .set_or_remove("closed_at", closed_at.map(|at| number(at.millis())))
            .set_or_remove(WAKE_AT, wake_at.map(|at| number(at.millis())))
            .set_or_remove(DUE_SHARD, due_shard)
            .set("wake_revision", number(revision))
            .set("told_revision", number(revision))
            .set("list_partition", string(head_item::list_partition_with(identity, status)))
            .on(if runs { "#status <> :running" } else { "#status = :running" })
            .value("running", running())
            .on("#told_revision < :told_revision AND #wake_revision <= :wake_revision");
        self.change_head(identity, first, |record| record.report(status, closed_at, wake_at, revision)).await.map(drop)
    }

    /// Changes a head, first as `first` says without reading it, then as `decide` does; whether anything changed.
    async fn change_head(
        &self,
        identity: &Identity,
        first: Expression,
        decide: impl Fn(&mut HeadRecord) -> bool + Send + Sync,
    ) -> Result<bool, StoreError> {
        let key = Key::Head { execution_arn: &identity.arn };
        let mut change = self.on_live(first);
        for _ in 0..CHANGE_TRIES_MAX {
            let said = match self.update(&key, &change).await? {
                Conditional::Done => return Ok(true),
                Conditional::Failed(said) => said,
            };
            let standing = self.live(self.standing(&key, said).await?.into_iter().collect())?;
            let standing = standing.first().map(head_item::read).transpose()?;
            let Some(before) = standing.filter(|record| record.head.identity.id == identity.id) else {
                return Ok(false);
            };
            let mut after = before.clone();
            if !decide(&mut after) {
                return Ok(false);
            }
            change = self.on_live(head_item::change(&before, &after));
        }
        Err(StoreError::Unavailable(format!("the head of `{}` is changed by too many at once", identity.id)))
    }

    pub(crate) async fn due_heads(&self, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        let shards = (0..head_item::DUE_SHARDS).map(|shard| self.due_in(shard, now, limit));
        let mut due: Vec<DueHead> = try_join_all(shards).await?.into_iter().flatten().collect();
        due.sort_by(|a, b| (a.wake_at, &a.execution).cmp(&(b.wake_at, &b.execution)));
        due.truncate(limit);
        Ok(due)
    }

    async fn due_in(&self, shard: u32, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, StoreError> {
        let request = self
            .client()
            .query()
            .index_name(DUE_INDEX)
            .key_condition_expression("due_shard = :shard AND wake_at <= :now")
            .expression_attribute_values(":shard", string(shard.to_string()))
            .expression_attribute_values(":now", number(now.millis()));
        self.query(request, limit).await?.iter().map(due_head).collect()
    }
}

/// Reads an entry of the index, which has no `format`: that is not projected.
fn due_head(item: &Attributes) -> Result<DueHead, StoreError> {
    let stored = Stored::projected(item);
    let wake_at = Timestamp::from_millis(stored.number(WAKE_AT)?);
    Ok(DueHead { execution: ExecutionId(stored.text(EXECUTION_ID)?.to_owned()), wake_at })
}

fn running() -> AttributeValue {
    string(ExecutionStatus::Running.as_str())
}
