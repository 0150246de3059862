//! Commits a transition: whatever must precede its entry, then the one conditional write (invariants 6, 7, 12).

use std::sync::Arc;

use breaks::Break;
use interpreter::{Execution, ExecutionStatus, ValueHash};
use store::{Entry, PutEntry, StoreError};

use crate::Coordinator;

/// What committing came to.
pub(crate) enum Commit {
    /// The entry stands. `tries` is 1 if the first put was answered: then nobody has published anything of it before us.
    Done { tries: u32 },
    /// Another writer's entry stands in its place.
    Conflict,
}

impl Coordinator {
    /// Commits `entry`, which follows from `before`. The same entry, with the same seed, is put at each try, so that the store recognises it when
    /// the answer to an earlier try was lost.
    pub(crate) async fn commit(
        &self,
        before: &Execution,
        entry: &Entry,
        values: &[(ValueHash, Arc<str>)],
    ) -> Result<Commit, StoreError> {
        let executions = &self.ports.executions;
        if !breaks::active(Break::WakeLoweredAfterCommit) {
            self.precede(before, &entry.execution).await?;
        }
        if !values.is_empty() && !breaks::active(Break::ValuesAfterEntry) {
            self.retried(|| executions.put_values(&before.identity.id, values)).await?;
        }
        let put = self.tried(|| executions.put_entry(entry)).await?;
        if breaks::active(Break::WakeLoweredAfterCommit) {
            self.precede(before, &entry.execution).await?;
        }
        if breaks::active(Break::ValuesAfterEntry) {
            self.retried(|| executions.put_values(&before.identity.id, values)).await?;
        }
        Ok(match put.value {
            PutEntry::Committed => Commit::Done { tries: put.tries },
            PutEntry::Conflict if breaks::active(Break::ConflictTakenForCommitted) => Commit::Done { tries: put.tries },
            PutEntry::Conflict => Commit::Conflict,
        })
    }

    /// Tells the head, before the entry, what the entry needs: harmless if the entry then fails, and if it does not, nobody has to remember to.
    async fn precede(&self, before: &Execution, next: &Execution) -> Result<(), StoreError> {
        if before.status != ExecutionStatus::Running {
            return self.reopen_head(next).await;
        }
        if next.wake_at < before.wake_at && !breaks::active(Break::WakeNotLowered) {
            let executions = &self.ports.executions;
            self.retried(|| executions.lower_wake(&next.identity, next.wake_at, next.revision)).await?;
        }
        Ok(())
    }

    /// Tells the head that a redriven execution is open again, and when to look at it. One that ends with the very entry of its redrive is open until
    /// that is reported, and looked at by then: otherwise nobody would notice that its report was lost.
    pub(crate) async fn reopen_head(&self, redriven: &Execution) -> Result<(), StoreError> {
        if breaks::active(Break::RedrivenHeadStaysClosed) {
            return Ok(());
        }
        let (executions, identity) = (&self.ports.executions, &redriven.identity);
        let wake_at = if redriven.status == ExecutionStatus::Running { redriven.wake_at } else { self.now() };
        self.retried(|| executions.report(identity, ExecutionStatus::Running, None, Some(wake_at), redriven.revision)).await
    }
}
