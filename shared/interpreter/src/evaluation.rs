//! What templates and intrinsic functions are evaluated over.

use std::borrow::Cow;

use asl::error_name;
use asl::intrinsic::Call;
use asl::path::Path;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::failure::StateFailure;
use crate::json_path::{Roots, find};
use crate::limits::EVALUATED_BYTES_MAX;
use crate::value_size::json_bytes;

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

    /// Finds what the path of a template's field names; the field's name is without its `.$`.
    pub(crate) fn find_for_field(&mut self, path: &Path, field: &str) -> Result<Cow<'a, Value>, StateFailure> {
        let found = find(path, &self.roots).map_err(|missing| missing.in_template(&format!("{field}.$"), &self.roots))?;
        self.counted(found)
    }

    /// Finds what the path in a call's arguments names.
    pub(crate) fn find_for_argument(&mut self, path: &Path, call: &Call) -> Result<Cow<'a, Value>, StateFailure> {
        let found = find(path, &self.roots).map_err(|missing| missing.in_argument(&call.text, &self.roots))?;
        self.counted(found)
    }

    /// What an indefinite path finds is made anew.
    fn counted(&mut self, found: Cow<'a, Value>) -> Result<Cow<'a, Value>, StateFailure> {
        if let Cow::Owned(made) = &found {
            self.spend(json_bytes(made))?;
        }
        Ok(found)
    }

    /// A value of its own: a borrowed one is copied, and that is counted.
    pub(crate) fn own(&mut self, value: Cow<'_, Value>) -> Result<Value, StateFailure> {
        if let Cow::Borrowed(borrowed) = &value {
            self.spend(json_bytes(borrowed))?;
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
