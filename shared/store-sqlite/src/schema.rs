//! The versions of the layout, and the way from each to the next.

use rusqlite::Connection;

use crate::OpenError;

/// What `PRAGMA application_id` says of our databases: "bstp".
const APPLICATION_ID: i64 = 0x6273_7470;

/// The way from each version to the next; the first is from an empty file. What stands here never changes: a new version is added at the end.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

/// Brings a database to the version that this release writes.
///
/// A newer one is refused before anything is written: the release that made it knows things that this one would lose.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let known = MIGRATIONS.len();
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let pragma = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (tables > 0 || version != 0) {
        return Err(OpenError::Foreign);
    }
    let found = usize::try_from(version).map_err(|_| OpenError::Foreign)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().skip(found) {
        transaction.execute_batch(migration)?;
    }
    if found < known {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", i64::try_from(known).unwrap_or(i64::MAX))?;
    }
    Ok(transaction.commit()?)
}
