//! Connections that read: a few, opened when they are needed first.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use store::StoreError;
use tokio::sync::Semaphore;

use crate::failure::Failure;
use crate::open;

/// Reads at a time, each on a connection of its own.
const READERS_MAX: usize = 8;

/// The connections that read.
#[derive(Debug)]
pub(crate) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Readers of a database.
    pub(crate) fn of(file: PathBuf) -> Arc<Self> {
        Arc::new(Self { file, idle: Mutex::default(), permits: Arc::new(Semaphore::new(READERS_MAX)) })
    }

    /// Reads what was committed before.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped = |_| StoreError::Unavailable("the store is closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(stopped)?;
        let readers = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let outcome = readers.with_connection(act);
            drop(permit);
            outcome
        });
        let outcome = reading.await.map_err(|error| StoreError::Unavailable(format!("a read was broken off: {error}")))?;
        outcome.map_err(StoreError::from)
    }

    fn with_connection<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let connection = kept.map_or_else(|| open::for_reading(&self.file), Ok)?;
        let outcome = act(&connection);
        idle().push(connection);
        outcome
    }
}
