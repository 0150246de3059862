//! What workers did outside: the one record of it that nothing of the system under test has written.

use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use serde_json::Value;

/// What a worker did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectKind {
    /// An action took effect.
    Done,
    /// A compensation took effect: what its action did is undone, or there was nothing to undo.
    Undone,
}

/// One effect, at the moment at which it happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// When, by the world's time (no host's).
    pub at: Timestamp,
    /// What.
    pub kind: EffectKind,
    /// The execution that it was done for.
    pub execution: ExecutionId,
    /// The state.
    pub state: String,
    /// The function.
    pub function: String,
    /// The idempotency key.
    pub key: IdempotencyKey,
    /// The action's key, of a compensation.
    pub undoes: Option<IdempotencyKey>,
    /// The attempt that had the effect.
    pub attempt: u32,
    /// What the worker received.
    pub input: Value,
    /// Whether it lies outside of our table (a provider dedups it by key; it is no part of any transaction).
    pub outside: bool,
}

/// All effects, in their order.
#[derive(Debug, Clone, Default)]
pub struct Book {
    effects: Vec<Effect>,
}

impl Book {
    /// Notes an effect.
    pub fn note(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// All of them.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }
}
