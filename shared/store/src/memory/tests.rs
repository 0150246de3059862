//! The store in memory keeps the contract.

use std::sync::Arc;

use super::MemoryStore;
use crate::Store;

async fn empty_store() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

crate::store_contract!(empty_store);

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
