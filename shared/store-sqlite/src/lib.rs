//! The embedded store: SQLite in a data directory, each commit durable before its answer.
//!
//! One thread writes. It takes what waits, performs each request in a savepoint of one transaction, commits (write-ahead log,
//! `synchronous=FULL`: one fsync), and only then answers all of them: what concurrent writers pay is one fsync for all. Reads go
//! to connections of their own and see what was committed before they began. What a write comes to is decided by the `store`
//! crate; here stands how it is kept, a file per kind of item; `schema.sql` is the layout.
//!
//! A directory belongs to one process at a time: a lock file sees to that, and is released by the system however the process ends.

mod data_directory;
mod definitions;
mod directory_lock;
mod failure;
mod heads;
mod items;
mod journal;
mod ledger;
mod machines;
mod open;
mod purge;
mod readers;
mod schema;
mod sqlite_store;
mod values;
mod writer;

pub use open::OpenError;
pub use purge::{PURGED_EXECUTIONS_MAX, Purged};
pub use sqlite_store::{DATABASE_FILE, SqliteStore};
