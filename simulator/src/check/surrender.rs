//! Section 4: a task that is stopped in flight is owed, or its key is revoked.

use std::collections::BTreeSet;

use interpreter::{HistoryEventKind, IdempotencyKey};
use store::Entry;

use super::Checks;
use super::waits::Waits;

impl Checks {
    /// Tasks that were in flight before an entry and are neither in flight, nor ended, nor owed, nor revoked.
    pub(super) fn of_surrender(&self, entry: &Entry) -> Vec<(&'static str, String)> {
        let execution = &entry.execution;
        let Some(before) = self.latest(&execution.identity.id) else { return Vec::new() };
        let after = Waits::of(execution);
        let mut known: BTreeSet<&IdempotencyKey> = after.tasks.iter().map(|(_, task)| &task.key).collect();
        known.extend(execution.owed_tasks().into_iter().map(|owed| &owed.key));
        known.extend(execution.revocations.iter().map(|revocation| &revocation.key));
        let before = Waits::of(before);
        let in_flight = before.tasks.iter().filter(|(visit, _)| before.attempts.iter().any(|(other, _)| other == visit));
        let lost: Vec<&str> =
            in_flight.filter(|(_, task)| !known.contains(&task.key)).map(|(_, task)| task.key.as_str()).collect();
        let ended = entry.events.iter().filter(|event| ends_attempt(&event.kind)).count();
        match lost.len() > ended {
            true => vec![("surrendered", format!("{} of these were stopped, and not revoked: {lost:?}", lost.len() - ended))],
            false => Vec::new(),
        }
    }
}

fn ends_attempt(kind: &HistoryEventKind) -> bool {
    matches!(
        kind,
        HistoryEventKind::LambdaFunctionSucceeded { .. }
            | HistoryEventKind::LambdaFunctionFailed(_)
            | HistoryEventKind::LambdaFunctionTimedOut(_)
            | HistoryEventKind::LambdaFunctionScheduleFailed(_)
            | HistoryEventKind::TaskSucceeded { .. }
            | HistoryEventKind::TaskFailed { .. }
            | HistoryEventKind::TaskTimedOut { .. }
            | HistoryEventKind::TaskSubmitFailed { .. }
    )
}
