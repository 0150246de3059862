//! The API over one coordinator.

use std::sync::atomic::{AtomicBool, Ordering};

use coordinator::Coordinator;
use interpreter::Timestamp;
use store::{ExecutionStore, LedgerStore};

/// Where ARNs say that a state machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The region, as in `us-east-1`.
    pub region: String,
    /// The account: 12 digits.
    pub account: String,
}

impl Default for Place {
    fn default() -> Self {
        Self { region: "us-east-1".to_owned(), account: "123456789012".to_owned() }
    }
}

/// The API: a method per operation. Made anew for each call; it only refers to what does the work.
#[derive(Clone, Copy)]
pub struct Api<'a> {
    pub(crate) coordinator: &'a Coordinator,
    pub(crate) place: &'a Place,
    stopping: Option<&'a AtomicBool>,
}

impl<'a> Api<'a> {
    /// The API over this coordinator, with machines in this place.
    pub fn new(coordinator: &'a Coordinator, place: &'a Place) -> Self {
        Self { coordinator, place, stopping: None }
    }

    /// The same, which waits for nothing any more once this is true: a server that is told to stop lets nobody poll for a minute.
    #[must_use]
    pub fn until(self, stopping: &'a AtomicBool) -> Self {
        Self { stopping: Some(stopping), ..self }
    }

    /// Whether nothing is to be waited for.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.is_some_and(|stopping| stopping.load(Ordering::Relaxed))
    }

    pub(crate) fn executions(&self) -> &'a dyn ExecutionStore {
        &*self.coordinator.ports().executions
    }

    /// Where the API's own records are kept.
    pub(crate) fn items(&self) -> &'a dyn LedgerStore {
        &*self.coordinator.ports().ledger
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.coordinator.ports().now()
    }

    /// A random UUID: for names of executions, revisions of machines, requests.
    pub fn new_uuid(&self) -> String {
        crate::uuid::of(self.coordinator.ports().entropy.bits())
    }
}
