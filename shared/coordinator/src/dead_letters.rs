//! Consumes the dead letters of the task queues: a request that was received too often is answered for its worker.

use breaks::Break;
use interpreter::{StateFailure, TaskOutcome};
use messages::{CoordinatorBody, CoordinatorMessage, Delivery, Disposition, RequestBody};
use store::{LedgerState, StoreError};

use crate::Coordinator;
use crate::handle::{Incoming, settle};

impl Coordinator {
    /// Answers the tasks whose requests these are. What the ledger knows about them is their answer (only the way back was lost); otherwise the
    /// outcome is unknown: the handler may have been at work when its last delivery ended.
    pub async fn answer_dead_letters(&self, deliveries: &[Delivery]) -> Vec<Disposition> {
        if breaks::active(Break::DeadLettersAcknowledged) {
            return vec![Disposition::Done; deliveries.len()];
        }
        let mut dispositions = vec![Disposition::AGAIN; deliveries.len()];
        let mut incoming = Vec::with_capacity(deliveries.len());
        for (place, delivery) in deliveries.iter().enumerate() {
            let request = match RequestBody::decode(&delivery.body) {
                Ok(request) => request,
                Err(error) => {
                    settle(&mut dispositions, place, self.unreadable(delivery, &error).await);
                    continue;
                }
            };
            match self.answer_for(&request).await {
                Ok(outcome) => incoming.push(Incoming { place, delivery, body: answer(request, outcome) }),
                Err(error) => tracing::warn!(key = %request.key, %error, "the ledger did not answer"),
            }
        }
        self.handle_all(incoming, &mut dispositions).await;
        dispositions
    }

    /// The answer to a request that no worker answers any more. Where it was revoked nobody waits for it; but it may have been this very answer that led
    /// there, delivered before to somebody who stopped, and what else that led to is to be published.
    async fn answer_for(&self, request: &RequestBody) -> Result<TaskOutcome, StoreError> {
        let entry = self.retried(|| self.ports.ledger.ledger(&request.key)).await?;
        Ok(match entry.map(|entry| (entry.attempt, entry.state)) {
            // That another attempt's token was handed out says nothing about this one's.
            Some((attempt, LedgerState::Succeeded { .. })) if request.callback && attempt != request.attempt => unknown_outcome(),
            Some((_, LedgerState::Succeeded { result })) => TaskOutcome::Succeeded { result },
            Some((attempt, LedgerState::Failed { failure, refusal })) if attempt == request.attempt => {
                TaskOutcome::Failed { failure, refusal }
            }
            Some((
                _,
                LedgerState::Revoked | LedgerState::Failed { .. } | LedgerState::InProgress { .. } | LedgerState::HeardOf,
            ))
            | None => unknown_outcome(),
        })
    }
}

/// AWS's name for an outcome that nobody knows.
fn unknown_outcome() -> TaskOutcome {
    let cause = "the request was received too often without an answer";
    let refusal = breaks::active(Break::DeadLetterIsARefusal);
    TaskOutcome::Failed { failure: StateFailure::new("Lambda.Unknown", cause), refusal }
}

fn answer(request: RequestBody, outcome: TaskOutcome) -> CoordinatorBody {
    CoordinatorBody::new(request.execution, CoordinatorMessage::Answer { token: request.token, outcome })
}
