//! Definitions: packed texts under their hash.

use std::sync::Arc;

use interpreter::DefinitionHash;
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::Failure;
use crate::values::text_of;

pub(crate) fn put(connection: &Connection, hash: &DefinitionHash, packed: &[u8]) -> Result<(), Failure> {
    let mut insert =
        connection.prepare_cached("INSERT INTO definitions (hash, packed) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    insert.execute(params![hash.0, packed])?;
    Ok(())
}

pub(crate) fn get(connection: &Connection, hash: &DefinitionHash) -> Result<Option<Arc<str>>, Failure> {
    let mut select = connection.prepare_cached("SELECT packed FROM definitions WHERE hash = ?1")?;
    let packed: Option<Vec<u8>> = select.query_row([&hash.0], |row| row.get(0)).optional()?;
    packed.map(|packed| text_of(&packed)).transpose()
}
