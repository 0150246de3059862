//! The contract of both ports, check by check, each on a table of its own.

use std::sync::Arc;

use store::contract::SharedStore;

use super::endpoint::{TableGuard, new_store};

async fn empty_store() -> (SharedStore, TableGuard) {
    let (store, guard) = new_store().await;
    (Arc::new(store), guard)
}

store::store_contract!(empty_store);
