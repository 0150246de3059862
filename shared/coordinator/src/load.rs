//! An execution as it stands: the latest entry of its journal or, before the first, what its head says.

use breaks::Break;
use interpreter::{Execution, ExecutionId};
use store::{Head, StoreError};

use crate::Coordinator;

impl Coordinator {
    /// The execution as it stands; none if nobody ever started it, or all its items have expired.
    ///
    /// A head without a journal was left by a start that was interrupted: it comes back at revision 0, and whoever delivers to it completes the
    /// start first (invariant 9).
    pub(crate) async fn latest(&self, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        let entry = self.retried(|| self.ports.executions.latest_entry(id)).await?;
        if let Some(entry) = entry {
            return Ok(Some(entry.execution));
        }
        let head = self.retried(|| self.ports.executions.head_of(id)).await?;
        Ok(head.filter(|_| !breaks::active(Break::HeadWithoutJournalLeft)).map(before_first_entry))
    }
}

/// The execution of a head that has no journal yet.
pub(crate) fn before_first_entry(head: Head) -> Execution {
    Execution { parent: head.parent, ..Execution::new(head.identity, head.definition, head.input, head.started_at) }
}
