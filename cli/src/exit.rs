//! What a command came to, as an exit code.

use std::process::ExitCode;

/// What a command came to. Misunderstood arguments end with clap's exit code, 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, with a good outcome.
    Good,
    /// Done, with a bad outcome: the books do not balance, the execution failed.
    Bad,
    /// What the arguments name makes no sense: a definition with errors, an input that is no JSON.
    Misuse,
    /// It could not be done.
    Impossible,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Good => Self::SUCCESS,
            Outcome::Bad => Self::from(1),
            Outcome::Misuse => Self::from(2),
            Outcome::Impossible => Self::from(3),
        }
    }
}
