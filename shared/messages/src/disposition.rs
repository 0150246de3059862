//! What is to become of a delivery once it was handled.

use std::time::Duration;

/// What is to become of a delivery once it was handled: one per delivery, so that no message of a batch depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Everything that it asked for is in the table or in a durable queue: delete it.
    Done,
    /// It is to come again. Not a failure: nothing is lost, and the queue's receive count is all that it costs.
    GiveBack {
        /// After how long; at most 12 hours.
        delay: Duration,
    },
}

impl Disposition {
    /// To come again at once.
    pub const AGAIN: Self = Self::GiveBack { delay: Duration::ZERO };
}
