//! What the benchmarks share with the tests that hold their exact figures in place.

mod error;
mod measured;

pub use error::BenchError;
pub use measured::{Journal, MAP_OF_PASSES, MAP_OF_TASKS, Measured, echo, items, run_machine};
