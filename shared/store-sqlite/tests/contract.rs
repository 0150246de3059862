//! The embedded store keeps the contract, in a directory and in memory.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "these are tests, functions beside them included"
)]

mod scratch;

use std::sync::Arc;

use scratch::Scratch;
use store::contract::SharedStore;
use store_sqlite::SqliteStore;

mod in_a_directory {
    use super::*;

    async fn empty_store() -> (SharedStore, Scratch) {
        let scratch = Scratch::new();
        (Arc::new(SqliteStore::open(scratch.path()).unwrap()), scratch)
    }

    store::store_contract!(empty_store);
}

mod in_memory {
    use super::*;

    async fn empty_store() -> SharedStore {
        Arc::new(SqliteStore::open_in_memory().unwrap())
    }

    store::store_contract!(empty_store);
}
