//! Renews the items of an execution that is open, or parked, before they expire (invariant 15, docs/adr/0019).
//!
//! A wake finds that an execution is half-way to its expiry and begins a renewal; each page of it is a message of its own, which is sent once. Nothing is decided and nothing
//! committed: a page says nothing to the execution. Whatever comes twice or late is harmless, and what is lost is begun again by a later wake.

use breaks::Break;
use interpreter::{Execution, ExecutionId, Timestamp};
use messages::{CoordinatorBody, CoordinatorMessage, Disposition, queue_name};
use store::{EntryError, Renewal, Retention, StoreError};

use crate::{Coordinator, PublishError};

/// A page of a renewal, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RenewalPage {
    /// Its place in the batch.
    pub(crate) place: usize,
    pub(crate) execution: ExecutionId,
    pub(crate) renewal: Renewal,
}

impl RenewalPage {
    /// The page that a message asks for; none of any other message.
    pub(crate) fn of(place: usize, body: &CoordinatorBody) -> Option<Self> {
        match &body.message {
            CoordinatorMessage::Renew { began_at, after } => {
                let renewal = Renewal { began_at: *began_at, after: after.clone() };
                Some(Self { place, execution: body.execution.clone(), renewal })
            }
            CoordinatorMessage::Answer { .. }
            | CoordinatorMessage::Timer { .. }
            | CoordinatorMessage::Wake { .. }
            | CoordinatorMessage::Child(_)
            | CoordinatorMessage::ChildEnded { .. } => None,
        }
    }
}

impl Coordinator {
    /// Begins a renewal of an execution that was woken, if it is half-way to its expiry. Whether this succeeds does not matter to the wake: there are
    /// many more until then.
    pub(crate) async fn renew_if_due(&self, execution: &Execution) {
        if let Err(error) = self.begin_renewal(execution).await {
            tracing::warn!(execution = execution.identity.name, %error, "a renewal was not begun");
        }
    }

    async fn begin_renewal(&self, execution: &Execution) -> Result<(), PublishError> {
        let (executions, now) = (&self.ports.executions, self.now());
        // Young executions cost no read.
        let is_old = |retention: &Retention| now >= execution.started_at + retention.young();
        if !executions.retention().is_some_and(is_old) || breaks::active(Break::NeverRenewed) {
            return Ok(());
        }
        if self.retried(|| executions.renewal_is_due(&execution.identity)).await? {
            tracing::info!(execution = execution.identity.name, "its renewal begins");
            self.send_renewal(&execution.identity.id, Renewal::beginning(now)).await?;
        }
        Ok(())
    }

    async fn send_renewal(&self, execution: &ExecutionId, renewal: Renewal) -> Result<(), PublishError> {
        let Renewal { began_at, after } = renewal;
        let body = CoordinatorBody::new(execution.clone(), CoordinatorMessage::Renew { began_at, after });
        self.send_to(queue_name::ANSWERS, &[self.once(&body, 0)]).await
    }

    /// Renews pages, several at a time; what is to become of each message.
    pub(crate) async fn renew_pages(&self, pages: Vec<RenewalPage>) -> Vec<(usize, Disposition)> {
        let mut dispositions = Vec::with_capacity(pages.len());
        for some in pages.chunks(self.settings.bounds.concurrent_executions.max(1)) {
            let renewed = some.iter().map(async |page| (page.place, self.dispose_of_page(page).await));
            dispositions.extend(futures::future::join_all(renewed).await);
        }
        dispositions
    }

    async fn dispose_of_page(&self, page: &RenewalPage) -> Disposition {
        let execution = &page.execution;
        match self.renew_page(page).await {
            Ok(()) => Disposition::Done,
            Err(PublishError::Store(StoreError::Entry(EntryError::Newer(_)))) => self.given_back_for_newer(),
            Err(PublishError::Store(error @ (StoreError::Refused(_) | StoreError::Entry(_)))) => {
                // A later wake begins again, until somebody has seen to it.
                tracing::error!(%execution, %error, alarm = "renewal_refused", "an open execution is not renewed");
                Disposition::Done
            }
            Err(error @ (PublishError::Store(_) | PublishError::Unsent { .. } | PublishError::FollowUp(_))) => {
                tracing::warn!(%execution, %error, "a page of a renewal comes again");
                self.given_back()
            }
        }
    }

    async fn renew_page(&self, RenewalPage { execution, renewal, .. }: &RenewalPage) -> Result<(), PublishError> {
        let executions = &self.ports.executions;
        let Some(head) = self.retried(|| executions.head_of(execution)).await? else { return Ok(()) };
        // What has ended and owes nothing is kept as it is, and what a later renewal has promised is not promised again.
        if !head.is_renewed() || head.kept_since() >= renewal.began_at {
            return Ok(());
        }
        let limit = self.settings.bounds.renewed_per_page;
        match self.retried(|| executions.renew(&head.identity, renewal, limit)).await? {
            Some(next) => self.send_renewal(execution, next).await,
            None => {
                tracing::info!(execution = head.identity.name, began_at = %renewal.began_at, "renewed");
                Ok(())
            }
        }
    }

    /// Whether an execution whose items are kept as of `kept_since` is about to expire: too late for it to be opened again.
    pub(crate) fn is_ending(&self, kept_since: Timestamp) -> bool {
        let retention = self.ports.executions.retention();
        retention.is_some_and(|retention| retention.is_ending(kept_since, self.now()))
    }
}
