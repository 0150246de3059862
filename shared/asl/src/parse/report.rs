//! The problems found so far.

use crate::diagnostic::{Diagnostic, Severity};
use crate::raw::Place;

/// Collects the problems of one definition.
#[derive(Debug, Default)]
pub(super) struct Report {
    diagnostics: Vec<Diagnostic>,
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

    /// Whether this code was reported at this place already.
    pub(super) fn has(&self, code: &str, place: &Place) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code && diagnostic.span == place.span)
    }

    /// In the order in which they stand in the text.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
        self.diagnostics
    }

    fn push(&mut self, severity: Severity, code: &'static str, place: &Place, message: String, hint: String) {
        let Place { pointer, span, line, column } = place.clone();
        self.diagnostics.push(Diagnostic { code, severity, message, pointer, line, column, span, hint: Some(hint) });
    }
}
