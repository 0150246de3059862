//! Opening connections: what they are set to, and why a store cannot be opened.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// Pages of the write-ahead log after which it is copied into the database (64 MB): measured best under concurrent writers.
const WAL_AUTOCHECKPOINT_PAGES: i64 = 16_000;

/// Prepared statements that a connection keeps: all there are.
const STATEMENTS_KEPT: usize = 64;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the directory, or this one already.
    #[error("data directory `{}` is in use by {by}", directory.display())]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// By whom, e.g. `process 4711`.
        by: String,
    },
    /// A newer release wrote it.
    #[error("the database has version {found}, and this release knows versions up to {known}: use the release that wrote it")]
    Newer {
        /// Its version.
        found: usize,
        /// The latest that is known.
        known: usize,
    },
    /// The database holds something else.
    #[error("the database was not made by backstep")]
    Foreign,
    /// The directory cannot be made or written.
    #[error("data directory cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    /// SQLite cannot use the file.
    #[error("database cannot be used: {0}")]
    Database(#[from] rusqlite::Error),
}

/// The connection that writes.
pub(crate) fn for_writing(file: &Path) -> Result<Connection, OpenError> {
    prepared(Connection::open(file)?)
}

/// The connection of a store in memory: it reads too, since nobody else sees what it has.
pub(crate) fn in_memory() -> Result<Connection, OpenError> {
    prepared(Connection::open_in_memory()?)
}

fn prepared(mut connection: Connection) -> Result<Connection, OpenError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Answers with the mode that it is in then: a store in memory has no log.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", WAL_AUTOCHECKPOINT_PAGES)?;
    crate::schema::migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that reads.
pub(crate) fn for_reading(file: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Readers wait for nobody, but for the moment in which a log is begun anew.
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}
