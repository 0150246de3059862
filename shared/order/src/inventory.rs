//! Inventory: reserve and release, side by side.
//!
//! Stock is a counter per SKU that never falls below zero; a reservation is an item per order that says which pieces it holds. Both change
//! in one transaction with the task's ledger entry: all lines are reserved or none, and nothing is reserved or released twice.
//!
//! **Expiry.** A reservation is held until an instant. [`expire_reservations`] returns to the stock what is held longer; it runs
//! with the watch, each minute, and in a transaction per reservation, conditional on its version, so that it never meets a
//! release half-way. Shipping makes a reservation firm before it asks the carrier: from then on it does not expire. A reservation
//! that has expired cannot be shipped (`ReservationExpired`), and releasing it releases nothing.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use breaks::Break;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Condition, LedgerStore, Write};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::{failed, input, refused, undoes, unread};
use crate::error_name;
use crate::item::{self, AVAILABLE, CATALOGUE, ItemError, RESERVATION, STOCK, Stored};
use crate::order::{OrderLine, pieces};

/// What was stocked of one SKU, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seeded {
    /// The SKU.
    pub sku: String,
    /// How many pieces.
    pub quantity: u64,
}

/// What an order holds, or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The order.
    pub order_id: String,
    /// The key of the task that reserved.
    pub key: String,
    /// Where it stands.
    pub state: ReservationState,
    /// How many pieces of each SKU.
    pub pieces: BTreeMap<String, u64>,
    /// When it expires while it is held.
    pub held_until: Timestamp,
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReservationState {
    /// Held until it expires.
    Held,
    /// Held without expiry: shipping has begun.
    Firm,
    /// Gone with a carrier.
    Shipped,
    /// Returned to the stock.
    Released,
    /// Returned to the stock because its time was over.
    Expired,
}

impl ReservationState {
    /// Whether its pieces are out of the stock and not yet sold.
    pub fn holds(self) -> bool {
        matches!(self, Self::Held | Self::Firm)
    }

    /// Whether its pieces are back in the stock.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Released | Self::Expired)
    }
}

/// The reservation of an order.
pub(crate) async fn reservation(
    ledger: &dyn LedgerStore,
    order_id: &str,
    now: Timestamp,
) -> Result<Option<Stored<Reservation>>, ItemError> {
    item::read(ledger, &item::key(RESERVATION, order_id), now).await
}

/// Puts a reservation in another state, if it is as it was read.
pub(crate) fn turned(stored: &Stored<Reservation>, state: ReservationState, now: Timestamp) -> Write {
    let body = Reservation { state, ..stored.body.clone() };
    let expires_at = (!state.holds()).then(|| now.plus_seconds(item::KEPT_SECONDS));
    item::put(item::key(RESERVATION, &body.order_id), &body, Condition::Version(stored.version), expires_at)
}

/// Adds the pieces of a reservation to a counter of each SKU, or takes them away.
pub(crate) fn moved(pieces: &BTreeMap<String, u64>, partition: &str, counter: &str, sign: i64) -> Vec<Write> {
    let delta = |quantity: u64| i64::try_from(quantity).unwrap_or(i64::MAX).saturating_mul(sign);
    let floor = (sign < 0 && !breaks::active(Break::StockUnguarded)).then_some(0);
    pieces.iter().map(|(sku, quantity)| item::add(item::key(partition, sku), counter, delta(*quantity), floor)).collect()
}

/// Stocks a SKU, once: whoever stocks it again changes nothing. Answers whether it was new.
///
/// # Errors
///
/// The store's.
pub async fn stock(ledger: &dyn LedgerStore, sku: &str, quantity: u64, now: Timestamp) -> Result<bool, ItemError> {
    let seeded = Seeded { sku: sku.to_owned(), quantity };
    let mut writes = moved(&BTreeMap::from([(sku.to_owned(), quantity)]), STOCK, AVAILABLE, 1);
    writes.push(item::put(item::key(CATALOGUE, sku), &seeded, Condition::Absent, None));
    Ok(item::write(ledger, &writes, now).await?)
}

/// How many pieces of a SKU can be reserved.
///
/// # Errors
///
/// The store's.
pub async fn available(ledger: &dyn LedgerStore, sku: &str, now: Timestamp) -> Result<u64, ItemError> {
    let item = ledger.item(&item::key(STOCK, sku), now).await?;
    let available = item.and_then(|item| item.counters.get(AVAILABLE).copied()).unwrap_or(0);
    Ok(u64::try_from(available).unwrap_or(0))
}

/// Returns to the stock what is held longer than its time. Answers how many reservations have expired.
///
/// # Errors
///
/// The store's; what was returned until then stays returned.
pub async fn expire_reservations(ledger: &dyn LedgerStore, now: Timestamp) -> Result<usize, ItemError> {
    let mut expired = 0;
    for stored in item::all::<Reservation>(ledger, RESERVATION, now).await? {
        if stored.body.state != ReservationState::Held || stored.body.held_until > now {
            continue;
        }
        let mut writes = moved(&stored.body.pieces, STOCK, AVAILABLE, 1);
        writes.push(turned(&stored, ReservationState::Expired, now));
        if item::write(ledger, &writes, now).await? {
            expired += 1;
            tracing::info!(order = stored.body.order_id, "a reservation has expired");
        }
    }
    Ok(expired)
}

/// `reserve-inventory`: takes all lines out of the stock, or none.
pub struct ReserveInventory {
    ledger: Arc<dyn LedgerStore>,
}

/// What `reserve-inventory` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReserveInput {
    order_id: String,
    lines: Vec<OrderLine>,
    hold_seconds: u64,
}

impl ReserveInventory {
    /// Over these items.
    pub fn new(ledger: Arc<dyn LedgerStore>) -> Self {
        Self { ledger }
    }

    /// What is wanted of what there is too little of.
    async fn missing(&self, pieces: &BTreeMap<String, u64>, now: Timestamp) -> Result<Vec<String>, HandlerError> {
        let mut missing = Vec::new();
        for (sku, wanted) in pieces {
            let available = available(self.ledger.as_ref(), sku, now).await.map_err(unread)?;
            if available < *wanted {
                missing.push(format!("`{sku}`: {wanted} wanted, {available} in stock"));
            }
        }
        Ok(missing)
    }
}

#[async_trait]
impl Handler for ReserveInventory {
    fn function(&self) -> &str {
        "reserve-inventory"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let ReserveInput { order_id, lines, hold_seconds } = input(task)?;
        let found = reservation(self.ledger.as_ref(), &order_id, task.now).await.map_err(unread)?;
        if let Some(found) = &found
            && (!found.body.state.is_over() || found.body.key == task.key.as_str())
        {
            return already_reserved(&found.body, task);
        }
        let pieces = pieces(lines.iter().map(|line| (line.sku.as_str(), line.quantity)));
        let missing = self.missing(&pieces, task.now).await?;
        if !missing.is_empty() {
            return Err(refused(error_name::OUT_OF_STOCK, missing.join("; ")));
        }
        let held_until = task.now.plus_seconds(hold_seconds);
        let key = task.key.as_str().to_owned();
        let body = Reservation { order_id, key, state: ReservationState::Held, pieces, held_until };
        let mut writes = moved(&body.pieces, STOCK, AVAILABLE, -1);
        let place = item::key(RESERVATION, &body.order_id);
        writes.push(item::put(place, &body, item::unchanged(found.as_ref()), None));
        tracing::info!(order = body.order_id, key = %task.key, "reserving");
        Ok(Completion { result: reserved(&body), writes })
    }
}

/// The order has a reservation. This task's own is its answer; one that was given back in the meantime cannot be had again by
/// the same key; another's is none of its business.
fn already_reserved(found: &Reservation, task: &Task) -> Result<Completion, HandlerError> {
    if found.key != task.key.as_str() {
        return Err(refused(error_name::ALREADY_RESERVED, format!("`{}` holds a reservation of another task", found.order_id)));
    }
    if found.state.is_over() {
        return Err(refused(error_name::RESERVATION_EXPIRED, format!("the reservation of `{}` is over", found.order_id)));
    }
    Ok(Completion::of(reserved(found)))
}

fn reserved(reservation: &Reservation) -> serde_json::Value {
    json!({ "pieces": reservation.pieces, "heldUntil": reservation.held_until.to_string() })
}

/// `release-inventory`: returns to the stock what an action has reserved; undoes `reserve-inventory`.
pub struct ReleaseInventory {
    ledger: Arc<dyn LedgerStore>,
}

/// What the compensations of this crate receive; what is to be undone they know by the action's key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UndoInput {
    pub(crate) order_id: String,
}

impl ReleaseInventory {
    /// Over these items.
    pub fn new(ledger: Arc<dyn LedgerStore>) -> Self {
        Self { ledger }
    }
}

#[async_trait]
impl Handler for ReleaseInventory {
    fn function(&self) -> &str {
        "release-inventory"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let UndoInput { order_id } = input(task)?;
        let action = undoes(task)?;
        let found = reservation(self.ledger.as_ref(), &order_id, task.now).await.map_err(unread)?;
        let is_over = |state: ReservationState| state.is_over() && !breaks::active(Break::ReleasedTwice);
        let Some(found) = found.filter(|found| found.body.key == action.as_str() && !is_over(found.body.state)) else {
            if breaks::active(Break::NothingToUndoFails) {
                return Err(failed(error_name::NOTHING_NAMED, "there is nothing to release"));
            }
            return Ok(Completion::of(json!({ "released": false })));
        };
        if found.body.state == ReservationState::Shipped {
            return Err(failed(error_name::RESERVATION_SHIPPED, format!("what `{order_id}` reserved was shipped")));
        }
        let mut writes = moved(&found.body.pieces, STOCK, AVAILABLE, 1);
        writes.push(turned(&found, ReservationState::Released, task.now));
        tracing::info!(order = order_id, key = %task.key, "releasing");
        Ok(Completion { result: json!({ "released": true, "pieces": found.body.pieces }), writes })
    }
}
