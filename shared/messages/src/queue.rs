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
    /// The deduplication id: on a FIFO queue only, fresh for each send but of what is to be sent once (docs/adr/0017).
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
    /// Sends a batch, at most 10 messages and 1 MiB (an SQS batch, see [`crate::batches`]); the answer has one element per message, in order.
    /// An empty batch is answered without asking the queue.
    ///
    /// # Errors
    ///
    /// [`QueueError`] if the batch was not answered at all: when `Unavailable`, any of its messages may have been sent; when `Refused` (which a batch over
    /// the limits is too), none was.
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError>;
}

/// Receives messages: what an event source mapping does on Lambda.
#[async_trait]
pub trait QueueSource: Send + Sync + 'static {
    /// Receives at most `most` messages (1 to 10), waiting up to `wait` (20 s at most) for the first. On a FIFO queue the messages of a group come in
    /// their order, and none of it comes while one of it is in flight.
    ///
    /// # Errors
    ///
    /// [`QueueError`]; when `Unavailable`, messages may be in flight without anybody knowing: they come again after the visibility timeout.
    async fn receive(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError>;

    /// Deletes a delivered message; deleting what is gone succeeds. On a standard queue a receipt whose visibility has expired still deletes the message
    /// unless it was received again since: then this succeeds without deleting anything.
    ///
    /// # Errors
    ///
    /// [`QueueError`]; a FIFO queue refuses a receipt whose visibility has expired.
    async fn delete(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError>;

    /// Makes a delivered message visible again, after a delay, at most 12 hours after it was received.
    ///
    /// # Errors
    ///
    /// [`QueueError`]; `Refused` when the message is no longer in flight by this receipt, or the delay is too long.
    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError>;
}
