//! SendMessageBatch: what each entry of the answer means for its message.

use std::collections::BTreeMap;

use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use messages::{Outgoing, QueueError, SendFailure, batch_refusal};

use crate::addresses::is_fifo;
use crate::attempts::Attempts;
use crate::failure::{Failure, entry_failure, failure, unbuildable};
use crate::queues::{SqsQueues, whole_seconds};

const OPERATION: &str = "SendMessageBatch";

/// What is said of a message that the answer does not name.
const NOT_NAMED: &str = "SendMessageBatch: the answer does not name the message";

/// What became of one message.
type Sent = Result<(), SendFailure>;

/// Messages with their place in the batch.
type Placed<'a> = (usize, &'a Outgoing);

impl SqsQueues {
    /// Sends a batch as the port says.
    pub(crate) async fn send_batch(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Sent>, QueueError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(reason) = batch_refusal(messages) {
            return Err(QueueError::Refused { queue: queue.to_owned(), reason });
        }
        let url = self.url(queue).await?;
        let fifo = is_fifo(&url);
        let refusals: Vec<Option<String>> = messages.iter().map(|message| message.refusal(fifo)).collect();
        let sound: Vec<Placed<'_>> = messages
            .iter()
            .enumerate()
            .zip(&refusals)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(placed, _)| placed)
            .collect();
        let mut sent = match self.submit(queue, &url, &sound).await {
            Ok(sent) => sent,
            Err(failure @ Failure::Unacceptable(_)) => match sound.as_slice() {
                [(place, _)] => BTreeMap::from([(*place, Err(failure.into_send_failure()))]),
                several => self.submit_each(queue, &url, several).await,
            },
            Err(failure) => return Err(failure.into_error(queue)),
        };
        let answers = refusals.into_iter().enumerate().map(|(place, refusal)| match refusal {
            Some(reason) => Err(SendFailure::Permanent(reason)),
            None => sent.remove(&place).unwrap_or_else(|| Err(SendFailure::Retryable(NOT_NAMED.to_owned()))),
        });
        Ok(answers.collect())
    }

    /// SQS refused the batch for something in it, and took none of it: each message for itself, in order, so that one does not take the others with it.
    async fn submit_each(&self, queue: &str, url: &str, messages: &[Placed<'_>]) -> BTreeMap<usize, Sent> {
        let mut sent = BTreeMap::new();
        for placed in messages {
            match self.submit(queue, url, std::slice::from_ref(placed)).await {
                Ok(answer) => sent.extend(answer),
                Err(failure) => {
                    sent.insert(placed.0, Err(failure.into_send_failure()));
                }
            }
        }
        sent
    }

    /// One request; what its answer says of each message, by place.
    async fn submit(&self, queue: &str, url: &str, messages: &[Placed<'_>]) -> Result<BTreeMap<usize, Sent>, Failure> {
        if messages.is_empty() {
            return Ok(BTreeMap::new());
        }
        let entries = messages.iter().map(|(place, message)| entry(*place, message)).collect::<Result<Vec<_>, _>>()?;
        let attempts = Attempts::default();
        let request = self.client().send_message_batch().queue_url(url).set_entries(Some(entries));
        let answer = request.customize().interceptor(attempts.clone()).send().await;
        let doubtful = attempts.doubtful();
        match answer {
            Ok(answer) => Ok(read(queue, &answer, doubtful)),
            Err(error) => Err(failure(OPERATION, queue, &error).in_doubt(doubtful)),
        }
    }
}

fn entry(place: usize, message: &Outgoing) -> Result<SendMessageBatchRequestEntry, Failure> {
    let mut entry = SendMessageBatchRequestEntry::builder()
        .id(place.to_string())
        .message_body(message.body.as_str())
        .set_message_group_id(message.group.clone())
        .set_message_deduplication_id(message.deduplication.clone());
    for (name, value) in &message.attributes {
        let value = MessageAttributeValue::builder().data_type("String").string_value(value.as_str()).build();
        entry = entry.message_attributes(name.as_str(), value.map_err(|error| unbuildable(&error))?);
    }
    if message.group.is_none() {
        // Zero is said too: a queue may have a delay of its own. A FIFO queue refuses any delay of a message.
        entry = entry.delay_seconds(i32::try_from(whole_seconds(message.delay)).unwrap_or(i32::MAX));
    }
    entry.build().map_err(|error| unbuildable(&error))
}

/// What an answer says of each message. Only what it calls successful is sent.
fn read(queue: &str, answer: &SendMessageBatchOutput, doubtful: bool) -> BTreeMap<usize, Sent> {
    let place = |id: &str| id.parse::<usize>().ok();
    let taken = answer.successful().iter().filter_map(|entry| Some((place(entry.id())?, Ok(()))));
    let failed = answer.failed().iter().filter_map(|entry| {
        let failure = entry_failure(entry).in_doubt(doubtful);
        tracing::warn!(operation = OPERATION, queue, code = entry.code(), ?failure, "a message was not taken");
        Some((place(entry.id())?, Err(failure.into_send_failure())))
    });
    taken.chain(failed).collect()
}
