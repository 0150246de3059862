//! Shipping: create and cancel, side by side.
//!
//! Before the carrier is asked the order's reservation is made firm, so that what the carrier takes is still the order's; an order
//! whose reservation has expired is refused before anything happened. With the carrier's answer, shipment, reservation and what
//! is sold change in one transaction with the task's ledger entry.
//!
//! `create` is the pivot of one definition and an action with a compensation in the other. It cannot know which: a refusal of
//! the carrier therefore counts as one only where the carrier has no label under the key.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use breaks::Break;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{LedgerStore, Write};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::{failed, input, refused, undoes, unread, unwritten};
use crate::error_name;
use crate::inventory::{self, Reservation, ReservationState, UndoInput};
use crate::item::{self, ItemError, PIECES, SHIPMENT, SOLD, Stored};
use crate::order::Address;
use crate::provider::{Carrier, CarrierError, Label, LabelRequest};

/// How often a reservation is made firm anew when something came between.
const FIRM_TRIES_MAX: usize = 5;

/// What we know of an order's shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    /// The order.
    pub order_id: String,
    /// The key of the task that created it.
    pub key: String,
    /// Where it stands.
    pub state: ShipmentState,
    /// The carrier's number.
    pub tracking_number: String,
}

/// Where a shipment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ShipmentState {
    /// The carrier has it.
    Created,
    /// Cancelled.
    Cancelled,
}

async fn shipment(ledger: &dyn LedgerStore, order_id: &str, now: Timestamp) -> Result<Option<Stored<Shipment>>, ItemError> {
    item::read(ledger, &item::key(SHIPMENT, order_id), now).await
}

fn put(shipment: &Shipment, stored: Option<&Stored<Shipment>>, now: Timestamp) -> Write {
    let expires_at = now.plus_seconds(item::KEPT_SECONDS);
    item::put(item::key(SHIPMENT, &shipment.order_id), shipment, item::unchanged(stored), Some(expires_at))
}

/// `create-shipment`: hands an order over to the carrier.
pub struct CreateShipment {
    ledger: Arc<dyn LedgerStore>,
    carrier: Arc<dyn Carrier>,
}

/// What `create-shipment` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateInput {
    order_id: String,
    ship_to: Address,
}

impl CreateShipment {
    /// Over these items, with this carrier.
    pub fn new(ledger: Arc<dyn LedgerStore>, carrier: Arc<dyn Carrier>) -> Self {
        Self { ledger, carrier }
    }

    /// Makes the order's reservation firm: from now on it does not expire.
    async fn firm_reservation(&self, order_id: &str, now: Timestamp) -> Result<Stored<Reservation>, HandlerError> {
        let expired = |why: &str| refused(error_name::RESERVATION_EXPIRED, format!("the reservation of `{order_id}` {why}"));
        for _ in 0..FIRM_TRIES_MAX {
            let found = inventory::reservation(self.ledger.as_ref(), order_id, now).await.map_err(unread)?;
            let found = found.ok_or_else(|| expired("does not exist"))?;
            match found.body.state {
                ReservationState::Firm => return Ok(found),
                ReservationState::Held if breaks::active(Break::ReservationNotMadeFirm) => return Ok(found),
                ReservationState::Held if found.body.held_until > now => {
                    let firm = [inventory::turned(&found, ReservationState::Firm, now)];
                    item::write(self.ledger.as_ref(), &firm, now).await.map_err(unwritten)?;
                }
                ReservationState::Held | ReservationState::Expired => return Err(expired("has expired")),
                ReservationState::Released => return Err(expired("was released")),
                ReservationState::Shipped => {
                    let cause = format!("what `{order_id}` reserved was shipped by another task");
                    return Err(refused(error_name::ALREADY_SHIPPED, cause));
                }
            }
        }
        Err(HandlerError::NotNow(format!("the reservation of `{order_id}` keeps changing")))
    }

    /// What the carrier's answer means. A label that stands under the key was taken, whatever a later request was told: only where there is
    /// none does a refusal prove that nothing happened.
    async fn judge(&self, answer: Result<Label, CarrierError>, task: &Task) -> Result<Label, HandlerError> {
        let (error, cause) = match answer {
            Ok(label) => return Ok(label),
            Err(CarrierError::Unanswered(cause)) => return Err(failed(error_name::CARRIER_UNANSWERED, cause)),
            Err(CarrierError::Refused(cause)) => (error_name::ADDRESS_REFUSED, cause),
            Err(CarrierError::Unavailable(cause)) => (error_name::CARRIER_UNAVAILABLE, cause),
        };
        match self.carrier.find(task.key.as_str()).await {
            Ok(Some(label)) => Ok(label),
            Ok(None) => Err(refused(error, cause)),
            Err(unavailable) => Err(failed(error_name::CARRIER_UNANSWERED, format!("{cause}; {unavailable}"))),
        }
    }
}

#[async_trait]
impl Handler for CreateShipment {
    fn function(&self) -> &str {
        "create-shipment"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let CreateInput { order_id, ship_to } = input(task)?;
        let found = shipment(self.ledger.as_ref(), &order_id, task.now).await.map_err(unread)?;
        if let Some(found) = &found
            && let Some(answer) = standing(&found.body, task)
        {
            return answer;
        }
        let reservation = self.firm_reservation(&order_id, task.now).await?;
        let key = task.key.as_str().to_owned();
        let request = LabelRequest { key: key.clone(), order_id: order_id.clone(), ship_to, deadline: task.deadline };
        let answer = self.carrier.create(&request).await;
        let label = self.judge(answer, task).await?;
        let body = Shipment { order_id, key, state: ShipmentState::Created, tracking_number: label.tracking_number };
        let mut writes = inventory::moved(&reservation.body.pieces, SOLD, PIECES, 1);
        writes.push(inventory::turned(&reservation, ReservationState::Shipped, task.now));
        writes.push(put(&body, found.as_ref(), task.now));
        tracing::info!(order = body.order_id, key = %task.key, tracking = body.tracking_number, "shipped");
        Ok(Completion { result: created(&body), writes })
    }
}

/// What a shipment that is there means for a task: none if the task is to create its own.
fn standing(found: &Shipment, task: &Task) -> Option<Result<Completion, HandlerError>> {
    let own = found.key == task.key.as_str();
    match found.state {
        ShipmentState::Created if own => Some(Ok(Completion::of(created(found)))),
        ShipmentState::Created => {
            Some(Err(refused(error_name::ALREADY_SHIPPED, format!("`{}` was shipped by another task", found.order_id))))
        }
        ShipmentState::Cancelled if own => {
            Some(Err(refused(error_name::ADDRESS_REFUSED, format!("the shipment of `{}` was cancelled", found.order_id))))
        }
        ShipmentState::Cancelled => None,
    }
}

fn created(shipment: &Shipment) -> Value {
    json!({ "trackingNumber": shipment.tracking_number })
}

/// `cancel-shipment`: cancels what an action has handed over; undoes `create-shipment`.
pub struct CancelShipment {
    ledger: Arc<dyn LedgerStore>,
    carrier: Arc<dyn Carrier>,
}

impl CancelShipment {
    /// Over these items, with this carrier.
    pub fn new(ledger: Arc<dyn LedgerStore>, carrier: Arc<dyn Carrier>) -> Self {
        Self { ledger, carrier }
    }

    /// What changes in our items: the shipment is cancelled, and its pieces are the reservation's again.
    async fn undone(&self, ours: &Stored<Shipment>, now: Timestamp) -> Result<Vec<Write>, HandlerError> {
        let cancelled = Shipment { state: ShipmentState::Cancelled, ..ours.body.clone() };
        let mut writes = vec![put(&cancelled, Some(ours), now)];
        let found = inventory::reservation(self.ledger.as_ref(), &ours.body.order_id, now).await.map_err(unread)?;
        if let Some(found) = found.filter(|found| found.body.state == ReservationState::Shipped) {
            writes.extend(inventory::moved(&found.body.pieces, SOLD, PIECES, -1));
            writes.push(inventory::turned(&found, ReservationState::Firm, now));
        }
        Ok(writes)
    }
}

#[async_trait]
impl Handler for CancelShipment {
    fn function(&self) -> &str {
        "cancel-shipment"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let UndoInput { order_id } = input(task)?;
        let action = undoes(task)?;
        let found = shipment(self.ledger.as_ref(), &order_id, task.now).await.map_err(unread)?;
        let label = self.carrier.cancel(action.as_str()).await;
        let label = label.map_err(|error| failed(error_name::CANCEL_UNAVAILABLE, error.to_string()))?;
        let ours = found.filter(|ours| ours.body.key == action.as_str() && ours.body.state == ShipmentState::Created);
        let writes = match &ours {
            Some(ours) => self.undone(ours, task.now).await?,
            None => Vec::new(),
        };
        let result = match label {
            Some(label) => json!({ "cancelled": true, "trackingNumber": label.tracking_number }),
            None => json!({ "cancelled": false }),
        };
        tracing::info!(order = order_id, key = %task.key, cancelled = %result, "cancellation done");
        Ok(Completion { result, writes })
    }
}
