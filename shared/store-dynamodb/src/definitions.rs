//! Definitions' texts, by hash, each written once.

use std::sync::Arc;

use interpreter::DefinitionHash;
use store::StoreError;

use crate::attributes::{Attributes, Stored, content};
use crate::expression::{ABSENT, Expression};
use crate::key::Key;
use crate::table_store::DynamoStore;

impl DynamoStore {
    pub(crate) async fn put_definition_item(&self, hash: &DefinitionHash, text: &str) -> Result<(), StoreError> {
        self.put(written(hash, text)?, Expression::new().on(ABSENT)).await.map(drop)
    }

    pub(crate) async fn definition_item(&self, hash: &DefinitionHash) -> Result<Option<Arc<str>>, StoreError> {
        let item = self.get(&Key::Definition(hash)).await?;
        item.map(|item| Ok(Arc::from(Stored::open(&item)?.content("text")?))).transpose()
    }
}

/// The item of a definition.
pub(crate) fn written(hash: &DefinitionHash, text: &str) -> Result<Attributes, StoreError> {
    let mut item = Key::Definition(hash).new_item();
    item.insert("text".to_owned(), content(text)?);
    Ok(item)
}
