//! DescribeExecution: the latest entry, with its payloads read.

use std::collections::BTreeMap;
use std::sync::Arc;

use interpreter::{
    DefinitionHash, EndingStage, Execution, ExecutionId, ExecutionStatus, Identity, Message, MessageOutcome, Parked, Payload,
    Reads, Rejection, Seed, StateFailure, Timestamp, ValueHash,
};
use store::StoreError;

use crate::load::before_first_entry;
use crate::redrive::EXPIRES_TOO_SOON;
use crate::{Coordinator, DeliverError, OwedAction, owed_actions};

/// An execution as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Its names.
    pub identity: Identity,
    /// The definition that it is pinned to.
    pub definition: DefinitionHash,
    /// Its status: RUNNING until unwinding has ended.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Its input: JSON text.
    pub input: Arc<str>,
    /// Its output: JSON text, once it has succeeded.
    pub output: Option<Arc<str>>,
    /// Its error and cause, once it has ended in another way.
    pub failure: Option<StateFailure>,
    /// Whether it is unwinding.
    pub unwinding: bool,
    /// What it owes, or would owe if it failed now, in the order of the program.
    pub owed: Vec<OwedAction>,
    /// Why it needs a person.
    pub parked: Option<Parked>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was redriven last.
    pub redriven_at: Option<Timestamp>,
    /// Why it cannot be redriven; none if it can.
    pub not_redrivable: Option<String>,
    /// Its latest journal entry's number; 0 before the first.
    pub revision: u64,
}

/// Why an execution cannot be described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// ExecutionDoesNotExist.
    #[error("execution does not exist: `{0}`")]
    ExecutionDoesNotExist(String),
    /// The store did not answer, or the execution is corrupt.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl From<StoreError> for DescribeError {
    fn from(error: StoreError) -> Self {
        Self::Deliver(error.into())
    }
}

impl Coordinator {
    /// Describes an execution by its ARN. The journal is read, not the head: what is answered is the truth.
    pub async fn describe(&self, execution_arn: &str) -> Result<Description, DescribeError> {
        let head = self.retried(|| self.ports.executions.head(execution_arn)).await?;
        let Some(head) = head else { return Err(DescribeError::ExecutionDoesNotExist(execution_arn.to_owned())) };
        let entry = self.retried(|| self.ports.executions.latest_entry(&head.identity.id)).await?;
        let kept_since = head.kept_since();
        let execution = entry.map_or_else(|| before_first_entry(head), |entry| entry.execution);
        let not_redrivable = match self.not_redrivable(&execution).await? {
            None if self.is_ending(kept_since) => Some(EXPIRES_TOO_SOON.to_owned()),
            not_redrivable => not_redrivable,
        };
        let texts = self.texts(&execution.identity.id, [Some(&execution.input), execution.output.as_ref()]).await?;
        Ok(Description {
            input: text(&texts, &execution.input)?,
            output: execution.output.as_ref().map(|output| text(&texts, output)).transpose()?,
            unwinding: execution.status == ExecutionStatus::Running
                && matches!(&execution.ending, Some(ending) if matches!(ending.stage, EndingStage::Unwinding(_))),
            owed: owed_actions(&execution),
            not_redrivable,
            definition: execution.definition,
            status: execution.status,
            started_at: execution.started_at,
            closed_at: execution.closed_at,
            failure: execution.failure,
            parked: execution.parked,
            redrive_count: execution.redrive_count,
            redriven_at: execution.redriven_at,
            revision: execution.revision,
            identity: execution.identity,
        })
    }

    /// Why a redrive would be refused now: one is tried, and thrown away.
    async fn not_redrivable(&self, execution: &Execution) -> Result<Option<String>, DeliverError> {
        if execution.status == ExecutionStatus::Running {
            return Ok(Some("Execution is RUNNING and cannot be redriven".to_owned()));
        }
        if execution.status == ExecutionStatus::Succeeded {
            return Ok(Some("Execution is SUCCEEDED and cannot be redriven".to_owned()));
        }
        match self.try_redrive(execution).await {
            Ok(MessageOutcome::Applied) => Ok(None),
            Ok(MessageOutcome::Rejected(Rejection::NotRedrivable { reason })) | Err(DeliverError::Corrupt(reason)) => {
                Ok(Some(reason))
            }
            Ok(MessageOutcome::Rejected(_) | MessageOutcome::Stale { .. } | MessageOutcome::Early { .. }) => {
                Ok(Some("Execution cannot be redriven".to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    async fn try_redrive(&self, execution: &Execution) -> Result<MessageOutcome, DeliverError> {
        let definition = self.definition(&execution.definition).await?;
        let moment = (self.now(), Seed([0; 16]));
        let decided = self.decide(&definition, execution, &[Message::Redrive], moment, &mut Reads::default()).await?;
        let outcome = decided.outcomes.into_iter().next();
        outcome.ok_or_else(|| DeliverError::Corrupt("a redrive has no outcome".to_owned()))
    }

    /// Reads the value items among these payloads.
    pub(crate) async fn texts<'a>(
        &self,
        id: &ExecutionId,
        payloads: impl IntoIterator<Item = Option<&'a Payload>>,
    ) -> Result<BTreeMap<ValueHash, Arc<str>>, StoreError> {
        let mut hashes: Vec<ValueHash> = payloads.into_iter().flatten().filter_map(Payload::hash).cloned().collect();
        hashes.sort();
        hashes.dedup();
        if hashes.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.retried(|| self.ports.executions.values(id, &hashes)).await
    }
}

/// The text of a payload, in place or read.
pub(crate) fn text(texts: &BTreeMap<ValueHash, Arc<str>>, payload: &Payload) -> Result<Arc<str>, DeliverError> {
    if let Some(text) = payload.text() {
        return Ok(text.into());
    }
    let found = payload.hash().and_then(|hash| texts.get(hash)).cloned();
    found.ok_or_else(|| DeliverError::Corrupt(format!("its value item {payload:?} does not exist")))
}
