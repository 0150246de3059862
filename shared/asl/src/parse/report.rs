//! The problems found so far.

use std::collections::BTreeSet;

use super::suggestion::nearest;
use crate::code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits::MAX_SUGGESTIONS;
use crate::raw::Place;
use crate::state::QueryLanguage;

/// Collects the problems of one definition.
#[derive(Debug, Default)]
pub(super) struct Report {
    diagnostics: Vec<Diagnostic>,
    /// Where duplicate states were reported.
    duplicate_states: BTreeSet<usize>,
    suggestions: usize,
    /// The query language of the state that is being read: what its fields are judged by.
    pub(super) language: QueryLanguage,
}

impl Report {
    /// The definition is refused.
    pub(super) fn error(&mut self, code: &'static str, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Error, code, place, message.into(), hint.into());
    }

    /// The definition is taken.
    pub(super) fn warning(&mut self, code: &'static str, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Severity::Warning, code, place, message.into(), hint.into());
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether what is being read is in JSONata.
    pub(super) fn is_jsonata(&self) -> bool {
        self.language == QueryLanguage::Jsonata
    }

    /// Whether a duplicate state was reported at this place already.
    pub(super) fn has_duplicate_state(&self, place: &Place) -> bool {
        self.duplicate_states.contains(&place.span.start)
    }

    /// The nearest of the names that would have been right, if it is near enough and not too many were asked for.
    pub(super) fn suggest<'a>(&mut self, written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        self.suggestions += 1;
        if self.suggestions > MAX_SUGGESTIONS { None } else { nearest(written, candidates) }
    }

    /// In the order in which they stand in the text.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        self.diagnostics
    }

    fn push(&mut self, severity: Severity, code: &'static str, place: &Place, message: String, hint: String) {
        let Place { pointer, span, line, column } = place.clone();
        if code == code::DUPLICATE_STATE {
            self.duplicate_states.insert(span.start);
        }
        self.diagnostics.push(Diagnostic { code, severity, message, pointer, line, column, span, hint: Some(hint) });
    }
}
