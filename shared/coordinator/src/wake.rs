//! What a wake leaves behind: the head's `wake_at` is raised, or the head of an execution that ended is told so (invariant 12);
//! and an execution that is open or parked and half-way to its expiry begins to be renewed (invariant 15).

use breaks::Break;
use interpreter::{Execution, ExecutionId, ExecutionStatus, Timestamp};
use store::{Head, StoreError};

use crate::Coordinator;

impl Coordinator {
    /// After a wake was handled and all that is outstanding published: until then the head stays due, so that a crash before is looked at again.
    /// `at_most` is what its first page decided, where there were several.
    pub(crate) async fn after_wake(&self, execution: &Execution, at_most: Option<Timestamp>) -> Result<(), StoreError> {
        if execution.status != ExecutionStatus::Running {
            if breaks::active(Break::DeadRedriveLeftOpen) {
                return Ok(());
            }
            return self.after_wake_of_ended(execution).await;
        }
        let wake_at = execution.wake_at.min(at_most.unwrap_or(execution.wake_at));
        if wake_at > self.now() && !breaks::active(Break::WakeNeverRaised) {
            let (executions, identity) = (&self.ports.executions, &execution.identity);
            self.retried(|| executions.raise_wake(identity, wake_at, execution.revision)).await?;
        }
        self.renew_if_due(execution).await;
        self.stop_if_orphaned(execution).await
    }

    /// What ended is looked at again only while it is parked, once in a while, so that nothing of what it owes expires.
    async fn after_wake_of_ended(&self, ended: &Execution) -> Result<(), StoreError> {
        let executions = &self.ports.executions;
        let Some(head) = self.retried(|| executions.head_of(&ended.identity.id)).await? else { return Ok(()) };
        if head.status == ExecutionStatus::Running {
            return self.close_reopened_head(ended, &head).await;
        }
        if ended.parked.is_some() {
            let (wake_at, revision) = (self.looked_at_again(), head.wake_revision);
            self.retried(|| executions.raise_wake(&head.identity, wake_at, revision)).await?;
            self.renew_if_due(ended).await;
        }
        Ok(())
    }

    /// When the head of an execution that has ended is due: never, unless it is parked.
    pub(crate) fn parked_wake_at(&self, ended: &Execution) -> Option<Timestamp> {
        ended.parked.map(|_| self.looked_at_again())
    }

    fn looked_at_again(&self) -> Timestamp {
        self.now().plus_seconds(self.settings.limits.wake_at_least_seconds)
    }

    /// A redrive tells the head first. If it was interrupted before its entry, the head is open and the journal ended; a report of the journal's
    /// revision is refused by then. When such a head has been due for as long as any function lives, its redrive is dead, and it is closed again.
    async fn close_reopened_head(&self, ended: &Execution, head: &Head) -> Result<(), StoreError> {
        let executions = &self.ports.executions;
        let longest_seconds = self.settings.limits.wake_within_seconds;
        let due = head.wake_at.is_some_and(|wake_at| wake_at.plus_seconds(longest_seconds) <= self.now());
        if head.wake_revision > ended.revision && due {
            let (revision, wake_at) = (head.wake_revision, self.parked_wake_at(ended));
            self.retried(|| executions.report(&ended.identity, ended.status, ended.closed_at, wake_at, revision)).await?;
        }
        Ok(())
    }

    /// An execution that cannot be worked on is looked at again later, so that it does not crowd out others that are due. Whether this
    /// succeeds does not matter: then it is due again at once.
    pub(crate) async fn postpone_wake(&self, execution: &ExecutionId) {
        let executions = &self.ports.executions;
        let later = self.now().plus_seconds(self.settings.limits.wake_within_seconds);
        let Ok(Some(head)) = self.retried(|| executions.head_of(execution)).await else { return };
        let raised = self.retried(|| executions.raise_wake(&head.identity, later, head.wake_revision)).await;
        if let Err(error) = raised {
            tracing::warn!(%execution, %error, "the wake of an execution that cannot be worked on was not postponed");
        }
    }
}
