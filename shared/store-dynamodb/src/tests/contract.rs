//! The contract of both ports, check by check, each on a table of its own.

use std::sync::Arc;

use async_trait::async_trait;
use store::Retention;
use store::contract::SharedStore;
use store::contract::retention::{self as expiry, ExpiringStore};

use super::endpoint::{TableGuard, new_store};
use super::retention::sweep;
use crate::DynamoStore;

async fn empty_store() -> (SharedStore, TableGuard) {
    let (store, guard) = new_store().await;
    (Arc::new(store), guard)
}

store::store_contract!(empty_store);

/// A table of its own, in which everything expires some time.
struct Expiring {
    store: DynamoStore,
    _table: TableGuard,
}

async fn keeping(retention: Retention) -> Expiring {
    let (store, table) = new_store().await;
    Expiring { store: store.keeping(retention), _table: table }
}

#[async_trait]
impl ExpiringStore for Expiring {
    fn store(&self) -> SharedStore {
        Arc::new(self.store.clone())
    }

    fn with(&self, retention: Option<Retention>) -> SharedStore {
        Arc::new(self.store.clone().kept_by(retention))
    }

    async fn sweep(&self, now_seconds: i64) -> usize {
        sweep(&self.store, now_seconds).await
    }
}

store::retention_contract!(keeping);

/// The whole contract, of a table in which everything expires some time.
mod while_it_lasts {
    use super::*;

    async fn empty_store() -> (SharedStore, TableGuard) {
        let (store, guard) = new_store().await;
        (Arc::new(store.keeping(Retention::days(expiry::clock(), 30).unwrap())), guard)
    }

    store::store_contract!(empty_store);
}
