//! The carrier.

use std::sync::Arc;

use async_trait::async_trait;
use clock::Clock;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Condition, LedgerStore};

use super::ProviderUnavailable;
use super::books::{Books, number_of};
use crate::effects::ProviderLabel;
use crate::item::{PROVIDER_CARRIER, Stored};
use crate::order::Address;

/// A shipment that is asked for.
#[derive(Debug, Clone)]
pub struct LabelRequest {
    /// The idempotency key: one key, one label.
    pub key: String,
    /// The order.
    pub order_id: String,
    /// Where it goes.
    pub ship_to: Address,
    /// When the asker stops waiting.
    pub deadline: Timestamp,
}

/// A shipment that the carrier has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The number by which it is followed.
    pub tracking_number: String,
}

/// Why there is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// Refused, for good.
    #[error("refused: {0}")]
    Refused(String),
    /// This request was not taken.
    #[error("not taken: {0}")]
    Unavailable(String),
    /// No answer: it may have been taken.
    #[error("no answer: {0}")]
    Unanswered(String),
}

impl From<ProviderUnavailable> for CarrierError {
    fn from(error: ProviderUnavailable) -> Self {
        Self::Unanswered(error.0)
    }
}

/// A carrier. Requests are idempotent by key.
#[async_trait]
pub trait Carrier: Send + Sync + 'static {
    /// Hands over a shipment.
    async fn create(&self, request: &LabelRequest) -> Result<Label, CarrierError>;

    /// The label that stands under a key: taken and not cancelled.
    async fn find(&self, key: &str) -> Result<Option<Label>, ProviderUnavailable>;

    /// Cancels what was taken under a key; the label that was cancelled, now or before. Where nothing was taken, the key becomes
    /// void, so that a request that is still under way is not taken any more.
    async fn cancel(&self, key: &str) -> Result<Option<Label>, ProviderUnavailable>;
}

/// What the carrier in test mode keeps per key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CarrierRecord {
    pub(crate) key: String,
    pub(crate) state: LabelState,
    /// Absent where nothing was ever taken.
    pub(crate) taken: Option<Taken>,
}

impl CarrierRecord {
    /// The label, if it stands.
    pub(crate) fn into_effect(self) -> Option<ProviderLabel> {
        let taken = self.taken.filter(|_| self.state == LabelState::Taken)?;
        Some(ProviderLabel { order_id: taken.order_id, tracking_number: taken.tracking_number, key: self.key })
    }
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum LabelState {
    Taken,
    Cancelled,
    Void,
}

/// What was taken under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taken {
    pub(crate) order_id: String,
    pub(crate) tracking_number: String,
    postal_code: String,
}

/// The carrier in test mode.
pub struct CarrierTestMode {
    books: Books,
}

impl CarrierTestMode {
    /// With its books in this store; it waits by this clock.
    pub fn new(ledger: Arc<dyn LedgerStore>, clock: Arc<dyn Clock>) -> Self {
        Self { books: Books { ledger, clock, partition: PROVIDER_CARRIER } }
    }

    /// Takes the order under a key where nothing stands. A key that was meanwhile taken or voided is found so.
    async fn book(&self, request: &LabelRequest) -> Result<CarrierRecord, ProviderUnavailable> {
        let taken = Taken {
            order_id: request.order_id.clone(),
            tracking_number: number_of("BST", &request.key, 12),
            postal_code: request.ship_to.postal_code.reveal().to_owned(),
        };
        let record = CarrierRecord { key: request.key.clone(), state: LabelState::Taken, taken: Some(taken) };
        if self.books.write(&request.key, &record, Condition::Absent).await? {
            return Ok(record);
        }
        let found: Option<Stored<CarrierRecord>> = self.books.read(&request.key).await?;
        found.map(|found| found.body).ok_or_else(|| ProviderUnavailable("the books changed".to_owned()))
    }
}

/// What a postal code does with a request, before anything is booked.
fn refusal(postal_code: &str, asked: i64) -> Option<CarrierError> {
    match postal_code {
        "00000" => Some(CarrierError::Refused("no carrier goes to this address".to_owned())),
        "99901" => Some(CarrierError::Unavailable("no orders are taken at the moment".to_owned())),
        "99902" if asked == 1 => Some(CarrierError::Unavailable("no orders are taken at the moment".to_owned())),
        _ => None,
    }
}

#[async_trait]
impl Carrier for CarrierTestMode {
    async fn create(&self, request: &LabelRequest) -> Result<Label, CarrierError> {
        let postal_code = request.ship_to.postal_code.reveal();
        let counted = matches!(postal_code, "99902" | "99903");
        let asked = if counted { self.books.count("create", &request.key).await? } else { 1 };
        if let Some(refusal) = refusal(postal_code, asked) {
            return Err(refusal);
        }
        let record = self.book(request).await?;
        match postal_code {
            "99903" if asked == 1 => {
                self.books.lose_answer(request.deadline).await;
                return Err(CarrierError::Unanswered("the connection was lost".to_owned()));
            }
            "99904" => self.books.be_slow().await,
            _ => {}
        }
        standing(&record).ok_or_else(|| CarrierError::Refused("the idempotency key is void".to_owned()))
    }

    async fn find(&self, key: &str) -> Result<Option<Label>, ProviderUnavailable> {
        let found: Option<Stored<CarrierRecord>> = self.books.read(key).await?;
        Ok(found.and_then(|found| standing(&found.body)))
    }

    async fn cancel(&self, key: &str) -> Result<Option<Label>, ProviderUnavailable> {
        let asked = self.books.count("cancel", key).await?;
        let found: Option<Stored<CarrierRecord>> = self.books.read(key).await?;
        let Some(found) = found else {
            let void = CarrierRecord { key: key.to_owned(), state: LabelState::Void, taken: None };
            let voided = self.books.write(key, &void, Condition::Absent).await?;
            return if voided { Ok(None) } else { Err(ProviderUnavailable("the books changed".to_owned())) };
        };
        let Some(taken) = &found.body.taken else { return Ok(None) };
        if found.body.state == LabelState::Taken {
            if taken.postal_code == "99905" && asked == 1 {
                return Err(ProviderUnavailable("cancellations are not taken at the moment".to_owned()));
            }
            let cancelled = CarrierRecord { state: LabelState::Cancelled, ..found.body.clone() };
            if !self.books.write(key, &cancelled, Condition::Version(found.version)).await? {
                return Err(ProviderUnavailable("the books changed".to_owned()));
            }
        }
        Ok(Some(Label { tracking_number: taken.tracking_number.clone() }))
    }
}

/// The label that stands in a record.
fn standing(record: &CarrierRecord) -> Option<Label> {
    let taken = record.taken.as_ref().filter(|_| record.state == LabelState::Taken)?;
    Some(Label { tracking_number: taken.tracking_number.clone() })
}
