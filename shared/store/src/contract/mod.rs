//! The contract suite that every store runs.

pub mod samples;
