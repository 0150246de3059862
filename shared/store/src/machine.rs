//! State machines: mutable records that point to immutable definitions.

use interpreter::{DefinitionHash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateMachine {
    /// Its name, unique in the store.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `STANDARD` or `EXPRESS`.
    pub kind: String,
    /// Its role's ARN.
    pub role_arn: String,
    /// The definition that new executions are pinned to.
    pub definition: DefinitionHash,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was updated last.
    pub updated_at: Timestamp,
    /// Changes with each update.
    pub revision_id: Option<String>,
    /// What the API stores and gives back without acting on it (logging, tracing, encryption configuration), as JSON.
    #[serde(default)]
    pub settings: serde_json::Value,
    /// Incremented with each write: the condition of the next.
    pub version: u64,
}

/// What a conditional write of a state machine came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineChange {
    /// Written.
    Written,
    /// There is another version than expected.
    Conflict,
}

impl StateMachine {
    /// What becomes of a write of this machine where `stored` stands. A write whose answer was lost and that then meets itself is written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] for version 0, which means that there is none.
    pub fn written_over(&self, stored: Option<&Self>) -> Result<MachineChange, StoreError> {
        let Some(expected) = self.version.checked_sub(1) else {
            return Err(StoreError::Refused("a state machine's versions begin with 1".to_owned()));
        };
        let as_expected = stored.map_or(0, |stored| stored.version) == expected;
        Ok(if as_expected || stored == Some(self) { MachineChange::Written } else { MachineChange::Conflict })
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::samples::machine;
    use crate::frozen;

    /// What stands here never changes.
    #[test]
    fn machines_of_version_1_are_read_and_written() {
        let text = r#"{
            "name": "order",
            "arn": "arn:aws:states:us-east-1:123456789012:stateMachine:order",
            "kind": "STANDARD",
            "role_arn": "arn:aws:iam::123456789012:role/saga",
            "definition": "HASH",
            "created_at": 1793534400000,
            "updated_at": 1793534402000,
            "revision_id": "revision-2",
            "settings": {"loggingConfiguration": {"level": "OFF"}, "tracingConfiguration": null},
            "version": 2
        }"#;
        frozen::check(&text.replace("HASH", &machine("order", 2).definition.0), &machine("order", 2));
    }
}
