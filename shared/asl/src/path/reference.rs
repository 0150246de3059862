//! Reference paths: those that name exactly one place, so that something can be put there.

use std::fmt;

use super::{Path, PathError, Root, Segment};

/// A path that names exactly one place, so that something can be put there: names and indexes only.
///
/// States Language specification, "Reference Paths".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePath {
    /// As written.
    pub text: String,
    /// The place, from the root on.
    pub steps: Vec<Step>,
}

/// One step of a reference path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member.
    Name(String),
    /// An element.
    Index(usize),
}

impl ReferencePath {
    /// Parses a reference path that starts at `$`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let path = Path::parse(text)?;
        let refused = |why: &str| PathError { message: format!("`{text}` is no reference path: {why}"), offset: 0 };
        match path.root {
            Root::Data => {}
            Root::Context => return Err(refused("nothing can be put into the context object `$$`")),
            Root::Variable(name) => return Err(refused(&format!("it begins at the variable `${name}`, not at `$`"))),
        }
        let steps = path.segments.into_iter().map(|segment| step(segment).map_err(refused)).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), steps })
    }
}

fn step(segment: Segment) -> Result<Step, &'static str> {
    match segment {
        Segment::Name(name) => Ok(Step::Name(name)),
        Segment::Index(index) => {
            usize::try_from(index).map(Step::Index).map_err(|_| "an index that counts from the end names no fixed place")
        }
        Segment::Select(_) => Err("wildcards, slices, unions and filters may name several places"),
        Segment::Descend(_) => Err("`..` may name several places"),
        Segment::Measure(_) => Err("a function names no place"),
    }
}

impl fmt::Display for ReferencePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
