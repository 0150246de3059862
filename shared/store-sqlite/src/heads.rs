//! Heads: the record as JSON, beside the columns that it is found by.

use interpreter::{ExecutionId, Identity, Timestamp};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use store::{DueHead, Head, HeadCreation, HeadPage, HeadQuery, HeadRecord, ListPosition};

use crate::failure::{Failure, at_most};

pub(crate) fn create(connection: &Connection, head: &Head) -> Result<HeadCreation, Failure> {
    if let Some(record) = record_by(connection, Column::Arn, &head.identity.arn)? {
        return Ok(HeadCreation::Exists(Box::new(record.head)));
    }
    let record = HeadRecord::new(head.clone());
    let mut insert = connection.prepare_cached(
        "INSERT INTO heads (arn, execution, machine_arn, status, started_at, due_at, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute(params![
        head.identity.arn,
        head.identity.id.as_str(),
        head.identity.machine_arn,
        head.status.as_str(),
        head.started_at.millis(),
        record.due_at().map(Timestamp::millis),
        serde_json::to_string(&record)?,
    ])?;
    Ok(HeadCreation::Created)
}

pub(crate) fn by_arn(connection: &Connection, arn: &str) -> Result<Option<Head>, Failure> {
    Ok(record_by(connection, Column::Arn, arn)?.map(|record| record.head))
}

pub(crate) fn by_execution(connection: &Connection, execution: &ExecutionId) -> Result<Option<Head>, Failure> {
    Ok(record_by(connection, Column::Execution, execution.as_str())?.map(|record| record.head))
}

/// Changes the head of an execution, if there is one; answers what `change` answers.
pub(crate) fn change(
    connection: &Connection,
    identity: &Identity,
    change: impl FnOnce(&mut HeadRecord) -> bool,
) -> Result<bool, Failure> {
    let Some(mut record) = record_by(connection, Column::Execution, identity.id.as_str())? else { return Ok(false) };
    let changed = change(&mut record);
    if changed {
        let mut update =
            connection.prepare_cached("UPDATE heads SET status = ?2, due_at = ?3, record = ?4 WHERE execution = ?1")?;
        let due_at = record.due_at().map(Timestamp::millis);
        let (status, text) = (record.head.status.as_str(), serde_json::to_string(&record)?);
        update.execute(params![identity.id.as_str(), status, due_at, text])?;
    }
    Ok(changed)
}

pub(crate) fn list(connection: &Connection, query: &HeadQuery) -> Result<HeadPage, Failure> {
    let after = query.after.as_deref().map(ListPosition::parse).transpose()?;
    let mut conditions = Vec::new();
    let mut parameters: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(machine_arn) = &query.machine_arn {
        conditions.push("machine_arn = ?");
        parameters.push(Box::new(machine_arn.clone()));
    }
    if let Some(status) = query.status {
        conditions.push("status = ?");
        parameters.push(Box::new(status.as_str()));
    }
    if let Some(ListPosition { started_at, execution }) = after {
        conditions.push("(started_at, execution) < (?, ?)");
        parameters.push(Box::new(started_at.millis()));
        parameters.push(Box::new(execution.0));
    }
    // One more than asked for tells whether another page follows.
    parameters.push(Box::new(at_most(query.limit.saturating_add(1))));
    let conditions = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let select = format!("SELECT record FROM heads {conditions} ORDER BY started_at DESC, execution DESC LIMIT ?");
    let mut statement = connection.prepare_cached(&select)?;
    let rows = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get::<_, String>(0))?;
    let mut heads = rows.map(|row| Ok(parse(&row?)?.head)).collect::<Result<Vec<Head>, Failure>>()?;
    let more = heads.len() > query.limit;
    heads.truncate(query.limit);
    let next = heads.last().filter(|_| more).map(|head| ListPosition::of(head).token());
    Ok(HeadPage { heads, next })
}

pub(crate) fn due(connection: &Connection, now: Timestamp, limit: usize) -> Result<Vec<DueHead>, Failure> {
    let mut select = connection
        .prepare_cached("SELECT execution, due_at FROM heads WHERE due_at <= ?1 ORDER BY due_at, execution LIMIT ?2")?;
    let rows = select.query_map(params![now.millis(), at_most(limit)], |row| {
        Ok(DueHead { execution: ExecutionId(row.get(0)?), wake_at: Timestamp::from_millis(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a head is looked up by.
#[derive(Clone, Copy)]
enum Column {
    Arn,
    Execution,
}

fn record_by(connection: &Connection, column: Column, value: &str) -> Result<Option<HeadRecord>, Failure> {
    let mut select = connection.prepare_cached(match column {
        Column::Arn => "SELECT record FROM heads WHERE arn = ?1",
        Column::Execution => "SELECT record FROM heads WHERE execution = ?1",
    })?;
    let text: Option<String> = select.query_row([value], |row| row.get(0)).optional()?;
    text.map(|text| parse(&text)).transpose()
}

fn parse(text: &str) -> Result<HeadRecord, Failure> {
    Ok(serde_json::from_str(text)?)
}
