//! The DynamoDB table: both ports of `store` over one table of one region, on demand.
//!
//! In reading order: [`Key`] is the schema; `table` its shape; a file per kind of item says how it is written, changed and read;
//! `transaction` what a canceled transaction means; `requests` who retries what. The attributes of each item, what an execution
//! costs in write units, and the limits of partitions stand in `docs/items.md`.
//!
//! Absent on purpose: a read before a write in the common case, a transaction around a transition, an item that grows, and any use of the
//! indexes for what has to be consistent.

mod key;
mod table;

mod definitions;
mod head_item;
mod heads;
mod items;
mod journal;
mod ledger;
mod listing;
mod machines;
mod retention;
mod values;

mod execution_store;
mod ledger_store;
mod table_store;
mod transaction;

mod attributes;
mod backoff;
mod expression;
mod failure;
mod requests;

#[cfg(test)]
mod tests;

pub use key::{EXPIRES_AT, Key, PARTITION_KEY, SORT_KEY};
pub use table::{DUE_INDEX, LIST_INDEX, create_table};
pub use table_store::DynamoStore;
