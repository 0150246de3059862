//! State machines, as JSON.

use rusqlite::{Connection, OptionalExtension, params};
use store::{MachineChange, StateMachine};

use crate::failure::{Failure, at_most};

pub(crate) fn put(connection: &Connection, machine: &StateMachine) -> Result<MachineChange, Failure> {
    let change = machine.written_over(get(connection, &machine.arn)?.as_ref())?;
    if change == MachineChange::Written {
        let mut insert = connection.prepare_cached(
            "INSERT INTO machines (arn, name, record) VALUES (?1, ?2, ?3)
             ON CONFLICT (arn) DO UPDATE SET name = excluded.name, record = excluded.record",
        )?;
        insert.execute(params![machine.arn, machine.name, serde_json::to_string(machine)?])?;
    }
    Ok(change)
}

pub(crate) fn get(connection: &Connection, arn: &str) -> Result<Option<StateMachine>, Failure> {
    let mut select = connection.prepare_cached("SELECT record FROM machines WHERE arn = ?1")?;
    let text: Option<String> = select.query_row([arn], |row| row.get(0)).optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

pub(crate) fn list(connection: &Connection, after: Option<&str>, limit: usize) -> Result<Vec<StateMachine>, Failure> {
    // Every name is behind the empty one.
    let mut select = connection.prepare_cached("SELECT record FROM machines WHERE name > ?1 ORDER BY name LIMIT ?2")?;
    let rows = select.query_map(params![after.unwrap_or(""), at_most(limit)], |row| row.get::<_, String>(0))?;
    rows.map(|text| Ok(serde_json::from_str(&text?)?)).collect()
}

pub(crate) fn delete(connection: &Connection, arn: &str) -> Result<(), Failure> {
    connection.prepare_cached("DELETE FROM machines WHERE arn = ?1")?.execute([arn])?;
    Ok(())
}
