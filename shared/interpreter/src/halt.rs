//! Why work on a state stops: the program failed, or the transition cannot be decided.

use crate::{StateFailure, TransitionError};

/// Why work on a state stops.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The interpreted program failed: its retriers and catchers decide.
    Failure(FlowFailure),
    /// There is no transition, or not yet.
    Error(TransitionError),
}

/// A failure of the interpreted program, with what the history tells of it besides.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FlowFailure {
    /// What the state fails with.
    pub(crate) failure: StateFailure,
    /// Where in the state an evaluation failed, if one did: told by an event of its own.
    pub(crate) evaluation: Option<FailedEvaluation>,
}

/// An evaluation that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedEvaluation {
    /// The field, as AWS writes it: `Arguments`, `Output/total`, `Choices[0]/Condition`. None where no field is at fault.
    pub(crate) location: Option<String>,
    /// Whether its event links to the one before it. (Recorded from AWS: of an expression that fails it links to what the state's entered
    /// event links to, of a timestamp that cannot be read to the entered event itself.)
    pub(crate) linked: bool,
}

impl From<StateFailure> for FlowFailure {
    fn from(failure: StateFailure) -> Self {
        Self { failure, evaluation: None }
    }
}

impl From<StateFailure> for Halt {
    fn from(failure: StateFailure) -> Self {
        Self::Failure(failure.into())
    }
}

impl From<FlowFailure> for Halt {
    fn from(failure: FlowFailure) -> Self {
        Self::Failure(failure)
    }
}

impl From<TransitionError> for Halt {
    fn from(error: TransitionError) -> Self {
        Self::Error(error)
    }
}
