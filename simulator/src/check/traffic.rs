//! Messages: what they say, and how many copies of each there are.

use futures::FutureExt;
use interpreter::{ExecutionId, IdempotencyKey, TaskOutcome, TaskToken, Timestamp};
use messages::{BodyError, CoordinatorBody, CoordinatorMessage, Outgoing, RequestBody, queue_name};

use store::{LedgerEntry, LedgerState, LedgerStore};

use super::Checks;
use crate::workload::worker::UNFIT;
use crate::world::World;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// A request to a worker.
    Request {
        /// The attempt's token.
        token: TaskToken,
        /// Its key.
        key: IdempotencyKey,
        /// The key that it undoes.
        undoes: Option<IdempotencyKey>,
        /// When it times out.
        deadline: Option<Timestamp>,
        /// How often it is to be heard of, in seconds.
        heartbeat_seconds: Option<u64>,
        /// Whether it hands a token out.
        callback: bool,
    },
    /// A worker's answer, and what it says.
    Answer(TaskToken, Said),
    /// A timer hint.
    Timer(ExecutionId, Timestamp, u64),
    /// The watch's, or (true) the coordinator's own for a further page.
    Wake(ExecutionId, bool),
    /// A page of a renewal.
    Renew(ExecutionId),
    /// Of a format that this release does not know.
    Newer,
    /// Not one of ours.
    Nothing,
    /// An answer by whoever has no right to give it.
    Forged,
}

impl Meaning {
    /// Of a body.
    pub(crate) fn of(body: &str) -> Self {
        // Reading all of a body to find that it is no request is a twelfth of a simulation's work.
        let may_be_request = body.contains("\"function\"");
        if let Some(request) = may_be_request.then(|| RequestBody::decode(body).ok()).flatten() {
            let RequestBody { token, key, undoes, deadline, heartbeat_seconds, callback, .. } = request;
            return Self::Request { token, key, undoes, deadline, heartbeat_seconds, callback };
        }
        match CoordinatorBody::decode(body).map(|body| (body.execution, body.message)) {
            Ok((_, CoordinatorMessage::Answer { token, outcome })) => Self::Answer(token, Said::of(&outcome)),
            Ok((execution, CoordinatorMessage::Timer { due, revision })) => Self::Timer(execution, due, revision),
            Ok((execution, CoordinatorMessage::Wake { rest })) => Self::Wake(execution, rest.is_some()),
            Ok((execution, CoordinatorMessage::Renew { .. })) => Self::Renew(execution),
            // The machines that are simulated start no others.
            Ok((_, CoordinatorMessage::Child(_) | CoordinatorMessage::ChildEnded { .. })) => Self::Nothing,
            Err(BodyError::Newer(_)) => Self::Newer,
            Err(BodyError::Malformed(_)) => Self::Nothing,
        }
    }

    /// The execution that it is about.
    pub(crate) fn execution(&self) -> Option<&ExecutionId> {
        match self {
            Self::Request { token, .. } | Self::Answer(token, _) => Some(&token.execution),
            Self::Timer(execution, _, _) | Self::Wake(execution, _) | Self::Renew(execution) => Some(execution),
            Self::Newer | Self::Nothing | Self::Forged => None,
        }
    }
}

/// What an answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Success,
    Failure,
    Refusal,
}

impl Said {
    fn of(outcome: &TaskOutcome) -> Self {
        match outcome {
            TaskOutcome::Succeeded { .. } => Self::Success,
            TaskOutcome::Failed { refusal: false, .. } => Self::Failure,
            TaskOutcome::Failed { refusal: true, .. } => Self::Refusal,
        }
    }

    /// As reports name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Refusal => "refusal",
        }
    }
}

/// What names an attempt.
pub(super) fn attempt_of(token: &TaskToken) -> (ExecutionId, u64, u32) {
    (token.execution.clone(), token.visit, token.attempt)
}

/// A message's text without the count of how often it was sent again: copies for contention are copies.
pub(super) fn text_of(body: &str) -> &str {
    body.rfind(",\"resent\":").and_then(|place| body.get(..place)).unwrap_or(body)
}

impl Checks {
    /// A queue has taken a message. Invariant 10: nothing outside happens before the commit.
    pub(crate) fn sent(&mut self, world: &World, queue: &str, message: &Outgoing) {
        let text = text_of(&message.body);
        if !self.meanings.contains_key(text) {
            self.meanings.insert(text.to_owned(), Meaning::of(&message.body));
        }
        if queue == queue_name::PARKING {
            self.parked(world, message);
        }
        self.check_sent(world, queue, message);
        match self.meanings.get(text) {
            Some(Meaning::Request { token, key, deadline, heartbeat_seconds, callback, .. }) => {
                let (token, attempt) = (token.clone(), attempt_of(token));
                self.keys.entry(attempt.clone()).or_insert_with(|| key.clone());
                self.asked.insert((key.clone(), token.attempt), (*deadline, *heartbeat_seconds));
                if *callback {
                    self.callbacks.insert(key.clone());
                }
                let revision = self.journals.get(&token.execution).map_or(0, |journal| journal.revision);
                if token.revision > revision {
                    self.violated(
                        "publish-after-commit",
                        format!("`{queue}` was sent a request of revision {} at {revision}", token.revision),
                    );
                }
                self.sent_requests.insert(attempt.clone());
                self.request_sent(world, attempt);
            }
            Some(Meaning::Timer(execution, due, revision)) => {
                let hint = (execution.clone(), *due, *revision);
                self.sent_hints.insert(hint);
            }
            Some(Meaning::Wake(..)) => {
                let text = text.to_owned();
                self.wake_sent(world, &text);
            }
            Some(Meaning::Answer(..) | Meaning::Renew(_) | Meaning::Newer | Meaning::Nothing | Meaning::Forged) | None => {}
        }
    }

    /// Invariant 19: what nobody can read is parked with its reason, and nothing else is.
    fn parked(&mut self, world: &World, message: &Outgoing) {
        self.parked.insert(message.body.clone());
        let reason = message.attributes.get("reason").cloned().unwrap_or_default();
        if reason.is_empty() {
            self.violated("parked", format!("without a reason: {}", message.body));
        }
        if !self.is_unfit(world, &message.body)
            && self.meanings.get(text_of(&message.body)).is_some_and(|meaning| *meaning != Meaning::Nothing)
        {
            self.violated("parked", format!("a message of ours, because {reason}: {}", message.body));
        }
    }

    /// Whether the store refuses what this says: an answer, or the request that is answered from the ledger.
    pub(crate) fn is_unfit(&self, world: &World, body: &str) -> bool {
        let in_ledger = || match self.meanings.get(text_of(body)) {
            Some(Meaning::Request { key, .. }) => world.store.ledger(key).now_or_never().and_then(Result::ok).flatten(),
            _ => None,
        };
        let is_kept = |entry: LedgerEntry| match entry.state {
            LedgerState::Succeeded { result } => result.to_string().contains(UNFIT),
            _ => false,
        };
        body.contains(UNFIT) || in_ledger().is_some_and(is_kept)
    }

    /// There are so many copies of a message more (or fewer).
    pub(crate) fn is_live(&mut self, body: &str, copies: i64) {
        let text = text_of(body);
        match self.live.get_mut(text) {
            Some(live) => *live += copies,
            None => {
                self.live.insert(text.to_owned(), copies);
            }
        }
        if let Some(Meaning::Answer(token, _)) = self.meanings.get(text) {
            *self.live_answers.entry(attempt_of(token)).or_default() += copies;
        }
    }

    /// How many of these are of a format that this release does not know: they stay until a release comes that does.
    pub(crate) fn newer_among<'b>(&self, bodies: impl Iterator<Item = &'b str>) -> usize {
        bodies.filter(|body| self.meanings.get(text_of(body)) == Some(&Meaning::Newer)).count()
    }

    /// A copy was lost with its queue: whoever counted on it counts on the watch now.
    pub(crate) fn purged(&mut self, world: &World, body: &str) {
        self.is_live(body, -1);
        self.purged_at.insert(text_of(body).to_owned(), world.now());
        if let Some(Meaning::Answer(token, _)) = self.meanings.get(text_of(body)) {
            self.lost_answers.insert(attempt_of(token));
        }
        self.causes.remove(text_of(body));
    }
}
