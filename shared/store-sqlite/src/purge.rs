//! Deleting what nobody needs any more: executions that ended long ago with all that is theirs, and items that have expired.
//!
//! Nothing depends on when this runs, or whether it does (ARCHITECTURE.md, invariant 15). On AWS the table's time to live does it.

use interpreter::Timestamp;
use rusqlite::{Connection, params};

use crate::failure::Failure;

/// Executions, and expired items, that one purge deletes at most: other writers wait meanwhile.
pub const PURGED_EXECUTIONS_MAX: usize = 100;

/// What a purge deleted. If either is [`PURGED_EXECUTIONS_MAX`], there may be more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// Executions, each with its journal, value items and ledger.
    pub executions: usize,
    /// Expired items of handlers.
    pub items: usize,
}

/// Deletes executions that ended before `ended_before`, and items that have expired by `now`.
pub(crate) fn purge(connection: &Connection, now: Timestamp, ended_before: Timestamp) -> Result<Purged, Failure> {
    let executions = ended(connection, ended_before)?;
    for execution in &executions {
        connection.prepare_cached("DELETE FROM journal WHERE execution = ?1")?.execute([execution])?;
        connection.prepare_cached("DELETE FROM value_items WHERE execution = ?1")?.execute([execution])?;
        // Keys begin with the execution's id and a slash; the next character after the slash ends them.
        let mut ledger = connection.prepare_cached("DELETE FROM ledger WHERE key >= ?1 || '/' AND key < ?1 || '0'")?;
        ledger.execute([execution])?;
        connection.prepare_cached("DELETE FROM heads WHERE execution = ?1")?.execute([execution])?;
    }
    let mut expired = connection.prepare_cached(
        "DELETE FROM items WHERE row IN (SELECT row FROM items WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    )?;
    let items = expired.execute(params![now.millis(), crate::failure::at_most(PURGED_EXECUTIONS_MAX)])?;
    Ok(Purged { executions: executions.len(), items })
}

/// Executions that ended before a time, and are not parked; the one that was started first comes first.
fn ended(connection: &Connection, before: Timestamp) -> Result<Vec<String>, Failure> {
    let mut select = connection.prepare_cached(
        "SELECT execution FROM heads
         WHERE status <> 'RUNNING' AND due_at IS NULL AND started_at < ?1 AND json_extract(record, '$.closed_at') < ?1
         ORDER BY started_at LIMIT ?2",
    )?;
    let rows = select.query_map(params![before.millis(), crate::failure::at_most(PURGED_EXECUTIONS_MAX)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
