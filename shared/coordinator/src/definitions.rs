//! Definitions, parsed: immutable by their hash, hence cached without a doubt.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use asl::Definition;
use interpreter::{DefinitionHash, Execution};
use store::StoreError;

use crate::Coordinator;

/// Why there is no definition to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// The store does not have it.
    #[error("definition `{0}` does not exist")]
    Missing(DefinitionHash),
    /// It does not parse any more.
    #[error("definition `{hash}` is invalid: {reason}")]
    Invalid {
        /// Its hash.
        hash: DefinitionHash,
        /// The first diagnostic.
        reason: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The definitions that were used last, the latest one at the end.
pub(crate) struct Definitions {
    capacity: usize,
    recent: Mutex<Vec<(DefinitionHash, Arc<Definition>)>>,
}

impl Definitions {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), recent: Mutex::default() }
    }

    fn get(&self, hash: &DefinitionHash) -> Option<Arc<Definition>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let at = recent.iter().position(|(kept, _)| kept == hash)?;
        let found = recent.remove(at);
        let definition = found.1.clone();
        recent.push(found);
        Some(definition)
    }

    fn keep(&self, hash: &DefinitionHash, definition: &Arc<Definition>) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|(kept, _)| kept != hash);
        if recent.len() >= self.capacity {
            recent.remove(0);
        }
        recent.push((hash.clone(), definition.clone()));
    }
}

/// Texts that were parsed, by the hash of each: what several coordinators of one process may share, for a text and its hash never part. It grows
/// with each definition, so it is for processes that end: simulations and tests.
#[derive(Debug, Default)]
pub struct ParsedDefinitions(Mutex<HashMap<DefinitionHash, Arc<Definition>>>);

impl ParsedDefinitions {
    /// The definition that a text is; parsed, if it was not before.
    ///
    /// # Errors
    ///
    /// [`DefinitionError::Invalid`] with the first diagnostic.
    pub fn of(&self, hash: &DefinitionHash, text: &str) -> Result<Arc<Definition>, DefinitionError> {
        let mut parsed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = parsed.get(hash) {
            return Ok(Arc::clone(definition));
        }
        let definition = parse(hash, text)?;
        parsed.insert(hash.clone(), Arc::clone(&definition));
        Ok(definition)
    }
}

fn parse(hash: &DefinitionHash, text: &str) -> Result<Arc<Definition>, DefinitionError> {
    let (definition, _warnings) = asl::parse(text).map_err(|diagnostics| DefinitionError::Invalid {
        hash: hash.clone(),
        reason: diagnostics.first().map(ToString::to_string).unwrap_or_default(),
    })?;
    Ok(Arc::new(definition))
}

impl Coordinator {
    /// The definition with this hash, parsed.
    pub(crate) async fn definition(&self, hash: &DefinitionHash) -> Result<Arc<Definition>, DefinitionError> {
        if let Some(definition) = self.definitions.get(hash) {
            return Ok(definition);
        }
        let text = self.retried(|| self.ports.executions.definition(hash)).await?;
        let text = text.ok_or_else(|| DefinitionError::Missing(hash.clone()))?;
        let definition = match &self.parsed {
            Some(parsed) => parsed.of(hash, &text)?,
            None => parse(hash, &text)?,
        };
        self.definitions.keep(hash, &definition);
        Ok(definition)
    }

    /// What the machine runs now, whatever the execution is pinned to: for [`breaks::Break::DefinitionOfTheDay`] alone.
    pub(crate) async fn definition_of_the_day(&self, execution: &Execution) -> Result<Arc<Definition>, DefinitionError> {
        let machine = self.retried(|| self.ports.executions.machine(&execution.identity.machine_arn)).await?;
        self.definition(&machine.map_or_else(|| execution.definition.clone(), |machine| machine.definition)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Arc<Definition> {
        let text = r#"{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}"#;
        Arc::new(asl::parse(text).unwrap().0)
    }

    fn hash(number: u32) -> DefinitionHash {
        DefinitionHash(number.to_string())
    }

    // Fails if a definition that is used keeps its place, or if the one that goes is not the first.
    #[test]
    fn the_definition_that_was_not_used_for_longest_makes_room() {
        let definitions = Definitions::new(2);
        definitions.keep(&hash(1), &definition());
        definitions.keep(&hash(2), &definition());
        assert!(definitions.get(&hash(1)).is_some());
        definitions.keep(&hash(3), &definition());
        assert!(definitions.get(&hash(2)).is_none());
        assert!(definitions.get(&hash(1)).is_some() && definitions.get(&hash(3)).is_some());
    }
}
