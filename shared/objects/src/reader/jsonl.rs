//! A JSON value per line.

use interpreter::ItemsPage;

use super::{CHUNK_BYTES, Cursor, Gathered, ITEM_BYTES_MAX, ReadError, Source};

pub(super) async fn read(source: &Source<'_>, cursor: Cursor) -> Result<ItemsPage, ReadError> {
    let mut most = CHUNK_BYTES;
    loop {
        let part = source.part(cursor.at, most).await?;
        let length = u64::try_from(part.bytes.len()).unwrap_or(u64::MAX);
        let is_last = cursor.at + length >= part.total_bytes;
        let mut gathered = Gathered::default();
        let mut at = 0;
        while !gathered.is_full() {
            let Some(rest) = part.bytes.get(at..).filter(|rest| !rest.is_empty()) else { break };
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (line, next) = match end {
                Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
                None if is_last => (rest, part.bytes.len()),
                None => break,
            };
            if !line.iter().all(u8::is_ascii_whitespace) {
                let item = serde_json::from_slice(line);
                gathered.push(item.map_err(|error| ReadError::failed(format!("A line is no JSON: {error}")))?);
            }
            at = next;
        }
        let next = cursor.at + u64::try_from(at).unwrap_or(u64::MAX);
        if at > 0 || is_last {
            let more = next < part.total_bytes;
            return Ok(gathered.page(more.then(|| Cursor { at: next, ..Cursor::default() })));
        }
        // A line that is longer than what was read.
        most = longer(most)?;
    }
}

/// How much is read where one item did not fit.
pub(super) fn longer(most: u64) -> Result<u64, ReadError> {
    if most > ITEM_BYTES_MAX {
        return Err(ReadError::failed(format!("An item has more than {ITEM_BYTES_MAX} bytes.")));
    }
    Ok(most * 2)
}
