//! A journal entry: the next state and its history events, in one item.

use interpreter::{Execution, HistoryEvent, Seed, Timestamp};
use serde::{Deserialize, Serialize};

use crate::packed::{pack_entry, unpack};

/// The longest encoded entry, in bytes: DynamoDB's items end at 400 KB, keys and attribute names included.
pub const ENTRY_BYTES_MAX: u64 = 390 * 1024;

/// More than packing adds to a text of that length, in bytes.
const PACKING_ADDS_BYTES: u64 = 1024;

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

impl Entry {
    /// As it is stored: its JSON, packed. Every store keeps these bytes.
    ///
    /// # Errors
    ///
    /// [`EntryError::TooLarge`] if that is longer than [`ENTRY_BYTES_MAX`].
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        let json = serde_json::to_vec(self).map_err(|error| EntryError::Corrupt(error.to_string()))?;
        let packed = pack_entry(&json)?;
        match u64::try_from(packed.len()).unwrap_or(u64::MAX) {
            bytes if bytes > ENTRY_BYTES_MAX => Err(EntryError::TooLarge { bytes, limit: ENTRY_BYTES_MAX }),
            _ => Ok(packed),
        }
    }

    /// The entry as a store gives it back, for a store in memory, which packs nothing: refused where [`Entry::encode`] refuses it.
    ///
    /// # Errors
    ///
    /// As [`Entry::encode`] and [`Entry::decode`].
    pub(crate) fn read_back(&self) -> Result<Self, EntryError> {
        let json = serde_json::to_vec(self).map_err(|error| EntryError::Corrupt(error.to_string()))?;
        // A deflate stream is hardly longer than its text, however little that shrinks (RFC 1951, 3.2.4: 5 bytes for each 65,535).
        if u64::try_from(json.len()).unwrap_or(u64::MAX) > ENTRY_BYTES_MAX - PACKING_ADDS_BYTES {
            self.encode()?;
        }
        serde_json::from_slice(&json).map_err(|error| EntryError::Corrupt(error.to_string()))
    }

    /// The entry that was encoded.
    ///
    /// # Errors
    ///
    /// [`EntryError::Newer`] if a newer release wrote it, [`EntryError::Corrupt`] if it is damaged.
    pub fn decode(encoded: &[u8]) -> Result<Self, EntryError> {
        serde_json::from_slice(&unpack(encoded)?).map_err(|error| EntryError::Corrupt(error.to_string()))
    }
}

/// Why stored bytes are no entry, or an entry cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Written by a newer release.
    #[error("stored format {0} is newer than this release knows")]
    Newer(u8),
    /// Damaged.
    #[error("stored bytes are corrupt: {0}")]
    Corrupt(String),
    /// Longer than any store takes.
    #[error("{bytes} bytes are more than the {limit} that can be stored")]
    TooLarge {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
}

#[cfg(test)]
mod tests;
