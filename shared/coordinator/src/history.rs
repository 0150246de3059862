//! GetExecutionHistory: the events of the journal's entries, page by page, with their payloads read on demand.

use std::fmt;
use std::str::FromStr;

use interpreter::{ExecutionId, HistoryEvent, HistoryEventKind, Payload};
use store::{Entry, StoreError};

use crate::describe::text;
use crate::{Coordinator, DeliverError};

/// Which events of which execution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryQuery {
    /// The execution's ARN.
    pub execution_arn: String,
    /// At most this many events.
    pub limit: usize,
    /// Whether the newest come first.
    pub newest_first: bool,
    /// Whether payloads that are value items are read; if not, they stay references.
    pub with_data: bool,
    /// Go on behind this event of an earlier page, in the same direction.
    pub after: Option<HistoryCursor>,
}

/// Where a page ended: `REVISION.EVENT` as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    /// The entry that holds the page's last event.
    pub revision: u64,
    /// The page's last event.
    pub event: u64,
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid history cursor")]
pub struct HistoryCursorError;

impl fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.revision, self.event)
    }
}

impl FromStr for HistoryCursor {
    type Err = HistoryCursorError;

    fn from_str(text: &str) -> Result<Self, HistoryCursorError> {
        let (revision, event) = text.split_once('.').ok_or(HistoryCursorError)?;
        let number = |digits: &str| digits.parse().map_err(|_| HistoryCursorError);
        Ok(Self { revision: number(revision)?, event: number(event)? })
    }
}

/// A page of a history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HistoryPage {
    /// The events. With data, each payload is in place ([`Payload::text`] answers).
    pub events: Vec<HistoryEvent>,
    /// Where the next page begins; none after the last.
    pub next: Option<HistoryCursor>,
}

/// Why a history cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// ExecutionDoesNotExist.
    #[error("execution does not exist: `{0}`")]
    ExecutionDoesNotExist(String),
    /// The store did not answer, or the execution is corrupt.
    #[error(transparent)]
    Deliver(#[from] DeliverError),
}

impl From<StoreError> for HistoryError {
    fn from(error: StoreError) -> Self {
        Self::Deliver(error.into())
    }
}

/// An event and the entry that holds it.
type Placed = (u64, HistoryEvent);

impl Coordinator {
    /// Reads a page of an execution's history.
    pub async fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, HistoryError> {
        let head = self.retried(|| self.ports.executions.head(&query.execution_arn)).await?;
        let Some(head) = head else { return Err(HistoryError::ExecutionDoesNotExist(query.execution_arn.clone())) };
        let id = &head.identity.id;
        let mut placed =
            if query.newest_first { self.newest_first(id, query).await? } else { self.oldest_first(id, query).await? };
        // One more than asked for was looked for, to know whether there is a next page.
        let found = placed.len();
        placed.truncate(query.limit);
        if query.with_data {
            let room = within(&mut placed, self.settings.bounds.history_page_bytes);
            placed.truncate(room);
        }
        let more = found > placed.len();
        let last = placed.last().map(|(revision, event)| HistoryCursor { revision: *revision, event: event.id });
        let mut events: Vec<HistoryEvent> = placed.into_iter().map(|(_, event)| event).collect();
        if query.with_data {
            self.put_in_place(id, &mut events).await?;
        }
        Ok(HistoryPage { events, next: last.filter(|_| more) })
    }

    async fn oldest_first(&self, id: &ExecutionId, query: &HistoryQuery) -> Result<Vec<Placed>, StoreError> {
        let mut from = query.after.map_or(1, |cursor| cursor.revision);
        let mut found = Vec::new();
        while found.len() <= query.limit {
            let entries = self.page(id, from).await?;
            let Some(last) = entries.last() else { break };
            from = last.revision + 1;
            let events = entries.into_iter().flat_map(placed);
            found.extend(events.filter(|(_, event)| query.after.is_none_or(|cursor| event.id > cursor.event)));
        }
        Ok(found)
    }

    async fn newest_first(&self, id: &ExecutionId, query: &HistoryQuery) -> Result<Vec<Placed>, StoreError> {
        let mut to = match query.after {
            Some(cursor) => cursor.revision,
            None => self.latest(id).await?.map_or(0, |execution| execution.revision),
        };
        let page = u64::try_from(self.settings.bounds.entries_per_page.max(1)).unwrap_or(u64::MAX);
        let mut found = Vec::new();
        while to > 0 && found.len() <= query.limit {
            let from = (to + 1).saturating_sub(page).max(1);
            let mut entries = self.page(id, from).await?;
            entries.retain(|entry| entry.revision <= to);
            let events = entries.into_iter().rev().flat_map(|entry| placed(entry).rev());
            found.extend(events.filter(|(_, event)| query.after.is_none_or(|cursor| event.id < cursor.event)));
            to = from - 1;
        }
        Ok(found)
    }

    async fn page(&self, id: &ExecutionId, from: u64) -> Result<Vec<Entry>, StoreError> {
        let limit = self.settings.bounds.entries_per_page.max(1);
        self.retried(|| self.ports.executions.entries(id, from, limit)).await
    }

    async fn put_in_place(&self, id: &ExecutionId, events: &mut [HistoryEvent]) -> Result<(), HistoryError> {
        let told = events.iter_mut().flat_map(|event| payloads(&mut event.kind)).map(|payload| Some(&*payload));
        let texts = self.texts(id, told).await?;
        for payload in events.iter_mut().flat_map(|event| payloads(&mut event.kind)) {
            if payload.text().is_none() {
                *payload = Payload::inline(text(&texts, payload)?);
            }
        }
        Ok(())
    }
}

fn placed(entry: Entry) -> impl DoubleEndedIterator<Item = Placed> {
    let revision = entry.revision;
    entry.events.into_iter().map(move |event| (revision, event))
}

/// How many of these events a page of this many bytes has room for: one at least, so that the next page begins further on.
fn within(placed: &mut [Placed], bytes: u64) -> usize {
    let mut told = 0;
    let exceeding = placed.iter_mut().position(|(_, event)| {
        told += payloads(&mut event.kind).iter().map(|payload| payload.bytes()).sum::<u64>();
        told > bytes
    });
    exceeding.unwrap_or(placed.len()).max(1)
}

/// The payloads that an event tells.
fn payloads(kind: &mut HistoryEventKind) -> Vec<&mut Payload> {
    match kind {
        HistoryEventKind::StateExited { output, assigned, .. } => std::iter::once(output).chain(assigned.values_mut()).collect(),
        HistoryEventKind::ExecutionStarted { input }
        | HistoryEventKind::StateEntered { input, .. }
        | HistoryEventKind::LambdaFunctionScheduled { input, .. }
        | HistoryEventKind::ActivityScheduled { input, .. }
        | HistoryEventKind::CompensationScheduled { input, .. } => vec![input],
        HistoryEventKind::ExecutionSucceeded { output }
        | HistoryEventKind::LambdaFunctionSucceeded { output }
        | HistoryEventKind::ActivitySucceeded { output }
        | HistoryEventKind::TaskSubmitted { output, .. }
        | HistoryEventKind::TaskSucceeded { output, .. } => vec![output],
        HistoryEventKind::TaskScheduled { parameters, .. } => vec![parameters],
        HistoryEventKind::ExecutionFailed(_)
        | HistoryEventKind::ExecutionTimedOut(_)
        | HistoryEventKind::ExecutionAborted(_)
        | HistoryEventKind::ExecutionRedriven { .. }
        | HistoryEventKind::EvaluationFailed { .. }
        | HistoryEventKind::StateAborted { .. }
        | HistoryEventKind::LambdaFunctionStarted
        | HistoryEventKind::LambdaFunctionFailed(_)
        | HistoryEventKind::LambdaFunctionTimedOut(_)
        | HistoryEventKind::LambdaFunctionScheduleFailed(_)
        | HistoryEventKind::ActivityStarted { .. }
        | HistoryEventKind::ActivityFailed(_)
        | HistoryEventKind::ActivityTimedOut(_)
        | HistoryEventKind::ActivityScheduleFailed(_)
        | HistoryEventKind::TaskStarted { .. }
        | HistoryEventKind::TaskFailed { .. }
        | HistoryEventKind::TaskTimedOut { .. }
        | HistoryEventKind::TaskSubmitFailed { .. }
        | HistoryEventKind::ParallelStateStarted
        | HistoryEventKind::ParallelStateSucceeded
        | HistoryEventKind::ParallelStateFailed
        | HistoryEventKind::MapStateStarted { .. }
        | HistoryEventKind::MapStateSucceeded
        | HistoryEventKind::MapStateFailed
        | HistoryEventKind::MapIterationStarted { .. }
        | HistoryEventKind::MapIterationSucceeded { .. }
        | HistoryEventKind::MapIterationFailed { .. }
        | HistoryEventKind::MapIterationAborted { .. }
        | HistoryEventKind::MapRunStarted { .. }
        | HistoryEventKind::MapRunSucceeded
        | HistoryEventKind::MapRunFailed(_)
        | HistoryEventKind::MapRunAborted
        | HistoryEventKind::MapRunRedriven { .. }
        | HistoryEventKind::UnwindingStarted { .. }
        | HistoryEventKind::CompensationSucceeded { .. }
        | HistoryEventKind::CompensationFailed { .. }
        | HistoryEventKind::UnwindingEnded { .. }
        | HistoryEventKind::PivotPassed { .. } => Vec::new(),
    }
}
