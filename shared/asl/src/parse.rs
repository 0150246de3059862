//! From the tree as written to the validated tree.
//!
//! A file per state type and per field that several have, mirroring `state/`. Every reader reports what it finds wrong to the
//! [`report::Report`] and goes on with whatever stands in for the value: the tree is dropped when anything was reported as an
//! error, so a stand-in is never run, and all problems of a text come at once.

mod catch;
mod choice;
mod compensation;
mod data_flow;
mod distributed;
mod duplicate;
mod error_names;
mod expression;
mod fail;
mod fields;
mod flow;
mod known_fields;
mod machine;
mod map;
mod parallel;
mod pass;
mod report;
mod resource;
mod retry;
mod scalar;
mod service;
mod state;
mod succeed;
mod suggestion;
mod task;
mod template;
mod timestamp;
mod transitions;
mod variables;
mod wait;

use crate::raw;
use crate::state::{QueryLanguage, State};
use crate::{Definition, Diagnostic};

/// Parses and validates a definition: the validated tree with its warnings, or every problem found, errors and warnings, in the
/// order in which they stand in the text.
pub fn parse(text: &str) -> Result<(Definition, Vec<Diagnostic>), Vec<Diagnostic>> {
    let root = raw::read(text).map_err(|diagnostic| vec![*diagnostic])?;
    let mut reader = Reader::default();
    let definition = machine::read(&root, &mut reader);
    duplicate::check(&root, &mut reader.report);
    variables::check(&root, definition.as_ref(), &mut reader.report);
    let refused = reader.report.has_errors();
    let diagnostics = reader.report.into_diagnostics();
    match definition {
        Some(definition) if !refused => Ok((definition, diagnostics)),
        _ => Err(diagnostics),
    }
}

/// What the readers share.
#[derive(Debug, Default)]
struct Reader {
    report: report::Report,
    /// The states read so far, nested ones included, each with the offset at which it stands.
    states: Vec<(usize, State)>,
    /// The type of the state in whose flow the reader is; none in the outermost flow.
    enclosing: Option<&'static str>,
    /// Whether the reader is in the processor of a distributed Map.
    distributed: bool,
    /// The query language of the machine.
    language: QueryLanguage,
    /// How many flows stand around what is read.
    depth: usize,
}

#[cfg(test)]
mod tests;
