//! What orders have left behind: stock, reservations, charges, refunds, shipments, notifications, read from the table and from
//! the providers' books.

use std::collections::BTreeMap;

use interpreter::Timestamp;
use serde::Serialize;
use store::LedgerStore;

use crate::inventory::{Reservation, ReservationState, Seeded};
use crate::item::{
    self, AVAILABLE, CATALOGUE, ItemError, OUTBOX, PAYMENT, PIECES, PROVIDER_CARRIER, PROVIDER_MAIL, PROVIDER_PAYMENTS,
    RECENT_ORDERS, RESERVATION, SHIPMENT, SOLD, STOCK,
};
use crate::money::Money;
use crate::notification::{EMAIL, Notification, RECENT_ORDERS_CHANNEL, RecentOrder};
use crate::payment::{Payment, PaymentState};
use crate::provider::{CarrierRecord, ChargeRecord, MailRecord};
use crate::shipping::{Shipment, ShipmentState};

/// All effects of all orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Effects {
    /// Per SKU.
    pub stock: Vec<StockEffect>,
    /// Per order, those that are over included.
    pub reservations: Vec<ReservationEffect>,
    /// Charges that were made, those that were refunded included.
    pub charges: Vec<ChargeEffect>,
    /// Charges that were refunded.
    pub refunds: Vec<RefundEffect>,
    /// Shipments, cancelled ones included.
    pub shipments: Vec<ShipmentEffect>,
    /// Notifications that went out.
    pub notifications: Vec<NotificationEffect>,
    /// What the providers' own books say.
    pub providers: ProviderEffects,
}

/// The stock of one SKU, in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockEffect {
    /// The SKU.
    pub sku: String,
    /// What was stocked.
    pub initial: i64,
    /// What can be reserved.
    pub available: i64,
    /// What orders hold.
    pub reserved: i64,
    /// What has left with a carrier.
    pub sold: i64,
}

/// A reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationEffect {
    /// The order.
    pub order_id: String,
    /// Where it stands.
    pub state: ReservationState,
    /// How many pieces of each SKU.
    pub pieces: BTreeMap<String, u64>,
}

/// A charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargeEffect {
    /// The order.
    pub order_id: String,
    /// How much.
    pub amount: Money,
    /// Whether it was given back since.
    pub refunded: bool,
    /// The idempotency key, to compare with the processor's books.
    #[serde(skip)]
    pub key: String,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundEffect {
    /// The order.
    pub order_id: String,
    /// How much.
    pub amount: Money,
}

/// A shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipmentEffect {
    /// The order.
    pub order_id: String,
    /// The carrier's number.
    pub tracking_number: String,
    /// Whether it was cancelled since.
    pub cancelled: bool,
    /// The idempotency key, to compare with the carrier's books.
    #[serde(skip)]
    pub key: String,
}

/// A notification that went out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationEffect {
    /// The order.
    pub order_id: String,
    /// `email`, `recent-orders` or `warehouse`.
    pub channel: String,
}

/// What the providers' own books say: only what stands, by key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ProviderEffects {
    /// Charges that stand.
    pub charges: Vec<ProviderCharge>,
    /// Labels that stand.
    pub labels: Vec<ProviderLabel>,
    /// Orders that mails were taken about.
    pub mails: Vec<String>,
}

/// A charge in the processor's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCharge {
    /// The order.
    pub order_id: String,
    /// How much.
    pub amount: Money,
    /// The idempotency key.
    #[serde(skip)]
    pub key: String,
}

/// A label in the carrier's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderLabel {
    /// The order.
    pub order_id: String,
    /// The carrier's number.
    pub tracking_number: String,
    /// The idempotency key.
    #[serde(skip)]
    pub key: String,
}

/// Reads all effects. What changes meanwhile is seen before or after; a balance is for when nothing runs.
///
/// # Errors
///
/// The store's.
pub async fn effects(ledger: &dyn LedgerStore, now: Timestamp) -> Result<Effects, ItemError> {
    let reservations: Vec<Reservation> = bodies(ledger, RESERVATION, now).await?;
    let payments: Vec<Payment> = bodies(ledger, PAYMENT, now).await?;
    let shipments: Vec<Shipment> = bodies(ledger, SHIPMENT, now).await?;
    let sent: Vec<Notification> = bodies(ledger, OUTBOX, now).await?;
    let recent: Vec<RecentOrder> = bodies(ledger, RECENT_ORDERS, now).await?;
    Ok(Effects {
        stock: stock(ledger, &reservations, now).await?,
        reservations: reservations.into_iter().map(reservation).collect(),
        refunds: payments.iter().filter(|payment| payment.state == PaymentState::Refunded).map(refund).collect(),
        charges: payments.into_iter().filter_map(charge).collect(),
        shipments: shipments.into_iter().map(shipment).collect(),
        notifications: notifications(sent, recent),
        providers: providers(ledger, now).await?,
    })
}

async fn bodies<T: serde::de::DeserializeOwned>(
    ledger: &dyn LedgerStore,
    partition: &str,
    now: Timestamp,
) -> Result<Vec<T>, ItemError> {
    Ok(item::all(ledger, partition, now).await?.into_iter().map(|stored| stored.body).collect())
}

async fn counters(
    ledger: &dyn LedgerStore,
    partition: &str,
    counter: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, ItemError> {
    let items = item::all_items(ledger, partition, now).await?;
    Ok(items.into_iter().map(|item| (item.key.sort, item.counters.get(counter).copied().unwrap_or(0))).collect())
}

async fn stock(ledger: &dyn LedgerStore, reservations: &[Reservation], now: Timestamp) -> Result<Vec<StockEffect>, ItemError> {
    let available = counters(ledger, STOCK, AVAILABLE, now).await?;
    let sold = counters(ledger, SOLD, PIECES, now).await?;
    let mut reserved = BTreeMap::<&str, i64>::new();
    for (sku, quantity) in reservations.iter().filter(|found| found.state.holds()).flat_map(|found| &found.pieces) {
        *reserved.entry(sku).or_default() += i64::try_from(*quantity).unwrap_or(i64::MAX);
    }
    let seeded: Vec<Seeded> = bodies(ledger, CATALOGUE, now).await?;
    let of = |counters: &BTreeMap<String, i64>, sku: &str| counters.get(sku).copied().unwrap_or(0);
    Ok(seeded
        .into_iter()
        .map(|seeded| StockEffect {
            initial: i64::try_from(seeded.quantity).unwrap_or(i64::MAX),
            available: of(&available, &seeded.sku),
            reserved: reserved.get(seeded.sku.as_str()).copied().unwrap_or(0),
            sold: of(&sold, &seeded.sku),
            sku: seeded.sku,
        })
        .collect())
}

fn reservation(found: Reservation) -> ReservationEffect {
    ReservationEffect { order_id: found.order_id, state: found.state, pieces: found.pieces }
}

/// A payment that took money, at least for a while.
fn charge(payment: Payment) -> Option<ChargeEffect> {
    let refunded = payment.state == PaymentState::Refunded;
    (refunded || payment.state == PaymentState::Charged).then_some(ChargeEffect {
        order_id: payment.order_id,
        amount: payment.amount,
        refunded,
        key: payment.key,
    })
}

fn refund(payment: &Payment) -> RefundEffect {
    RefundEffect { order_id: payment.order_id.clone(), amount: payment.amount.clone() }
}

fn shipment(found: Shipment) -> ShipmentEffect {
    ShipmentEffect {
        order_id: found.order_id,
        tracking_number: found.tracking_number,
        cancelled: found.state == ShipmentState::Cancelled,
        key: found.key,
    }
}

fn notifications(sent: Vec<Notification>, recent: Vec<RecentOrder>) -> Vec<NotificationEffect> {
    let sent = sent.into_iter().map(|sent| NotificationEffect { order_id: sent.order_id, channel: sent.channel });
    let recent = recent
        .into_iter()
        .map(|recent| NotificationEffect { order_id: recent.order_id, channel: RECENT_ORDERS_CHANNEL.to_owned() });
    let mut all: Vec<NotificationEffect> = sent.chain(recent).collect();
    all.sort();
    all
}

async fn providers(ledger: &dyn LedgerStore, now: Timestamp) -> Result<ProviderEffects, ItemError> {
    let charges: Vec<ChargeRecord> = bodies(ledger, PROVIDER_PAYMENTS, now).await?;
    let labels: Vec<CarrierRecord> = bodies(ledger, PROVIDER_CARRIER, now).await?;
    let mails: Vec<MailRecord> = bodies(ledger, PROVIDER_MAIL, now).await?;
    Ok(ProviderEffects {
        charges: charges.into_iter().filter_map(ChargeRecord::into_effect).collect(),
        labels: labels.into_iter().filter_map(CarrierRecord::into_effect).collect(),
        mails: mails.into_iter().map(|mail| mail.order_id).collect(),
    })
}

impl Effects {
    /// Whether an order's notification went out.
    pub fn notified(&self, order_id: &str, channel: &str) -> bool {
        self.notifications.iter().any(|sent| sent.order_id == order_id && sent.channel == channel)
            || (channel == EMAIL && self.providers.mails.iter().any(|mailed| mailed == order_id))
    }
}
