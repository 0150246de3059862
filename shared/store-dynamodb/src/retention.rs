//! What expires: journal entries, value items, ledger entries, heads and the pointers to them, and how renewals keep them (invariant 15).
//!
//! [`EXPIRES_AT`] is DynamoDB's own expiry attribute, in seconds. It deletes what has expired within days, at no cost; until then reads skip it by the
//! store's clock. The ledger is read as it is: what stands there is true.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::stream::{self, StreamExt, TryStreamExt};
use interpreter::{Identity, Timestamp};
use store::{Renewal, RenewalPlace, RenewedKind, Retention, StoreError};

use crate::attributes::{Attributes, Stored, number, string};
use crate::expression::{ABSENT, Expression};
use crate::head_item;
use crate::items::seconds_after;
use crate::key::{EXPIRES_AT, Key, PARTITION_KEY, SORT_KEY, entries_of, ledger_of, values_of};
use crate::requests::Conditional;
use crate::table_store::DynamoStore;

/// Items of a page that are renewed at once.
const WRITES_AT_ONCE: usize = 16;

/// When a head was renewed last, in milliseconds.
pub(crate) const RENEWED_AT: &str = "renewed_at";

/// The condition that an item, if there is one, has not expired. The value is seconds, as the attribute is.
pub(crate) const UNEXPIRED: &str = "attribute_not_exists(#expires_at) OR #expires_at > :now_seconds";

/// The condition that there is an item, which would expire earlier.
const EXPIRES_EARLIER: &str = "attribute_exists(#pk) AND (attribute_not_exists(#expires_at) OR #expires_at < :expires_at)";

impl DynamoStore {
    /// The expiry of an item of an execution that is written now.
    pub(crate) fn item_expiry(&self) -> Option<AttributeValue> {
        self.own_retention().map(|retention| seconds(retention.item_expires_at(retention.now())))
    }

    /// The expiry of a ledger entry that is written now.
    pub(crate) fn ledger_expiry(&self) -> Option<AttributeValue> {
        self.own_retention().map(|retention| seconds(retention.ledger_expires_at(retention.now())))
    }

    /// The expiry of a head that was renewed last as of `kept_since`.
    pub(crate) fn head_expiry(&self, kept_since: Timestamp) -> Option<AttributeValue> {
        self.own_retention().map(|retention| seconds(retention.head_expires_at(kept_since)))
    }

    /// The seconds since 1970 by which something has expired, where anything expires.
    pub(crate) fn now_seconds(&self) -> Option<i64> {
        self.own_retention().map(|retention| retention.now().millis().div_euclid(1000))
    }

    /// Whether an item has not expired.
    pub(crate) fn is_live(&self, item: &Attributes) -> Result<bool, StoreError> {
        let expires_at = Stored::projected(item).optional_number::<i64>(EXPIRES_AT)?;
        Ok(self.now_seconds().zip(expires_at).is_none_or(|(now, expires_at)| expires_at > now))
    }

    /// The items that have not expired.
    pub(crate) fn live(&self, items: Vec<Attributes>) -> Result<Vec<Attributes>, StoreError> {
        let mut live = Vec::with_capacity(items.len());
        for item in items {
            if self.is_live(&item)? {
                live.push(item);
            }
        }
        Ok(live)
    }

    /// The change of an item, on condition that it has not expired.
    pub(crate) fn on_live(&self, change: Expression) -> Expression {
        match self.now_seconds() {
            None => change,
            Some(now) => change.on(UNEXPIRED).value("now_seconds", number(now)),
        }
    }

    /// The condition that there is no item, or one that has expired.
    pub(crate) fn on_none_live(&self) -> Expression {
        match self.now_seconds() {
            None => Expression::new().on(ABSENT),
            Some(now) => {
                Expression::new().on("attribute_not_exists(#pk) OR #expires_at <= :now_seconds").value("now_seconds", number(now))
            }
        }
    }

    /// Whether the head of an execution that is open or parked is half-way to its expiry.
    pub(crate) async fn head_is_half_way(&self, identity: &Identity) -> Result<bool, StoreError> {
        let Some(retention) = self.own_retention() else { return Ok(false) };
        let item = self.get(&Key::Head { execution_arn: &identity.arn }).await?;
        let Some(item) = self.live(item.into_iter().collect())?.pop() else { return Ok(false) };
        let record = head_item::read(&item)?;
        let expires_at = Stored::projected(&item).optional_number::<i64>(EXPIRES_AT)?;
        let expires_at = expires_at.map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
        let is_own = record.head.is_renewed() && record.head.identity.id == identity.id;
        Ok(is_own && retention.is_due(record.head.kept_since(), expires_at, retention.now()))
    }

    /// A page of a renewal.
    pub(crate) async fn renew_page(
        &self,
        identity: &Identity,
        renewal: &Renewal,
        limit: usize,
    ) -> Result<Option<Renewal>, StoreError> {
        let Some(retention) = self.own_retention() else { return Ok(None) };
        let mut place = renewal.place()?;
        let mut left = limit.max(1);
        loop {
            let items = self.items_behind(identity, &place, left).await?;
            left = left.saturating_sub(items.len());
            let last = items.last().map(|item| Stored::projected(item).text(SORT_KEY).map(str::to_owned)).transpose()?;
            self.renew_items(items, expiry_of(place.kind, renewal, retention)).await?;
            if let Some(last) = last.filter(|_| left == 0) {
                return Ok(Some(renewal.behind(place.kind, &last)));
            }
            match place.kind.next() {
                Some(kind) => place = RenewalPlace::before(kind),
                None => break,
            }
        }
        let items_expire_at = retention.item_expires_at(renewal.began_at);
        self.renew_item(Key::HeadOf(&identity.id).attributes(), items_expire_at).await?;
        self.renew_head(identity, renewal.began_at, retention.head_expires_at(renewal.began_at)).await?;
        Ok(None)
    }

    /// The keys and expiries of items behind a place: of entries the latest first.
    async fn items_behind(&self, identity: &Identity, place: &RenewalPlace, limit: usize) -> Result<Vec<Attributes>, StoreError> {
        let (partition, latest_first) = match place.kind {
            RenewedKind::Entries => (entries_of(&identity.id), true),
            RenewedKind::Values => (values_of(&identity.id), false),
            RenewedKind::Ledger => (ledger_of(identity.id.as_str()), false),
        };
        let request = self
            .client()
            .query()
            .projection_expression("pk, sk, expires_at")
            .expression_attribute_values(":partition", string(partition))
            .scan_index_forward(!latest_first)
            .consistent_read(true);
        let request = match &place.after {
            None => request.key_condition_expression("pk = :partition"),
            Some(after) => {
                let behind = if latest_first { "pk = :partition AND sk < :after" } else { "pk = :partition AND sk > :after" };
                request.key_condition_expression(behind).expression_attribute_values(":after", string(after))
            }
        };
        self.query(request, limit).await
    }

    /// Renews those of the items that expire earlier.
    async fn renew_items(&self, items: Vec<Attributes>, expires_at: Timestamp) -> Result<(), StoreError> {
        let mut keys = Vec::with_capacity(items.len());
        for mut item in items {
            let before = Stored::projected(&item).optional_number::<i64>(EXPIRES_AT)?;
            if before.is_none_or(|before| before < seconds_after(expires_at)) {
                item.retain(|name, _| name == PARTITION_KEY || name == SORT_KEY);
                keys.push(item);
            }
        }
        let renewals = keys.into_iter().map(|key| self.renew_item(key, expires_at));
        stream::iter(renewals).buffer_unordered(WRITES_AT_ONCE).try_collect().await
    }

    /// Renews an item. What was deleted meanwhile is not made again: an update makes what does not exist.
    pub(crate) async fn renew_item(&self, key: Attributes, expires_at: Timestamp) -> Result<(), StoreError> {
        let change = Expression::new().set(EXPIRES_AT, seconds(expires_at)).on(EXPIRES_EARLIER);
        self.update_at(key, &change).await.map(drop)
    }

    /// The end of a renewal: [`HeadRecord::renew`](store::HeadRecord::renew), as a condition.
    async fn renew_head(&self, identity: &Identity, began_at: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
        let change = head_item::of(identity)
            .set(RENEWED_AT, number(began_at.millis()))
            .set(EXPIRES_AT, seconds(expires_at))
            .on("#started_at < :renewed_at AND (attribute_not_exists(#renewed_at) OR #renewed_at < :renewed_at)");
        let key = Key::Head { execution_arn: &identity.arn };
        match self.update(&key, &self.on_live(change)).await? {
            Conditional::Done => {}
            Conditional::Failed(_) => tracing::debug!(execution = %identity.id, "a later renewal was first, or there is no head"),
        }
        Ok(())
    }
}

fn expiry_of(kind: RenewedKind, renewal: &Renewal, retention: &Retention) -> Timestamp {
    match kind {
        RenewedKind::Entries | RenewedKind::Values => retention.item_expires_at(renewal.began_at),
        RenewedKind::Ledger => retention.ledger_expires_at(renewal.began_at),
    }
}

fn seconds(at: Timestamp) -> AttributeValue {
    number(seconds_after(at))
}

/// Adds an expiry to an item that is about to be written.
pub(crate) fn expiring(mut item: Attributes, expiry: Option<AttributeValue>) -> Attributes {
    item.extend(expiry.map(|expiry| (EXPIRES_AT.to_owned(), expiry)));
    item
}

/// Adds an expiry to the write of an item.
pub(crate) fn set_expiry(change: Expression, expiry: Option<AttributeValue>) -> Expression {
    match expiry {
        None => change,
        Some(expiry) => change.set(EXPIRES_AT, expiry),
    }
}
