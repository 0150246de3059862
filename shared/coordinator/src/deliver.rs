//! The heart: brings messages into one execution. Load, decide, commit; on a conflict once more; then publish.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use asl::Definition;
use breaks::Break;
use interpreter::{Execution, ExecutionId, Message, MessageOutcome, Reads, Seed, Staleness, ValueHash};
use messages::{CoordinatorBody, CoordinatorMessage};
use store::{Entry, EntryError, StoreError};

use crate::commit::Commit;
use crate::publish::{Publication, outgoing};
use crate::received::Received;
use crate::selection::{Selection, select};
use crate::{Coordinator, DefinitionError, PublishError, alarm};

/// Why messages were not brought into an execution. Nothing is lost: what was to be said about it can be said again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// Nobody ever started it, or all its items have expired.
    #[error("execution does not exist")]
    UnknownExecution,
    /// Other writers were first, each time. Retryable.
    #[error("too many write to the execution at the same time")]
    Contended,
    /// The execution does not fit its definition, or what it refers to is gone.
    #[error("execution is corrupt: {0}")]
    Corrupt(String),
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(StoreError),
}

impl DeliverError {
    /// Whether trying again can help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Contended | Self::Store(StoreError::Unavailable(_) | StoreError::Entry(EntryError::Newer(_))) => true,
            Self::UnknownExecution | Self::Corrupt(_) | Self::Store(StoreError::Refused(_) | StoreError::Entry(_)) => false,
        }
    }
}

impl From<StoreError> for DeliverError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Entry(EntryError::Corrupt(reason)) => Self::Corrupt(reason),
            error => Self::Store(error),
        }
    }
}

impl From<DefinitionError> for DeliverError {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::Store(error) => error.into(),
            error @ (DefinitionError::Missing(_) | DefinitionError::Invalid { .. }) => Self::Corrupt(error.to_string()),
        }
    }
}

/// What became of messages that were delivered.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// The execution after it.
    pub(crate) execution: Execution,
    /// What became of each message, in their order.
    pub(crate) outcomes: Vec<MessageOutcome>,
    /// Why not all that is outstanding was published, if so. The journal has the messages all the same: whoever can have them sent again does, anyone
    /// else leaves it to the next wake.
    pub(crate) unpublished: Option<PublishError>,
}

/// Messages that were decided upon; what they led to is committed, and not yet published.
pub(crate) struct Settled {
    pub(crate) execution: Execution,
    pub(crate) definition: Arc<Definition>,
    pub(crate) outcomes: Vec<MessageOutcome>,
    /// Whether an entry was committed, and by how many tries.
    pub(crate) committed_in: Option<u32>,
    /// Value items at hand.
    pub(crate) values: BTreeMap<ValueHash, Arc<str>>,
}

impl Coordinator {
    /// Brings `messages` into an execution and publishes what is outstanding since. `known` is its state, where the caller has it at hand: it may be
    /// outdated, the commit finds out.
    pub(crate) async fn deliver(
        &self,
        id: &ExecutionId,
        known: Option<Execution>,
        messages: &[Message],
    ) -> Result<Delivered, DeliverError> {
        self.deliver_received(id, known, &Received::from_caller(messages)).await
    }

    /// The same for what came by a queue.
    pub(crate) async fn deliver_received(
        &self,
        id: &ExecutionId,
        known: Option<Execution>,
        received: &Received,
    ) -> Result<Delivered, DeliverError> {
        let mut settled = self.settle(id, known, &received.messages).await?;
        let outcomes = std::mem::take(&mut settled.outcomes);
        let selection = select(&settled, received, &outcomes, self.settings.bounds.commands_per_wake);
        // Until its last page was published, a wake leaves the head due: whoever stops in between is followed by the watch.
        let ended =
            received.wake.as_ref().filter(|_| selection.further.is_none() || breaks::active(Break::FirstPageRaisesTheHead));
        let mut unpublished = self.publish_settled(&mut settled, selection).await.err();
        let may_rest = unpublished.is_none() || breaks::active(Break::WakeRaisedUnpublished);
        if let Some(wake) = ended.filter(|_| may_rest) {
            unpublished = self.after_wake(&settled.execution, wake.wake_at).await.map_err(PublishError::Store).err();
        }
        if let Some(error) = &unpublished {
            tracing::warn!(execution = settled.execution.identity.name, %error, "not all that is outstanding was published");
        }
        Ok(Delivered { execution: settled.execution, outcomes, unpublished })
    }

    /// Decides and commits; begins again at the load as long as other writers are first, up to a limit.
    async fn settle(
        &self,
        id: &ExecutionId,
        mut known: Option<Execution>,
        messages: &[Message],
    ) -> Result<Settled, DeliverError> {
        let mut reads = Reads::default();
        for round in 1..=self.settings.bounds.decisions_per_delivery {
            // Values never change; who was heard of may have been heard again since the last round, and time has gone on.
            if !breaks::active(Break::HeartbeatNotReadAgain) {
                reads.heartbeats.clear();
            }
            let before = match known.take() {
                Some(execution) => execution,
                None => self.latest(id).await?.ok_or(DeliverError::UnknownExecution)?,
            };
            if let Some(settled) = self.settle_once(before, messages, &mut reads).await? {
                return Ok(settled);
            }
            self.pause(round).await;
        }
        Err(DeliverError::Contended)
    }

    /// One decision and its commit; none if another writer was first.
    async fn settle_once(
        &self,
        before: Execution,
        messages: &[Message],
        reads: &mut Reads,
    ) -> Result<Option<Settled>, DeliverError> {
        let all = with_start(&before, messages);
        let definition = if breaks::active(Break::DefinitionOfTheDay) {
            self.definition_of_the_day(&before).await?
        } else {
            self.definition(&before.definition).await?
        };
        let bits = if breaks::active(Break::SeedNotDrawn) { 0 } else { self.ports.entropy.bits() };
        let seed = Seed(bits.to_be_bytes());
        let decided = self.decide(&definition, &before, &all, (self.now(), seed), reads).await?;
        let outcomes = decided.outcomes.into_iter().skip(all.len() - messages.len()).collect();
        let Some(next) = decided.execution else {
            log(&before, messages, &outcomes, None);
            let values = std::mem::take(&mut reads.values);
            return Ok(Some(Settled { execution: before, definition, outcomes, committed_in: None, values }));
        };
        let entry = Entry { revision: next.revision, at: next.updated_at, seed, execution: next, events: decided.events };
        if breaks::active(Break::PublishedBeforeCommit) {
            self.publish_ahead(&definition, &entry.execution, &decided.values).await;
        }
        let Commit::Done { tries } = self.commit(&before, &entry, &decided.values).await? else {
            tracing::debug!(execution = before.identity.name, revision = entry.revision, "another writer was first");
            return Ok(None);
        };
        log(&entry.execution, messages, &outcomes, Some(entry.events.len()));
        alarm::raise(&before, &entry.execution);
        let mut values = std::mem::take(&mut reads.values);
        values.extend(decided.values);
        Ok(Some(Settled { execution: entry.execution, definition, outcomes, committed_in: Some(tries), values }))
    }

    /// Publishes, and turns requests that can never be published into failures of their tasks, which may create more to publish.
    async fn publish_settled(&self, settled: &mut Settled, mut selection: Selection) -> Result<(), PublishError> {
        let id = settled.execution.identity.id.clone();
        let mut further = Vec::new();
        for _ in 0..self.settings.bounds.follow_ups_per_delivery {
            let publication = Publication {
                execution: &settled.execution,
                definition: &settled.definition,
                // Only of an entry that we alone can have read so far is this provably the first publish.
                unseen_since: (settled.committed_in == Some(1)).then_some(settled.execution.revision),
                values: &settled.values,
            };
            let published = self.publish(&publication, selection.commands).await?;
            further.extend(selection.further);
            let undeliverable = published.undeliverable.into_iter();
            let undeliverable = undeliverable.filter(|_| !breaks::active(Break::UndeliverableRequestLeft));
            let follow_ups: Vec<Message> =
                published.written.into_iter().chain(undeliverable.map(Message::PublishFailed)).collect();
            if follow_ups.is_empty() {
                // Only now: the last page raises the head, and what can never be published has to be a failure by then.
                return self.send_wakes(&settled.execution, further).await;
            }
            let known = settled.execution.clone();
            *settled =
                self.settle(&id, Some(known), &follow_ups).await.map_err(|error| PublishError::FollowUp(Box::new(error)))?;
            let bound = self.settings.bounds.commands_per_wake;
            selection = select(settled, &Received::from_caller(&follow_ups), &settled.outcomes, bound);
        }
        // A program that goes from one undeliverable task to the next, for ever: the rest is a wake's.
        self.send_wakes(&settled.execution, further).await?;
        let later = Duration::from_secs(self.settings.bounds.give_back_seconds);
        self.send_hints(&[outgoing(&CoordinatorBody::new(id, CoordinatorMessage::wake()), later)]).await
    }
}

/// The messages, after a start where the start is what was interrupted.
fn with_start<'a>(before: &Execution, messages: &'a [Message]) -> Cow<'a, [Message]> {
    if before.revision > 0 || messages.contains(&Message::Start) {
        return Cow::Borrowed(messages);
    }
    Cow::Owned(std::iter::once(Message::Start).chain(messages.iter().cloned()).collect())
}

/// One line per transition, without payloads; stale messages are counted by theirs.
fn log(execution: &Execution, messages: &[Message], outcomes: &Vec<MessageOutcome>, events: Option<usize>) {
    let (name, revision) = (&execution.identity.name, execution.revision);
    let kinds = || messages.iter().map(kind).collect::<Vec<_>>().join(",");
    match events {
        Some(events) => {
            tracing::info!(
                execution = name,
                revision,
                messages = kinds(),
                events,
                status = execution.status.as_str(),
                "transition"
            );
        }
        None => tracing::debug!(execution = name, revision, messages = kinds(), "nothing to commit"),
    }
    for outcome in outcomes {
        match outcome {
            MessageOutcome::Stale { reason: Staleness::FromTheFuture, .. } => {
                tracing::error!(execution = name, revision, alarm = "restored_table", "a token of a revision that is not there");
            }
            MessageOutcome::Stale { reason, .. } => tracing::debug!(execution = name, revision, stale = ?reason, "stale message"),
            MessageOutcome::Rejected(rejection) => tracing::info!(execution = name, revision, ?rejection, "message rejected"),
            MessageOutcome::Applied | MessageOutcome::Early { .. } => {}
        }
    }
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::Start => "start",
        Message::Answer(_) => "answer",
        Message::Poll(_) => "poll",
        Message::Timer { .. } => "timer",
        Message::Wake => "wake",
        Message::Stop { .. } => "stop",
        Message::Redrive => "redrive",
        Message::PublishFailed(_) => "publish_failed",
        Message::ChildEnded { .. } => "child_ended",
        Message::ResultsWritten { .. } => "results_written",
        Message::UpdateMapRun(_) => "update_map_run",
    }
}
