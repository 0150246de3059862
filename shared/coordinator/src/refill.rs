//! Refills queues that do not outlive the process: every open execution is woken, and so publishes what it has outstanding.

use interpreter::ExecutionStatus;
use store::{HeadQuery, StoreError};

use crate::Coordinator;

/// What a refill did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefillReport {
    /// Open executions.
    pub open: usize,
    /// Wakes that were sent; the watch finds the others in time.
    pub woken: usize,
}

impl Coordinator {
    /// Wakes every open execution, page by page.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if a page cannot be read; those before it were woken.
    pub async fn refill(&self) -> Result<RefillReport, StoreError> {
        let mut report = RefillReport::default();
        let mut after = None;
        loop {
            let query = HeadQuery {
                machine_arn: None,
                status: Some(ExecutionStatus::Running),
                limit: self.settings.bounds.heads_per_page,
                after: after.take(),
            };
            let page = self.retried(|| self.ports.executions.list_heads(&query)).await?;
            report.open += page.heads.len();
            report.woken += self.wake_all(page.heads.into_iter().map(|head| head.identity.id)).await;
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(report),
            }
        }
    }
}
