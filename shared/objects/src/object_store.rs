//! The port: objects in buckets, as S3 has them (Amazon S3 API Reference, `GetObject`, `PutObject`, `ListObjectsV2`).

use async_trait::async_trait;

/// A part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectPart {
    /// Its bytes; fewer than were asked for only at the object's end.
    pub bytes: Vec<u8>,
    /// How long the whole object is.
    pub total_bytes: u64,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSummary {
    /// Its key.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its ETag, in its quotes.
    pub etag: String,
    /// When it was written, in seconds since 1970.
    pub modified_seconds: i64,
    /// Its storage class.
    pub storage_class: String,
}

/// A page of a list, in the order of the keys' bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectPage {
    /// The objects.
    pub objects: Vec<ObjectSummary>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// Why an object store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// There is no such bucket.
    #[error("bucket `{0}` does not exist")]
    NoSuchBucket(String),
    /// There is no such object.
    #[error("object `{key}` does not exist in bucket `{bucket}`")]
    NoSuchKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// Not with these credentials.
    #[error("access denied: {0}")]
    Denied(String),
    /// It can never succeed.
    #[error("object store refuses: {0}")]
    Refused(String),
    /// Throttled or unreachable; a put may have taken effect all the same. Retryable.
    #[error("object store is unavailable: {0}")]
    Unavailable(String),
}

impl ObjectError {
    /// Whether trying again can help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Objects, where they are kept.
#[async_trait]
pub trait ObjectStore: Send + Sync + 'static {
    /// At most `most` bytes of an object from `from` on; none behind its end.
    async fn get(&self, bucket: &str, key: &str, from: u64, most: u64) -> Result<ObjectPart, ObjectError>;

    /// Writes an object, in place of what there was. Repeating it is harmless.
    async fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) -> Result<(), ObjectError>;

    /// The objects whose keys begin with `prefix`, behind the token of an earlier page, at most `limit`.
    async fn list(&self, bucket: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<ObjectPage, ObjectError>;
}
