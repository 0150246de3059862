//! Review by a person: the queue of open reviews.
//!
//! `request-review` is called with a task token and leaves it in the queue. Whoever reviews lists the queue, answers the task with
//! SendTaskSuccess and [`Decision::output`], and closes the review. An answer that comes too late is refused there
//! (`TaskTimedOut`); a review that nobody closes leaves the queue by itself when its time is over.

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Condition, LedgerStore, Write};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::answer::input;
use crate::item::{self, ItemError, REVIEW};
use crate::money::Money;
use crate::private::Private;

/// A review that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingReview {
    /// The order.
    pub order_id: String,
    /// Its total.
    pub total: Money,
    /// Whether the shop has flagged it; otherwise it is here because of its total.
    pub flagged: bool,
    /// The task token that the answer needs: who has it can answer.
    pub token: Private,
    /// Since when it waits.
    pub requested_at: Timestamp,
    /// Until when it can be answered.
    pub answer_by: Timestamp,
}

/// What a reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The order goes on.
    Approved,
    /// The order ends.
    Rejected,
}

impl Decision {
    /// The output to answer the task with: `{"decision": "approved"}`.
    pub fn output(self) -> Value {
        json!({ "decision": self })
    }
}

/// The reviews that wait, by order id.
///
/// # Errors
///
/// The store's.
pub async fn pending(ledger: &dyn LedgerStore, now: Timestamp) -> Result<Vec<PendingReview>, ItemError> {
    Ok(item::all(ledger, REVIEW, now).await?.into_iter().map(|stored| stored.body).collect())
}

/// Takes a review that was answered out of the queue. One that was requested anew since stays.
///
/// # Errors
///
/// The store's.
pub async fn close(ledger: &dyn LedgerStore, review: &PendingReview, now: Timestamp) -> Result<(), ItemError> {
    let place = item::key(REVIEW, &review.order_id);
    let found = item::read::<PendingReview>(ledger, &place, now).await?;
    if let Some(found) = found.filter(|found| found.body.token == review.token) {
        let delete = Write::Delete { key: place, condition: Condition::Version(found.version) };
        item::write(ledger, &[delete], now).await?;
    }
    Ok(())
}

/// `request-review`: puts a task token into the queue.
pub struct RequestReview;

/// What `request-review` receives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReviewInput {
    token: Private,
    order_id: String,
    total: Money,
    flagged: bool,
    answer_within_seconds: u64,
}

#[async_trait]
impl Handler for RequestReview {
    fn function(&self) -> &str {
        "request-review"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        let ReviewInput { token, order_id, total, flagged, answer_within_seconds } = input(task)?;
        let answer_by = task.now.plus_seconds(answer_within_seconds);
        let body = PendingReview { order_id, total, flagged, token, requested_at: task.now, answer_by };
        // A later attempt has another token: it takes the place of the earlier one, which nobody can answer with any more.
        let write = item::put(item::key(REVIEW, &body.order_id), &body, Condition::Always, Some(answer_by));
        Ok(Completion { result: json!({ "requested": true }), writes: vec![write] })
    }
}
