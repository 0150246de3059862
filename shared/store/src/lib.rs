//! The ExecutionStore and LedgerStore ports, their in-memory implementation, the contract suites.

mod entry;
mod execution_store;
mod ledger_store;
mod machine;

pub use entry::{Entry, EntryError};
pub use execution_store::{DueHead, Entries, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, PutEntry, StoreError};
pub use ledger_store::{
    Condition, Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, TransactError, Write,
};
pub use machine::{MachineChange, StateMachine};
