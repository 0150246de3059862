//! The mail server.

use std::sync::Arc;

use async_trait::async_trait;
use clock::Clock;
use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Condition, LedgerStore};

use super::ProviderUnavailable;
use super::books::Books;
use crate::item::PROVIDER_MAIL;
use crate::private::Private;

/// A mail that is to be sent.
#[derive(Debug, Clone)]
pub struct MailRequest {
    /// The idempotency key: one key, one mail.
    pub key: String,
    /// The order.
    pub order_id: String,
    /// To whom.
    pub to: Private,
    /// The mail's text.
    pub text: String,
    /// When the asker stops waiting.
    pub deadline: Timestamp,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mailbox takes no mail.
    #[error("refused: {0}")]
    Refused(String),
    /// This request was not taken.
    #[error("not taken: {0}")]
    Unavailable(String),
    /// No answer: it may have been taken.
    #[error("no answer: {0}")]
    Unanswered(String),
}

impl From<ProviderUnavailable> for MailError {
    fn from(error: ProviderUnavailable) -> Self {
        Self::Unanswered(error.0)
    }
}

/// A mail server. Requests are idempotent by key.
#[async_trait]
pub trait Mail: Send + Sync + 'static {
    /// Sends a mail.
    async fn send(&self, request: &MailRequest) -> Result<(), MailError>;
}

/// What the mail server in test mode keeps per key: who was written to is not among it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailRecord {
    pub(crate) key: String,
    pub(crate) order_id: String,
    text: String,
}

/// The mail server in test mode.
pub struct MailTestMode {
    books: Books,
}

impl MailTestMode {
    /// With its books in this store; it waits by this clock.
    pub fn new(ledger: Arc<dyn LedgerStore>, clock: Arc<dyn Clock>) -> Self {
        Self { books: Books { ledger, clock, partition: PROVIDER_MAIL } }
    }
}

#[async_trait]
impl Mail for MailTestMode {
    async fn send(&self, request: &MailRequest) -> Result<(), MailError> {
        let mailbox = request.to.reveal().split('@').next().unwrap_or_default();
        let counted = matches!(mailbox, "greylist" | "lost");
        let asked = if counted { self.books.count("send", &request.key).await? } else { 1 };
        match mailbox {
            "bounce" => return Err(MailError::Refused("the mailbox takes no mail".to_owned())),
            "greylist" if asked == 1 => return Err(MailError::Unavailable("greylisted, try again".to_owned())),
            _ => {}
        }
        let record = MailRecord { key: request.key.clone(), order_id: request.order_id.clone(), text: request.text.clone() };
        self.books.write(&request.key, &record, Condition::Absent).await?;
        match mailbox {
            "slow" => self.books.be_slow().await,
            "lost" if asked == 1 => {
                self.books.lose_answer(request.deadline).await;
                return Err(MailError::Unanswered("the connection was lost".to_owned()));
            }
            _ => {}
        }
        Ok(())
    }
}
