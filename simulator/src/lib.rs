//! Seeded simulation of the whole system: the very code of coordinator, interpreter, worker harness and order handlers over simulated ports, on one
//! thread, under faults, with checkers that watch every step.

pub mod arms;
pub mod auditor;
pub mod campaign;
mod chaos;
mod check;
mod client;
pub mod effect;
pub mod executor;
pub mod fault;
mod host;
#[cfg(feature = "breaks")]
pub mod noticed;
pub mod options;
mod port;
mod pump;
mod queues;
pub mod random;
pub mod run;
pub mod shrink;
mod system;
pub mod trace;
mod verdict;
pub mod workload;
mod world;

pub use check::Violation;
