//! DeleteMessage. SQS itself says what the port does of receipts that are old, gone, or expired.

use messages::{QueueError, Receipt};

use crate::failure::failure;
use crate::queues::SqsQueues;

impl SqsQueues {
    /// Deletes as the port says.
    pub(crate) async fn delete_one(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError> {
        let url = self.url(queue).await?;
        let answer = self.client().delete_message().queue_url(url).receipt_handle(receipt.0.as_str()).send().await;
        answer.map(drop).map_err(|error| failure("DeleteMessage", queue, &error).into_error(queue))
    }
}
