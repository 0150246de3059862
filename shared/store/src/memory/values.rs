//! Value items, by execution and hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::{ExecutionId, ValueHash};

use crate::{StoreError, check_value};

#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<ExecutionId, BTreeMap<ValueHash, Arc<str>>>);

impl Values {
    pub(super) fn put(&mut self, execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<(), StoreError> {
        values.iter().try_for_each(|(_, text)| check_value(text))?;
        let kept = self.0.entry(execution.clone()).or_default();
        for (hash, text) in values {
            kept.entry(hash.clone()).or_insert_with(|| Arc::clone(text));
        }
        Ok(())
    }

    pub(super) fn get(&self, execution: &ExecutionId, hashes: &[ValueHash]) -> BTreeMap<ValueHash, Arc<str>> {
        let Some(kept) = self.0.get(execution) else { return BTreeMap::new() };
        hashes.iter().filter_map(|hash| Some((hash.clone(), Arc::clone(kept.get(hash)?)))).collect()
    }
}
