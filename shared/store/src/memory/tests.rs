//! The store in memory keeps the contract.

use std::sync::Arc;

use async_trait::async_trait;
use interpreter::Timestamp;

use super::MemoryStore;
use crate::contract::SharedStore;
use crate::contract::retention::ExpiringStore;
use crate::{Retention, Store};

async fn empty_store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

crate::store_contract!(empty_store);

async fn keeping(retention: Retention) -> MemoryStore {
    MemoryStore::keeping(retention)
}

#[async_trait]
impl ExpiringStore for MemoryStore {
    fn store(&self) -> SharedStore {
        Arc::new(self.clone())
    }

    fn with(&self, retention: Option<Retention>) -> SharedStore {
        Arc::new(Self { retention, ..self.clone() })
    }

    async fn sweep(&self, now_seconds: i64) -> usize {
        Self::sweep(self, Timestamp::from_millis(now_seconds * 1000))
    }
}

crate::retention_contract!(keeping);

/// The whole contract, of a store in which everything expires some time.
mod while_it_lasts {
    use super::*;
    use crate::contract::retention;

    async fn empty_store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::keeping(Retention::days(retention::clock(), 30).unwrap()))
    }

    crate::store_contract!(empty_store);
}

#[tokio::test]
async fn clones_share_what_is_kept() {
    use crate::{ExecutionStore, contract::samples};
    let (one, other) = (MemoryStore::new(), MemoryStore::new());
    let clone = one.clone();
    let head = samples::head("order", "o-1", 0);
    one.create_head(&head).await.unwrap();
    assert_eq!(clone.head(&head.identity.arn).await, Ok(Some(head.clone())));
    assert_eq!(other.head(&head.identity.arn).await, Ok(None));
}
