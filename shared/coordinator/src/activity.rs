//! Tasks of activities: offered in the store, until a worker asks for them.
//!
//! An activity's queue is a partition of items, one per attempt, in the order in which the states were entered. An item only says that a task may be had:
//! whether it may is decided by the execution, in whose journal it stands who was given the task. So an item may be written twice or stay behind; the worker who
//! meets it asks the execution, is refused, and removes it.

use std::sync::Arc;

use interpreter::{Activity, Branch, Execution, IterationStage};
use interpreter::{ActivityPoll, Message, MessageOutcome, Payload, TaskAttempt, TaskPhase, TaskRequest, TaskToken};
use serde_json::json;
use store::{Condition, Item, ItemKey, StoreError, TransactError, Write};

use crate::describe::text;
use crate::{Coordinator, DeliverError};

/// The format of an item.
const FORMAT: u64 = 1;

/// How long an offer is kept that nobody asks for. As long as the task waits, wakes offer it again.
const OFFER_SECONDS: u64 = 7 * 86_400;

/// How many offers are looked at together.
const OFFERS_AT_ONCE: usize = 10;

/// A task that a worker was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityTask {
    /// The token to answer it by.
    pub token: TaskToken,
    /// What is to be done: JSON text.
    pub input: Arc<str>,
}

/// Why a worker was given no task, although there may be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct TakeActivityTaskError(#[from] pub DeliverError);

impl From<StoreError> for TakeActivityTaskError {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl Coordinator {
    /// Offers a task to the workers of its activity. Offering it again changes nothing.
    pub(crate) async fn offer(&self, task: &TaskRequest) -> Result<(), StoreError> {
        let key = ItemKey {
            partition: offers_of(&task.function),
            sort: format!("{:016}.{}", task.entered_at.millis().max(0), task.token),
        };
        let body = json!({"v": FORMAT, "token": task.token});
        let expires_at = Some(self.now().plus_seconds(OFFER_SECONDS));
        let put = [Write::Put { key, body, expires_at, condition: Condition::Absent }];
        self.retried(|| self.transacted(&put)).await
    }

    /// Gives the oldest task of an activity that is still to be had to this worker; none if there is none. It is in the execution's journal when it is
    /// answered: whoever is answered nothing because the answer was lost has it nevertheless, until it times out.
    ///
    /// # Errors
    ///
    /// [`TakeActivityTaskError`]: asking again can help.
    pub async fn take_activity_task(
        &self,
        activity_arn: &str,
        worker_name: Option<&str>,
    ) -> Result<Option<ActivityTask>, TakeActivityTaskError> {
        let partition = offers_of(activity_arn);
        let mut after: Option<String> = None;
        loop {
            let (now, from) = (self.now(), after.as_deref());
            let page = self.retried(|| self.ports.ledger.items(&partition, from, OFFERS_AT_ONCE, now)).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.key.sort.clone());
            for item in &page {
                let taken = self.take(item, worker_name).await?;
                self.withdraw_offer(&item.key).await?;
                if taken.is_some() {
                    return Ok(taken);
                }
            }
        }
    }

    /// Asks the execution whether the worker may have the task that is offered.
    async fn take(&self, item: &Item, worker_name: Option<&str>) -> Result<Option<ActivityTask>, TakeActivityTaskError> {
        let token = item.body.get("token").and_then(serde_json::Value::as_str).and_then(|token| token.parse().ok());
        let Some(token): Option<TaskToken> = token else { return Ok(None) };
        let poll = ActivityPoll { token: token.clone(), worker_name: worker_name.map(str::to_owned) };
        let delivered = match self.deliver(&token.execution, None, &[Message::Poll(poll)]).await {
            Ok(delivered) => delivered,
            Err(DeliverError::UnknownExecution) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if delivered.outcomes != [MessageOutcome::Applied] {
            return Ok(None);
        }
        let Some(input) = input_of(&delivered.execution, token.visit) else { return Ok(None) };
        let texts = self.texts(&token.execution, [Some(input)]).await?;
        Ok(Some(ActivityTask { input: text(&texts, input)?, token }))
    }

    async fn withdraw_offer(&self, key: &ItemKey) -> Result<(), StoreError> {
        let deletion = [Write::Delete { key: key.clone(), condition: Condition::Always }];
        self.retried(|| self.transacted(&deletion)).await
    }

    /// Makes writes; that a condition does not hold says that they were made before.
    async fn transacted(&self, writes: &[Write]) -> Result<(), StoreError> {
        match self.ports.ledger.transact(&[], writes, self.now()).await {
            Ok(()) | Err(TransactError::Conditions(_) | TransactError::Ledger) => Ok(()),
            Err(TransactError::Store(error)) => Err(error),
        }
    }
}

/// The partition of what is offered to an activity's workers, among the API's own records.
fn offers_of(activity_arn: &str) -> String {
    format!("api#offers#{activity_arn}")
}

/// What a task in flight was given, by the number of its visit.
fn input_of(execution: &Execution, visit: u64) -> Option<&Payload> {
    attempt_of(&execution.root, visit).map(|attempt| &attempt.input)
}

fn attempt_of(branch: &Branch, number: u64) -> Option<&TaskAttempt> {
    let visit = branch.visit.as_ref()?;
    match &visit.activity {
        Activity::Task(task) => match &task.phase {
            TaskPhase::InFlight(attempt) if visit.number == number => Some(attempt),
            _ => None,
        },
        Activity::Parallel(branches) => branches.iter().find_map(|branch| attempt_of(branch, number)),
        Activity::Map(map) => map.active.iter().find_map(|iteration| match &iteration.stage {
            IterationStage::Running(branch) => attempt_of(branch, number),
            IterationStage::Unwinding { .. } => None,
        }),
        Activity::MapRun(_)
        | Activity::Items(_)
        | Activity::Runnable { .. }
        | Activity::Waiting { .. }
        | Activity::Waited
        | Activity::Backoff { .. }
        | Activity::Unwinding { .. }
        | Activity::Failed(_) => None,
    }
}
