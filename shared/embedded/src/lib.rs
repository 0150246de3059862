//! The whole system in one process: store, queues, coordinator, workers, watch.
//!
//! What Lambda, SQS and DynamoDB do in an account, pumps, queues in memory and SQLite do here; coordinator, interpreter and harness are
//! the same code (ARCHITECTURE.md, invariant 18). The queues do not outlive the process: what they held is derived again from the
//! journals, by waking every open execution when the process begins. So a process may be killed at any moment, and the next one on the same
//! directory continues every execution.
//!
//! Reading order: [`Options`], [`System`], `queues.rs` (which queue has which settings), `pumps.rs` (who is fed by which).

mod ended;
mod machine;
mod observed;
mod options;
mod pumps;
mod queues;
mod refill;
mod serving;
mod system;
#[cfg(test)]
mod tests;
mod watch;

pub use coordinator::RegisterError;
pub use observed::Observed;
pub use options::{Concurrency, HandlerFor, HandlersOf, Options, StoreChoice, Upkeep};
pub use queues::{QueueDepths, dead_letters_of};
pub use system::{OpenError, System};
