//! Invariant 10: what a queue refuses at the first try, nobody has seen: the task is refused, and owes nothing.

use std::sync::atomic::Ordering;

use interpreter::HistoryEventKind;
use messages::{Outgoing, RequestBody};
use store::Entry;

use super::Checks;
use super::traffic::attempt_of;
use super::waits::Waits;
use crate::world::World;

/// The error of a request that a queue refuses for good.
const UNDELIVERABLE: &str = "Backstep.Undeliverable";

impl Checks {
    /// A queue is about to refuse these for good. Notes those which provably were never sent before: whoever sends them has just committed what they are of,
    /// and nothing has failed for it.
    pub(crate) fn refuses(&mut self, world: &World, messages: &[Outgoing]) {
        let undisturbed = world.handled_now().is_some_and(|handling| !handling.troubled.load(Ordering::Relaxed));
        let sender = world.executor.current().map(|current| current.task);
        for request in messages.iter().filter(|_| undisturbed).filter_map(|message| RequestBody::decode(&message.body).ok()) {
            let journal = self.journals.get(&request.token.execution);
            let is_new = journal.is_some_and(|journal| (journal.revision, journal.by) == (request.token.revision, sender));
            if is_new && !self.sent_requests.contains(&attempt_of(&request.token)) {
                self.refused_first.insert(attempt_of(&request.token), sender);
            }
        }
    }

    /// Tasks whose only request was refused at its first try, and that are owed all the same.
    pub(super) fn of_refused(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        // Whose branch these link to. What one of them stops beside it counts as unknown, though it was refused as well.
        let failed: Vec<u64> =
            entry.events.iter().filter(|event| is_undeliverable(&event.kind)).map(|event| event.previous).collect();
        let id = &entry.execution.identity.id;
        // To withdraw a request takes calls, and who is not answered proves nothing.
        let answered = world.handled_now().is_none_or(|handling| !handling.unanswered.load(Ordering::Relaxed));
        let Some(before) = self.latest(id).filter(|_| !failed.is_empty() && answered) else { return Vec::new() };
        let waits = Waits::of(before);
        let sender = world.executor.current().map(|current| current.task);
        // What somebody else has published meanwhile was seen, and only whoever was refused knows that it was the first try.
        let is_refused = |visit: u64, attempt: u32| {
            let this = (id.clone(), visit, attempt);
            let by_this = self.refused_first.get(&this).is_some_and(|by| *by == sender);
            by_this && !self.sent_requests.contains(&this)
        };
        let has_failed = |visit: u64| waits.latest_events.iter().any(|(of, event)| *of == visit && failed.contains(event));
        let tasks = waits.tasks.iter().filter(|(visit, task)| has_failed(*visit) && is_refused(*visit, task.attempt));
        let refused: Vec<u64> = tasks.map(|(visit, _)| *visit).collect();
        let owed = entry.execution.owed_tasks();
        let owed = owed.iter().filter(|owed| refused.contains(&owed.visit) && owed.attempts == 1 && !owed.succeeded);
        owed.map(|owed| ("refused", format!("`{}` is owed, and no queue ever took its request", owed.state))).collect()
    }
}

fn is_undeliverable(kind: &HistoryEventKind) -> bool {
    match kind {
        HistoryEventKind::LambdaFunctionScheduleFailed(details) | HistoryEventKind::TaskSubmitFailed { details, .. } => {
            details.error.as_deref() == Some(UNDELIVERABLE)
        }
        _ => false,
    }
}
