//! What goes wrong on the way to SQLite, and what the ports call it.

use rusqlite::ErrorCode;
use store::{EntryError, StoreError};

/// Why a request to SQLite failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// SQLite says so.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// A stored record is not what it should be.
    #[error(transparent)]
    Record(#[from] serde_json::Error),
    /// The `store` crate says so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Self {
        Self::Store(error.into())
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Record(error) => EntryError::Corrupt(error.to_string()).into(),
            Failure::Sqlite(error) => of_sqlite(&error),
        }
    }
}

/// Whether a later try can help decides: a full disk is emptied, a damaged file stays damaged.
fn of_sqlite(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::OperationInterrupted
            | ErrorCode::FileLockingProtocolFailed,
        ) => StoreError::Unavailable(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => EntryError::Corrupt(text).into(),
        _ => StoreError::Refused(text),
    }
}

/// A number as SQLite keeps numbers.
pub(crate) fn integer(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| StoreError::Refused(format!("`{number}` is too large a number")).into())
}

/// A page's limit as SQLite keeps numbers.
pub(crate) fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_retryable_where_a_later_try_can_help() {
        let check = |code: std::ffi::c_int, retryable: bool| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            assert_eq!(StoreError::from(Failure::from(error)).is_retryable(), retryable, "{code}");
        };
        check(rusqlite::ffi::SQLITE_BUSY, true);
        check(rusqlite::ffi::SQLITE_FULL, true);
        check(rusqlite::ffi::SQLITE_IOERR, true);
        check(rusqlite::ffi::SQLITE_CORRUPT, false);
        check(rusqlite::ffi::SQLITE_CONSTRAINT, false);
        check(rusqlite::ffi::SQLITE_TOOBIG, false);
    }

    #[test]
    fn a_number_that_sqlite_cannot_keep_is_refused() {
        assert!(matches!(integer(u64::try_from(i64::MAX).unwrap()), Ok(i64::MAX)));
        assert!(matches!(integer(u64::MAX), Err(Failure::Store(StoreError::Refused(_)))));
    }
}
