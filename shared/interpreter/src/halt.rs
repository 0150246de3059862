//! Why work on a state stops: the program failed, or the transition cannot be decided.

use crate::{StateFailure, TransitionError};

/// Why work on a state stops.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The interpreted program failed: its retriers and catchers decide.
    Failure(StateFailure),
    /// There is no transition, or not yet.
    Error(TransitionError),
}

impl From<StateFailure> for Halt {
    fn from(failure: StateFailure) -> Self {
        Self::Failure(failure)
    }
}

impl From<TransitionError> for Halt {
    fn from(error: TransitionError) -> Self {
        Self::Error(error)
    }
}
