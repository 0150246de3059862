//! The ExecutionStore and LedgerStore ports, their in-memory implementation, the contract suites.
//!
//! The ports' documentation is the contract; [`contract`] is the suite that every store runs. What a write comes to is decided in
//! one place for all stores ([`HeadRecord`], [`LedgerEntry::written_over`], [`Write::applied_to`], [`StateMachine::written_over`]): a
//! store only has to make "read, decide, write" one atomic step.

pub mod contract;
mod entry;
mod execution_store;
mod faulty;
#[cfg(test)]
mod frozen;
mod head_record;
mod item_record;
mod ledger_record;
mod ledger_store;
mod list_position;
mod machine;
mod memory;
mod packed;
mod renewal;
mod retention;
mod value_limit;

pub use entry::{ENTRY_BYTES_MAX, Entry, EntryError};
pub use execution_store::{DueHead, Entries, ExecutionStore, Head, HeadCreation, HeadPage, HeadQuery, PutEntry, StoreError};
pub use faulty::{Fault, FaultPlan, FaultyStore, Operation};
pub use head_record::HeadRecord;
pub use item_record::{ItemChange, TRANSACTION_WRITES_MAX, check_transaction, item_changes};
pub use ledger_record::{LedgerWrite, ledger_writes};
pub use ledger_store::{
    Condition, Item, ItemKey, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, TransactError, Write,
};
pub use list_position::ListPosition;
pub use machine::{MachineChange, StateMachine};
pub use memory::MemoryStore;
pub use packed::{ENTRY_DICTIONARY, PACKED_ENTRY_FORMAT, PACKED_FORMAT, UNPACKED_BYTES_MAX, pack, pack_entry, unpack};
pub use renewal::{Renewal, RenewalPlace, RenewedKind};
pub use retention::{RETENTION_DAYS, RETENTION_DAYS_MIN, Retention, RetentionError};
pub use value_limit::{VALUE_BYTES_MAX, check_value};

/// Both ports in one: what a whole system is given.
pub trait Store: ExecutionStore + LedgerStore {}

impl<S: ExecutionStore + LedgerStore> Store for S {}
