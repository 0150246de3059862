//! Payment: charge and refund, side by side.
//!
//! Our ledger of payments has an item per order. Before the processor is asked, the item says under which key the order is being
//! charged: another key finds it there and is refused, so that one order is never charged twice. The processor in turn charges
//! once per key, and the key is the same for all attempts.
//!
//! A refund asks the processor by the *action's* key, whatever our item says: the processor may have charged although no answer ever
//! came. Where it has not, it voids the key.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use breaks::Break;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::LedgerStore;
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::{failed, input, refused, undoes, unread, unwritten};
use crate::error_name;
use crate::inventory::UndoInput;
use crate::item::{self, ItemError, PAYMENT, Stored};
use crate::money::Money;
use crate::private::Private;
use crate::provider::{Charge, ChargeError, ChargeRequest, PaymentProvider, Refund};

/// How often an intent is written anew when something came between.
const INTENT_TRIES_MAX: usize = 5;

/// What we know of an order's payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The order.
    pub order_id: String,
    /// The key of the task that charges.
    pub key: String,
    /// Where it stands.
    pub state: PaymentState,
    /// How much.
    pub amount: Money,
    /// The processor's number for the charge.
    pub charge_id: Option<String>,
    /// The processor's number for the refund.
    pub refund_id: Option<String>,
}

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PaymentState {
    /// The processor is being asked; it may have charged.
    Charging,
    /// Charged.
    Charged,
    /// The processor has refused.
    Declined,
    /// Given back.
    Refunded,
    /// Given up before anything was charged.
    Void,
}

async fn payment(ledger: &dyn LedgerStore, order_id: &str, now: Timestamp) -> Result<Option<Stored<Payment>>, ItemError> {
    item::read(ledger, &item::key(PAYMENT, order_id), now).await
}

fn put(payment: &Payment, stored: Option<&Stored<Payment>>, now: Timestamp) -> store::Write {
    let open = matches!(payment.state, PaymentState::Charging);
    let expires_at = (!open).then(|| now.plus_seconds(item::KEPT_SECONDS));
    item::put(item::key(PAYMENT, &payment.order_id), payment, item::unchanged(stored), expires_at)
}

/// `charge-payment`: charges an order, once.
pub struct ChargePayment {
    ledger: Arc<dyn LedgerStore>,
    provider: Arc<dyn PaymentProvider>,
}

/// What `charge-payment` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChargeInput {
    order_id: String,
    amount: Money,
    token: Private,
}

impl ChargePayment {
    /// Over these items, with this processor.
    pub fn new(ledger: Arc<dyn LedgerStore>, provider: Arc<dyn PaymentProvider>) -> Self {
        Self { ledger, provider }
    }

    /// Says in our ledger that this key charges the order, unless another does.
    async fn intend(&self, input: &ChargeInput, task: &Task) -> Result<Stored<Payment>, HandlerError> {
        for _ in 0..INTENT_TRIES_MAX {
            let found = payment(self.ledger.as_ref(), &input.order_id, task.now).await.map_err(unread)?;
            if let Some(found) = &found
                && let Some(answer) = standing_intent(found, task)
            {
                return answer;
            }
            let intent = Payment {
                order_id: input.order_id.clone(),
                key: task.key.as_str().to_owned(),
                state: PaymentState::Charging,
                amount: input.amount.clone(),
                charge_id: None,
                refund_id: None,
            };
            let writes = [put(&intent, found.as_ref(), task.now)];
            item::write(self.ledger.as_ref(), &writes, task.now).await.map_err(unwritten)?;
        }
        Err(HandlerError::NotNow(format!("the payment of `{}` keeps changing", input.order_id)))
    }

    /// What a refusal of the processor proves. An earlier request under this key may have charged and its answer been lost, in
    /// this attempt too: then the refusal proves nothing, and the charge is there to be refunded.
    async fn refusal(&self, task: &Task, error: &str, cause: String) -> HandlerError {
        match self.provider.charged(task.key.as_str()).await {
            Ok(None) => refused(error, cause),
            Ok(Some(_)) if breaks::active(Break::DeclineBelieved) => refused(error, cause),
            Ok(Some(_)) => failed(error, format!("{cause}; an earlier request under the same key was charged")),
            Err(unavailable) => {
                failed(error, format!("{cause}; whether an earlier request was charged is unknown: {unavailable}"))
            }
        }
    }

    /// Frees the order for another key. That it can fail is harmless: a refund frees it too.
    async fn decline(&self, stored: &Stored<Payment>, task: &Task) {
        let declined = Payment { state: PaymentState::Declined, ..stored.body.clone() };
        if let Err(error) = item::write(self.ledger.as_ref(), &[put(&declined, Some(stored), task.now)], task.now).await {
            tracing::warn!(order = stored.body.order_id, %error, "a declined payment could not be noted");
        }
    }
}

/// What a payment that is there means for a task: none if the task is to write its own intent.
fn standing_intent(found: &Stored<Payment>, task: &Task) -> Option<Result<Stored<Payment>, HandlerError>> {
    let order_id = &found.body.order_id;
    let own = found.body.key == task.key.as_str();
    match found.body.state {
        PaymentState::Charging | PaymentState::Charged if own => Some(Ok(found.clone())),
        PaymentState::Charging | PaymentState::Charged => {
            Some(Err(refused(error_name::ALREADY_CHARGED, format!("`{order_id}` is charged by another task"))))
        }
        PaymentState::Refunded | PaymentState::Void if own => {
            Some(Err(refused(error_name::PAYMENT_DECLINED, format!("the payment of `{order_id}` was given up"))))
        }
        PaymentState::Declined | PaymentState::Refunded | PaymentState::Void => None,
    }
}

#[async_trait]
impl Handler for ChargePayment {
    fn function(&self) -> &str {
        "charge-payment"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let input: ChargeInput = input(task)?;
        let stored = self.intend(&input, task).await?;
        if let (PaymentState::Charged, Some(id)) = (stored.body.state, &stored.body.charge_id) {
            return Ok(Completion::of(charged(&Charge { id: id.clone(), amount: stored.body.amount })));
        }
        let anew = breaks::active(Break::ChargedWithoutKey).then(|| format!("{}@{}", task.key, task.now.millis()));
        let request = ChargeRequest {
            key: anew.unwrap_or_else(|| task.key.as_str().to_owned()),
            order_id: input.order_id,
            amount: input.amount,
            token: input.token,
            deadline: task.deadline,
        };
        match self.provider.charge(&request).await {
            Ok(charge) => {
                let body = Payment { state: PaymentState::Charged, charge_id: Some(charge.id.clone()), ..stored.body.clone() };
                tracing::info!(order = body.order_id, key = %task.key, charge = charge.id, "charged");
                Ok(Completion { result: charged(&charge), writes: vec![put(&body, Some(&stored), task.now)] })
            }
            Err(ChargeError::Declined(reason)) => {
                let answer = self.refusal(task, error_name::PAYMENT_DECLINED, reason).await;
                if matches!(answer, HandlerError::Refused { .. }) {
                    self.decline(&stored, task).await;
                }
                Err(answer)
            }
            Err(ChargeError::Unavailable(reason)) => Err(self.refusal(task, error_name::PAYMENT_UNAVAILABLE, reason).await),
            Err(ChargeError::Unanswered(reason)) => Err(failed(error_name::PAYMENT_UNANSWERED, reason)),
        }
    }
}

fn charged(charge: &Charge) -> serde_json::Value {
    json!({ "chargeId": charge.id, "amount": charge.amount })
}

/// `refund-payment`: gives back what an action has charged; undoes `charge-payment`.
pub struct RefundPayment {
    ledger: Arc<dyn LedgerStore>,
    provider: Arc<dyn PaymentProvider>,
}

impl RefundPayment {
    /// Over these items, with this processor.
    pub fn new(ledger: Arc<dyn LedgerStore>, provider: Arc<dyn PaymentProvider>) -> Self {
        Self { ledger, provider }
    }
}

#[async_trait]
impl Handler for RefundPayment {
    fn function(&self) -> &str {
        "refund-payment"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let UndoInput { order_id } = input(task)?;
        let action = undoes(task)?;
        let found = payment(self.ledger.as_ref(), &order_id, task.now).await.map_err(unread)?;
        let asked = if breaks::active(Break::RefundedByItsOwnKey) { &task.key } else { action };
        let refund = self.provider.refund(asked.as_str()).await;
        let refund = refund.map_err(|error| failed(error_name::REFUND_UNAVAILABLE, error.to_string()))?;
        let ours = found.filter(|found| found.body.key == action.as_str());
        let writes = ours.as_ref().map(|ours| put(&given_back(&ours.body, &refund), Some(ours), task.now));
        let result = match &refund {
            Refund::Refunded { id, amount } => json!({ "refunded": true, "refundId": id, "amount": amount }),
            Refund::NothingCharged => json!({ "refunded": false }),
        };
        tracing::info!(order = order_id, key = %task.key, refunded = %result, "refund done");
        Ok(Completion { result, writes: writes.into_iter().collect() })
    }
}

/// What our ledger says after a refund.
fn given_back(payment: &Payment, refund: &Refund) -> Payment {
    match refund {
        Refund::Refunded { id, amount } => {
            Payment { state: PaymentState::Refunded, refund_id: Some(id.clone()), amount: amount.clone(), ..payment.clone() }
        }
        Refund::NothingCharged => Payment { state: PaymentState::Void, ..payment.clone() },
    }
}
