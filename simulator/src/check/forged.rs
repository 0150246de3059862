//! Invariants 11 and 16: what was answered by a token that was made up, or is of a table that was restored, is nowhere.

use interpreter::HistoryEventKind;
use store::Entry;

use super::traffic::{Meaning, text_of};
use super::{Checks, output_text};

/// What whoever has no right to answer a task answers, as JSON.
pub(crate) const FORGED: &str = "\"forged\"";

impl Checks {
    /// Somebody is about to send an answer that must not count.
    pub(crate) fn forged(&mut self, body: &str) {
        self.meanings.insert(text_of(body).to_owned(), Meaning::Forged);
    }

    /// Whether an entry holds what was made up.
    pub(super) fn of_forged(entry: &Entry) -> Vec<(&'static str, String)> {
        let holds = |kind: &HistoryEventKind| output_text(kind).is_some_and(|text| text.contains(FORGED));
        let found = entry.events.iter().find(|event| holds(&event.kind));
        found.map(|event| ("token", format!("event {} holds an answer that was made up", event.id))).into_iter().collect()
    }
}
