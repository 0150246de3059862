//! The saga harness: handlers that come to grief where a test says, around those of any saga.
//!
//! A saga is tested on a whole system by giving it handlers that were [`beset`]: it must succeed; a failure at each action must be undone;
//! also when each undo repeats; also when each action repeats.

mod beset;
#[cfg(test)]
mod order_saga_tests;

pub use beset::{Mishap, beset};
