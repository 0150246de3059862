//! The ledger: entries as JSON under their idempotency key.

use interpreter::{IdempotencyKey, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use store::{LedgerEntry, LedgerExpectation, LedgerWrite};

use crate::failure::Failure;

/// A ledger entry with what its write expects.
pub(crate) type ExpectedWrite = (IdempotencyKey, LedgerEntry, LedgerExpectation);

pub(crate) fn get(connection: &Connection, key: &IdempotencyKey) -> Result<Option<LedgerEntry>, Failure> {
    let mut select = connection.prepare_cached("SELECT record FROM ledger WHERE key = ?1")?;
    let text: Option<String> = select.query_row([key.as_str()], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// What becomes of a write.
pub(crate) fn decide(connection: &Connection, (key, entry, expected): &ExpectedWrite) -> Result<LedgerWrite, Failure> {
    Ok(entry.written_over(get(connection, key)?.as_ref(), *expected))
}

pub(crate) fn put(connection: &Connection, write: &ExpectedWrite) -> Result<bool, Failure> {
    match decide(connection, write)? {
        LedgerWrite::Unexpected => Ok(false),
        LedgerWrite::Met => Ok(true),
        LedgerWrite::Write(entry) => keep(connection, &write.0, &entry).map(|()| true),
    }
}

pub(crate) fn keep(connection: &Connection, key: &IdempotencyKey, entry: &LedgerEntry) -> Result<(), Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO ledger (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
    )?;
    insert.execute(params![key.as_str(), serde_json::to_string(entry)?])?;
    Ok(())
}

pub(crate) fn heartbeat(connection: &Connection, key: &IdempotencyKey, at: Timestamp) -> Result<(), Failure> {
    match LedgerEntry::heard_of(get(connection, key)?.as_ref(), at) {
        Some(entry) => keep(connection, key, &entry),
        None => Ok(()),
    }
}
