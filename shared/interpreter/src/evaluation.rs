//! What templates and intrinsic functions are evaluated over.

use std::borrow::Cow;

use asl::error_name;
use asl::path::Path;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::failure::StateFailure;
use crate::json_path::{MissingPath, Roots, find};

/// How much one evaluation may copy or make, in bytes of JSON (about). A template of a few kilobytes could otherwise name a
/// large input a thousand times over, and only the end result is held against the limit of a payload, which is far below this.
pub(crate) const EVALUATED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What templates and intrinsic functions are evaluated over.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    /// Where paths start.
    pub roots: Roots<'a>,
    /// All the randomness there is.
    pub random: &'a mut ChaCha8Rng,
    /// Bytes copied and made so far.
    spent_bytes: usize,
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(roots: Roots<'a>, random: &'a mut ChaCha8Rng) -> Self {
        Self { roots, random, spent_bytes: 0 }
    }

    /// Finds what a path names.
    pub(crate) fn find<'p>(&self, path: &'p Path) -> Result<Cow<'a, Value>, MissingPath<'p>> {
        find(path, &self.roots)
    }

    /// A value of its own: a borrowed one is copied, and that is counted.
    pub(crate) fn own(&mut self, value: Cow<'_, Value>) -> Result<Value, StateFailure> {
        if let Cow::Borrowed(borrowed) = &value {
            self.spend(bytes(borrowed))?;
        }
        Ok(value.into_owned())
    }

    /// Counts what is about to be made.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), StateFailure> {
        self.spent_bytes = self.spent_bytes.saturating_add(bytes);
        if self.spent_bytes <= EVALUATED_BYTES_MAX {
            return Ok(());
        }
        let cause = format!("Evaluating the fields of the state makes more than {EVALUATED_BYTES_MAX} bytes of data.");
        Err(StateFailure::new(error_name::DATA_LIMIT_EXCEEDED, cause))
    }
}

/// About how long a value is as JSON, in bytes. Without recursion: values may be deep.
fn bytes(value: &Value) -> usize {
    let mut total: usize = 0;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        total = total.saturating_add(match value {
            Value::Array(elements) => {
                waiting.extend(elements);
                2
            }
            Value::Object(members) => {
                waiting.extend(members.values());
                members.keys().map(|name| name.len() + 4).sum::<usize>() + 2
            }
            Value::String(text) => text.len() + 2,
            Value::Number(_) | Value::Bool(_) | Value::Null => 8,
        });
    }
    total
}
