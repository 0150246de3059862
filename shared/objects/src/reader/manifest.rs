//! The manifest of an S3 Inventory: files of rows, packed by gzip (Amazon S3 User Guide, "Inventory manifest").

use std::io::Read;

use flate2::read::GzDecoder;
use interpreter::ItemsPage;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cursor, Gathered, ReadError, Source, WHOLE_BYTES_MAX};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    file_format: Option<String>,
    #[serde(default)]
    file_schema: Option<String>,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    key: String,
}

/// A file is read as a whole for each of its pages: what is packed has no middle.
pub(super) async fn read(source: &Source<'_>, cursor: Cursor) -> Result<ItemsPage, ReadError> {
    let manifest: Manifest = serde_json::from_slice(&source.whole().await?)
        .map_err(|error| ReadError::failed(format!("The manifest cannot be read: {error}")))?;
    if manifest.file_format.as_deref().is_some_and(|format| format != "CSV") {
        return Err(ReadError::failed("The files of a manifest are read as CSV only."));
    }
    let schema = manifest.file_schema.unwrap_or_default();
    let columns: Vec<String> = schema.split(',').map(|column| column.trim().to_owned()).collect();
    let Some(file) = manifest.files.get(cursor.file) else { return Ok(ItemsPage::default()) };
    let packed = Source { objects: source.objects, bucket: source.bucket.clone(), key: file.key.clone() }.whole().await?;
    let text = unpacked(packed)?;
    let mut gathered = Gathered::default();
    let mut at = usize::try_from(cursor.at).unwrap_or(usize::MAX);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && !gathered.is_full()) {
        let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let line = rest.get(..end).unwrap_or_default().trim_end();
        if !line.is_empty() {
            let cells = line.split(',').map(|cell| Value::String(cell.trim_matches('"').to_owned()));
            gathered.push(Value::Object(columns.iter().cloned().zip(cells).collect::<Map<String, Value>>()));
        }
        at += end;
    }
    let in_file = Cursor { at: u64::try_from(at).unwrap_or(u64::MAX), file: cursor.file, ..Cursor::default() };
    let next_file = Cursor { file: cursor.file + 1, ..Cursor::default() };
    Ok(match at < text.len() {
        true => gathered.page(Some(in_file)),
        false => gathered.page((next_file.file < manifest.files.len()).then_some(next_file)),
    })
}

fn unpacked(bytes: Vec<u8>) -> Result<String, ReadError> {
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let read = GzDecoder::new(bytes.as_slice()).take(WHOLE_BYTES_MAX).read_to_end(&mut text);
        read.map_err(|error| ReadError::failed(format!("A file of the manifest cannot be unpacked: {error}")))?;
    } else {
        text = bytes;
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
