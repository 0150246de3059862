//! The world outside: providers that dedup by key, and people who are asked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use interpreter::{ExecutionId, IdempotencyKey};

use crate::effect::{Book, Effect, EffectKind};

/// Why a call outside has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// Nobody answered: it may have been done, or may still be.
    #[error("nobody answered")]
    Unanswered,
    /// It was turned away before anything was done.
    #[error("the provider is not available")]
    Unavailable,
}

/// A question to somebody outside, who is to answer it by its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The task token, as text.
    pub token: String,
    /// The execution.
    pub execution: ExecutionId,
    /// The state.
    pub state: String,
    /// The key of the task.
    pub key: IdempotencyKey,
    /// The attempt.
    pub attempt: u32,
}

/// What the workers reach outside. The simulation puts its faults here.
#[async_trait]
pub trait Outside: Send + Sync + 'static {
    /// Has an effect at a provider; done again under the same key it changes nothing.
    ///
    /// # Errors
    ///
    /// [`OutsideError`].
    async fn act(&self, effect: Effect) -> Result<(), OutsideError>;

    /// Whether a key's effect of this kind is at the provider. A worker asks before it says that nothing was done.
    ///
    /// # Errors
    ///
    /// [`OutsideError`].
    async fn has(&self, key: &IdempotencyKey, kind: EffectKind) -> Result<bool, OutsideError>;

    /// Asks somebody who answers by SendTaskSuccess or SendTaskFailure. May be asked twice.
    ///
    /// # Errors
    ///
    /// [`OutsideError`].
    async fn ask(&self, question: Question) -> Result<(), OutsideError>;
}

/// A provider as it works without faults: dedups by key, and notes in the book what it has done. Clones share everything.
#[derive(Debug, Clone)]
pub struct Provider {
    book: Arc<Mutex<Book>>,
    /// Keys of actions and of compensations with what was done under them.
    known: Arc<Mutex<BTreeSet<(IdempotencyKey, EffectKind)>>>,
}

impl Provider {
    /// A provider that notes its effects there.
    pub fn new(book: Arc<Mutex<Book>>) -> Self {
        Self { book, known: Arc::default() }
    }

    /// Has an effect, unless it had it before. An action that comes after its compensation is one more effect, whatever came before:
    /// nobody will undo it.
    pub fn act(&self, effect: Effect) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_undone = effect.kind == EffectKind::Done && known.contains(&(effect.key.clone(), EffectKind::Undone));
        let is_new = known.insert((effect.key.clone(), effect.kind));
        if let (EffectKind::Undone, Some(action)) = (effect.kind, &effect.undoes) {
            known.insert((action.clone(), EffectKind::Undone));
        }
        if is_new || is_undone {
            self.book.lock().unwrap_or_else(PoisonError::into_inner).note(effect);
        }
    }

    /// Whether the effect of a key was had.
    pub fn has(&self, key: &IdempotencyKey, kind: EffectKind) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&(key.clone(), kind))
    }
}
