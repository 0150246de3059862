//! What travels between coordinator and workers: versioned message bodies, the MessageQueue port and its in-memory queue.

mod body;
mod queue;

pub use body::{BodyError, CoordinatorBody, CoordinatorMessage, FORMAT, InputBody, RequestBody};
pub use queue::{Delivery, GiveBack, MessageQueue, Outgoing, QueueError, QueueSource, Receipt, SendFailure, queue_name};
