//! The store over one table.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use store::Retention;

use crate::backoff::{BACKOFF, Backoff};

/// Executions, ledger and handlers' items in one DynamoDB table of one region. Clones share what they remember.
#[derive(Debug, Clone)]
pub struct DynamoStore {
    client: Client,
    table: String,
    backoff: Backoff,
    /// The machines of which this process has noted that they have heads.
    noted_machines: Arc<Mutex<BTreeSet<String>>>,
    retention: Option<Retention>,
}

impl DynamoStore {
    /// The store over `table`, which has the shape that [`create_table`](crate::create_table) gives it.
    ///
    /// It keeps for ever what it writes, and reads what has expired: see [`keeping`](Self::keeping).
    ///
    /// The client's own retries may be on: each conditional write recognizes its own earlier try.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, backoff: BACKOFF, noted_machines: Arc::default(), retention: None }
    }

    /// The same table, in which what belongs to executions is kept for so long. Whoever shares the table is to use the same retention.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention: Some(retention), ..self }
    }

    pub(crate) fn own_retention(&self) -> Option<&Retention> {
        self.retention.as_ref()
    }

    /// The same store, by another retention or none.
    #[cfg(test)]
    pub(crate) fn kept_by(self, retention: Option<Retention>) -> Self {
        Self { retention, ..self }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    pub(crate) fn backoff(&self) -> &Backoff {
        &self.backoff
    }

    /// The same store with other waits.
    #[cfg(test)]
    pub(crate) fn with_backoff(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    pub(crate) fn is_noted(&self, machine_arn: &str) -> bool {
        self.noted_machines.lock().unwrap_or_else(PoisonError::into_inner).contains(machine_arn)
    }

    pub(crate) fn note(&self, machine_arn: &str) {
        self.noted_machines.lock().unwrap_or_else(PoisonError::into_inner).insert(machine_arn.to_owned());
    }
}
