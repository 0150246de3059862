//! Invariant 10: a message is acknowledged only when what it led to is published.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::FutureExt;
use interpreter::{Command, Execution, ExecutionId, ExecutionStatus, Timestamp, outstanding};
use store::{Entry, LedgerState, LedgerStore};

use super::traffic::{Meaning, attempt_of, text_of};
use super::{Checks, head_of};
use crate::world::{Handling, World};

/// Who committed an entry, and when.
#[derive(Debug, Clone)]
pub(super) struct Cause {
    by: Arc<Handling>,
    at: Timestamp,
}

impl Checks {
    /// An entry was committed while messages were handled: they are to be acknowledged only when it is published.
    pub(super) fn caused(&mut self, world: &World, entry: &Entry) {
        let Some(handling) = world.handled_now() else { return };
        let id = &entry.execution.identity.id;
        for delivery in &handling.deliveries {
            let text = text_of(&delivery.body);
            let is_about = self.meanings.get(text).and_then(|meaning| meaning.execution()) == Some(id);
            if is_about && handling.apart.load(Ordering::Relaxed) {
                // Which of them it was is not seen.
                self.handled_apart.insert(text.to_owned());
                continue;
            }
            // What is handled may have been lost with its queue meanwhile: another copy of it does not know of this one.
            let is_lost = self.purged_at.get(text).is_some_and(|purged_at| *purged_at >= handling.began);
            if is_about && !is_lost && self.live.get(text).is_some_and(|live| *live > 0) {
                let cause = Cause { by: Arc::clone(&handling), at: world.now() };
                self.causes.entry(text.to_owned()).or_default().insert((id.clone(), entry.revision), cause);
            }
        }
    }

    /// The last copy of a message is gone, because this handling of it is done.
    pub(super) fn check_published(&mut self, world: &World, handling: &Arc<Handling>, text: &str) {
        for ((execution, revision), cause) in self.causes.remove(text).unwrap_or_default() {
            // Two had the message at the same time, and this one decided before the other committed: publishing is the other's, and if that stops, a
            // wake's (docs/adr/0015).
            if cause.at >= handling.began && !Arc::ptr_eq(&cause.by, handling) {
                self.left_to_others.push((text.to_owned(), (execution, revision), cause));
                continue;
            }
            self.check_entry_published(world, &execution, revision, cause);
        }
    }

    /// A message was done with when it was gone already.
    pub(crate) fn acknowledged_late(&mut self, world: &World, handling: &Arc<Handling>, body: &str) {
        let text = text_of(body);
        let is_its = |(of, _, cause): &(String, _, Cause)| of == text && Arc::ptr_eq(&cause.by, handling);
        let (its, others) = std::mem::take(&mut self.left_to_others).into_iter().partition(is_its);
        self.left_to_others = others;
        let its: Vec<(String, (ExecutionId, u64), Cause)> = its;
        for (_, (execution, revision), cause) in its {
            self.check_entry_published(world, &execution, revision, cause);
        }
    }

    /// Whoever committed an entry says that he is done.
    fn check_entry_published(&mut self, world: &World, execution: &ExecutionId, revision: u64, cause: Cause) {
        let Some(latest) = self.latest(execution) else { return };
        // What is too much at once is left to a wake, which is on its way.
        if let Some(wake) = self.live_wake(execution) {
            self.causes.entry(wake).or_default().insert((execution.clone(), revision), cause);
            return;
        }
        let unpublished = self.unpublished(world, execution, latest, revision);
        let name = latest.identity.name.clone();
        for what in unpublished {
            let text = format!("what led to entry {revision} of `{name}` was acknowledged, and {what} was never published");
            self.violated("acknowledged-unpublished", text);
        }
    }

    /// A wake of an execution that is on its way or being handled.
    pub(super) fn live_wake(&self, execution: &ExecutionId) -> Option<String> {
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
                Command::Revoke { key, callback } => {
                    let by_this =
                        latest.revocations.iter().any(|revocation| revocation.key == key && revocation.revision == revision);
                    let entry = world.store.ledger(&key).now_or_never().and_then(Result::ok).flatten();
                    // A callback's success is that of one attempt, which handed its token out.
                    let is_over = entry.is_some_and(|entry| match entry.state {
                        LedgerState::Revoked => true,
                        LedgerState::Succeeded { .. } => !callback,
                        LedgerState::InProgress { .. } | LedgerState::Failed { .. } | LedgerState::HeardOf => false,
                    });
                    if by_this && !is_over {
                        unpublished.push(format!("the revocation of `{key}`"));
                    }
                }
                Command::Report(_) if latest.ended_in == Some(revision) => {
                    // A redrive opens the head again before it commits.
                    let is_told = head_of(world, id)
                        .is_some_and(|head| head.status != ExecutionStatus::Running || head.wake_revision > revision);
                    if !is_told {
                        unpublished.push("the report of its end".to_owned());
                    }
                }
                // The machines that are simulated start no others.
                Command::Child(_) | Command::AnswerParent(_) | Command::WriteResults(_) => {}
                Command::Perform(_) | Command::Timer { .. } | Command::Report(_) => {}
            }
        }
        unpublished
    }
}
