//! What a transition reads besides the execution: loaded before it, or asked for and loaded then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{IdempotencyKey, ItemsPage, ItemsRequest, StateFailure, Timestamp, ValueHash};

/// What was loaded for a transition.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    /// Value items by hash: their JSON text.
    pub values: BTreeMap<ValueHash, Arc<str>>,
    /// When the task with this key was last heard of; `None` if it never was. A key that is absent was not looked up.
    pub heartbeats: BTreeMap<IdempotencyKey, Option<Timestamp>>,
    /// Items of distributed Maps that were read, or what the Map Run fails with.
    pub items: BTreeMap<ItemsRequest, Result<ItemsPage, StateFailure>>,
}

/// What a transition would have to read: load it into [`Reads`] and call again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Value items.
    pub values: BTreeSet<ValueHash>,
    /// Lease items, for their latest heartbeat.
    pub heartbeats: BTreeSet<IdempotencyKey>,
    /// Items of distributed Maps.
    pub items: BTreeSet<ItemsRequest>,
}

impl Needs {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.heartbeats.is_empty() && self.items.is_empty()
    }
}

impl Needs {
    /// One value item is missing.
    pub(crate) fn value(hash: ValueHash) -> Self {
        Self { values: BTreeSet::from([hash]), ..Self::default() }
    }

    /// One lease item is missing.
    pub(crate) fn heartbeat(key: IdempotencyKey) -> Self {
        Self { heartbeats: BTreeSet::from([key]), ..Self::default() }
    }

    /// Items are missing.
    pub(crate) fn items(request: ItemsRequest) -> Self {
        Self { items: BTreeSet::from([request]), ..Self::default() }
    }
}
