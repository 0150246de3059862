//! From what the interpreter wants performed to the messages that workers read.

use std::collections::BTreeMap;
use std::sync::Arc;

use asl::state::Compensation;
use asl::{Definition, StateKind};
use breaks::Break;
use interpreter::{IdempotencyKey, Payload, PublishFailure, StateFailure, TaskRequest, TaskToken, ValueHash};
use messages::{Caller, FORMAT, InputBody, Outgoing, RequestBody};
use store::StoreError;

use crate::Coordinator;
use crate::publish::Publication;
use crate::withdraw::Undeliverable;

/// A request, ready to be sent.
pub(crate) struct Request {
    pub(crate) token: TaskToken,
    pub(crate) revision: u64,
    pub(crate) key: IdempotencyKey,
    pub(crate) message: Outgoing,
}

/// Requests by queue.
pub(crate) type ByQueue = BTreeMap<String, Vec<Request>>;

impl Coordinator {
    /// The messages for tasks, by queue, and the failures of those that no route serves.
    pub(crate) async fn requests(
        &self,
        publication: &Publication<'_>,
        tasks: Vec<TaskRequest>,
    ) -> Result<(ByQueue, Vec<Undeliverable>), StoreError> {
        let mut by_queue = ByQueue::new();
        let mut unrouted = Vec::new();
        let fetched = self.fetch_inputs(publication, &tasks).await?;
        for task in tasks {
            if task.activity().is_some() {
                self.offer(&task).await?;
                continue;
            }
            let Some(route) = self.settings.routes.of(&task.function) else {
                unrouted.push(no_route(publication, task));
                continue;
            };
            let input = self.input(publication, &fetched, &task.input).await?;
            let (token, revision, key) = (task.token.clone(), task.revision, task.key.clone());
            let message = Outgoing::standard(body(publication, task, input).encode());
            by_queue.entry(route.queue.clone()).or_default().push(Request { token, revision, key, message });
        }
        Ok((by_queue, unrouted))
    }

    /// The value items that travel in their requests and are not at hand.
    async fn fetch_inputs(
        &self,
        publication: &Publication<'_>,
        tasks: &[TaskRequest],
    ) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        let bound = self.settings.bounds.request_inline_bytes;
        let small = tasks.iter().map(|task| &task.input).filter(|input| input.bytes() <= bound);
        let mut wanted: Vec<ValueHash> =
            small.filter_map(Payload::hash).filter(|hash| !publication.values.contains_key(*hash)).cloned().collect();
        wanted.sort();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.retried(|| self.ports.executions.values(&publication.execution.identity.id, &wanted)).await
    }

    /// An input as it travels: in the request, or by reference where it is too large for that (or is no JSON, which the worker will say).
    async fn input(
        &self,
        publication: &Publication<'_>,
        fetched: &BTreeMap<ValueHash, Arc<str>>,
        input: &Payload,
    ) -> Result<InputBody, StoreError> {
        let bound = self.settings.bounds.request_inline_bytes;
        let known = |hash| publication.values.get(hash).or_else(|| fetched.get(hash));
        let text = input.text().or_else(|| input.hash().and_then(known).map(|text| &**text));
        let fits = input.bytes() <= bound || breaks::active(Break::LargeInputInTheRequest);
        let inline = text.filter(|_| fits).and_then(|text| serde_json::from_str(text).ok());
        match (inline, input.hash(), text) {
            (Some(value), _, _) => Ok(InputBody::Input(value)),
            (None, Some(hash), _) => Ok(InputBody::InputRef(hash.clone())),
            (None, None, text) => {
                let text: Arc<str> = text.unwrap_or_default().into();
                let value = [(ValueHash::of(&text), text)];
                self.retried(|| self.ports.executions.put_values(&publication.execution.identity.id, &value)).await?;
                let [(hash, _)] = value;
                Ok(InputBody::InputRef(hash))
            }
        }
    }
}

fn body(publication: &Publication<'_>, task: TaskRequest, input: InputBody) -> RequestBody {
    let identity = &publication.execution.identity;
    let provider = provider(publication.definition, &task);
    // No function of ours is called so.
    let caller = task.function.contains(':').then(|| Caller {
        execution_arn: identity.arn.clone(),
        machine_arn: identity.machine_arn.clone(),
        role_arn: identity.role_arn.clone(),
    });
    RequestBody {
        v: FORMAT,
        token: task.token,
        execution: identity.id.clone(),
        execution_name: identity.name.clone(),
        state: task.state,
        function: task.function,
        provider,
        input,
        attempt: task.attempt,
        deadline: task.deadline,
        heartbeat_seconds: task.heartbeat_seconds,
        callback: task.callback,
        key: task.key,
        undoes: task.undoes,
        caller,
    }
}

/// How causes name who does the work; the execution knows the function only.
fn provider(definition: &Definition, task: &TaskRequest) -> Option<String> {
    let StateKind::Task(state) = &definition.state(&task.state)?.kind else { return None };
    let resource = match (&task.undoes, &state.compensation) {
        (None, _) => &state.resource,
        (Some(_), Some(Compensation::Action(action))) => &action.resource,
        (Some(_), Some(Compensation::Nothing) | None) => return None,
    };
    Some(resource.provider().to_owned())
}

/// AWS names a function that does not exist so.
fn no_route(publication: &Publication<'_>, task: TaskRequest) -> Undeliverable {
    let cause = format!("no queue serves the function `{}`", task.function);
    let failure = PublishFailure {
        first_publish: publication.unseen_since.is_some_and(|since| task.revision >= since),
        token: task.token,
        failure: StateFailure::new("Lambda.ResourceNotFoundException", cause),
    };
    Undeliverable { key: task.key, failure }
}
