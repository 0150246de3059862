//! What is delivered to one execution at once.

use interpreter::{CommandPlace, Message, TaskAnswer, Timestamp};
use messages::{CoordinatorMessage, WakeRest};

use crate::handle::Incoming;

/// Messages for one execution, in order of receipt, and what they say about publishing again.
pub(crate) struct Received {
    /// For the interpreter. The rest of a wake is nothing to decide upon: it was decided with its first page.
    pub(crate) messages: Vec<Message>,
    /// Of each whether an earlier delivery of it may have been applied by somebody who then stopped: only such a message, where it no longer
    /// applies, says that something may not have been published (docs/adr/0015).
    pub(crate) seen_before: Vec<bool>,
    /// Whether there is a wake among them, and what it is to publish.
    pub(crate) wake: Option<Wake>,
}

/// What a wake is to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wake {
    /// Only what stands behind this place; none for a wake that begins.
    pub(crate) after: Option<CommandPlace>,
    /// Only what was created before this revision.
    pub(crate) before: u64,
    /// Whether an earlier delivery of it may have found something due, and whoever committed that have stopped.
    pub(crate) seen_before: bool,
    /// Its last page raises the head's `wake_at` to this at most; none: to what the execution says.
    pub(crate) wake_at: Option<Timestamp>,
    /// The message that it began with.
    pub(crate) began_with: String,
}

impl Wake {
    fn of(rest: Option<&WakeRest>, message: &str, seen_before: bool) -> Self {
        match rest {
            None => Self { after: None, before: u64::MAX, seen_before, wake_at: None, began_with: message.to_owned() },
            Some(WakeRest { after, before, wake_at, began_with }) => {
                let began_with = if began_with.is_empty() { message } else { began_with }.to_owned();
                Self { after: Some(after.clone()), before: *before, seen_before, wake_at: Some(*wake_at), began_with }
            }
        }
    }

    /// What either of two wakes that say the same, or begin, is to publish.
    fn or(self, other: Self) -> Self {
        let wake_at = self.wake_at.iter().chain(&other.wake_at).min().copied();
        let (before, seen_before) = (self.before.max(other.before), self.seen_before || other.seen_before);
        let behind = if (&self.after, &self.began_with) <= (&other.after, &other.began_with) { self } else { other };
        Self { before, seen_before, wake_at, ..behind }
    }

    /// What it is to publish of an execution that has come to this revision. A page that was delivered before asks for what was created since it began,
    /// too: it may have led to that.
    pub(crate) fn at(&self, revision: u64) -> Self {
        let before = if self.seen_before && revision > self.before { u64::MAX } else { self.before };
        Self { before, ..self.clone() }
    }

    pub(crate) fn asks_for(&self, place: &CommandPlace) -> bool {
        place.revision < self.before && self.after.as_ref().is_none_or(|after| place > after)
    }
}

impl Received {
    /// Of a caller that may be repeating what it said before.
    pub(crate) fn from_caller(messages: &[Message]) -> Self {
        Self { messages: messages.to_vec(), seen_before: vec![true; messages.len()], wake: None }
    }

    /// Of deliveries from a queue.
    pub(crate) fn from_queue<'a>(group: impl IntoIterator<Item = &'a Incoming<'a>>) -> Self {
        let mut received = Self { messages: Vec::new(), seen_before: Vec::new(), wake: None };
        for incoming in group {
            if let Some(message) = message(&incoming.body.message) {
                received.messages.push(message);
                received.seen_before.push(incoming.seen_before());
            }
            if let CoordinatorMessage::Wake { rest } = &incoming.body.message {
                let wake = Wake::of(rest.as_ref(), &incoming.delivery.id, incoming.seen_before());
                received.wake = Some(match received.wake.take() {
                    Some(before) => before.or(wake),
                    None => wake,
                });
            }
        }
        received
    }
}

fn message(message: &CoordinatorMessage) -> Option<Message> {
    match message {
        CoordinatorMessage::Answer { token, outcome } => {
            Some(Message::Answer(TaskAnswer { token: token.clone(), outcome: outcome.clone(), by_callback: false }))
        }
        CoordinatorMessage::Timer { due, revision } => Some(Message::Timer { due: *due, revision: *revision }),
        CoordinatorMessage::Wake { rest: None } => Some(Message::Wake),
        CoordinatorMessage::ChildEnded { token, end } => Some(Message::ChildEnded { token: token.clone(), end: end.clone() }),
        // A page of a renewal is no matter of the execution's; a child is started or stopped as by a caller.
        CoordinatorMessage::Wake { rest: Some(_) } | CoordinatorMessage::Renew { .. } | CoordinatorMessage::Child(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wake(after: Option<u64>, before: u64, wake_at: Option<i64>) -> Wake {
        let after = after.map(|revision| CommandPlace { revision, key: None });
        let began_with = format!("message-{}", after.as_ref().map_or(0, |after| after.revision));
        Wake { after, before, seen_before: false, wake_at: wake_at.map(Timestamp::from_millis), began_with }
    }

    // Found by the simulator. Fails if a page that is delivered again asks only for what its wake began with (`Wake::at`): what it found due before, and committed,
    // would wait for the watch. Fails if it asks for more though nothing was committed since: then it would go on with a page of its own.
    #[test]
    fn a_page_that_is_delivered_again_asks_for_what_it_may_have_led_to_repro() {
        let place = |revision| CommandPlace { revision, key: None };
        let rest =
            WakeRest { after: place(3), before: 9, wake_at: Timestamp::from_millis(20), began_with: "message-1".to_owned() };
        let check = |seen_before: bool, revision: u64, asked_for: [bool; 4]| {
            let wake = Wake::of(Some(&rest), "message-2", seen_before).at(revision);
            assert_eq!(wake.began_with, "message-1");
            assert_eq!([3, 4, 9, 12].map(|revision| wake.asks_for(&place(revision))), asked_for, "{seen_before} {revision}");
        };
        check(false, 9, [false, true, false, false]);
        check(false, 12, [false, true, false, false]);
        check(true, 9, [false, true, false, false]);
        check(true, 12, [false, true, true, true]);
    }

    // Fails if of two wakes only one is kept, or if they go on as the one that is ahead.
    #[test]
    fn two_wakes_ask_for_what_either_does() {
        let check = |one: Wake, other: Wake, both: Wake| {
            assert_eq!(one.clone().or(other.clone()), both);
            assert_eq!(other.or(one), both);
        };
        check(wake(Some(3), 9, Some(20)), wake(Some(5), 7, Some(10)), wake(Some(3), 9, Some(10)));
        check(wake(None, u64::MAX, None), wake(Some(5), 9, Some(10)), wake(None, u64::MAX, Some(10)));
    }
}
