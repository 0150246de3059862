//! ReceiveMessage.

use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use messages::queue_limits::{BATCH_MESSAGES, WAIT_SECONDS};
use messages::{Delivery, QueueError, Receipt};

use crate::addresses::is_fifo;
use crate::failure::failure;
use crate::queues::SqsQueues;

impl SqsQueues {
    /// Receives as the port says; a wait is cut to whole seconds.
    pub(crate) async fn receive_some(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        if !(1..=BATCH_MESSAGES).contains(&most) || wait > Duration::from_secs(WAIT_SECONDS) {
            let reason = format!("{most} messages within {} s are not to be had", wait.as_secs());
            return Err(QueueError::Refused { queue: queue.to_owned(), reason });
        }
        let url = self.url(queue).await?;
        let request = self
            .client()
            .receive_message()
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .wait_time_seconds(i32::try_from(wait.as_secs()).unwrap_or(0))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_attribute_names("All")
            // A try whose answer was lost has its messages in flight, and on a FIFO queue their groups wait for them: the next try of this
            // request is given the same ones.
            .set_receive_request_attempt_id(is_fifo(&url).then(|| self.fresh_id()))
            .queue_url(url);
        let answer = request.send().await.map_err(|error| failure("ReceiveMessage", queue, &error).into_error(queue))?;
        Ok(answer.messages.unwrap_or_default().into_iter().filter_map(delivery).collect())
    }
}

/// A message as SQS gives it. One without a receipt could be neither deleted nor given back: it comes again after its visibility timeout.
fn delivery(message: Message) -> Option<Delivery> {
    let receive_count = message
        .attributes
        .and_then(|attributes| attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount)?.parse().ok())
        .unwrap_or(1);
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    Some(Delivery {
        id: message.message_id?,
        receipt: Receipt(message.receipt_handle?),
        body: message.body.unwrap_or_default(),
        attributes: attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect(),
        receive_count,
    })
}
