//! A failure of the interpreted program: a value, never a Rust error (ARCHITECTURE.md, invariant 2).

use serde::{Deserialize, Serialize};

use crate::limits;

/// What a state, a task or an execution fails with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFailure {
    /// The error's name, e.g. `States.Timeout` or `OutOfStock`.
    pub error: String,
    /// What happened; absent where AWS leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

impl StateFailure {
    /// A failure with a cause.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { error: error.into(), cause: Some(cause.into()) }
    }

    /// A failure without a cause.
    pub fn named(error: impl Into<String>) -> Self {
        Self { error: error.into(), cause: None }
    }
}

impl StateFailure {
    /// With an error and a cause no longer than they may be.
    pub(crate) fn cut(mut self) -> Self {
        cut(&mut self.error, limits::ERROR_CHARACTERS_MAX);
        if let Some(cause) = &mut self.cause {
            cut(cause, limits::CAUSE_CHARACTERS_MAX);
        }
        self
    }

    /// As histories, outputs and describe show it: a lost heartbeat is `States.Timeout` (recorded from AWS), though retriers and catchers can
    /// name it `States.HeartbeatTimeout`.
    #[must_use]
    pub fn reported(&self) -> Self {
        match self.error.as_str() {
            asl::error_name::HEARTBEAT_TIMEOUT => Self { error: asl::error_name::TIMEOUT.to_owned(), cause: self.cause.clone() },
            _ => self.clone(),
        }
    }
}

fn cut(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
    }
}
