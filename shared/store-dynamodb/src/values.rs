//! Value items: texts by their hash, each written once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};
use interpreter::{ExecutionId, ValueHash};
use store::{StoreError, check_value};

use crate::attributes::{Attributes, Stored, content};
use crate::expression::{ABSENT, Expression};
use crate::key::{Key, SORT_KEY};
use crate::retention::expiring;
use crate::table_store::DynamoStore;

/// Values of one call that are written at once.
const WRITES_AT_ONCE: usize = 16;

impl DynamoStore {
    pub(crate) async fn put_value_items(
        &self,
        execution: &ExecutionId,
        values: &[(ValueHash, Arc<str>)],
    ) -> Result<(), StoreError> {
        let items = values.iter().map(|(hash, text)| {
            check_value(text)?;
            Ok(expiring(written(&Key::Value { execution, hash }, text)?, self.item_expiry()))
        });
        let items = items.collect::<Result<Vec<Attributes>, StoreError>>()?;
        // That there is one already is as good as having written it: the key is the content.
        let puts = items.into_iter().map(|item| async { self.put(item, Expression::new().on(ABSENT)).await.map(drop) });
        stream::iter(puts).buffer_unordered(WRITES_AT_ONCE).try_collect().await
    }

    pub(crate) async fn value_items(
        &self,
        execution: &ExecutionId,
        hashes: &[ValueHash],
    ) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        let hashes: BTreeSet<&ValueHash> = hashes.iter().collect();
        let keys: Vec<Attributes> = hashes.iter().map(|hash| Key::Value { execution, hash }.attributes()).collect();
        self.live(self.get_all(&keys).await?)?.iter().map(read).collect()
    }
}

/// The item of a value.
pub(crate) fn written(key: &Key<'_>, text: &str) -> Result<Attributes, StoreError> {
    let mut item = key.new_item();
    item.insert("text".to_owned(), content(text)?);
    Ok(item)
}

/// The value of an item.
pub(crate) fn read(item: &Attributes) -> Result<(ValueHash, Arc<str>), StoreError> {
    let stored = Stored::open(item)?;
    Ok((ValueHash(stored.text(SORT_KEY)?.to_owned()), Arc::from(stored.content("text")?)))
}
