//! A finding: what is wrong, and what to do about it.

use serde::Serialize;

/// How bad it is; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Something is lost, stands still, or waits for a person.
    Error,
    /// Something would be lost or stand still if one more thing went wrong.
    Warning,
    /// Good to know.
    Note,
}

impl Level {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Its code: docs/doctor.md has each.
    pub(crate) code: &'static str,
    /// How bad it is.
    pub(crate) level: Level,
    /// What it is about.
    pub(crate) subject: String,
    /// What is wrong.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Finding {
    /// One about a thing.
    pub(crate) fn new(
        level: Level,
        code: &'static str,
        subject: &str,
        text: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { code, level, subject: subject.to_owned(), text: text.into(), remedy: remedy.into() }
    }
}
