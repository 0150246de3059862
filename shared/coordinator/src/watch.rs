//! The watch: each minute, whatever is due is woken. A wake for an execution that needs none is harmless.

use std::time::Duration;

use breaks::Break;
use interpreter::ExecutionId;
use messages::{CoordinatorBody, CoordinatorMessage, queue_name};
use store::StoreError;

use crate::Coordinator;
use crate::publish::outgoing;
use crate::send::Sent;

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WatchReport {
    /// Executions that were due, up to the bound of one look.
    pub due: usize,
    /// Wakes that were sent. Those that were not stay due.
    pub woken: usize,
    /// Whether the bound of one look was reached: there may be more.
    pub more: bool,
}

/// Why nothing was looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("what is due cannot be read: {0}")]
pub struct WatchError(#[from] pub StoreError);

impl Coordinator {
    /// Sends a wake to each execution that is due, the longest due first, up to a bound.
    pub async fn watch(&self) -> Result<WatchReport, WatchError> {
        let bound = self.settings.bounds.wakes_per_watch;
        let now = self.now();
        let due = self.retried(|| self.ports.executions.due(now, bound)).await?;
        let skipped = usize::from(breaks::active(Break::WatchSkipsTheLongestDue));
        let woken = self.wake_all(due.iter().skip(skipped).map(|head| head.execution.clone())).await;
        let report = WatchReport { due: due.len(), woken, more: due.len() >= bound };
        tracing::info!(due = report.due, woken = report.woken, more = report.more, "watch");
        Ok(report)
    }

    /// Sends a wake to each of these; answers how many were sent.
    pub(crate) async fn wake_all(&self, executions: impl Iterator<Item = ExecutionId>) -> usize {
        let wakes =
            executions.map(|execution| outgoing(&CoordinatorBody::new(execution, CoordinatorMessage::wake()), Duration::ZERO));
        let sent = self.send(queue_name::HINTS, &wakes.collect::<Vec<_>>()).await;
        sent.iter().filter(|sent| **sent == Sent::Accepted).count()
    }
}
