//! A JSON array, element by element.

use interpreter::ItemsPage;
use serde_json::{Deserializer, Value};

use super::jsonl::longer;
use super::{CHUNK_BYTES, Cursor, Gathered, ReadError, Source};

pub(super) async fn read(source: &Source<'_>, pointer: Option<&str>, cursor: Option<Cursor>) -> Result<ItemsPage, ReadError> {
    let at = match (cursor, pointer) {
        (Some(cursor), _) => cursor.at,
        (None, None) => array_begins(source).await?,
        (None, Some(pointer)) => {
            let whole = source.whole().await?;
            let found = locate(&whole, pointer).filter(|at| whole.get(*at) == Some(&b'['));
            u64::try_from(found.ok_or_else(not_iterable)?).unwrap_or(u64::MAX) + 1
        }
    };
    let mut most = CHUNK_BYTES;
    loop {
        if let Some(page) = elements(source, at, most).await? {
            return Ok(page);
        }
        most = longer(most)?;
    }
}

/// Recorded from AWS.
fn not_iterable() -> ReadError {
    ReadError::failed("Attempting to map over non-iterable node.")
}

/// The place behind the bracket that begins the object's array.
async fn array_begins(source: &Source<'_>) -> Result<u64, ReadError> {
    let part = source.part(0, CHUNK_BYTES).await?;
    let begins = part.bytes.iter().position(|byte| !byte.is_ascii_whitespace() && !BYTE_ORDER_MARK.contains(byte));
    match begins.and_then(|at| Some((at, part.bytes.get(at)?))) {
        Some((at, b'[')) => Ok(u64::try_from(at).unwrap_or(u64::MAX) + 1),
        _ => Err(not_iterable()),
    }
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The elements from the place `at` in an array on; none if what was read does not hold one.
async fn elements(source: &Source<'_>, at: u64, most: u64) -> Result<Option<ItemsPage>, ReadError> {
    let part = source.part(at, most).await?;
    let is_last = at + u64::try_from(part.bytes.len()).unwrap_or(u64::MAX) >= part.total_bytes;
    let mut gathered = Gathered::default();
    let mut next = 0;
    loop {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b',';
        let rest = part.bytes.get(next..).unwrap_or_default();
        let start = next + rest.iter().take_while(|byte| blank(byte)).count();
        let rest = part.bytes.get(start..).unwrap_or_default();
        match rest.first() {
            Some(b']') => return Ok(Some(gathered.page(None))),
            None if is_last => return Err(ReadError::failed("The array has no end.")),
            None => break,
            Some(_) => {}
        }
        let mut values = Deserializer::from_slice(rest).into_iter::<Value>();
        match values.next() {
            // A number that ends where the part does may go on behind it.
            Some(Ok(_)) if start + values.byte_offset() >= part.bytes.len() && !is_last => break,
            Some(Ok(item)) => {
                next = start + values.byte_offset();
                gathered.push(item);
            }
            Some(Err(error)) if error.is_eof() && !is_last => break,
            Some(Err(error)) => return Err(ReadError::failed(format!("The object is no JSON: {error}"))),
            None => break,
        }
        if gathered.is_full() {
            break;
        }
    }
    if gathered.items.is_empty() {
        return Ok(None);
    }
    Ok(Some(gathered.page(Some(Cursor { at: at + u64::try_from(next).unwrap_or(u64::MAX), ..Cursor::default() }))))
}

/// The place where the value stands that a JSON pointer names.
fn locate(text: &[u8], pointer: &str) -> Option<usize> {
    let mut at = blanks(text, 0);
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match text.get(at)? {
            b'{' => member(text, at + 1, &token)?,
            b'[' => element(text, at + 1, token.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn blanks(text: &[u8], from: usize) -> usize {
    from + text.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The place behind a value.
fn behind(text: &[u8], from: usize) -> Option<usize> {
    let mut values = Deserializer::from_slice(text.get(from..)?).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    Some(from + values.byte_offset())
}

fn member(text: &[u8], mut at: usize, name: &str) -> Option<usize> {
    loop {
        at = blanks(text, at);
        let end = behind(text, at)?;
        let key: String = serde_json::from_slice(text.get(at..end)?).ok()?;
        let colon = blanks(text, end);
        let value = blanks(text, (text.get(colon)? == &b':').then_some(colon + 1)?);
        if key == name {
            return Some(value);
        }
        let comma = blanks(text, behind(text, value)?);
        at = (text.get(comma)? == &b',').then_some(comma + 1)?;
    }
}

fn element(text: &[u8], mut at: usize, index: usize) -> Option<usize> {
    for _ in 0..index {
        let comma = blanks(text, behind(text, blanks(text, at))?);
        at = (text.get(comma)? == &b',').then_some(comma + 1)?;
    }
    Some(blanks(text, at)).filter(|at| text.get(*at) != Some(&b']'))
}
