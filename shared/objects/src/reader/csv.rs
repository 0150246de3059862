//! Rows of columns: each becomes an object of texts (RFC 4180, with any of the delimiters of a `ReaderConfig`).

use interpreter::{ItemsPage, ReaderSpec};
use serde_json::{Map, Value};

use super::jsonl::longer;
use super::{CHUNK_BYTES, Cursor, Gathered, ReadError, Source};

pub(super) async fn read(source: &Source<'_>, reader: &ReaderSpec, cursor: Option<Cursor>) -> Result<ItemsPage, ReadError> {
    let cursor = match cursor {
        Some(cursor) => cursor,
        None => Cursor { headers: reader.csv_headers.clone(), ..Cursor::default() },
    };
    if let Some(headers) = &cursor.headers {
        check(headers)?;
    }
    let mut most = CHUNK_BYTES;
    loop {
        if let Some(page) = rows(source, reader.csv_delimiter, &cursor, most).await? {
            return Ok(page);
        }
        most = longer(most)?;
    }
}

/// Recorded from AWS.
fn check(headers: &[String]) -> Result<(), ReadError> {
    let twice = headers.iter().enumerate().any(|(at, name)| headers.iter().take(at).any(|before| before == name));
    if twice { Err(ReadError::failed("CSV headers cannot contain duplicates.")) } else { Ok(()) }
}

/// The rows from the cursor on; none if what was read does not hold one.
async fn rows(source: &Source<'_>, delimiter: char, cursor: &Cursor, most: u64) -> Result<Option<ItemsPage>, ReadError> {
    let part = source.part(cursor.at, most).await?;
    let is_last = cursor.at + u64::try_from(part.bytes.len()).unwrap_or(u64::MAX) >= part.total_bytes;
    let mut headers = cursor.headers.clone();
    let mut gathered = Gathered::default();
    let mut at = 0;
    while !gathered.is_full() {
        let Some((cells, length)) = row(part.bytes.get(at..).unwrap_or_default(), delimiter, is_last) else { break };
        at += length;
        let Some(cells) = cells else { continue };
        match &headers {
            None => {
                check(&cells)?;
                headers = Some(cells);
            }
            Some(headers) => gathered.push(item(headers, cells)),
        }
    }
    let next = cursor.at + u64::try_from(at).unwrap_or(u64::MAX);
    if at == 0 && !is_last {
        return Ok(None);
    }
    let more = next < part.total_bytes && at > 0;
    Ok(Some(gathered.page(more.then(|| Cursor { at: next, headers, ..Cursor::default() }))))
}

/// As recorded from AWS: cells that are missing are empty, those that are too many are left out.
fn item(headers: &[String], cells: Vec<String>) -> Value {
    let cells = cells.into_iter().chain(std::iter::repeat(String::new()));
    let members: Map<String, Value> = headers.iter().cloned().zip(cells.map(Value::String)).collect();
    Value::Object(members)
}

/// The cells of the row that a text begins with, and how many bytes it takes; no cells of a line without any character, nothing of a row that has no
/// end yet.
fn row(text: &[u8], delimiter: char, is_last: bool) -> Option<(Option<Vec<String>>, usize)> {
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    let mut cells = Vec::new();
    let mut cell = Vec::new();
    let mut quoted = false;
    let mut at = 0;
    let finish = |cell: &mut Vec<u8>| String::from_utf8_lossy(&std::mem::take(cell)).into_owned();
    loop {
        let Some(byte) = text.get(at) else {
            if !is_last || text.is_empty() {
                return None;
            }
            let blank = cells.is_empty() && cell.is_empty();
            cells.push(finish(&mut cell));
            return Some(((!blank).then_some(cells), at));
        };
        at += 1;
        match byte {
            b'"' if quoted && text.get(at) == Some(&b'"') => {
                cell.push(b'"');
                at += 1;
            }
            // Whether the quote is doubled is told by the next byte.
            b'"' if quoted && at >= text.len() && !is_last => return None,
            b'"' if quoted => quoted = false,
            b'"' if cell.is_empty() => quoted = true,
            _ if quoted => cell.push(*byte),
            byte if *byte == delimiter => cells.push(finish(&mut cell)),
            b'\r' if text.get(at) == Some(&b'\n') => {}
            b'\n' => {
                let blank = cells.is_empty() && cell.is_empty();
                cells.push(finish(&mut cell));
                return Some(((!blank).then_some(cells), at));
            }
            _ => cell.push(*byte),
        }
    }
}
