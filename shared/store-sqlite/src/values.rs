//! Value items: packed texts under execution and hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::{ExecutionId, ValueHash};
use rusqlite::{Connection, OptionalExtension, params};
use store::{EntryError, check_value, pack, unpack};

use crate::failure::Failure;

/// Value items that are to be written; packed where the caller is, not where everybody waits.
pub(crate) struct NewValues {
    execution: ExecutionId,
    packed: Vec<(ValueHash, Vec<u8>)>,
}

impl NewValues {
    pub(crate) fn of(execution: &ExecutionId, values: &[(ValueHash, Arc<str>)]) -> Result<Self, Failure> {
        let pack = |(hash, text): &(ValueHash, Arc<str>)| {
            check_value(text)?;
            Ok::<_, Failure>((hash.clone(), pack(text.as_bytes())?))
        };
        Ok(Self { execution: execution.clone(), packed: values.iter().map(pack).collect::<Result<_, _>>()? })
    }
}

pub(crate) fn put(connection: &Connection, values: &NewValues) -> Result<(), Failure> {
    let mut insert = connection
        .prepare_cached("INSERT INTO value_items (execution, hash, packed) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?;
    for (ValueHash(hash), packed) in &values.packed {
        insert.execute(params![values.execution.as_str(), hash, packed])?;
    }
    Ok(())
}

pub(crate) fn get(
    connection: &Connection,
    execution: &ExecutionId,
    hashes: &[ValueHash],
) -> Result<BTreeMap<ValueHash, Arc<str>>, Failure> {
    let mut select = connection.prepare_cached("SELECT packed FROM value_items WHERE execution = ?1 AND hash = ?2")?;
    let mut values = BTreeMap::new();
    for hash in hashes {
        let packed: Option<Vec<u8>> = select.query_row(params![execution.as_str(), hash.0], |row| row.get(0)).optional()?;
        if let Some(packed) = packed {
            values.insert(hash.clone(), text_of(&packed)?);
        }
    }
    Ok(values)
}

/// The text that was packed.
pub(crate) fn text_of(packed: &[u8]) -> Result<Arc<str>, Failure> {
    let text = String::from_utf8(unpack(packed)?).map_err(|error| EntryError::Corrupt(error.to_string()))?;
    Ok(Arc::from(text))
}
