//! Notifications about a shipped order: the customer's e-mail, the "recent orders" read model, the warehouse's message.
//!
//! Nothing here is undone, and none of it undoes a shipped order: each declares `"Compensation": "None"`.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Condition, LedgerStore};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::{failed, input, refused};
use crate::error_name;
use crate::item::{self, ItemError, OUTBOX, RECENT_ORDERS};
use crate::money::Money;
use crate::order::{OrderLine, pieces};
use crate::private::Private;
use crate::provider::{Mail, MailError, MailRequest};

/// The customer's e-mail.
pub const EMAIL: &str = "email";
/// The read model.
pub const RECENT_ORDERS_CHANNEL: &str = "recent-orders";
/// The warehouse's message.
pub const WAREHOUSE: &str = "warehouse";

/// A message that went out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The order.
    pub order_id: String,
    /// [`EMAIL`] or [`WAREHOUSE`].
    pub channel: String,
    /// The key of the task that sent it.
    pub key: String,
    /// What was said; to whom is not kept.
    pub message: Value,
}

/// An order in the read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentOrder {
    /// The order.
    pub order_id: String,
    /// Its total.
    pub total: Money,
    /// The carrier's number.
    pub tracking_number: String,
    /// When its execution was started.
    pub started_at: Timestamp,
}

/// The latest orders that were shipped, newest first, at most `limit`.
///
/// # Errors
///
/// The store's.
pub async fn recent_orders(ledger: &dyn LedgerStore, limit: usize, now: Timestamp) -> Result<Vec<RecentOrder>, ItemError> {
    let items = ledger.items(RECENT_ORDERS, None, limit, now).await?;
    let corrupt = |sort: &str| ItemError::Corrupt { partition: RECENT_ORDERS.to_owned(), sort: sort.to_owned() };
    items.iter().map(|item| serde_json::from_value(item.body.clone()).map_err(|_| corrupt(&item.key.sort))).collect()
}

/// The result of a notification's task.
fn sent(channel: &str) -> Value {
    json!({ "channel": channel, "status": "sent" })
}

/// The write that keeps a message in the outbox.
fn outbox(order_id: &str, channel: &str, message: Value, task: &Task) -> store::Write {
    let key = task.key.as_str().to_owned();
    let body = Notification { order_id: order_id.to_owned(), channel: channel.to_owned(), key, message };
    let expires_at = task.now.plus_seconds(item::KEPT_SECONDS);
    item::put(item::key(OUTBOX, &format!("{order_id}/{channel}")), &body, Condition::Always, Some(expires_at))
}

/// `send-email`: tells the customer.
pub struct SendEmail {
    mail: Arc<dyn Mail>,
}

/// What `send-email` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EmailInput {
    order_id: String,
    email: Private,
    tracking_number: String,
}

impl SendEmail {
    /// By this mail server.
    pub fn new(mail: Arc<dyn Mail>) -> Self {
        Self { mail }
    }
}

#[async_trait]
impl Handler for SendEmail {
    fn function(&self) -> &str {
        "send-email"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let EmailInput { order_id, email, tracking_number } = input(task)?;
        let text = format!("Your order {order_id} is on its way: {tracking_number}.");
        let message = json!({ "text": text });
        let key = task.key.as_str().to_owned();
        let request = MailRequest { key, order_id: order_id.clone(), to: email, text, deadline: task.deadline };
        self.mail.send(&request).await.map_err(|error| match error {
            MailError::Refused(cause) => refused(error_name::MAILBOX_UNAVAILABLE, cause),
            MailError::Unavailable(cause) => refused(error_name::MAIL_UNAVAILABLE, cause),
            MailError::Unanswered(cause) => failed(error_name::MAIL_UNANSWERED, cause),
        })?;
        tracing::info!(order = order_id, key = %task.key, "customer told");
        Ok(Completion { result: sent(EMAIL), writes: vec![outbox(&order_id, EMAIL, message, task)] })
    }
}

/// `update-recent-orders`: adds the order to the read model.
pub struct UpdateRecentOrders;

/// What `update-recent-orders` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RecentInput {
    order_id: String,
    total: Money,
    tracking_number: String,
    started_at: String,
}

#[async_trait]
impl Handler for UpdateRecentOrders {
    fn function(&self) -> &str {
        "update-recent-orders"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let RecentInput { order_id, total, tracking_number, started_at } = input(task)?;
        let unreadable = || refused(error_name::INVALID_INPUT, format!("`{started_at}` is no timestamp"));
        let started_at = Timestamp::parse(&started_at).ok_or_else(unreadable)?;
        let place = item::key(RECENT_ORDERS, &newest_first(started_at, &order_id));
        let body = RecentOrder { order_id, total, tracking_number, started_at };
        let expires_at = task.now.plus_seconds(item::KEPT_SECONDS);
        let write = item::put(place, &body, Condition::Always, Some(expires_at));
        Ok(Completion { result: sent(RECENT_ORDERS_CHANNEL), writes: vec![write] })
    }
}

/// A sort key under which what was started last stands first: the same for every delivery of a task.
fn newest_first(started_at: Timestamp, order_id: &str) -> String {
    const FARTHEST_MILLIS: i64 = 9_999_999_999_999;
    format!("{:013}/{order_id}", FARTHEST_MILLIS.saturating_sub(started_at.millis()).max(0))
}

/// `notify-warehouse`: tells the warehouse what to pack.
pub struct NotifyWarehouse;

/// What `notify-warehouse` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WarehouseInput {
    order_id: String,
    lines: Vec<OrderLine>,
    tracking_number: String,
}

#[async_trait]
impl Handler for NotifyWarehouse {
    fn function(&self) -> &str {
        "notify-warehouse"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let WarehouseInput { order_id, lines, tracking_number } = input(task)?;
        let pieces = pieces(lines.iter().map(|line| (line.sku.as_str(), line.quantity)));
        let message = json!({ "pack": pieces, "trackingNumber": tracking_number });
        Ok(Completion { result: sent(WAREHOUSE), writes: vec![outbox(&order_id, WAREHOUSE, message, task)] })
    }
}
