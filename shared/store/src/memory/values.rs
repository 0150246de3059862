//! Value items, by execution and hash.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use interpreter::{ExecutionId, Timestamp, ValueHash};

use super::expiring::Expiring;
use crate::{StoreError, check_value};

#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<ExecutionId, BTreeMap<ValueHash, Expiring<Arc<str>>>>);

impl Values {
    pub(super) fn put(
        &mut self,
        execution: &ExecutionId,
        values: &[(ValueHash, Arc<str>)],
        expires_at: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        values.iter().try_for_each(|(_, text)| check_value(text))?;
        let kept = self.0.entry(execution.clone()).or_default();
        for (hash, text) in values {
            kept.entry(hash.clone()).or_insert_with(|| Expiring { kept: Arc::clone(text), expires_at });
        }
        Ok(())
    }

    pub(super) fn get(&self, execution: &ExecutionId, hashes: &[ValueHash], now: Timestamp) -> BTreeMap<ValueHash, Arc<str>> {
        let Some(kept) = self.0.get(execution) else { return BTreeMap::new() };
        hashes.iter().filter_map(|hash| Some((hash.clone(), Arc::clone(kept.get(hash)?.live(now)?)))).collect()
    }

    /// Renews values behind a hash; answers the hashes.
    pub(super) fn renew(
        &mut self,
        execution: &ExecutionId,
        after: Option<&str>,
        limit: usize,
        expires_at: Timestamp,
    ) -> Vec<String> {
        let Some(kept) = self.0.get_mut(execution) else { return Vec::new() };
        let start = after.map_or(Bound::Unbounded, |after| Bound::Excluded(ValueHash(after.to_owned())));
        let renew = |(hash, value): (&ValueHash, &mut Expiring<Arc<str>>)| {
            value.renew(expires_at);
            hash.0.clone()
        };
        kept.range_mut((start, Bound::Unbounded)).take(limit).map(renew).collect()
    }

    /// Deletes what has expired by `now`; answers how many.
    pub(super) fn sweep(&mut self, now: Timestamp) -> usize {
        let mut count = 0;
        for kept in self.0.values_mut() {
            count += kept.len();
            kept.retain(|_, value| value.is_live(now));
            count -= kept.len();
        }
        self.0.retain(|_, kept| !kept.is_empty());
        count
    }
}
