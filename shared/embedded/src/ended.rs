//! Waiting for an execution's end.

use coordinator::{DescribeError, Description};
use interpreter::ExecutionStatus;
use tokio::sync::broadcast::error::RecvError;

use crate::System;

impl System {
    /// Waits until an execution has ended, and describes it. An execution that nothing moves any more is waited for as long as the future is kept.
    ///
    /// # Errors
    ///
    /// [`DescribeError`], at once if there is no such execution.
    pub async fn ended(&self, execution_arn: &str) -> Result<Description, DescribeError> {
        let mut entries = self.entries();
        loop {
            let description = self.coordinator().describe(execution_arn).await?;
            if description.status != ExecutionStatus::Running {
                return Ok(description);
            }
            loop {
                match entries.recv().await {
                    Ok(entry) if entry.execution.identity.arn != execution_arn => {}
                    Ok(entry) if entry.execution.status == ExecutionStatus::Running => {}
                    // Some entries were missed: the journal knows.
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return self.coordinator().describe(execution_arn).await,
                }
            }
        }
    }
}
