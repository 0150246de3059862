//! The items that the order saga keeps beside the ledger: this list is their schema.
//!
//! Names are frozen; a new field gets a default. Bodies are JSON objects, instants milliseconds since 1970.
//!
//! | partition | sort key | body | written by |
//! |---|---|---|---|
//! | `catalogue` | SKU | [`crate::inventory::Seeded`]: what was stocked | seeding, once |
//! | `stock` | SKU | counter `available` | reserve, release, expiry |
//! | `sold` | SKU | counter `pieces` | create and cancel shipment |
//! | `reservation` | order id | [`crate::inventory::Reservation`] | reserve, release, expiry, shipping |
//! | `payment` | order id | [`crate::payment::Payment`] | charge, refund |
//! | `shipment` | order id | [`crate::shipping::Shipment`] | create, cancel |
//! | `outbox` | `ORDER/CHANNEL` | [`crate::notification::Notification`] | e-mail, warehouse |
//! | `recent-orders` | start, newest first, and order id | [`crate::notification::RecentOrder`] | the read model |
//! | `review` | order id | [`crate::review::PendingReview`] | request review |
//!
//! Providers in test mode keep theirs in `provider-payments`, `provider-carrier`, `provider-mail` (sort key: the idempotency key),
//! `provider-requests` (a counter per key and kind of request) and `provider-status`.

use interpreter::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use store::{Condition, Item, ItemKey, LedgerStore, StoreError, TransactError, Write};

/// What was stocked once.
pub(crate) const CATALOGUE: &str = "catalogue";
/// What can be reserved.
pub(crate) const STOCK: &str = "stock";
/// The counter of a stock item.
pub(crate) const AVAILABLE: &str = "available";
/// What has left with a carrier.
pub(crate) const SOLD: &str = "sold";
/// The counter of a sold item.
pub(crate) const PIECES: &str = "pieces";
/// What orders hold.
pub(crate) const RESERVATION: &str = "reservation";
/// Our ledger of payments.
pub(crate) const PAYMENT: &str = "payment";
/// Our shipments.
pub(crate) const SHIPMENT: &str = "shipment";
/// Messages that went out.
pub(crate) const OUTBOX: &str = "outbox";
/// The read model.
pub(crate) const RECENT_ORDERS: &str = "recent-orders";
/// The review queue.
pub(crate) const REVIEW: &str = "review";
/// The payment processor's charges.
pub(crate) const PROVIDER_PAYMENTS: &str = "provider-payments";
/// The carrier's labels.
pub(crate) const PROVIDER_CARRIER: &str = "provider-carrier";
/// The mails that were taken.
pub(crate) const PROVIDER_MAIL: &str = "provider-mail";
/// How often each provider was asked under each key.
pub(crate) const PROVIDER_REQUESTS: &str = "provider-requests";
/// How providers are.
pub(crate) const PROVIDER_STATUS: &str = "provider-status";

/// What is finished is kept this long: 30 days and one.
pub(crate) const KEPT_SECONDS: u64 = 31 * 86_400;

/// Items read at once.
const PAGE_ITEMS: usize = 200;

/// An item's body with its version: the condition of the next write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored<T> {
    pub(crate) body: T,
    pub(crate) version: u64,
}

/// Why an item cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// The store's error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is not what this release writes.
    #[error("the item `{partition}`/`{sort}` is corrupt")]
    Corrupt {
        /// Its partition.
        partition: String,
        /// Its sort key.
        sort: String,
    },
}

/// The key of an item.
pub(crate) fn key(partition: &str, sort: &str) -> ItemKey {
    ItemKey { partition: partition.to_owned(), sort: sort.to_owned() }
}

/// The item with this key, if there is one.
pub(crate) async fn read<T: DeserializeOwned>(
    ledger: &dyn LedgerStore,
    key: &ItemKey,
    now: Timestamp,
) -> Result<Option<Stored<T>>, ItemError> {
    ledger.item(key, now).await?.map(|item| body_of(&item)).transpose()
}

/// All items of a partition.
pub(crate) async fn all<T: DeserializeOwned>(
    ledger: &dyn LedgerStore,
    partition: &str,
    now: Timestamp,
) -> Result<Vec<Stored<T>>, ItemError> {
    all_items(ledger, partition, now).await?.iter().map(body_of).collect()
}

/// All items of a partition, as they are stored.
pub(crate) async fn all_items(ledger: &dyn LedgerStore, partition: &str, now: Timestamp) -> Result<Vec<Item>, ItemError> {
    let mut items: Vec<Item> = Vec::new();
    loop {
        let after = items.last().map(|item| item.key.sort.clone());
        let page = ledger.items(partition, after.as_deref(), PAGE_ITEMS, now).await?;
        let last = page.is_empty();
        items.extend(page);
        if last {
            return Ok(items);
        }
    }
}

fn body_of<T: DeserializeOwned>(item: &Item) -> Result<Stored<T>, ItemError> {
    let corrupt = |_| ItemError::Corrupt { partition: item.key.partition.clone(), sort: item.key.sort.clone() };
    Ok(Stored { body: serde_json::from_value(item.body.clone()).map_err(corrupt)?, version: item.version })
}

/// A write that puts a body.
pub(crate) fn put<T: Serialize>(key: ItemKey, body: &T, condition: Condition, expires_at: Option<Timestamp>) -> Write {
    Write::Put { key, body: json!(body), expires_at, condition }
}

/// A write that adds to a counter.
pub(crate) fn add(key: ItemKey, counter: &str, delta: i64, floor: Option<i64>) -> Write {
    Write::Add { key, counter: counter.to_owned(), delta, floor }
}

/// The condition that an item is as it was read.
pub(crate) fn unchanged<T>(stored: Option<&Stored<T>>) -> Condition {
    stored.map_or(Condition::Absent, |stored| Condition::Version(stored.version))
}

/// Writes at once, outside of a task's transaction. Answers whether the conditions held.
pub(crate) async fn write(ledger: &dyn LedgerStore, writes: &[Write], now: Timestamp) -> Result<bool, StoreError> {
    match ledger.transact(&[], writes, now).await {
        Ok(()) => Ok(true),
        Err(TransactError::Conditions(_) | TransactError::Ledger) => Ok(false),
        Err(TransactError::Store(error)) => Err(error),
    }
}
