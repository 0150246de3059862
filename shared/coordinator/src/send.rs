//! Sends messages in batches and looks at the answer to each: sent means that its own entry was answered successful.

use breaks::Break;
use messages::{Outgoing, QueueError, SendFailure, batches};

use crate::Coordinator;

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The queue has it.
    Accepted,
    /// The queue will never take it. `unseen` if no earlier try can have been taken: a proof that no worker has seen it.
    Refused { reason: String, unseen: bool },
    /// The queue did not take it, as often as it was tried; or its answer was lost.
    Unsent { reason: String },
}

impl Coordinator {
    /// Sends messages; the answer has an element for each, in order.
    pub(crate) async fn send(&self, queue: &str, messages: &[Outgoing]) -> Vec<Sent> {
        let mut sent = Vec::with_capacity(messages.len());
        for some in batches(messages).chunks(self.settings.bounds.concurrent_sends.max(1)) {
            let answers = some.iter().filter_map(|batch| messages.get(batch.clone())).map(|batch| self.send_batch(queue, batch));
            sent.extend(futures::future::join_all(answers).await.into_iter().flatten());
        }
        sent
    }

    async fn send_batch(&self, queue: &str, batch: &[Outgoing]) -> Vec<Sent> {
        let mut slots: Vec<Slot> = batch.iter().map(Slot::new).collect();
        for tries in 1..=self.settings.bounds.tries_per_call {
            let mut open: Vec<&mut Slot> = slots.iter_mut().filter(|slot| slot.is_open()).collect();
            if open.is_empty() {
                break;
            }
            if tries > 1 {
                self.pause(tries - 1).await;
            }
            let messages: Vec<Outgoing> = open.iter().map(|slot| slot.message.clone()).collect();
            match self.ports.queue.send(queue, &messages).await {
                Ok(answers) => {
                    let mut answers = answers.into_iter();
                    open.iter_mut().for_each(|slot| slot.answered(answers.next()));
                }
                Err(QueueError::Unavailable { .. }) if breaks::active(Break::UnansweredBatchTakenForSent) => {
                    open.iter_mut().for_each(|slot| slot.answered(Some(Ok(()))));
                }
                Err(QueueError::Refused { reason, .. }) => open.iter_mut().for_each(|slot| slot.refused(reason.clone())),
                Err(QueueError::Unavailable { reason, .. }) => open.iter_mut().for_each(|slot| slot.failed(reason.clone())),
            }
        }
        slots.into_iter().map(|slot| slot.sent).collect()
    }
}

/// A message of a batch that is tried.
struct Slot<'a> {
    message: &'a Outgoing,
    sent: Sent,
    /// Whether a try failed in a way that does not prove that the message was not taken.
    doubtful: bool,
}

impl<'a> Slot<'a> {
    fn new(message: &'a Outgoing) -> Self {
        Self { message, sent: Sent::Unsent { reason: "it was not tried".to_owned() }, doubtful: false }
    }

    fn is_open(&self) -> bool {
        matches!(self.sent, Sent::Unsent { .. })
    }

    fn answered(&mut self, answer: Option<Result<(), SendFailure>>) {
        match answer {
            Some(Ok(())) => self.sent = Sent::Accepted,
            Some(Err(_)) if breaks::active(Break::FailedEntryTakenForSent) => self.sent = Sent::Accepted,
            Some(Err(SendFailure::Permanent(reason))) => self.refused(reason),
            Some(Err(SendFailure::Retryable(reason))) => self.failed(reason),
            None => self.failed("the answer does not name it".to_owned()),
        }
    }

    fn refused(&mut self, reason: String) {
        self.sent = Sent::Refused { reason, unseen: !self.doubtful };
    }

    fn failed(&mut self, reason: String) {
        self.doubtful = true;
        self.sent = Sent::Unsent { reason };
    }
}
