//! Journals: encoded entries under execution and revision.

use interpreter::{ExecutionId, Seed};
use rusqlite::{Connection, OptionalExtension, params};
use store::{Entries, Entry, PutEntry};

use crate::failure::{Failure, at_most, integer};

/// What is to be written of an entry; encoded where the caller is, not where everybody waits.
pub(crate) struct NewEntry {
    execution: ExecutionId,
    revision: i64,
    seed: Seed,
    encoded: Vec<u8>,
}

impl NewEntry {
    pub(crate) fn of(entry: &Entry) -> Result<Self, Failure> {
        let execution = entry.execution.identity.id.clone();
        Ok(Self { execution, revision: integer(entry.revision)?, seed: entry.seed, encoded: entry.encode()? })
    }
}

pub(crate) fn put(connection: &Connection, entry: &NewEntry) -> Result<PutEntry, Failure> {
    let NewEntry { execution, revision, seed: Seed(seed), encoded } = entry;
    let mut insert = connection.prepare_cached(
        "INSERT INTO journal (execution, revision, seed, entry) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?;
    if insert.execute(params![execution.as_str(), revision, seed.as_slice(), encoded])? == 1 {
        return Ok(PutEntry::Committed);
    }
    let mut select = connection.prepare_cached("SELECT seed FROM journal WHERE execution = ?1 AND revision = ?2")?;
    let stored: Vec<u8> = select.query_row(params![execution.as_str(), revision], |row| row.get(0))?;
    Ok(if stored == seed { PutEntry::Committed } else { PutEntry::Conflict })
}

pub(crate) fn latest(connection: &Connection, execution: &ExecutionId) -> Result<Option<Entry>, Failure> {
    let mut select =
        connection.prepare_cached("SELECT entry FROM journal WHERE execution = ?1 ORDER BY revision DESC LIMIT 1")?;
    let encoded: Option<Vec<u8>> = select.query_row([execution.as_str()], |row| row.get(0)).optional()?;
    Ok(encoded.map(|encoded| Entry::decode(&encoded)).transpose()?)
}

pub(crate) fn range(connection: &Connection, execution: &ExecutionId, from: u64, limit: usize) -> Result<Entries, Failure> {
    let mut select = connection
        .prepare_cached("SELECT entry FROM journal WHERE execution = ?1 AND revision >= ?2 ORDER BY revision LIMIT ?3")?;
    let parameters = params![execution.as_str(), integer(from)?, at_most(limit)];
    let rows = select.query_map(parameters, |row| row.get::<_, Vec<u8>>(0))?;
    rows.map(|encoded| Ok(Entry::decode(&encoded?)?)).collect()
}
