//! JSONPath as Amazon States Language uses it: paths, and reference paths that name exactly one place.
//!
//! The dialect is Jayway's, which AWS runs, narrowed by the Step Functions Developer Guide ("Paths"): names by dot and bracket
//! (`$.a['b c']`, and AWS's `$.a.['b c']`), indexes from either end, wildcards, slices, unions, recursive descent, filters, and
//! a function at the end (`.length()`). The States Language specification adds backslash escapes in names (`$.store\.book`).
//!
//! Not here, on purpose: regular expressions and the lexical operators (`in`, `subsetof`, ...), which AWS refuses too.

pub(crate) mod cursor;
mod filter;
mod parser;
mod reference;
#[cfg(test)]
mod tests;

use std::fmt;

pub use filter::{Comparator, Filter, FilterOperand, Origin, Query};
pub use reference::{ReferencePath, Step};

pub(crate) use parser::parse_argument;

/// A path: `$`, `$.a.b[0]`, `$$.Execution.Id`, `$variable.x`, with wildcards, slices, unions, filters and descent.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// As written.
    pub text: String,
    /// Where it starts.
    pub root: Root,
    /// What follows.
    pub segments: Vec<Segment>,
}

/// Where a path starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// `$`: the data.
    Data,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// One segment of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// A member by name.
    Name(String),
    /// An element by index; negative counts from the end.
    Index(i64),
    /// `[*]`, `.*`, `[1:3]`, `[0,2]`, `['a','b']`, `[?(...)]`: children by each selector in turn.
    Select(Vec<Selector>),
    /// `..`: the same, of the value itself and of all that is in it.
    Descend(Vec<Selector>),
    /// `.length()` and the like; only at the end.
    Measure(Measure),
}

/// What picks children of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// A member by name.
    Name(String),
    /// An element by index; negative counts from the end.
    Index(i64),
    /// All members or elements.
    Wildcard,
    /// Elements from `start` up to and without `end`, each `step`th (RFC 9535, 2.3.4); a step of zero picks none.
    Slice {
        /// The first; from the near end (by the sign of `step`) when absent.
        start: Option<i64>,
        /// The one after the last; to the far end when absent.
        end: Option<i64>,
        /// The distance, 1 when it is not written.
        step: i64,
    },
    /// Those for which the filter holds.
    Filter(Filter),
}

/// A function at the end of a path. It takes the value found, or all values found when the path is indefinite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// `length()`: elements of an array, members of an object, characters of a string.
    Length,
    /// `min()` of an array's numbers.
    Min,
    /// `max()` of an array's numbers.
    Max,
    /// `avg()` of an array's numbers.
    Avg,
    /// `sum()` of an array's numbers.
    Sum,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PathError {
    /// What is wrong, with the offending text in backticks.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
}

impl Path {
    /// Parses a path, the whole text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parser::parse(text)
    }

    /// Whether the path names one place. If so it yields that value or nothing; if not, it yields an array of what it found,
    /// which may be empty.
    pub fn is_definite(&self) -> bool {
        self.segments.iter().all(Segment::is_definite)
    }
}

impl Segment {
    /// Whether the segment leads from one value to at most one, or ends the path with one value.
    fn is_definite(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Index(_) | Self::Measure(_))
    }
}

impl Measure {
    /// The function of this name.
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "length" => Self::Length,
            "min" => Self::Min,
            "max" => Self::Max,
            "avg" => Self::Avg,
            "sum" => Self::Sum,
            _ => return None,
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "length",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
            Self::Sum => "sum",
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
