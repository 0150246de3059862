//! Registers state machines by name: made if there is none, changed if its definition is another.

use asl::Diagnostic;
use interpreter::DefinitionHash;
use serde_json::Value;
use store::{MachineChange, StateMachine, StoreError};

use crate::Coordinator;

/// How often a machine that somebody else changes meanwhile is read again.
const ROUNDS: u32 = 8;

/// A state machine to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineRegistration<'a> {
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`.
    pub arn: &'a str,
    /// The role that a new machine is given; one that is there keeps its own.
    pub role_arn: &'a str,
    /// The text of its definition.
    pub definition: &'a str,
}

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

impl MachineRegistration<'_> {
    fn name(&self) -> &str {
        self.arn.rsplit_once(':').map_or(self.arn, |(_, name)| name)
    }
}

impl Coordinator {
    /// Registers a standard state machine. One that is there already with the same text stays as it is; with another it is updated, and
    /// executions that were started before keep the definition they were started with.
    ///
    /// # Errors
    ///
    /// [`RegisterError`]; of a definition with errors nothing is stored.
    pub async fn register_machine(&self, registration: &MachineRegistration<'_>) -> Result<StateMachine, RegisterError> {
        let name = registration.name();
        if let Err(diagnostics) = asl::parse(registration.definition) {
            return Err(RegisterError::Invalid { name: name.to_owned(), diagnostics });
        }
        let executions = &self.ports.executions;
        let hash = DefinitionHash::of(registration.definition);
        executions.put_definition(&hash, registration.definition).await?;
        for _ in 0..ROUNDS {
            let machine = match executions.machine(registration.arn).await? {
                Some(stored) if stored.definition == hash => return Ok(stored),
                Some(stored) => self.changed(stored, &hash),
                None => self.created(registration, &hash),
            };
            match executions.put_machine(&machine).await? {
                MachineChange::Written => return Ok(machine),
                MachineChange::Conflict => {}
            }
        }
        Err(RegisterError::Contended(name.to_owned()))
    }

    fn created(&self, registration: &MachineRegistration<'_>, hash: &DefinitionHash) -> StateMachine {
        let now = self.now();
        StateMachine {
            name: registration.name().to_owned(),
            arn: registration.arn.to_owned(),
            kind: "STANDARD".to_owned(),
            role_arn: registration.role_arn.to_owned(),
            definition: hash.clone(),
            created_at: now,
            updated_at: now,
            revision_id: None,
            settings: Value::Null,
            version: 1,
        }
    }

    fn changed(&self, stored: StateMachine, hash: &DefinitionHash) -> StateMachine {
        StateMachine {
            definition: hash.clone(),
            updated_at: self.now(),
            revision_id: Some(uuid_of(self.ports.entropy.bits())),
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
