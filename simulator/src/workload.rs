//! What a simulation runs: random definitions, and workers that serve them.

pub mod machine;
pub mod worker;
