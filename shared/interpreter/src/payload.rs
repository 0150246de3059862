//! JSON that an execution carries: small in the state itself, large as a value item that is written once.

use std::fmt;
use std::sync::{Arc, OnceLock};

use base64::Engine;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The content hash of a value item: SHA-256 of its JSON text, base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ValueHash(pub String);

impl ValueHash {
    /// The hash of a JSON text.
    pub fn of(text: &str) -> Self {
        use sha2::Digest;
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(text.as_bytes())))
    }
}

impl fmt::Display for ValueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// JSON text, in place or by reference (ARCHITECTURE.md, invariant 7).
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Payload {
    place: Stored,
    /// Parsed once; not part of its identity.
    value: OnceLock<Arc<Value>>,
}

/// How a payload is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Inline(Arc<str>),
    Item { hash: ValueHash, bytes: u64 },
}

impl Payload {
    /// A payload in place.
    pub fn inline(text: impl Into<Arc<str>>) -> Self {
        Stored::Inline(text.into()).into()
    }

    /// A payload in place, of a value at hand.
    pub fn inline_value(value: Arc<Value>) -> Self {
        let payload = Self::inline(value.to_string());
        let _ = payload.value.set(value);
        payload
    }

    /// A reference to a value item.
    pub fn item(hash: ValueHash, bytes: u64) -> Self {
        Stored::Item { hash, bytes }.into()
    }

    /// A reference to a value item whose value is at hand.
    pub fn item_of(hash: ValueHash, bytes: u64, value: Arc<Value>) -> Self {
        let payload = Self::item(hash, bytes);
        let _ = payload.value.set(value);
        payload
    }

    /// The JSON text, where it is in place.
    pub fn text(&self) -> Option<&str> {
        match &self.place {
            Stored::Inline(text) => Some(text),
            Stored::Item { .. } => None,
        }
    }

    /// The hash of the value item, where it is one.
    pub fn hash(&self) -> Option<&ValueHash> {
        match &self.place {
            Stored::Inline(_) => None,
            Stored::Item { hash, .. } => Some(hash),
        }
    }

    /// The length of the JSON text in bytes.
    pub fn bytes(&self) -> u64 {
        match &self.place {
            Stored::Inline(text) => u64::try_from(text.len()).unwrap_or(u64::MAX),
            Stored::Item { bytes, .. } => *bytes,
        }
    }

    /// The parsed value, if it was parsed already.
    pub(crate) fn cached(&self) -> Option<&Arc<Value>> {
        self.value.get()
    }

    /// Keeps the parsed value for the next reader.
    pub(crate) fn cache(&self, value: Arc<Value>) {
        let _ = self.value.set(value);
    }
}

impl From<Stored> for Payload {
    fn from(place: Stored) -> Self {
        Self { place, value: OnceLock::new() }
    }
}

impl From<Payload> for Stored {
    fn from(payload: Payload) -> Self {
        payload.place
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    /// Without the text: payloads stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Stored::Inline(text) => write!(f, "Payload({} bytes)", text.len()),
            Stored::Item { hash, bytes } => write!(f, "Payload({hash}, {bytes} bytes)"),
        }
    }
}
