//! Seeded simulation of the whole system: the very code of coordinator, interpreter, worker harness and order handlers over simulated ports, on one
//! thread, under faults, with checkers that watch every step.

pub mod auditor;
pub mod effect;
pub mod random;
pub mod workload;
