//! What a path finds, and putting something where a reference path points.
//!
//! A definite path yields the value it names, borrowed, or fails. An indefinite one yields an array of what it finds; where it
//! finds nothing, on whatever segment, that is `[]` and no failure (recorded: `$.item.items[*]` of `{}`).

mod filter;
mod put;
mod select;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use asl::error_name;
use asl::path::{Path, Root, Segment};
use serde_json::Value;

use crate::failure::StateFailure;
use crate::limits::{SEARCH_BYTES_MAX, SEARCH_VALUES_MAX};
use crate::value_size::excerpt;

pub(crate) use put::put;

/// Where paths start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Roots<'a> {
    /// `$`.
    pub data: &'a Value,
    /// `$$`.
    pub context: &'a Value,
    /// `$name`.
    pub variables: &'a BTreeMap<String, Value>,
}

/// A path that yields nothing. The texts of the failure differ by where the path stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MissingPath<'p> {
    path: &'p Path,
    /// How many segments led somewhere.
    reached: usize,
    why: Why,
}

/// Why a path yields nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It is definite and what it names is not there, or the function at its end cannot be applied.
    Nothing,
    /// It finds more than a named limit allows.
    TooMuch,
}

/// Finds what a path names.
pub(crate) fn find<'a, 'p>(path: &'p Path, roots: &Roots<'a>) -> Result<Cow<'a, Value>, MissingPath<'p>> {
    let Some(root) = roots.of(path) else {
        return Err(MissingPath { path, reached: 0, why: Why::Nothing });
    };
    let mut value = root;
    for (reached, segment) in path.segments.iter().enumerate() {
        let missing = |why| MissingPath { path, reached, why };
        let next = match segment {
            Segment::Name(name) => value.get(name.as_str()),
            Segment::Index(index) => element(value, *index),
            Segment::Measure(measure) => {
                return select::measure(*measure, value).map(Cow::Owned).ok_or(missing(Why::Nothing));
            }
            Segment::Select(_) | Segment::Descend(_) => {
                let rest = path.segments.get(reached..).unwrap_or_default();
                return select::all(rest, value, root).map(Cow::Owned).map_err(missing);
            }
        };
        match next {
            Some(next) => value = next,
            None if path.is_definite() => return Err(missing(Why::Nothing)),
            None => return select::nothing(&path.segments).map(Cow::Owned).map_err(missing),
        }
    }
    Ok(Cow::Borrowed(value))
}

/// An element by index, negative from the end.
fn element(value: &Value, index: i64) -> Option<&Value> {
    let elements = value.as_array()?;
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let at = if index < 0 { elements.len().checked_sub(distance)? } else { distance };
    elements.get(at)
}

impl<'a> Roots<'a> {
    /// What a path's root stands for; nothing if it is a variable that was not assigned.
    pub(crate) fn of(&self, path: &Path) -> Option<&'a Value> {
        match &path.root {
            Root::Data => Some(self.data),
            Root::Context => Some(self.context),
            Root::Variable(name) => self.variables.get(name),
        }
    }
}

/// The causes come without "An error occurred while executing the state ...", which only the state's executor can write.
impl MissingPath<'_> {
    /// Whether there is nothing where the path points, which `IsPresent` may ask.
    pub(crate) fn is_absent(self) -> bool {
        self.why == Why::Nothing
    }

    /// The failure of a data-flow field: `InputPath`, `OutputPath`, `ItemsPath`, `SecondsPath` and the like.
    pub(crate) fn in_data_flow(self) -> StateFailure {
        let text = &self.path.text;
        self.failure(format!("Invalid path '{text}' : {}", self.detail()))
    }

    /// The failure of a field of a payload template, by its name with the `.$`.
    pub(crate) fn in_template(self, field: &str, roots: &Roots<'_>) -> StateFailure {
        let (text, input) = (&self.path.text, self.searched(roots));
        self.failure(format!("The JSONPath '{text}' specified for the field '{field}' could not be found in the input '{input}'"))
    }

    /// The failure of an intrinsic function's argument.
    pub(crate) fn in_argument(self, call: &str, roots: &Roots<'_>) -> StateFailure {
        let (text, input) = (&self.path.text, self.searched(roots));
        let what = format!("The JsonPath argument for the field '{text}' could not be found in the input '{input}'");
        self.failure(format!("The function '{call}' had the following error: {what}"))
    }

    /// The failure of a Choice rule's `Variable` or operand.
    pub(crate) fn in_condition(self) -> StateFailure {
        let text = &self.path.text;
        self.failure(format!("Invalid path '{text}': The choice state's condition path references an invalid value."))
    }

    /// The failure, by the cause that it has if nothing was found.
    fn failure(self, cause: String) -> StateFailure {
        match self.why {
            Why::Nothing => StateFailure::new(error_name::RUNTIME, cause),
            Why::TooMuch => {
                let limits = format!("{SEARCH_VALUES_MAX} values or {SEARCH_BYTES_MAX} bytes");
                let cause = format!("The JSONPath '{}' leads to more than {limits}.", self.path);
                StateFailure::new(error_name::DATA_LIMIT_EXCEEDED, cause)
            }
        }
    }

    /// What was searched, as JSON.
    fn searched(&self, roots: &Roots<'_>) -> String {
        roots.of(self.path).map(excerpt).unwrap_or_default()
    }

    /// What was missing, in the words of the library that AWS runs.
    fn detail(&self) -> String {
        let taken = self.path.segments.iter().take(self.reached + 1);
        let normalized: String = taken.map(normalized).collect();
        match self.path.segments.get(self.reached) {
            Some(Segment::Name(_)) => format!("Missing property in path ${normalized}"),
            Some(_) => format!("No results for path: ${normalized}"),
            None => format!("No results for path: {}", self.path.text),
        }
    }
}

/// A segment in brackets.
fn normalized(segment: &Segment) -> String {
    match segment {
        Segment::Name(name) => format!("['{name}']"),
        Segment::Index(index) => format!("[{index}]"),
        Segment::Measure(measure) => format!(".{measure}()"),
        Segment::Select(_) | Segment::Descend(_) => "[*]".to_owned(),
    }
}
