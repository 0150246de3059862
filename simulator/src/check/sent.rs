//! Section 5: what is sent, and as what.

use futures::FutureExt;
use interpreter::Timestamp;
use messages::{CoordinatorBody, InputBody, Outgoing, RequestBody, queue_name};
use store::{LedgerState, LedgerStore};

use super::Checks;
use super::traffic::{Meaning, Said, attempt_of, text_of};
use crate::world::World;

impl Checks {
    /// A queue has taken a message.
    pub(super) fn check_sent(&mut self, world: &World, queue: &str, message: &Outgoing) {
        let sender = world.executor.current().map(|current| current.task);
        if let Some(id) = &message.deduplication {
            let first = *self.deduplicated.entry(id.clone()).or_insert(sender);
            let is_page = matches!(self.meanings.get(text_of(&message.body)), Some(Meaning::Wake(..) | Meaning::Renew(_)));
            let is_same = is_page && *self.pages.entry(id.clone()).or_insert_with(|| message.body.clone()) == message.body;
            // A page is known by what it says: who sends it again sends the same.
            if first != sender && !is_same {
                self.violated("deduplication", format!("`{id}` was sent before, by somebody else: {}", message.body));
            }
        }
        if queue == queue_name::HINTS {
            self.check_resent(world, message);
        }
        if queue == queue_name::ANSWERS {
            self.check_answered(world, message);
        }
        if let Ok(request) = RequestBody::decode(&message.body) {
            self.check_request_sent(world, &request);
        }
    }

    /// What a worker answers as failed is in the ledger first.
    fn check_answered(&mut self, world: &World, message: &Outgoing) {
        let Some(Meaning::Answer(token, Said::Failure | Said::Refusal)) = self.meanings.get(text_of(&message.body)) else {
            return;
        };
        let Some(key) = self.keys.get(&attempt_of(token)).filter(|_| world.handled_now().is_some()) else { return };
        let entry = world.store.ledger(key).now_or_never().and_then(Result::ok).flatten();
        let is_kept = entry.is_some_and(|entry| {
            let has_ended =
                matches!(entry.state, LedgerState::Failed { .. } | LedgerState::Succeeded { .. } | LedgerState::Revoked);
            entry.attempt > token.attempt || has_ended && entry.attempt == token.attempt || entry.state == LedgerState::Revoked
        });
        if !is_kept {
            self.violated("ledger", format!("the answer to {token} says that it failed, and the ledger does not"));
        }
    }

    /// What is sent again because of contention counts that itself.
    fn check_resent(&mut self, world: &World, message: &Outgoing) {
        let text = text_of(&message.body);
        if !matches!(self.meanings.get(text), Some(Meaning::Answer(..))) {
            return;
        }
        let resent = |body: &str| CoordinatorBody::decode(body).map_or(0, |body| body.resent);
        // There may be several copies in one batch.
        let handled = world.handled_now().and_then(|handling| {
            let copies = handling.deliveries.iter().filter(|delivery| text_of(&delivery.body) == text);
            copies.map(|delivery| resent(&delivery.body)).min()
        });
        if handled.is_some_and(|handled| resent(&message.body) <= handled) {
            self.violated("resent", format!("it was sent again, and does not say so: {}", message.body));
        }
    }

    /// A request above the bound travels by reference; and a compensation has its own time behind the longest lease of its action.
    fn check_request_sent(&mut self, world: &World, request: &RequestBody) {
        if let InputBody::Input(input) = &request.input {
            let bytes = u64::try_from(input.to_string().len()).unwrap_or(u64::MAX);
            if bytes > self.request_inline_bytes {
                self.violated("request", format!("the request for {} carries {bytes} bytes of input", request.token));
            }
        }
        let Some(action) = &request.undoes else { return };
        let Some(latest) = self.latest(&request.execution).filter(|latest| latest.revision == request.token.revision) else {
            return;
        };
        let owed = latest.owed_tasks().into_iter().find(|owed| &owed.key == action && !owed.succeeded);
        let least: Option<Timestamp> = owed.and_then(|owed| {
            let lease_seconds = world.routes.of(&owed.action_function)?.function_timeout_seconds;
            Some(latest.updated_at.plus_seconds(lease_seconds + owed.compensation.timeout_seconds?))
        });
        if let Some((least, deadline)) = least.zip(request.deadline).filter(|(least, deadline)| deadline < least) {
            let token = &request.token;
            self.violated("deadline", format!("{token} undoes what may be at work, until {deadline:?}, not {least:?}"));
        }
    }
}
