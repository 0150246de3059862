//! The items of a distributed Map, read page by page (Step Functions Developer Guide, "ItemReader").
//!
//! A page says where the next one begins, so that nobody reads anything twice and nothing has to be kept in between. The causes are recorded from AWS,
//! as far as it was seen to fail.

mod csv;
mod json;
mod jsonl;
mod list;
mod manifest;

use interpreter::{ItemsPage, ReaderInput, ReaderSource, ReaderSpec, StateFailure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ObjectError, ObjectPart, ObjectStore};

/// Bytes of an object that are read at a time.
const CHUNK_BYTES: u64 = 262_144;
/// Bytes of the items of a page, as JSON: a page becomes a value item.
const PAGE_BYTES: usize = 131_072;
/// Items of a page.
const PAGE_ITEMS: usize = 2_000;
/// Bytes that one item may have: no execution could have it for its input.
const ITEM_BYTES_MAX: u64 = 1_048_576;
/// Bytes of an object that has to be read whole: one whose items stand at a pointer, and the files of a manifest.
const WHOLE_BYTES_MAX: u64 = 67_108_864;

/// Why no items were read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// The Map Run fails with this.
    #[error("{}: {}", .0.error, .0.cause.as_deref().unwrap_or_default())]
    Failed(StateFailure),
    /// The store did not answer: trying again can help.
    #[error("{0}")]
    Unavailable(String),
}

impl ReadError {
    pub(crate) fn failed(cause: impl Into<String>) -> Self {
        Self::Failed(StateFailure::new(asl::error_name::ITEM_READER_FAILED, cause.into()))
    }
}

impl From<ObjectError> for ReadError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Unavailable(reason) => Self::Unavailable(reason),
            ObjectError::NoSuchBucket(_) => Self::failed("The specified bucket does not exist. (Service: S3, Status Code: 404)"),
            ObjectError::NoSuchKey { .. } => Self::failed("The specified key does not exist. (Service: S3, Status Code: 404)"),
            ObjectError::Denied(reason) => Self::failed(format!("Access Denied (Service: S3, Status Code: 403): {reason}")),
            ObjectError::Refused(reason) => Self::failed(reason),
        }
    }
}

/// Where a reader goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
struct Cursor {
    /// The byte.
    at: u64,
    /// The names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<String>>,
    /// The file of a manifest.
    #[serde(default, skip_serializing_if = "is_first")]
    file: usize,
    /// The token of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_first(file: &usize) -> bool {
    *file == 0
}

impl Cursor {
    fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The object that a reader reads.
struct Source<'s> {
    objects: &'s dyn ObjectStore,
    bucket: String,
    key: String,
}

impl Source<'_> {
    async fn part(&self, from: u64, most: u64) -> Result<ObjectPart, ReadError> {
        Ok(self.objects.get(&self.bucket, &self.key, from, most).await?)
    }

    /// All of it, if it is not too long for that.
    async fn whole(&self) -> Result<Vec<u8>, ReadError> {
        let part = self.part(0, WHOLE_BYTES_MAX + 1).await?;
        if part.total_bytes > WHOLE_BYTES_MAX {
            return Err(ReadError::failed(format!("An object of more than {WHOLE_BYTES_MAX} bytes cannot be read as a whole.")));
        }
        Ok(part.bytes)
    }
}

/// Items that are gathered for a page.
#[derive(Default)]
struct Gathered {
    items: Vec<Value>,
    bytes: usize,
}

impl Gathered {
    fn push(&mut self, item: Value) {
        self.bytes += item.to_string().len();
        self.items.push(item);
    }

    fn is_full(&self) -> bool {
        self.bytes >= PAGE_BYTES || self.items.len() >= PAGE_ITEMS
    }

    fn page(self, next: Option<Cursor>) -> ItemsPage {
        ItemsPage { items: self.items, next: next.map(|next| next.written()) }
    }
}

/// Reads the page of items that begins at `cursor`: the first one without.
///
/// # Errors
///
/// [`ReadError`].
pub async fn read_items(objects: &dyn ObjectStore, reader: &ReaderSpec, cursor: Option<&str>) -> Result<ItemsPage, ReadError> {
    let cursor = match cursor {
        Some(text) => Some(serde_json::from_str(text).map_err(|error| ReadError::failed(format!("no place to go on: {error}")))?),
        None => None,
    };
    let parameter = |name: &str| reader.parameters.get(name).and_then(Value::as_str);
    let required = |name: &str| {
        parameter(name)
            .map(str::to_owned)
            .ok_or_else(|| ReadError::failed(format!("The field '{name}' of the ItemReader is required but was missing")))
    };
    let bucket = required("Bucket")?;
    if reader.source == ReaderSource::List {
        return list::read(objects, &bucket, parameter("Prefix").unwrap_or_default(), cursor).await;
    }
    let source = Source { objects, bucket, key: required("Key")? };
    match reader.input_type {
        ReaderInput::Json => json::read(&source, reader.items_pointer.as_deref(), cursor).await,
        ReaderInput::Jsonl => jsonl::read(&source, cursor.unwrap_or_default()).await,
        ReaderInput::Csv => csv::read(&source, reader, cursor).await,
        ReaderInput::Manifest => manifest::read(&source, cursor.unwrap_or_default()).await,
    }
}

#[cfg(test)]
mod tests;
