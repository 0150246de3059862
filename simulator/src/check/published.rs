//! Invariant 10: a message is acknowledged only when what it led to is published.

use futures::FutureExt;
use interpreter::{Command, Execution, ExecutionId, ExecutionStatus, outstanding};
use store::{Entry, LedgerState, LedgerStore};

use super::traffic::{Meaning, attempt_of, text_of};
use super::{Checks, head_of};
use crate::world::World;

impl Checks {
    /// An entry was committed while messages were handled: they are to be acknowledged only when it is published.
    pub(super) fn caused(&mut self, world: &World, entry: &Entry) {
        let Some(handling) = world.handled_now() else { return };
        let id = &entry.execution.identity.id;
        for delivery in &handling.deliveries {
            let text = text_of(&delivery.body);
            let is_about = self.meanings.get(text).and_then(|meaning| meaning.execution()) == Some(id);
            if is_about && self.live.get(text).is_some_and(|live| *live > 0) {
                self.causes.entry(text.to_owned()).or_default().insert((id.clone(), entry.revision));
            }
        }
    }

    /// The last copy of a message is gone.
    pub(super) fn check_published(&mut self, world: &World, text: &str) {
        for (execution, revision) in self.causes.remove(text).unwrap_or_default() {
            let Some(latest) = self.latest(&execution) else { continue };
            // What is too much at once is left to a wake, which is on its way.
            if let Some(wake) = self.live_wake(&execution) {
                self.causes.entry(wake).or_default().insert((execution, revision));
                continue;
            }
            let unpublished = self.unpublished(world, &execution, latest, revision);
            let name = latest.identity.name.clone();
            for what in unpublished {
                let text = format!("what led to entry {revision} of `{name}` was acknowledged, and {what} was never published");
                self.violated("acknowledged-unpublished", text);
            }
        }
    }

    /// A wake of an execution that is on its way or being handled.
    fn live_wake(&self, execution: &ExecutionId) -> Option<String> {
        let is_wake = |meaning: &Meaning| matches!(meaning, Meaning::Wake(woken, _) if woken == execution);
        let live = self.live.iter().filter(|(_, copies)| **copies > 0);
        live.map(|(text, _)| text).find(|text| self.meanings.get(*text).is_some_and(is_wake)).cloned()
    }

    /// What a revision created, is outstanding still, and was never published.
    fn unpublished(&self, world: &World, id: &ExecutionId, latest: &Execution, revision: u64) -> Vec<String> {
        let mut unpublished = Vec::new();
        for command in outstanding(latest, revision) {
            match command {
                Command::Perform(task) if task.revision == revision && !self.sent_requests.contains(&attempt_of(&task.token)) => {
                    unpublished.push(format!("the request for `{}`, attempt {}", task.state, task.attempt));
                }
                Command::Timer { due, revision: armed } if armed == revision => {
                    if !self.sent_hints.contains(&(id.clone(), due, armed)) {
                        unpublished.push(format!("the hint for {due:?}"));
                    }
                }
                Command::Revoke { key, .. } => {
                    let by_this =
                        latest.revocations.iter().any(|revocation| revocation.key == key && revocation.revision == revision);
                    let entry = world.store.ledger(&key).now_or_never().and_then(Result::ok).flatten();
                    let is_over =
                        entry.is_some_and(|entry| matches!(entry.state, LedgerState::Revoked | LedgerState::Succeeded { .. }));
                    if by_this && !is_over {
                        unpublished.push(format!("the revocation of `{key}`"));
                    }
                }
                Command::Report(_) if latest.ended_in == Some(revision) => {
                    let is_told = head_of(world, id).is_some_and(|head| head.status != ExecutionStatus::Running);
                    if !is_told {
                        unpublished.push("the report of its end".to_owned());
                    }
                }
                Command::Perform(_) | Command::Timer { .. } | Command::Report(_) => {}
            }
        }
        unpublished
    }
}
