//! What travels between coordinator and workers: versioned message bodies, the MessageQueue port and its in-memory queue.

mod body;
pub mod contract;
mod disposition;
mod memory_queue;
mod outgoing;
mod pump;
mod queue;
pub mod queue_limits;
mod queue_settings;

pub use body::{BodyError, Caller, ChildBody, CoordinatorBody, CoordinatorMessage, FORMAT, InputBody, RequestBody, WakeRest};
pub use disposition::Disposition;
pub use memory_queue::{Depths, Disorder, MemoryQueue, Peeked};
pub use outgoing::{REASON_ATTRIBUTE, SOURCE_ATTRIBUTE, batch_refusal, batches};
pub use pump::{PumpSettings, pump};
pub use queue::{Delivery, GiveBack, MessageQueue, Outgoing, QueueError, QueueSource, Receipt, SendFailure, queue_name};
pub use queue_settings::{QueueSettings, Redrive};
