//! From an SQS event to deliveries, and from what became of each to a partial batch response.
//!
//! A message that is done is deleted by Lambda, because it is not among the failures. One that is to come again becomes visible again after the time
//! that was asked for, and is among them. A message that ends its invocation (it runs out of memory, say) takes its batch with it: all of it comes again.
//! So what has come several times is handled one after the other, each deleted as soon as it is done, in another order each time: all but the one that
//! kills get through. A function that says of a message that it is to come again is alive, and its store or a lease may take longer
//! than the queue's patience: so before such a message was received too often it is sent anew, and the one at hand acknowledged. Only what nobody
//! ever answered for (its invocations died) is received too often, and becomes a dead letter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use interpreter::Timestamp;
use lambda_runtime::{LambdaEvent, service_fn};
use messages::queue_limits::DELAY_SECONDS;
use messages::{Delivery, Disposition, GiveBack, MessageQueue, Outgoing, QueueSource, Receipt, queue_name};

use crate::{Cloud, Error};

/// From this many receives on, a message that is to come again is sent anew. Queues with a redrive permit twice as many.
pub const SENT_ANEW_FROM: u32 = 10;

/// From this many receives on, the messages of a batch are handled one after the other: one of them may be what ended its invocations. Each of the ten that a
/// batch has at most then comes last once, before the queue gives up on any.
pub(crate) const ALONE_FROM: u32 = 6;

/// The attribute in which SQS counts receives.
const RECEIVE_COUNT: &str = "ApproximateReceiveCount";

/// Messages that came together.
#[derive(Debug)]
pub struct Batch {
    /// Our name for the queue that they came from.
    pub queue: String,
    /// The messages.
    pub deliveries: Vec<Delivery>,
    /// When the invocation is stopped.
    pub deadline: Timestamp,
}

/// The queues of a stack by their ARNs, and how their messages are settled.
#[derive(Clone)]
pub struct Queues<Q> {
    names: BTreeMap<String, String>,
    queue: Arc<Q>,
}

/// Handles the SQS events of a function until Lambda stops it. `handle` says of each message of a batch, in order, what becomes of it.
///
/// # Errors
///
/// The runtime's. An invocation fails as a whole only if its event is none of SQS's.
pub async fn run_batches<H, F>(cloud: &Cloud, handle: H) -> Result<(), Error>
where
    H: Fn(Batch) -> F,
    F: Future<Output = Vec<Disposition>>,
{
    let queues = Queues::of(cloud);
    let (queues, handle) = (&queues, &handle);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<SqsEvent>| async move {
        let deadline = deadline_of(&event.context);
        queues.settled(event.payload, deadline, handle).await
    }))
    .await
}

/// When Lambda stops an invocation.
pub fn deadline_of(context: &lambda_runtime::Context) -> Timestamp {
    Timestamp::from_millis(i64::try_from(context.deadline).unwrap_or(i64::MAX))
}

impl Queues<queue_sqs::SqsQueues> {
    /// The queues of a function's stack.
    pub fn of(cloud: &Cloud) -> Self {
        Self::new(&cloud.environment.queues, Arc::new(cloud.queues.clone()))
    }
}

impl<Q: MessageQueue + QueueSource> Queues<Q> {
    /// Queues by our names and with these URLs.
    pub fn new(urls: &BTreeMap<String, String>, queue: Arc<Q>) -> Self {
        let last = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
        Self { names: urls.iter().map(|(name, url)| (last(url), name.clone())).collect(), queue }
    }

    /// Our name for the queue with this ARN.
    fn name_of(&self, arn: &str) -> Option<&str> {
        self.names.get(arn.rsplit(':').next().unwrap_or_default()).map(String::as_str)
    }

    /// Has a batch handled and settles its messages.
    ///
    /// # Errors
    ///
    /// An event of a queue that the stack does not know, or with a message that cannot be told from others: all of it comes again.
    pub async fn settled<H, F>(&self, event: SqsEvent, deadline: Timestamp, handle: H) -> Result<SqsBatchResponse, Error>
    where
        H: Fn(Batch) -> F,
        F: Future<Output = Vec<Disposition>>,
    {
        let arn = event.records.first().and_then(|record| record.event_source_arn.clone()).unwrap_or_default();
        let Some(queue) = self.name_of(&arn) else {
            return Err(format!("the queue `{arn}` is none of this stack's").into());
        };
        let deliveries = deliveries(event)?;
        let count = deliveries.len();
        let failures = match turn(&deliveries) {
            None => self.settled_together(queue, deliveries, deadline, &handle).await,
            Some(turn) => self.settled_one_by_one(queue, in_turn(deliveries, turn), deadline, &handle).await,
        };
        if !failures.is_empty() {
            tracing::info!(queue, messages = count, given_back = failures.len(), "messages come again");
        }
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = failures;
        Ok(response)
    }

    async fn settled_together<H, F>(
        &self,
        queue: &str,
        deliveries: Vec<Delivery>,
        deadline: Timestamp,
        handle: &H,
    ) -> Vec<BatchItemFailure>
    where
        H: Fn(Batch) -> F,
        F: Future<Output = Vec<Disposition>>,
    {
        let batch = Batch { queue: queue.to_owned(), deliveries: deliveries.clone(), deadline };
        let mut dispositions = handle(batch).await.into_iter();
        let settled = deliveries.iter().map(|delivery| {
            let disposition = dispositions.next().unwrap_or(Disposition::AGAIN);
            self.settle(queue, delivery, disposition)
        });
        futures::future::join_all(settled.collect::<Vec<_>>()).await.into_iter().flatten().collect()
    }

    /// The same for a batch that may end its invocation: what is done is deleted at once, and not only if the invocation lives.
    async fn settled_one_by_one<H, F>(
        &self,
        queue: &str,
        deliveries: Vec<Delivery>,
        deadline: Timestamp,
        handle: &H,
    ) -> Vec<BatchItemFailure>
    where
        H: Fn(Batch) -> F,
        F: Future<Output = Vec<Disposition>>,
    {
        tracing::warn!(queue, messages = deliveries.len(), "a batch that came several times is handled message by message");
        let mut failures = Vec::new();
        for delivery in deliveries {
            let receipt = delivery.receipt.clone();
            let failed = self.settled_together(queue, vec![delivery], deadline, handle).await;
            if failed.is_empty()
                && let Err(error) = self.queue.delete(queue, &receipt).await
            {
                // Lambda deletes it, if this invocation lives.
                tracing::warn!(queue, %error, "a message that is done was not deleted");
            }
            failures.extend(failed);
        }
        failures
    }

    /// Settles one message; a failure if Lambda is not to delete it.
    async fn settle(&self, queue: &str, delivery: &Delivery, disposition: Disposition) -> Option<BatchItemFailure> {
        let Disposition::GiveBack { delay } = disposition else { return None };
        if delivery.receive_count >= SENT_ANEW_FROM && self.sent_anew(queue, delivery, delay).await {
            return None;
        }
        let give_back = GiveBack { receipt: delivery.receipt.clone(), delay };
        if let Err(error) = self.queue.give_back(queue, &give_back).await {
            // It comes again all the same, after the queue's own time.
            tracing::warn!(queue, %error, "a message comes again later than was asked for");
        }
        let mut failure = BatchItemFailure::default();
        failure.item_identifier.clone_from(&delivery.id);
        Some(failure)
    }

    /// Sends a message again, so that its receives are counted from the beginning. Answers whether the queue took it.
    async fn sent_anew(&self, queue: &str, delivery: &Delivery, delay: Duration) -> bool {
        let (to, message) = anew(queue, delivery, delay);
        match self.queue.send(to, &[message]).await {
            Ok(sent) => sent.iter().all(Result::is_ok),
            Err(_) => false,
        }
    }
}

/// Which turn it is of a batch to be handled one after the other; none of one that is handled together.
fn turn(deliveries: &[Delivery]) -> Option<usize> {
    let receives = deliveries.iter().map(|delivery| delivery.receive_count).max().unwrap_or_default();
    (deliveries.len() > 1 && receives >= ALONE_FROM).then(|| usize::try_from(receives).unwrap_or_default())
}

/// The same messages, beginning with another one at each turn: whichever it is that ends invocations is the last one once.
fn in_turn(mut deliveries: Vec<Delivery>, turn: usize) -> Vec<Delivery> {
    deliveries.sort_by(|one, other| one.id.cmp(&other.id));
    let count = deliveries.len().max(1);
    deliveries.rotate_left(turn % count);
    deliveries
}

/// Where a message is sent anew, and as what. A FIFO queue has no delay of a message, and the order of answers does not matter: they go to the hints'.
/// What the coordinator reads counts how often it was sent again.
fn anew<'q>(queue: &'q str, delivery: &Delivery, delay: Duration) -> (&'q str, Outgoing) {
    let coordinators = matches!(queue, queue_name::ANSWERS | queue_name::HINTS);
    let body = if coordinators { counted(&delivery.body) } else { delivery.body.clone() };
    let delay = delay.min(Duration::from_secs(DELAY_SECONDS));
    let message = Outgoing { attributes: delivery.attributes.clone(), ..Outgoing::delayed(body, delay) };
    (if coordinators { queue_name::HINTS } else { queue }, message)
}

/// The same body with one more in `resent`: whatever version it has, so that what only a newer release reads stays as it is.
fn counted(body: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body) else { return body.to_owned() };
    let Some(members) = value.as_object_mut() else { return body.to_owned() };
    let resent = members.get("resent").and_then(serde_json::Value::as_u64).unwrap_or(0);
    members.insert("resent".to_owned(), resent.saturating_add(1).into());
    value.to_string()
}

/// The messages of an event.
///
/// # Errors
///
/// A message without an id: it could not be named among the failures.
pub fn deliveries(event: SqsEvent) -> Result<Vec<Delivery>, Error> {
    let deliveries = event.records.into_iter().map(delivery).collect::<Option<Vec<_>>>();
    deliveries.ok_or_else(|| "a message has no id".into())
}

fn delivery(record: SqsMessage) -> Option<Delivery> {
    let receive_count = record.attributes.get(RECEIVE_COUNT).and_then(|count| count.parse().ok()).unwrap_or(1);
    let attributes = record.message_attributes.into_iter();
    Some(Delivery {
        id: record.message_id.filter(|id| !id.is_empty())?,
        receipt: Receipt(record.receipt_handle.unwrap_or_default()),
        body: record.body.unwrap_or_default(),
        attributes: attributes.filter_map(|(name, value)| Some((name, value.string_value?))).collect(),
        receive_count,
    })
}

#[cfg(test)]
mod tests;
