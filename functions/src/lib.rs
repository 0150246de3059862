//! What the Lambda functions share: their configuration, their ports on AWS, and the way from an event to the libraries and back.
//!
//! Here is what knows that it runs on Lambda. Nothing here decides about an execution: batches go to [`coordinator::Coordinator`] or to
//! [`worker::Serving`], as the pumps of `embedded` pass them on, and what these answer becomes a partial batch response. The functions themselves
//! are in `src/bin/`, a file each; `template.yaml` says what starts them and what they may do.
//!
//! Reading order: [`Environment`], [`Cloud`], `batch.rs` (what becomes of each message), then a file per kind of function.

mod batch;
mod custom_resource;
mod dispatch;
mod intake;
mod inventory_event;
mod logging;
mod machines;
mod workers;

pub use batch::{Batch, Queues, SENT_ANEW_FROM, deadline_of, deliveries, run_batches};
pub use custom_resource::{CustomResourceRequest, CustomResourceResponse, RequestKind, respond};
pub use dispatch::dispatcher;
pub use intake::OrderIntake;
pub use inventory_event::InventoryEvent;
pub use logging::begin_logging;
pub use machines::Machines;
pub use stack::{Cloud, ConfigurationError, Environment};
pub use workers::order_workers;

/// What a function ends with when it cannot begin, or when an invocation failed as a whole.
pub type Error = lambda_runtime::Error;

#[cfg(test)]
mod tests;
