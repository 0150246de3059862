//! A journal entry: the next state and its history events, in one item.

use interpreter::{Execution, HistoryEvent, Seed, Timestamp};
use serde::{Deserialize, Serialize};

/// One committed transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number: the execution's revision.
    pub revision: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// The randomness it was decided with: a writer whose answer was lost recognises its own entry by it.
    pub seed: Seed,
    /// The execution after it.
    pub execution: Execution,
    /// The history events it added.
    pub events: Vec<HistoryEvent>,
}

/// Why stored bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Written by a newer release.
    #[error("entry format {0} is newer than this release knows")]
    Newer(u8),
    /// Damaged.
    #[error("entry is corrupt: {0}")]
    Corrupt(String),
}
