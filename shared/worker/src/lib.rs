//! The harness around task handlers: ledger, lease, deadline, heartbeat, revocation, answer, partial batches.

mod handler;

pub use handler::{Completion, Effect, Handler, HandlerError, Task};
