//! The payment processor.

use std::sync::Arc;

use async_trait::async_trait;
use clock::Clock;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Condition, LedgerStore};

use super::ProviderUnavailable;
use super::books::{Books, number_of};
use crate::effects::ProviderCharge;
use crate::item::{self, ItemError, PROVIDER_PAYMENTS, PROVIDER_STATUS, Stored};
use crate::money::Money;
use crate::private::Private;

/// A charge that is asked for.
#[derive(Debug, Clone)]
pub struct ChargeRequest {
    /// The idempotency key: one key, one charge.
    pub key: String,
    /// The order, for the processor's statements.
    pub order_id: String,
    /// How much.
    pub amount: Money,
    /// Whose money.
    pub token: Private,
    /// When the asker stops waiting.
    pub deadline: Timestamp,
}

/// A charge that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The processor's number for it.
    pub id: String,
    /// How much.
    pub amount: Money,
}

/// What came of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refund {
    /// The charge was given back, now or before.
    Refunded {
        /// The processor's number for the refund.
        id: String,
        /// How much.
        amount: Money,
    },
    /// There was no charge under the key, and there will be none: the key is void.
    NothingCharged,
}

/// Why there is no charge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChargeError {
    /// Declined, for good.
    #[error("declined: {0}")]
    Declined(String),
    /// This request was not taken.
    #[error("not taken: {0}")]
    Unavailable(String),
    /// No answer: there may be a charge.
    #[error("no answer: {0}")]
    Unanswered(String),
}

impl From<ProviderUnavailable> for ChargeError {
    /// Books that fail in the middle of a request leave its outcome unknown.
    fn from(error: ProviderUnavailable) -> Self {
        Self::Unanswered(error.0)
    }
}

/// A payment processor. Requests are idempotent by key.
#[async_trait]
pub trait PaymentProvider: Send + Sync + 'static {
    /// Charges.
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, ChargeError>;

    /// The charge that stands under a key: made and not refunded.
    async fn charged(&self, key: &str) -> Result<Option<Charge>, ProviderUnavailable>;

    /// Gives back what was charged under a key. Where nothing was, the key becomes void, so that a request that is still under way
    /// charges nothing any more.
    async fn refund(&self, key: &str) -> Result<Refund, ProviderUnavailable>;
}

/// What the processor in test mode keeps per key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChargeRecord {
    pub(crate) key: String,
    pub(crate) state: ChargeState,
    /// Absent where nothing was ever charged.
    pub(crate) charged: Option<Charged>,
}

impl ChargeRecord {
    /// The charge, if it stands.
    pub(crate) fn into_effect(self) -> Option<ProviderCharge> {
        let charged = self.charged.filter(|_| self.state == ChargeState::Charged)?;
        Some(ProviderCharge { order_id: charged.order_id, amount: charged.amount, key: self.key })
    }
}

/// Where a key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ChargeState {
    Charged,
    Refunded,
    Void,
}

/// What was charged under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Charged {
    pub(crate) order_id: String,
    pub(crate) id: String,
    pub(crate) amount: Money,
    token: String,
}

/// How the processor's refunds are.
#[derive(Serialize, Deserialize)]
struct RefundStatus {
    mended: bool,
}

/// The sort key of [`RefundStatus`].
const REFUNDS: &str = "refunds";

/// Mends the refunds of `tok_refund_fails_until_mended`.
///
/// # Errors
///
/// The store's.
pub async fn mend_refunds(ledger: &dyn LedgerStore, now: Timestamp) -> Result<(), ItemError> {
    let place = item::key(PROVIDER_STATUS, REFUNDS);
    let write = item::put(place, &RefundStatus { mended: true }, Condition::Always, None);
    item::write(ledger, &[write], now).await?;
    Ok(())
}

/// The payment processor in test mode.
pub struct PaymentsTestMode {
    books: Books,
}

impl PaymentsTestMode {
    /// With its books in this store; it waits by this clock.
    pub fn new(ledger: Arc<dyn LedgerStore>, clock: Arc<dyn Clock>) -> Self {
        Self { books: Books { ledger, clock, partition: PROVIDER_PAYMENTS } }
    }

    /// Charges under a key where nothing stands. A key that was meanwhile charged or voided is found so.
    async fn book(&self, request: &ChargeRequest) -> Result<ChargeRecord, ProviderUnavailable> {
        let charged = Charged {
            order_id: request.order_id.clone(),
            id: number_of("ch_", &request.key, 12),
            amount: request.amount.clone(),
            token: request.token.reveal().to_owned(),
        };
        let record = ChargeRecord { key: request.key.clone(), state: ChargeState::Charged, charged: Some(charged) };
        if self.books.write(&request.key, &record, Condition::Absent).await? {
            return Ok(record);
        }
        let found: Option<Stored<ChargeRecord>> = self.books.read(&request.key).await?;
        found.map(|found| found.body).ok_or_else(|| ProviderUnavailable("the books changed".to_owned()))
    }

    /// Whether a refund is taken, by the token that was charged and how often it was asked for.
    async fn refund_taken(&self, charged: &Charged, asked: i64) -> Result<(), ProviderUnavailable> {
        let place = item::key(PROVIDER_STATUS, REFUNDS);
        let taken = match charged.token.as_str() {
            "tok_refund_fails_once" => asked > 1,
            "tok_refund_fails_forever" => false,
            "tok_refund_fails_until_mended" => {
                let status: Option<Stored<RefundStatus>> =
                    item::read(self.books.ledger.as_ref(), &place, self.books.now()).await?;
                status.is_some_and(|status| status.body.mended)
            }
            _ => true,
        };
        if taken { Ok(()) } else { Err(ProviderUnavailable("refunds are not taken at the moment".to_owned())) }
    }
}

/// Whether what a token does depends on how often it was asked for: only then requests are counted.
fn depends_on_count(token: &str) -> bool {
    matches!(token, "tok_retry_once" | "tok_timeout_once_after_charge" | "tok_timeout_then_declined")
}

/// What a token does with a request, before anything is booked.
fn refusal(token: &str, asked: i64) -> Option<ChargeError> {
    match token {
        "tok_declined" => Some(ChargeError::Declined("the card has insufficient funds".to_owned())),
        "tok_retry_once" if asked == 1 => Some(ChargeError::Unavailable("try again".to_owned())),
        "tok_unavailable" => Some(ChargeError::Unavailable("try again later".to_owned())),
        "tok_ok" | "tok_slow" | "tok_retry_once" | "tok_timeout_once_after_charge" | "tok_timeout_after_charge" => None,
        "tok_timeout_then_declined" if asked == 2 => Some(ChargeError::Declined("the card was blocked".to_owned())),
        "tok_timeout_then_declined" => None,
        "tok_refund_fails_once" | "tok_refund_fails_forever" | "tok_refund_fails_until_mended" => None,
        _ => Some(ChargeError::Declined("no such token".to_owned())),
    }
}

/// Whether the answer to a request that was booked is lost.
fn answer_lost(token: &str, asked: i64) -> bool {
    match token {
        "tok_timeout_after_charge" => true,
        "tok_timeout_once_after_charge" | "tok_timeout_then_declined" => asked == 1,
        _ => false,
    }
}

#[async_trait]
impl PaymentProvider for PaymentsTestMode {
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, ChargeError> {
        let token = request.token.reveal();
        let asked = if depends_on_count(token) { self.books.count("charge", &request.key).await? } else { 1 };
        if let Some(refusal) = refusal(token, asked) {
            return Err(refusal);
        }
        let record = self.book(request).await?;
        if answer_lost(token, asked) {
            self.books.lose_answer(request.deadline).await;
            return Err(ChargeError::Unanswered("the connection was lost".to_owned()));
        }
        if token == "tok_slow" {
            self.books.be_slow().await;
        }
        standing(&record).ok_or_else(|| ChargeError::Declined("the idempotency key is void".to_owned()))
    }

    async fn charged(&self, key: &str) -> Result<Option<Charge>, ProviderUnavailable> {
        let found: Option<Stored<ChargeRecord>> = self.books.read(key).await?;
        Ok(found.and_then(|found| standing(&found.body)))
    }

    async fn refund(&self, key: &str) -> Result<Refund, ProviderUnavailable> {
        let asked = self.books.count("refund", key).await?;
        let found: Option<Stored<ChargeRecord>> = self.books.read(key).await?;
        let Some(found) = found else {
            let void = ChargeRecord { key: key.to_owned(), state: ChargeState::Void, charged: None };
            let voided = self.books.write(key, &void, Condition::Absent).await?;
            return if voided { Ok(Refund::NothingCharged) } else { Err(ProviderUnavailable("the books changed".to_owned())) };
        };
        let Some(charged) = &found.body.charged else { return Ok(Refund::NothingCharged) };
        if found.body.state == ChargeState::Charged {
            self.refund_taken(charged, asked).await?;
            let refunded = ChargeRecord { state: ChargeState::Refunded, ..found.body.clone() };
            if !self.books.write(key, &refunded, Condition::Version(found.version)).await? {
                return Err(ProviderUnavailable("the books changed".to_owned()));
            }
        }
        Ok(Refund::Refunded { id: number_of("re_", key, 12), amount: charged.amount.clone() })
    }
}

/// The charge that stands in a record.
fn standing(record: &ChargeRecord) -> Option<Charge> {
    let charged = record.charged.as_ref().filter(|_| record.state == ChargeState::Charged)?;
    Some(Charge { id: charged.id.clone(), amount: charged.amount.clone() })
}
