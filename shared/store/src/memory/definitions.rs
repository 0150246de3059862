//! Definitions' texts, by hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::DefinitionHash;

#[derive(Debug, Default)]
pub(super) struct Definitions(BTreeMap<DefinitionHash, Arc<str>>);

impl Definitions {
    pub(super) fn put(&mut self, hash: &DefinitionHash, text: &str) {
        self.0.entry(hash.clone()).or_insert_with(|| Arc::from(text));
    }

    pub(super) fn get(&self, hash: &DefinitionHash) -> Option<Arc<str>> {
        self.0.get(hash).cloned()
    }
}
