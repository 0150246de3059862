//! The MessageQueue port: what SQS offers, and no more.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

/// The names of the queues that are not a worker's.
pub mod queue_name {
    /// FIFO: what is answered about an execution; group = execution.
    pub const ANSWERS: &str = "answers";
    /// Standard: timer hints and wakes (a FIFO queue has no delay per message).
    pub const HINTS: &str = "hints";
    /// Standard: what nobody could read, with its reason.
    pub const PARKING: &str = "parking";
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Its body.
    pub body: String,
    /// String attributes.
    pub attributes: BTreeMap<String, String>,
    /// When it becomes visible; at most 900 s, and zero on a FIFO queue.
    pub delay: Duration,
    /// The message group: on a FIFO queue only, and always there.
    pub group: Option<String>,
    /// The deduplication id: on a FIFO queue only, fresh for each send.
    pub deduplication: Option<String>,
}

/// A message received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What identifies the message, the same for each of its deliveries.
    pub id: String,
    /// What identifies this delivery.
    pub receipt: Receipt,
    /// Its body.
    pub body: String,
    /// Its string attributes.
    pub attributes: BTreeMap<String, String>,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

/// What identifies one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Receipt(pub String);

/// How a delivery is given back: visible again after this long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiveBack {
    /// The delivery.
    pub receipt: Receipt,
    /// After how long; at most 12 hours.
    pub delay: Duration,
}

/// Why one message of a batch was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendFailure {
    /// It may be sent again.
    #[error("the queue did not take the message: {0}")]
    Retryable(String),
    /// It will never be taken: no such queue, denied, too large.
    #[error("the queue refuses the message: {0}")]
    Permanent(String),
}

/// Why a whole call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// It may be tried again; whether it took effect is unknown.
    #[error("queue `{queue}` did not answer: {reason}")]
    Unavailable {
        /// The queue.
        queue: String,
        /// What was answered.
        reason: String,
    },
    /// There is no such queue, or access is denied.
    #[error("queue `{queue}` is not to be had: {reason}")]
    Refused {
        /// The queue.
        queue: String,
        /// What was answered.
        reason: String,
    },
}

/// Sends messages.
#[async_trait]
pub trait MessageQueue: Send + Sync + 'static {
    /// Sends a batch, at most 10 messages and 1 MiB (an SQS batch); the answer has one element per message, in order.
    ///
    /// # Errors
    ///
    /// [`QueueError`] if the batch was not answered at all; any of its messages may have been sent.
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError>;
}

/// Receives messages: what an event source mapping does on Lambda.
#[async_trait]
pub trait QueueSource: Send + Sync + 'static {
    /// Receives at most `most` messages (10 at most), waiting up to `wait` for the first.
    async fn receive(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Deletes a delivered message. A delivery whose visibility has expired may be delivered again all the same.
    async fn delete(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError>;

    /// Makes a delivered message visible again, after a delay.
    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError>;
}
