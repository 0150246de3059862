//! Who an execution is, and the keys made of it.

use std::fmt;

use breaks::Break;
use serde::{Deserialize, Serialize};

/// The random id of an execution, drawn at its start: 32 hexadecimal digits. Unlike a name it is never used twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionId(pub String);

impl ExecutionId {
    /// The id made of 128 random bits.
    pub fn from_random(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The content hash of a definition's text: SHA-256, 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DefinitionHash(pub String);

impl DefinitionHash {
    /// The hash of a definition's text.
    pub fn of(text: &str) -> Self {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(text.as_bytes());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An execution's names, fixed at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its random id.
    pub id: ExecutionId,
    /// Its name, unique in its state machine.
    pub name: String,
    /// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`.
    pub arn: String,
    /// The state machine's name.
    pub machine_name: String,
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:MACHINE`.
    pub machine_arn: String,
    /// The machine's role; shown in the history and the context object.
    pub role_arn: String,
    /// The ARN of the machine's version that was started, if it was started by that or by an alias that led to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_arn: Option<String>,
    /// The ARN of the alias that it was started by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_arn: Option<String>,
}

impl Identity {
    /// Whether it is an execution of an express machine: `arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID`.
    pub fn is_express(&self) -> bool {
        self.arn.split(':').nth(5) == Some("express")
    }
}

impl Identity {
    /// The state machine as the API tells it. A Map Run and its executions are listed under another ARN; their machine's is
    /// `arn:aws:states:REGION:ACCOUNT:stateMachine:MACHINE/LABEL`.
    pub fn state_machine_arn(&self) -> String {
        match self.map_run_arn().and_then(|arn| arn.rsplit_once(':')) {
            Some((run, _)) => run.replacen(":mapRun:", ":stateMachine:", 1),
            None => self.machine_arn.clone(),
        }
    }

    /// The ARN of the Map Run that it belongs to, or is; none of any other execution.
    pub fn map_run_arn(&self) -> Option<&str> {
        [&self.machine_arn, &self.arn].into_iter().map(String::as_str).find(|arn| arn.contains(":mapRun:"))
    }
}

/// The idempotency key of a task: the same for all attempts of a visit, different for everything else.
///
/// `EXECUTION/STATE/VISIT`, or `EXECUTION/STATE/VISIT/ITERATION` inside a Map; a compensation's key is its action's with `/undo`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdempotencyKey(pub String);

impl IdempotencyKey {
    /// The key of an action.
    pub fn of_action(execution: &ExecutionId, state: &str, visit: u64, iteration: Option<u64>) -> Self {
        let visit = if breaks::active(Break::KeyOfAllVisits) { 0 } else { visit };
        match iteration {
            None => Self(format!("{execution}/{state}/{visit}")),
            Some(index) => Self(format!("{execution}/{state}/{visit}/{index}")),
        }
    }

    /// The key of the compensation that undoes the action with this key.
    #[must_use]
    pub fn of_compensation(&self) -> Self {
        Self(format!("{}/undo", self.0))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
