//! Executions that others start and wait for (docs/adr/0024): asking for them, beginning them, and telling their ends.
//!
//! A child is asked for by a message to *it*, on the answers' queue, in a group of its own: so that a Map Run's transition costs the same however many it starts, and any
//! coordinator begins any of them. All of it may come twice and in any order: the child's id and names follow from its parent's state, its head is put
//! if absent, and a start that is repeated publishes again what is outstanding, the answer to the parent included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interpreter::{
    ChildEnd, ChildInput, ChildRequest, EndOfChild, Execution, ExecutionId, ExecutionStatus, InputPage, Message, Payload,
    ValueHash,
};
use messages::{ChildBody, CoordinatorBody, CoordinatorMessage, Disposition, Outgoing, queue_name};
use store::{Head, HeadCreation, StoreError};

use crate::describe::text;
use crate::handle::Incoming;
use crate::load::before_first_entry;
use crate::publish::Publication;
use crate::{Coordinator, DeliverError, PublishError};

impl Coordinator {
    /// Asks for children, or has them stopped.
    pub(crate) async fn publish_children(
        &self,
        publication: &Publication<'_>,
        requests: &[ChildRequest],
    ) -> Result<(), PublishError> {
        if requests.is_empty() {
            return Ok(());
        }
        let id = &publication.execution.identity.id;
        let pages: BTreeSet<&ValueHash> = requests.iter().filter_map(|request| page_of(&request.input)).collect();
        let missing: Vec<ValueHash> =
            pages.iter().filter(|page| !publication.values.contains_key(**page)).map(|page| (*page).clone()).collect();
        let fetched = match missing.is_empty() {
            true => BTreeMap::new(),
            false => self.retried(|| self.ports.executions.values(id, &missing)).await?,
        };
        let mut inputs: BTreeMap<&ValueHash, BTreeMap<u64, Payload>> = BTreeMap::new();
        for page in pages {
            let text = publication.values.get(page).or_else(|| fetched.get(page));
            let parsed: Option<InputPage> = text.and_then(|text| serde_json::from_str(text).ok());
            let Some(parsed) = parsed else { return Err(corrupt(format!("its page of inputs `{page}` does not exist"))) };
            inputs.insert(page, parsed.inputs.into_iter().collect());
        }
        let mut outgoing = Vec::with_capacity(requests.len());
        for request in requests {
            let input = match &request.input {
                ChildInput::Whole(input) => Some(input.clone()),
                ChildInput::Listed { page, index } => inputs.get(page).and_then(|page| page.get(index)).cloned(),
            };
            let Some(input) = input else { return Err(corrupt("a page of inputs is too short")) };
            outgoing.push(self.asking(publication.execution, request, input));
        }
        self.send_to(queue_name::ANSWERS, &outgoing).await
    }

    fn asking(&self, parent: &Execution, request: &ChildRequest, input: Payload) -> Outgoing {
        let body = ChildBody {
            identity: request.identity.clone(),
            parent: request.parent.clone(),
            definition: parent.definition.clone(),
            input,
            carried: request.carried.clone(),
            stop: request.stop,
        };
        let child = request.identity.id.clone();
        let text = CoordinatorBody::new(child.clone(), CoordinatorMessage::Child(Box::new(body))).encode();
        Outgoing::fifo(text, child.as_str(), self.fresh())
    }

    /// A deduplication id that no message had: one that is sent again because the first was lost must not be taken for it.
    fn fresh(&self) -> String {
        format!("{:032x}", self.ports.entropy.bits())
    }

    /// Tells the parent how its child ended.
    pub(crate) async fn answer_parent(&self, publication: &Publication<'_>, end: &EndOfChild) -> Result<(), PublishError> {
        let identity = &publication.execution.identity;
        let texts = self.texts(&identity.id, [end.output.as_ref()]).await?;
        let output = end.output.as_ref().map(|output| text(&texts, output)).transpose();
        let output = output.map_err(|error| PublishError::FollowUp(Box::new(error)))?;
        let output = output.and_then(|output| serde_json::from_str(&output).ok());
        let told = ChildEnd {
            arn: identity.arn.clone(),
            name: identity.name.clone(),
            status: end.status,
            output,
            failure: end.failure.clone(),
            started_at: end.started_at,
            closed_at: end.closed_at,
        };
        let token = end.parent.token.clone();
        let parent = token.execution.clone();
        let message = CoordinatorMessage::ChildEnded { token, end: Box::new(told) };
        let body = CoordinatorBody::new(parent.clone(), message);
        self.send_to(queue_name::ANSWERS, &[Outgoing::fifo(body.encode(), parent.as_str(), self.fresh())]).await
    }

    /// Begins or stops the children that messages ask for.
    pub(crate) async fn handle_children(&self, incoming: Vec<Incoming<'_>>) -> Vec<(usize, Disposition)> {
        let mut dispositions = Vec::with_capacity(incoming.len());
        for some in incoming.chunks(self.settings.bounds.concurrent_executions.max(1)) {
            dispositions.extend(futures::future::join_all(some.iter().map(|incoming| self.handle_child(incoming))).await);
        }
        dispositions
    }

    async fn handle_child(&self, incoming: &Incoming<'_>) -> (usize, Disposition) {
        let CoordinatorMessage::Child(child) = &incoming.body.message else { return (incoming.place, Disposition::AGAIN) };
        let disposition = match self.begin_child(child).await {
            Ok(None) => Disposition::Done,
            Ok(Some(_unpublished)) => self.given_back(),
            Err(error) => self.dispose(incoming, &error).await,
        };
        (incoming.place, disposition)
    }

    /// Begins a child, or stops it; answers why not all was published, if so.
    async fn begin_child(&self, child: &ChildBody) -> Result<Option<PublishError>, DeliverError> {
        let id = &child.identity.id;
        // What was begun before needs no head: its journal says so.
        let known = self.latest(id).await?;
        let known = match known {
            Some(execution) => execution,
            None => self.new_child(child).await?,
        };
        let message = match child.stop {
            false => Message::Start,
            true => Message::Stop { error: None, cause: None },
        };
        let delivered = self.deliver(id, Some(known), &[message]).await?;
        Ok(delivered.unpublished)
    }

    /// Writes the head of a child, behind its input.
    async fn new_child(&self, child: &ChildBody) -> Result<Execution, DeliverError> {
        let (id, parent) = (&child.identity.id, &child.parent.token.execution);
        let carried: Vec<ValueHash> = child.carried.iter().chain(child.input.hash()).cloned().collect();
        if !carried.is_empty() {
            let found = self.retried(|| self.ports.executions.values(parent, &carried)).await?;
            if let Some(hash) = carried.iter().find(|hash| !found.contains_key(*hash)) {
                return Err(DeliverError::Corrupt(format!("its parent's value item `{hash}` does not exist")));
            }
            let values: Vec<(ValueHash, Arc<str>)> = found.into_iter().collect();
            self.retried(|| self.ports.executions.put_values(id, &values)).await?;
        }
        let now = self.now();
        let head = Head {
            identity: child.identity.clone(),
            definition: child.definition.clone(),
            input_hash: child.input.hash().cloned().unwrap_or_else(|| ValueHash::of(child.input.text().unwrap_or_default())),
            input: child.input.clone(),
            status: ExecutionStatus::Running,
            started_at: now,
            closed_at: None,
            wake_at: Some(now),
            wake_revision: 0,
            renewed_at: None,
            parent: Some(Box::new(child.parent.clone())),
        };
        Ok(match self.retried(|| self.ports.executions.create_head(&head)).await? {
            HeadCreation::Created => before_first_entry(head),
            HeadCreation::Exists(found) => before_first_entry(*found),
        })
    }

    /// Stops an execution whose parent has ended without it: its stop was lost, or nobody was left to ask for it.
    pub(crate) async fn stop_if_orphaned(&self, execution: &Execution) -> Result<(), StoreError> {
        let Some(parent) = &execution.parent else { return Ok(()) };
        let of: &ExecutionId = &parent.token.execution;
        let head = self.retried(|| self.ports.executions.head_of(of)).await?;
        if head.is_none_or(|head| head.status == ExecutionStatus::Running) {
            return Ok(());
        }
        let stop = Message::Stop { error: None, cause: None };
        match Box::pin(self.deliver(&execution.identity.id, None, &[stop])).await {
            Ok(_) => Ok(()),
            Err(DeliverError::Store(error)) => Err(error),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }
}

fn page_of(input: &ChildInput) -> Option<&ValueHash> {
    match input {
        ChildInput::Whole(_) => None,
        ChildInput::Listed { page, .. } => Some(page),
    }
}

fn corrupt(reason: impl Into<String>) -> PublishError {
    PublishError::FollowUp(Box::new(DeliverError::Corrupt(reason.into())))
}
