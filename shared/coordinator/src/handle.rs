//! Handles a batch of the coordinator's queues: what can be read is grouped by execution and delivered, each group at once.

use std::collections::BTreeMap;
use std::time::Duration;

use breaks::Break;
use interpreter::{ExecutionId, MessageOutcome};
use messages::{
    BodyError, CoordinatorBody, CoordinatorMessage, Delivery, Disposition, Outgoing, REASON_ATTRIBUTE, WakeRest, queue_name,
};
use store::{EntryError, StoreError};

use crate::publish::outgoing;
use crate::received::Received;
use crate::renew::RenewalPage;
use crate::send::Sent;
use crate::{Coordinator, DeliverError};

/// A message that could be read.
pub(crate) struct Incoming<'a> {
    /// Its place in the batch.
    pub(crate) place: usize,
    /// As it was delivered.
    pub(crate) delivery: &'a Delivery,
    /// What it says.
    pub(crate) body: CoordinatorBody,
}

impl Incoming<'_> {
    /// Whether an earlier delivery of it, or of what it was sent again for, may have been applied by somebody who then stopped.
    pub(crate) fn seen_before(&self) -> bool {
        self.delivery.receive_count > 1 || self.body.resent > 0
    }

    /// What is left of a wake, if it goes on with one.
    fn page(&self) -> Option<&WakeRest> {
        match &self.body.message {
            CoordinatorMessage::Wake { rest } => rest.as_ref(),
            CoordinatorMessage::Answer { .. }
            | CoordinatorMessage::Timer { .. }
            | CoordinatorMessage::Renew { .. }
            | CoordinatorMessage::Child(_)
            | CoordinatorMessage::ChildEnded { .. } => None,
        }
    }
}

impl Coordinator {
    /// Handles a batch; the answer has an element for each delivery, in order. None depends on another: what cannot be read is parked with its
    /// reason, what cannot be done now is given back, and whatever is answered [`Disposition::Done`] is in a journal or a queue.
    pub async fn handle(&self, deliveries: &[Delivery]) -> Vec<Disposition> {
        let mut dispositions = vec![Disposition::AGAIN; deliveries.len()];
        let (mut incoming, mut renewals) = (Vec::with_capacity(deliveries.len()), Vec::new());
        let mut children = Vec::new();
        for (place, delivery) in deliveries.iter().enumerate() {
            match CoordinatorBody::decode(&delivery.body) {
                Ok(body) => match RenewalPage::of(place, &body) {
                    Some(page) => renewals.push(page),
                    None if matches!(body.message, CoordinatorMessage::Child(_)) => {
                        children.push(Incoming { place, delivery, body });
                    }
                    None => incoming.push(Incoming { place, delivery, body }),
                },
                Err(error) => settle(&mut dispositions, place, self.unreadable(delivery, &error).await),
            }
        }
        for (place, disposition) in self.handle_children(children).await {
            settle(&mut dispositions, place, disposition);
        }
        self.handle_all(incoming, &mut dispositions).await;
        for (place, disposition) in self.renew_pages(renewals).await {
            settle(&mut dispositions, place, disposition);
        }
        let is_done = |disposition: &Disposition| *disposition == Disposition::Done;
        if breaks::active(Break::BatchAcknowledgedWhole) && dispositions.iter().any(is_done) {
            dispositions.fill(Disposition::Done);
        }
        if breaks::active(Break::BatchGivenBackWhole) && !dispositions.iter().all(is_done) {
            dispositions.fill(self.given_back());
        }
        dispositions
    }

    /// Delivers what was read, by execution in order of receipt, several executions at a time.
    pub(crate) async fn handle_all(&self, incoming: Vec<Incoming<'_>>, dispositions: &mut [Disposition]) {
        let mut groups: BTreeMap<ExecutionId, Vec<Incoming<'_>>> = BTreeMap::new();
        for message in incoming {
            groups.entry(message.body.execution.clone()).or_default().push(message);
        }
        let groups: Vec<_> = groups.into_iter().collect();
        for some in groups.chunks(self.settings.bounds.concurrent_executions.max(1)) {
            let handled = some.iter().map(|(execution, group)| self.handle_group(execution, group));
            for (place, disposition) in futures::future::join_all(handled).await.into_iter().flatten() {
                settle(dispositions, place, disposition);
            }
        }
    }

    /// Handles what is about one execution: what goes on with a wake by itself. Folded, the pages that follow would be those of one, and may have been sent
    /// before: then the other would go no further.
    async fn handle_group(&self, execution: &ExecutionId, group: &[Incoming<'_>]) -> Vec<(usize, Disposition)> {
        let mut folds: Vec<(Option<&WakeRest>, Vec<&Incoming<'_>>)> = Vec::new();
        for incoming in group {
            let page = incoming.page();
            match folds.iter_mut().find(|(of, _)| *of == page) {
                Some((_, fold)) => fold.push(incoming),
                None => folds.push((page, vec![incoming])),
            }
        }
        let mut dispositions = Vec::with_capacity(group.len());
        for (_, fold) in folds {
            dispositions.extend(self.handle_fold(execution, &fold).await);
        }
        dispositions
    }

    async fn handle_fold(&self, execution: &ExecutionId, group: &[&Incoming<'_>]) -> Vec<(usize, Disposition)> {
        let error = match self.deliver_received(execution, None, &Received::from_queue(group.iter().copied())).await {
            Ok(delivered) => {
                let stale = |outcome: &MessageOutcome| matches!(outcome, MessageOutcome::Stale { .. });
                let refused = breaks::active(Break::StaleMessageGivenBack) && delivered.outcomes.iter().any(stale);
                let published = delivered.unpublished.is_none() || breaks::active(Break::UnpublishedAcknowledged);
                let disposition = if published && !refused { Disposition::Done } else { self.given_back() };
                return group.iter().map(|incoming| (incoming.place, disposition)).collect();
            }
            Err(error) => error,
        };
        let mut dispositions = Vec::with_capacity(group.len());
        for incoming in group {
            // One of them may be what does not fit: each by itself, so that it alone is taken out.
            let together = breaks::active(Break::UnfitMessageTakesItsBatchAlong);
            let alone = if group.len() > 1 && may_be_of_one_message(&error) && !together {
                self.handle_alone(execution, incoming).await
            } else {
                self.dispose(incoming, &error).await
            };
            dispositions.push((incoming.place, alone));
        }
        dispositions
    }

    async fn handle_alone(&self, execution: &ExecutionId, incoming: &Incoming<'_>) -> Disposition {
        match self.deliver_received(execution, None, &Received::from_queue([incoming])).await {
            Ok(delivered) if delivered.unpublished.is_none() => Disposition::Done,
            Ok(_) => self.given_back(),
            Err(error) => self.dispose(incoming, &error).await,
        }
    }

    /// What is to become of a message that could not be delivered.
    pub(crate) async fn dispose(&self, incoming: &Incoming<'_>, error: &DeliverError) -> Disposition {
        let execution = &incoming.body.execution;
        match error {
            DeliverError::UnknownExecution => {
                tracing::warn!(%execution, "a message about an execution that does not exist");
                Disposition::Done
            }
            DeliverError::Store(StoreError::Unavailable(_)) if breaks::active(Break::UncommittedAcknowledged) => {
                Disposition::Done
            }
            DeliverError::Contended if breaks::active(Break::ContentionAcknowledged) => Disposition::Done,
            DeliverError::Contended if breaks::active(Break::ContentionGivenBack) => self.given_back(),
            DeliverError::Contended => self.send_again(&incoming.body).await,
            DeliverError::Store(StoreError::Entry(EntryError::Newer(_))) => self.given_back_for_newer(),
            DeliverError::Store(StoreError::Unavailable(_)) => self.given_back(),
            DeliverError::Corrupt(_) | DeliverError::Store(StoreError::Refused(_) | StoreError::Entry(_)) => {
                tracing::error!(%execution, %error, alarm = "corrupt_execution", "a message cannot be applied");
                self.take_out(incoming, error).await
            }
        }
    }

    /// An answer that cannot be applied is parked, so that a person sees it; hints and wakes come again by themselves.
    async fn take_out(&self, incoming: &Incoming<'_>, error: &DeliverError) -> Disposition {
        match incoming.body.message {
            CoordinatorMessage::Answer { .. } | CoordinatorMessage::Child(_) | CoordinatorMessage::ChildEnded { .. } => {
                self.park(incoming.delivery, &error.to_string()).await
            }
            CoordinatorMessage::Timer { .. } | CoordinatorMessage::Renew { .. } => Disposition::Done,
            CoordinatorMessage::Wake { .. } => {
                self.postpone_wake(&incoming.body.execution).await;
                Disposition::Done
            }
        }
    }

    /// Sends a message again with its own counter and jitter, and is done with the original: receives count towards the dead letters, contention
    /// must not. Always to the hints' queue: a FIFO queue has no delay per message, and the order of answers does not matter.
    async fn send_again(&self, body: &CoordinatorBody) -> Disposition {
        let counted = u32::from(!breaks::active(Break::ResentNotCounted));
        let again = CoordinatorBody { resent: body.resent.saturating_add(counted), ..body.clone() };
        let longest_millis = self.settings.bounds.contention_delay_seconds.saturating_mul(1_000);
        let bound_millis = 500_u64.saturating_mul(1 << again.resent.min(20)).min(longest_millis);
        let delay = Duration::from_millis(self.drawn_below(bound_millis));
        tracing::info!(execution = %body.execution, resent = again.resent, "sent again because of contention");
        match self.send_hints(&[outgoing(&again, delay)]).await {
            Ok(()) => Disposition::Done,
            Err(_) => self.given_back(),
        }
    }

    pub(crate) async fn unreadable(&self, delivery: &Delivery, error: &BodyError) -> Disposition {
        match error {
            BodyError::Newer(_) if breaks::active(Break::NewerFormatParked) => self.park(delivery, &error.to_string()).await,
            BodyError::Newer(_) => self.given_back_for_newer(),
            BodyError::Malformed(_) => self.park(delivery, &error.to_string()).await,
        }
    }

    /// Sends a delivery to the parking queue, with the reason as an attribute.
    async fn park(&self, delivery: &Delivery, reason: &str) -> Disposition {
        if breaks::active(Break::UnreadableAcknowledged) {
            return Disposition::Done;
        }
        tracing::error!(message = delivery.id, reason, alarm = "parked_message", "a message was parked");
        let mut parked = Outgoing::parked(delivery, reason, None);
        if breaks::active(Break::ParkedWithoutReason) {
            parked.attributes.remove(REASON_ATTRIBUTE);
        }
        let sent = self.send(queue_name::PARKING, &[parked]).await;
        if sent.iter().all(|sent| *sent == Sent::Accepted) { Disposition::Done } else { self.given_back() }
    }

    pub(crate) fn given_back(&self) -> Disposition {
        Disposition::GiveBack { delay: Duration::from_secs(self.settings.bounds.give_back_seconds) }
    }

    pub(crate) fn given_back_for_newer(&self) -> Disposition {
        if breaks::active(Break::NewerFormatAcknowledged) {
            return Disposition::Done;
        }
        Disposition::GiveBack { delay: Duration::from_secs(self.settings.bounds.newer_give_back_seconds) }
    }
}

/// Whether the error may be the doing of one message of several.
fn may_be_of_one_message(error: &DeliverError) -> bool {
    matches!(error, DeliverError::Corrupt(_) | DeliverError::Store(StoreError::Refused(_)))
}

/// Notes what is to become of the delivery at `place`.
pub(crate) fn settle(dispositions: &mut [Disposition], place: usize, disposition: Disposition) {
    if let Some(slot) = dispositions.get_mut(place) {
        *slot = disposition;
    }
}
