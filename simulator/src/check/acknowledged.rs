//! Invariants 10, 11, 14: what is acknowledged is in a journal, or says nothing any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use interpreter::{Command, TaskOutcome, TaskToken, Timestamp, outstanding};
use messages::{CoordinatorBody, CoordinatorMessage, queue_name};

use super::Checks;
use super::traffic::{Meaning, attempt_of, text_of};
use crate::world::{Handling, World};

/// How far two hosts' clocks may be apart, in milliseconds.
const SKEW_MILLIS: u64 = 5_000;

impl Checks {
    /// A message was deleted from its queue because its handling is done.
    pub(crate) fn acknowledged(&mut self, world: &World, handling: &Arc<Handling>, body: &str) {
        let text = text_of(body);
        if self.live.get(text).is_none_or(|live| *live <= 0) {
            return;
        }
        self.is_live(body, -1);
        if self.live.get(text).is_some_and(|live| *live > 0) {
            return;
        }
        self.live.remove(text);
        let text = text.to_owned();
        match self.meanings.get(&text).cloned() {
            Some(Meaning::Answer(token, _)) => self.check_answer(&token, handling.began, &text),
            Some(Meaning::Request { token, deadline, .. }) => self.check_request(world, &token, deadline),
            Some(Meaning::Newer) => self.violated("newer", format!("a message of a newer release was acknowledged: {text}")),
            Some(Meaning::Nothing) => self.check_parked(world, &text),
            Some(Meaning::Renew(_) | Meaning::Forged) => {}
            Some(Meaning::Timer(execution, due, revision)) => self.check_hint(&execution, due, revision),
            Some(Meaning::Wake(execution, goes_on)) => self.check_woken(world, &text, &execution, goes_on),
            None => {}
        }
        self.check_published(world, handling, &text);
    }

    /// A message was given back. Of the coordinator's queues that takes a call that failed: contention is sent again, and all else is done with.
    pub(crate) fn given_back(&mut self, handling: &Handling, body: &str) {
        let is_ours = handling.queue == queue_name::ANSWERS || handling.queue == queue_name::HINTS;
        let is_newer = self.meanings.get(text_of(body)) == Some(&Meaning::Newer);
        if is_ours && !is_newer && !handling.troubled.load(Ordering::Relaxed) {
            self.violated("given-back", format!("nothing failed, and a message was given back: {body}"));
        }
    }

    /// Whether an attempt is still waited for: its request is outstanding.
    fn is_outstanding(&self, token: &TaskToken) -> bool {
        let Some(latest) = self.latest(&token.execution) else { return false };
        let attempt = attempt_of(token);
        outstanding(latest, 0)
            .iter()
            .any(|command| matches!(command, Command::Perform(task) if attempt_of(&task.token) == attempt))
    }

    /// What nobody could read is in the parking queue, or on its way there.
    fn check_parked(&mut self, world: &World, text: &str) {
        let parked = world.queues.peek(queue_name::PARKING, usize::MAX).iter().any(|parked| parked.body == text);
        if !parked && !self.parked.contains(text) {
            self.violated("parked", format!("what nobody could read was acknowledged, and is not parked: {text}"));
        }
    }

    fn check_answer(&mut self, token: &TaskToken, began: Timestamp, text: &str) {
        // It may have been decided upon while the execution had ended; the ledger answers whoever asks again since the redrive.
        if self.redriven.get(&token.execution).is_some_and(|redriven| *redriven >= began) {
            return;
        }
        // One that was applied may have failed its state all the same, which is then tried again.
        let is_unapplied = is_success(text) && !self.causes.contains_key(text) && !self.handled_apart.contains(text);
        if is_unapplied && self.would_succeed(token) {
            self.violated("acknowledged-unapplied", format!("the success of {token} was acknowledged, and its visit goes on"));
        }
        if is_unapplied && self.would_supply(token) {
            let text = format!("the success of {token} was acknowledged, and its compensation has no result");
            self.violated("acknowledged-unapplied", text);
        }
        if self.is_outstanding(token) {
            self.violated("acknowledged-unapplied", format!("the answer to {token} was acknowledged, and the task waits still"));
        }
    }

    /// A request is done with when its answer is on its way, when nobody waits for it, or when its time is over.
    fn check_request(&mut self, world: &World, token: &TaskToken, deadline: Option<Timestamp>) {
        let attempt = attempt_of(token);
        // One that was lost with its queue was sent all the same.
        let answered =
            self.live_answers.get(&attempt).is_some_and(|answers| *answers > 0) || self.lost_answers.contains(&attempt);
        let over = deadline.is_some_and(|deadline| deadline <= world.now().plus_millis(SKEW_MILLIS));
        if !answered && !over && self.is_outstanding(token) {
            self.violated("acknowledged-unanswered", format!("the request for {token} was acknowledged, and nobody answers it"));
        }
    }
}

/// Whether a message is the answer of a task that succeeded.
fn is_success(text: &str) -> bool {
    let body = CoordinatorBody::decode(text).or_else(|_| CoordinatorBody::decode(&format!("{text}}}")));
    body.is_ok_and(|body| matches!(body.message, CoordinatorMessage::Answer { outcome: TaskOutcome::Succeeded { .. }, .. }))
}
