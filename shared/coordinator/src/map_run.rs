//! DescribeMapRun, ListMapRuns, UpdateMapRun: a Map Run is an execution of its own, listed under the execution that it belongs to.

use interpreter::{ExecutionStatus, Identity, MapRunFacts, MapRunUpdate, Message, MessageOutcome, Timestamp};
use store::{HeadPage, HeadQuery, StoreError};

use crate::{Coordinator, DeliverError};

/// A Map Run as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRunDescription {
    /// Its names.
    pub identity: Identity,
    /// The ARN of the execution that it belongs to.
    pub execution_arn: String,
    /// Its status.
    pub status: ExecutionStatus,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Its counts and bounds.
    pub facts: MapRunFacts,
}

/// Why a Map Run cannot be described or changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapRunError {
    /// ResourceNotFound.
    #[error("Map Run does not exist: `{0}`")]
    DoesNotExist(String),
    /// It has ended.
    #[error("Map Run has ended: `{0}`")]
    Ended(String),
    /// The store did not answer, or others were always first.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl From<StoreError> for MapRunError {
    fn from(error: StoreError) -> Self {
        Self::Deliver(error.into())
    }
}

impl Coordinator {
    /// Describes a Map Run by its ARN.
    ///
    /// # Errors
    ///
    /// [`MapRunError::DoesNotExist`], [`MapRunError::Deliver`].
    pub async fn describe_map_run(&self, arn: &str) -> Result<MapRunDescription, MapRunError> {
        let head = self.retried(|| self.ports.executions.head(arn)).await?;
        let head = head.filter(|head| head.identity.arn.contains(":mapRun:"));
        let Some(head) = head else { return Err(MapRunError::DoesNotExist(arn.to_owned())) };
        let execution_arn = head.parent.as_ref().map(|parent| parent.arn.clone()).unwrap_or_default();
        let id = head.identity.id.clone();
        let execution = self.latest(&id).await?.ok_or_else(|| MapRunError::DoesNotExist(arn.to_owned()))?;
        Ok(MapRunDescription {
            execution_arn,
            status: execution.status,
            started_at: execution.started_at,
            closed_at: execution.closed_at,
            facts: execution.map_run.as_deref().copied().unwrap_or_default(),
            identity: execution.identity,
        })
    }

    /// A page of the Map Runs of an execution, newest first.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn list_map_runs(&self, execution_arn: &str, limit: usize, after: Option<String>) -> Result<HeadPage, StoreError> {
        let query = HeadQuery { machine_arn: Some(execution_arn.to_owned()), status: None, limit, after };
        self.retried(|| self.ports.executions.list_heads(&query)).await
    }

    /// Changes a Map Run that is under way.
    ///
    /// # Errors
    ///
    /// [`MapRunError`].
    pub async fn update_map_run(&self, arn: &str, update: MapRunUpdate) -> Result<(), MapRunError> {
        let description = self.describe_map_run(arn).await?;
        let delivered = self.deliver(&description.identity.id, None, &[Message::UpdateMapRun(update)]).await?;
        match delivered.outcomes.first() {
            Some(MessageOutcome::Applied) => Ok(()),
            _ => Err(MapRunError::Ended(arn.to_owned())),
        }
    }
}
