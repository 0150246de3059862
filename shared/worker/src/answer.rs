//! Answers on their way to the coordinator, up to ten in one call.

use breaks::Break;
use futures::future::join_all;
use interpreter::TaskOutcome;
use messages::{CoordinatorBody, CoordinatorMessage, Outgoing, RequestBody, batches, queue_name};

use crate::harness::Inner;

impl Inner {
    /// The message that answers a request. A fresh deduplication id each time: an answer sent again because the first was lost must not be taken
    /// for it.
    pub(crate) fn answer(&self, request: &RequestBody, outcome: TaskOutcome) -> Outgoing {
        let message = CoordinatorMessage::Answer { token: request.token.clone(), outcome };
        let body = CoordinatorBody::new(request.execution.clone(), message);
        let same = breaks::active(Break::DeduplicationIdOfTheToken).then(|| request.token.to_string());
        let fresh = || format!("{:032x}", self.entropy.bits());
        Outgoing::fifo(body.encode(), request.execution.as_str(), same.unwrap_or_else(fresh))
    }

    /// Sends messages; says of each, in order, whether the queue took it.
    pub(crate) async fn send(&self, queue: &str, messages: &[Outgoing]) -> Vec<bool> {
        let sending = batches(messages).into_iter().map(|batch| async {
            let batch = messages.get(batch).unwrap_or_default();
            match self.queue.send(queue, batch).await {
                Ok(answers) => {
                    let failed = answers.iter().filter_map(|answer| answer.as_ref().err());
                    failed.for_each(|error| tracing::warn!(queue, %error, "a message was not sent"));
                    // An answer for fewer messages than were sent says nothing of the others.
                    let taken = answers.iter().map(Result::is_ok).chain(std::iter::repeat(false));
                    taken.take(batch.len()).collect()
                }
                Err(error) => {
                    tracing::warn!(queue, %error, messages = batch.len(), "messages were not sent");
                    vec![false; batch.len()]
                }
            }
        });
        join_all(sending).await.into_iter().flatten().collect::<Vec<bool>>()
    }

    /// Sends answers; says of each, in order, whether the coordinator's queue took it.
    pub(crate) async fn send_answers(&self, answers: &[Outgoing]) -> Vec<bool> {
        self.send(queue_name::ANSWERS, answers).await
    }
}
