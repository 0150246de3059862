//! What travels between coordinator and workers: versioned message bodies, the MessageQueue port and its in-memory queue.

mod body;
mod disposition;
mod queue;

pub use body::{BodyError, CoordinatorBody, CoordinatorMessage, FORMAT, InputBody, RequestBody};
pub use disposition::Disposition;
pub use queue::{Delivery, GiveBack, MessageQueue, Outgoing, QueueError, QueueSource, Receipt, SendFailure, queue_name};
