//! What a transition reads besides the execution: loaded before it, or asked for and loaded then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::{IdempotencyKey, Timestamp, ValueHash};

/// What was loaded for a transition.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    /// Value items by hash: their JSON text.
    pub values: BTreeMap<ValueHash, Arc<str>>,
    /// When the task with this key was last heard of; `None` if it never was. A key that is absent was not looked up.
    pub heartbeats: BTreeMap<IdempotencyKey, Option<Timestamp>>,
}

/// What a transition would have to read: load it into [`Reads`] and call again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Value items.
    pub values: BTreeSet<ValueHash>,
    /// Lease items, for their latest heartbeat.
    pub heartbeats: BTreeSet<IdempotencyKey>,
}

impl Needs {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.heartbeats.is_empty()
    }
}

impl Needs {
    /// One value item is missing.
    pub(crate) fn value(hash: ValueHash) -> Self {
        Self { values: BTreeSet::from([hash]), heartbeats: BTreeSet::new() }
    }

    /// One lease item is missing.
    pub(crate) fn heartbeat(key: IdempotencyKey) -> Self {
        Self { values: BTreeSet::new(), heartbeats: BTreeSet::from([key]) }
    }
}
