//! ChangeMessageVisibility: a message comes again.

use std::time::Duration;

use messages::queue_limits::VISIBILITY_SECONDS;
use messages::{GiveBack, QueueError};

use crate::failure::failure;
use crate::queues::{SqsQueues, whole_seconds};

impl SqsQueues {
    /// Gives back as the port says, after whole seconds. On a FIFO queue the message comes before those behind it, which wait for it.
    pub(crate) async fn give_one_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError> {
        if give_back.delay > Duration::from_secs(VISIBILITY_SECONDS) {
            let reason = format!("a message is in flight for {VISIBILITY_SECONDS} s at most");
            return Err(QueueError::Refused { queue: queue.to_owned(), reason });
        }
        let url = self.url(queue).await?;
        let request = self
            .client()
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(give_back.receipt.0.as_str())
            .visibility_timeout(i32::try_from(whole_seconds(give_back.delay)).unwrap_or(i32::MAX));
        let answer = request.send().await;
        answer.map(drop).map_err(|error| failure("ChangeMessageVisibility", queue, &error).into_error(queue))
    }
}
