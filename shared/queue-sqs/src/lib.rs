//! The `MessageQueue` port over Amazon SQS: an operation per file, over one client.
//!
//! In reading order: [`QueueAddresses`] says which queue a name is; `send`, `receive`, `delete` and `give_back` are the operations; `failure` says
//! what an answer of SQS means to a caller of the ports; [`NewTrace`] begins a trace with each request.
//!
//! **Who retries what.** The SDK sends a request again after throttling, a server's error or a lost connection (standard mode, three tries). A batch
//! whose answer was lost may have been taken, so that a refusal counts as one only if the first try was answered by it: callers take it for a proof
//! that nobody has seen the message. What failed entry by entry is the caller's to send again.
//!
//! **What is checked here.** What SQS would refuse by its documented limits is refused before a request is made, message by message: SQS answers
//! some of that for the batch as a whole.
//!
//! Absent on purpose: a GetQueueUrl where addresses are configured, message bodies in any line of the log, the message system attribute
//! `AWSTraceHeader`.

mod addresses;
mod attempts;
mod delete;
mod failure;
mod give_back;
mod new_trace;
mod queues;
mod receive;
mod send;
mod url;

#[cfg(test)]
mod tests;

pub use addresses::{Naming, QueueAddresses};
pub use new_trace::NewTrace;
pub use queues::SqsQueues;
