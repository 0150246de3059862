//! Resolves a queue's name: from configuration, or by asking SQS once.

use messages::QueueError;

use crate::QueueAddresses;
use crate::failure::failure;
use crate::queues::SqsQueues;

impl SqsQueues {
    /// The URL of a queue.
    pub(crate) async fn url(&self, queue: &str) -> Result<String, QueueError> {
        match self.addresses() {
            QueueAddresses::Listed(urls) => urls.get(queue).cloned().ok_or_else(|| QueueError::Refused {
                queue: queue.to_owned(),
                reason: "no queue of this name is configured".to_owned(),
            }),
            QueueAddresses::Located { account_url, naming } => {
                Ok(format!("{}/{}", account_url.trim_end_matches('/'), naming.sqs_name(queue)))
            }
            QueueAddresses::Named(naming) => match self.known_url(queue) {
                Some(url) => Ok(url),
                None => self.ask_for_url(queue, naming.sqs_name(queue)).await,
            },
        }
    }

    /// Asks SQS. Only a success is remembered; who asks at the same moment asks twice, and is told the same.
    async fn ask_for_url(&self, queue: &str, sqs_name: String) -> Result<String, QueueError> {
        let answer = self.client().get_queue_url().queue_name(sqs_name).send().await;
        let answer = answer.map_err(|error| failure("GetQueueUrl", queue, &error).into_error(queue))?;
        let url = answer.queue_url.ok_or_else(|| QueueError::Unavailable {
            queue: queue.to_owned(),
            reason: "GetQueueUrl: the answer names no URL".to_owned(),
        })?;
        self.remember_url(queue, &url);
        Ok(url)
    }
}
