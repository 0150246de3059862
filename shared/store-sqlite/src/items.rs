//! Handlers' items as JSON under partition and sort key, and transactions with the ledger.

use interpreter::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use store::{Item, ItemChange, ItemKey, TransactError, Write, item_changes, ledger_writes};

use crate::failure::{Failure, at_most};
use crate::ledger::{self, ExpectedWrite};

/// The item with this key, unless it has expired.
pub(crate) fn get(connection: &Connection, key: &ItemKey, now: Timestamp) -> Result<Option<Item>, Failure> {
    let mut select = connection.prepare_cached("SELECT record FROM items WHERE partition = ?1 AND sort = ?2")?;
    let text: Option<String> = select.query_row([&key.partition, &key.sort], |row| row.get(0)).optional()?;
    let item: Option<Item> = text.map(|text| serde_json::from_str(&text)).transpose()?;
    Ok(item.filter(|item| item.is_live(now)))
}

pub(crate) fn list(
    connection: &Connection,
    partition: &str,
    after: Option<&str>,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<Item>, Failure> {
    // Two statements, so that each goes straight to its place in the index; nothing stands before the empty sort key, which is a key too.
    let mut select = connection.prepare_cached(match after {
        Some(_) => {
            "SELECT record FROM items
             WHERE partition = ?1 AND sort > ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY sort LIMIT ?4"
        }
        None => {
            "SELECT record FROM items
             WHERE partition = ?1 AND sort >= ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY sort LIMIT ?4"
        }
    })?;
    let parameters = params![partition, after.unwrap_or(""), now.millis(), at_most(limit)];
    let rows = select.query_map(parameters, |row| row.get::<_, String>(0))?;
    rows.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
}

/// Decides all, then writes all. That a transaction does not come about is an answer, no failure: nothing is written then.
pub(crate) fn transact(
    connection: &Connection,
    ledger: &[ExpectedWrite],
    writes: &[Write],
    now: Timestamp,
) -> Result<Result<(), TransactError>, Failure> {
    let decided = ledger.iter().map(|write| Ok((&write.0, ledger::decide(connection, write)?)));
    let entries = match ledger_writes(decided.collect::<Result<Vec<_>, Failure>>()?.into_iter()) {
        Ok(Some(entries)) => entries,
        Ok(None) => return Ok(Ok(())),
        Err(error) => return Ok(Err(error)),
    };
    let decided = writes.iter().map(|write| Ok((write, write.applied_to(get(connection, write.key(), now)?.as_ref()))));
    let changes = match item_changes(decided.collect::<Result<Vec<_>, Failure>>()?.into_iter()) {
        Ok(changes) => changes,
        Err(error) => return Ok(Err(error)),
    };
    for (key, entry) in &entries {
        ledger::keep(connection, key, entry)?;
    }
    for (key, change) in &changes {
        apply(connection, key, change)?;
    }
    Ok(Ok(()))
}

fn apply(connection: &Connection, key: &ItemKey, change: &ItemChange) -> Result<(), Failure> {
    match change {
        ItemChange::Keep => {}
        ItemChange::Delete => {
            let mut delete = connection.prepare_cached("DELETE FROM items WHERE partition = ?1 AND sort = ?2")?;
            delete.execute([&key.partition, &key.sort])?;
        }
        ItemChange::Put(item) => {
            let mut insert = connection.prepare_cached(
                "INSERT INTO items (partition, sort, expires_at, record) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (partition, sort) DO UPDATE SET expires_at = excluded.expires_at, record = excluded.record",
            )?;
            let expires_at = item.expires_at.map(Timestamp::millis);
            insert.execute(params![key.partition, key.sort, expires_at, serde_json::to_string(item)?])?;
        }
    }
    Ok(())
}
