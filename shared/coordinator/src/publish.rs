//! Performs what is outstanding: requests, revocations, timer hints, reports (invariant 10). Everything may be done twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use asl::Definition;
use breaks::Break;
use interpreter::{
    ChildRequest, Command, EndOfChild, EndReport, Execution, ExecutionId, IdempotencyKey, Message, PublishFailure, StateFailure,
    TaskRequest, Timestamp, ValueHash, WriteRequest, outstanding,
};
use messages::{CoordinatorBody, CoordinatorMessage, Outgoing, queue_name};
use store::StoreError;

use crate::request::Request;
use crate::send::Sent;
use crate::withdraw::Undeliverable;
use crate::{Coordinator, DeliverError};

/// Why not everything was published; trying again can help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// A queue did not take a message.
    #[error("queue `{queue}` did not take a message: {reason}")]
    Unsent {
        /// The queue.
        queue: String,
        /// What it answered.
        reason: String,
    },
    /// The store did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What can never be published could not be turned into a failure of its task.
    #[error(transparent)]
    FollowUp(Box<DeliverError>),
}

/// What commands are performed for.
pub(crate) struct Publication<'a> {
    pub(crate) execution: &'a Execution,
    pub(crate) definition: &'a Definition,
    /// Requests created at or after this revision were never published before.
    pub(crate) unseen_since: Option<u64>,
    /// Value items at hand.
    pub(crate) values: &'a BTreeMap<ValueHash, Arc<str>>,
}

/// Commands by kind.
#[derive(Default)]
struct Sorted {
    /// Keys, and whether a success of an earlier attempt is to be revoked as well.
    revocations: Vec<(IdempotencyKey, bool)>,
    tasks: Vec<TaskRequest>,
    hints: Vec<(Timestamp, u64)>,
    report: Option<EndReport>,
    children: Vec<ChildRequest>,
    end: Option<EndOfChild>,
    results: Option<WriteRequest>,
}

/// What became of commands that have to be told to the execution.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Requests that can never be published: each is to become its task's failure.
    pub(crate) undeliverable: Vec<PublishFailure>,
    /// Results of a Map Run that were written, or cannot be.
    pub(crate) written: Option<Message>,
}

impl FromIterator<Command> for Sorted {
    fn from_iter<I: IntoIterator<Item = Command>>(commands: I) -> Self {
        let mut sorted = Self::default();
        for command in commands {
            match command {
                Command::Perform(task) => sorted.tasks.push(*task),
                Command::Revoke { key, callback } => sorted.revocations.push((key, callback)),
                Command::Timer { due, revision } => sorted.hints.push((due, revision)),
                Command::Report(report) => sorted.report = Some(report),
                Command::Child(request) => sorted.children.push(*request),
                Command::AnswerParent(end) => sorted.end = Some(*end),
                Command::WriteResults(write) => sorted.results = Some(*write),
            }
        }
        sorted
    }
}

impl Coordinator {
    /// Performs commands. Answers what the execution is to be told of them.
    ///
    /// Each kind is attempted whatever became of the others; the first error is answered. The end is reported to the head last, and only if all
    /// else was published: with that the execution is looked at no more.
    pub(crate) async fn publish(&self, publication: &Publication<'_>, commands: Vec<Command>) -> Result<Published, PublishError> {
        let sorted: Sorted = commands.into_iter().collect();
        // Revocations first: what is not to be executed any more should meet its revocation.
        let revoked = self.revoke_all(&sorted.revocations).await;
        let requested = self.publish_requests(publication, sorted.tasks).await;
        let hinted = self.publish_hints(&publication.execution.identity.id, &sorted.hints).await;
        let asked = self.publish_children(publication, &sorted.children).await;
        let answered = match &sorted.end {
            Some(end) => self.answer_parent(publication, end).await,
            None => Ok(()),
        };
        let written = match &sorted.results {
            Some(write) => Some(self.write_results(publication, write).await?),
            None => None,
        };
        let told = asked.and(answered);
        let reported = match &sorted.report {
            Some(report) if told.is_ok() => self.report_end(publication.execution, report).await,
            Some(_) | None => Ok(()),
        };
        revoked?;
        hinted?;
        told?;
        reported?;
        Ok(Published { undeliverable: requested?, written })
    }

    /// Publishes what an execution that is not committed yet creates: for [`Break::PublishedBeforeCommit`] alone.
    pub(crate) async fn publish_ahead(&self, definition: &Definition, execution: &Execution, values: &[(ValueHash, Arc<str>)]) {
        let values = values.iter().cloned().collect();
        let publication = Publication { execution, definition, unseen_since: None, values: &values };
        let _ = self.publish(&publication, outstanding(execution, execution.revision)).await;
    }

    async fn publish_requests(
        &self,
        publication: &Publication<'_>,
        tasks: Vec<TaskRequest>,
    ) -> Result<Vec<PublishFailure>, PublishError> {
        let (by_queue, mut undeliverable) = self.requests(publication, tasks).await?;
        let sent = futures::future::join_all(by_queue.iter().map(|(queue, requests)| self.send_requests(queue, requests))).await;
        let mut unsent = None;
        for ((queue, requests), sent) in by_queue.into_iter().zip(sent) {
            for (request, sent) in requests.into_iter().zip(sent) {
                match sent {
                    Sent::Accepted => {}
                    Sent::Refused { reason, unseen } => {
                        undeliverable.push(refused(publication, request, &queue, &reason, unseen))
                    }
                    Sent::Unsent { reason } => unsent = Some(PublishError::Unsent { queue: queue.clone(), reason }),
                }
            }
        }
        // What is undeliverable comes up again when the rest is published again.
        match unsent {
            Some(unsent) => Err(unsent),
            None => Ok(self.withdraw_all(undeliverable).await?),
        }
    }

    async fn send_requests(&self, queue: &str, requests: &[Request]) -> Vec<Sent> {
        let outgoing: Vec<Outgoing> = requests.iter().map(|request| request.message.clone()).collect();
        self.send(queue, &outgoing).await
    }

    async fn publish_hints(&self, id: &ExecutionId, hints: &[(Timestamp, u64)]) -> Result<(), PublishError> {
        if breaks::active(Break::HintNotSent) {
            return Ok(());
        }
        let longest = Duration::from_secs(self.settings.limits.timer_horizon_seconds);
        let now = self.now();
        let outgoing = hints.iter().map(|(due, revision)| {
            let message = CoordinatorMessage::Timer { due: *due, revision: *revision };
            outgoing(&CoordinatorBody::new(id.clone(), message), due.since(now).min(longest))
        });
        self.send_hints(&outgoing.collect::<Vec<_>>()).await
    }

    /// Has the execution woken, for all that is outstanding at this revision or what pages have left.
    pub(crate) async fn send_wakes(&self, execution: &Execution, wakes: Vec<CoordinatorMessage>) -> Result<(), PublishError> {
        let wakes = wakes.into_iter().map(|wake| {
            let from = match &wake {
                // At one revision the same is outstanding: whoever asks for it again asks for the same.
                CoordinatorMessage::Wake { rest: None } => execution.revision,
                _ => 0,
            };
            self.once(&CoordinatorBody::new(execution.identity.id.clone(), wake), from)
        });
        self.send_to(queue_name::ANSWERS, &wakes.collect::<Vec<_>>()).await
    }

    /// A message of the coordinator's own that is sent once, however often what it goes on with is delivered. Two would go on side by side, and each of them
    /// might be two at its next page (docs/adr/0017). So it travels on the queue that knows what it was sent.
    pub(crate) fn once(&self, body: &CoordinatorBody, revision: u64) -> Outgoing {
        let text = body.encode();
        let id = match breaks::active(Break::PageForks) {
            true => format!("{:032x}", self.ports.entropy.bits()),
            false => ValueHash::of(&format!("{revision} {text}")).0,
        };
        // Answers are not to wait for a page that is given back.
        Outgoing::fifo(text, format!("{}/pages", body.execution), id)
    }

    /// Sends to the hints' queue; an error unless each message was taken.
    pub(crate) async fn send_hints(&self, messages: &[Outgoing]) -> Result<(), PublishError> {
        self.send_to(queue_name::HINTS, messages).await
    }

    pub(crate) async fn send_to(&self, queue: &str, messages: &[Outgoing]) -> Result<(), PublishError> {
        let sent = self.send(queue, messages).await;
        let queue = || queue.to_owned();
        sent.into_iter().try_for_each(|sent| match sent {
            Sent::Accepted => Ok(()),
            Sent::Refused { reason, .. } | Sent::Unsent { reason } => Err(PublishError::Unsent { queue: queue(), reason }),
        })
    }

    async fn report_end(&self, execution: &Execution, end: &EndReport) -> Result<(), PublishError> {
        if breaks::active(Break::EndNeverReported) {
            return Ok(());
        }
        let (executions, identity) = (&self.ports.executions, &execution.identity);
        let (closed_at, wake_at) = (Some(end.closed_at), self.parked_wake_at(execution));
        self.retried(|| executions.report(identity, end.status, closed_at, wake_at, execution.revision)).await?;
        Ok(())
    }
}

/// A message of ours for a standard queue.
pub(crate) fn outgoing(body: &CoordinatorBody, delay: Duration) -> Outgoing {
    Outgoing::delayed(body.encode(), delay)
}

fn refused(publication: &Publication<'_>, request: Request, queue: &str, reason: &str, unseen: bool) -> Undeliverable {
    let first_publish = unseen && publication.unseen_since.is_some_and(|since| request.revision >= since);
    let first_publish = first_publish && !breaks::active(Break::UnseenRequestTakenForSeen);
    let first_publish = first_publish || breaks::active(Break::SeenRequestTakenForUnseen);
    let cause = format!("the queue `{queue}` refuses the request: {reason}");
    let failure = StateFailure::new("Backstep.Undeliverable", cause);
    Undeliverable { key: request.key, failure: PublishFailure { token: request.token, failure, first_publish } }
}
