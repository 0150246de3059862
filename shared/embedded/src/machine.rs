//! State machines by name: made if there is none, changed if its definition is another.

use asl::Diagnostic;
use interpreter::DefinitionHash;
use serde_json::Value;
use store::{MachineChange, StateMachine, StoreError};

use crate::System;

/// How often a machine that somebody else changes meanwhile is read again.
const ROUNDS: u32 = 8;

/// Why a machine was not registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Its definition has errors.
    #[error("invalid definition of `{name}`: {}", diagnostics.first().map(ToString::to_string).unwrap_or_default())]
    Invalid {
        /// The machine.
        name: String,
        /// All that is wrong.
        diagnostics: Vec<Diagnostic>,
    },
    /// Others change it all the time.
    #[error("state machine `{0}` is being changed by somebody else")]
    Contended(String),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl System {
    /// The ARN of a state machine with this name.
    pub fn machine_arn(&self, name: &str) -> String {
        format!("arn:aws:states:{}:{}:stateMachine:{name}", self.parts.region, self.parts.account)
    }

    /// Registers a standard state machine. One that is there already with the same text stays as it is; with another it is updated, and
    /// executions that were started before keep the definition they were started with.
    pub async fn register_machine(&self, name: &str, definition: &str) -> Result<StateMachine, RegisterError> {
        if let Err(diagnostics) = asl::parse(definition) {
            return Err(RegisterError::Invalid { name: name.to_owned(), diagnostics });
        }
        let executions = &self.parts.coordinator.ports().executions;
        let hash = DefinitionHash::of(definition);
        executions.put_definition(&hash, definition).await?;
        let arn = self.machine_arn(name);
        for _ in 0..ROUNDS {
            let stored = executions.machine(&arn).await?;
            let machine = match stored {
                Some(stored) if stored.definition == hash => return Ok(stored),
                Some(stored) => self.changed(stored, &hash),
                None => self.created(name, &arn, &hash),
            };
            match executions.put_machine(&machine).await? {
                MachineChange::Written => return Ok(machine),
                MachineChange::Conflict => {}
            }
        }
        Err(RegisterError::Contended(name.to_owned()))
    }

    fn created(&self, name: &str, arn: &str, hash: &DefinitionHash) -> StateMachine {
        let now = self.parts.coordinator.ports().now();
        StateMachine {
            name: name.to_owned(),
            arn: arn.to_owned(),
            kind: "STANDARD".to_owned(),
            role_arn: format!("arn:aws:iam::{}:role/backstep", self.parts.account),
            definition: hash.clone(),
            created_at: now,
            updated_at: now,
            revision_id: None,
            settings: Value::Null,
            version: 1,
        }
    }

    fn changed(&self, stored: StateMachine, hash: &DefinitionHash) -> StateMachine {
        let ports = self.parts.coordinator.ports();
        StateMachine {
            definition: hash.clone(),
            updated_at: ports.now(),
            revision_id: Some(uuid_of(ports.entropy.bits())),
            version: stored.version.saturating_add(1),
            ..stored
        }
    }
}

/// 128 bits as AWS writes revision ids.
fn uuid_of(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}
