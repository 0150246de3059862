//! StartExecution: input, head, first entry, in this order (invariants 9, 14, 16).

use std::sync::Arc;

use breaks::Break;
use interpreter::limits::exceeds_depth;
use interpreter::{Execution, ExecutionId, ExecutionStatus, Identity, Message, Parent, Payload, Timestamp, ValueHash};
use store::{Head, HeadCreation, StateMachine, StoreError};

use crate::load::before_first_entry;
use crate::{Coordinator, DefinitionError, DeliverError, PublishError};

/// An execution to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct StartRequest {
    /// The machine; its definition is pinned.
    pub machine: StateMachine,
    /// The execution's name, unique in its machine for as long as its head is kept.
    pub name: String,
    /// Its input: JSON text, kept as it is.
    pub input: Arc<str>,
    /// Who waits for its end, if somebody does: it is told by the token (docs/adr/0024).
    pub parent: Option<Parent>,
}

/// By what an execution is started, where that is not its machine itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StartedBy {
    /// The ARN of the machine's version, whose definition and role the request's machine then has.
    pub version_arn: Option<String>,
    /// The ARN of the alias that led to the version.
    pub alias_arn: Option<String>,
    /// The execution's own ARN, where it is not that of a standard execution.
    pub execution_arn: Option<String>,
}

/// What a start came to: an execution of this name exists, and its first entry is committed and published.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The execution's names.
    pub identity: Identity,
    /// When it was started.
    pub started_at: Timestamp,
    /// Whether this start did it.
    pub novelty: Novelty,
}

/// Whether a start is the first of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// The name was free.
    New,
    /// The name was taken by a start with the same input. StartExecution answers as the first time while the execution is
    /// running, and ExecutionAlreadyExists afterwards; the reader of an orders queue takes both for done.
    Repeated {
        /// The execution's status.
        status: ExecutionStatus,
    },
    /// The name was taken by a start with another input: ExecutionAlreadyExists.
    OtherInput {
        /// The execution's status.
        status: ExecutionStatus,
    },
}

/// Why an execution was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The input is no JSON.
    #[error("invalid input: {0}")]
    InvalidInput(String),
    /// The input is over the payload limit.
    #[error("the input has {bytes} bytes, more than the {limit} that are allowed")]
    InputTooLarge {
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The machine's definition cannot be used.
    #[error(transparent)]
    Definition(DefinitionError),
    /// It may or may not have been started. Starting again with the same name and input finds out.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It exists, but its first entry could not be committed; a repeated start, or the watch, completes it.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
    /// It was started, but not everything is published; a repeated start, or the watch, completes it.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

impl StartError {
    /// Whether starting again, with the same name and input, can help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::InvalidInput(_) | Self::InputTooLarge { .. } => false,
            Self::Definition(error) => matches!(error, DefinitionError::Store(error) if error.is_retryable()),
            Self::Store(error) => error.is_retryable(),
            Self::Deliver(error) => error.is_retryable(),
            Self::Publish(_) => true,
        }
    }
}

impl Coordinator {
    /// Starts an execution, or finds the one that has the name.
    pub async fn start(&self, request: StartRequest) -> Result<Started, StartError> {
        self.start_by(request, StartedBy::default()).await
    }

    /// As [`start`](Self::start), by a version or an alias, or under an ARN of another kind.
    pub async fn start_by(&self, request: StartRequest, by: StartedBy) -> Result<Started, StartError> {
        self.check_input(&request.input)?;
        // Before anything is written: a machine that cannot run leaves no head behind.
        self.definition(&request.machine.definition).await.map_err(StartError::Definition)?;
        let head = self.new_head(&request, by);
        if breaks::active(Break::EntryBeforeHead) {
            self.begin(head.clone()).await?;
        }
        if !breaks::active(Break::InputAfterHead) {
            self.put_input(&head, &request.input).await?;
        }
        let created = self.retried(|| self.ports.executions.create_head(&head)).await;
        if breaks::active(Break::StartAnsweredUncommitted) && created.is_err() {
            return Ok(Started { identity: head.identity, started_at: head.started_at, novelty: Novelty::New });
        }
        if breaks::active(Break::InputAfterHead) {
            self.put_input(&head, &request.input).await?;
        }
        match created? {
            HeadCreation::Created => self.begin(head).await,
            // The answer to an earlier try was lost: it is ours.
            HeadCreation::Exists(found) if found.identity.id == head.identity.id => self.begin(head).await,
            HeadCreation::Exists(_) if breaks::active(Break::SecondStartRunsToo) => self.begin(head).await,
            HeadCreation::Exists(found) => self.find(*found, &head.input_hash).await,
        }
    }

    /// Writes the input where it is a value item.
    async fn put_input(&self, head: &Head, input: &Arc<str>) -> Result<(), StoreError> {
        if head.input.hash().is_none() {
            return Ok(());
        }
        let value = [(head.input_hash.clone(), input.clone())];
        self.retried(|| self.ports.executions.put_values(&head.identity.id, &value)).await
    }

    fn check_input(&self, input: &str) -> Result<(), StartError> {
        let (bytes, limit) = (u64::try_from(input.len()).unwrap_or(u64::MAX), self.settings.limits.payload_bytes);
        if bytes > limit {
            return Err(StartError::InputTooLarge { bytes, limit });
        }
        // As a value, and not too deep: an execution whose input cannot be read has a head, and can do nothing, not even fail.
        let value = serde_json::from_str(input).map_err(|error| StartError::InvalidInput(error.to_string()))?;
        let depth = self.settings.limits.payload_depth;
        if exceeds_depth(&value, depth) {
            return Err(StartError::InvalidInput(format!("its arrays and objects are nested deeper than {depth}")));
        }
        Ok(())
    }

    fn new_head(&self, request: &StartRequest, by: StartedBy) -> Head {
        let machine = &request.machine;
        let input_hash = ValueHash::of(&request.input);
        let bytes = u64::try_from(request.input.len()).unwrap_or(u64::MAX);
        let input = if bytes > self.settings.limits.inline_bytes {
            Payload::item(input_hash.clone(), bytes)
        } else {
            Payload::inline(request.input.clone())
        };
        let now = self.now();
        let bits = if breaks::active(Break::IdOfTheName) {
            request.name.bytes().fold(0, |bits, byte| bits << 8 ^ u128::from(byte))
        } else {
            self.ports.entropy.bits()
        };
        Head {
            identity: Identity {
                id: ExecutionId::from_random(bits),
                name: request.name.clone(),
                arn: by.execution_arn.unwrap_or_else(|| execution_arn(&machine.arn, &request.name)),
                machine_name: machine.name.clone(),
                machine_arn: machine.arn.clone(),
                role_arn: machine.role_arn.clone(),
                version_arn: by.version_arn,
                alias_arn: by.alias_arn,
            },
            definition: machine.definition.clone(),
            input,
            input_hash,
            status: ExecutionStatus::Running,
            started_at: now,
            closed_at: None,
            wake_at: Some(now).filter(|_| !breaks::active(Break::HeadNotDueAtStart)),
            wake_revision: 0,
            renewed_at: None,
            parent: request.parent.clone().map(Box::new),
        }
    }

    async fn begin(&self, head: Head) -> Result<Started, StartError> {
        let execution = before_first_entry(head);
        let execution = self.first_entry(execution).await?;
        Ok(Started { identity: execution.identity, started_at: execution.started_at, novelty: Novelty::New })
    }

    /// The name is taken. Whoever took it may have been interrupted: the start is completed, and what is outstanding published again.
    async fn find(&self, head: Head, input_hash: &ValueHash) -> Result<Started, StartError> {
        let same_input = head.input_hash == *input_hash || breaks::active(Break::OtherInputAccepted);
        let same_input = same_input && !breaks::active(Break::SameInputRefused);
        let found = self.latest(&head.identity.id).await?.unwrap_or_else(|| before_first_entry(head));
        let needs_nothing = found.status != ExecutionStatus::Running || (found.revision > 0 && !same_input);
        let execution = if needs_nothing { found } else { self.first_entry(found).await? };
        let status = execution.status;
        let novelty = if same_input { Novelty::Repeated { status } } else { Novelty::OtherInput { status } };
        Ok(Started { identity: execution.identity, started_at: execution.started_at, novelty })
    }

    async fn first_entry(&self, execution: Execution) -> Result<Execution, StartError> {
        let id = execution.identity.id.clone();
        let delivered = self.deliver(&id, Some(execution), &[Message::Start]).await?;
        match delivered.unpublished {
            Some(error) => Err(error.into()),
            None => Ok(delivered.execution),
        }
    }
}

/// `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, of `arn:aws:states:REGION:ACCOUNT:stateMachine:MACHINE`.
fn execution_arn(machine_arn: &str, name: &str) -> String {
    format!("{}:{name}", machine_arn.replacen(":stateMachine:", ":execution:", 1))
}
