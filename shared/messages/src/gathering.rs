//! Several senders at work side by side, whose messages travel in the same requests.
//!
//! A queue takes ten messages in a request and is paid by the request. Executions that are handled together each have a message or two to send, at about the
//! same time: a [`Gathering`] waits until each of its members has something to send (or has left), but not for longer than its patience, and sends what
//! waits for the same queue in batches. To a member nothing is different: its call is answered for its own messages, whatever became of the others'.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;
use futures::channel::oneshot;
use futures::future::{BoxFuture, join_all};

use crate::{MessageQueue, Outgoing, QueueError, SendFailure, batches};

/// What a queue said of each message of a call.
type Answers = Vec<Result<(), SendFailure>>;

/// Senders at work side by side.
pub struct Gathering {
    queue: Arc<dyn MessageQueue>,
    clock: Arc<dyn Clock>,
    patience: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    joined: usize,
    present: usize,
    waiting: Vec<Waiting>,
}

/// A call that waits for company.
struct Waiting {
    member: usize,
    queue: String,
    messages: Vec<Outgoing>,
    answer: oneshot::Sender<Result<Answers, QueueError>>,
}

/// One of the senders: a queue to those who send by it. It leaves when it is dropped.
pub struct Member {
    gathering: Arc<Gathering>,
    number: usize,
}

/// Whether what waits is to be sent.
enum Outlook {
    /// Nothing waits.
    Idle,
    /// Somebody may join what waits.
    Incomplete,
    /// Nobody else will.
    Complete,
}

impl Gathering {
    /// Nobody yet, to send to `queue`. Nobody waits longer than `patience` for others.
    pub fn new(queue: Arc<dyn MessageQueue>, clock: Arc<dyn Clock>, patience: Duration) -> Arc<Self> {
        Arc::new(Self { queue, clock, patience, state: Mutex::default() })
    }

    /// A further sender. All are to be there before any of them begins.
    pub fn member(self: &Arc<Self>) -> Member {
        let mut state = self.state();
        state.joined += 1;
        state.present += 1;
        Member { gathering: Arc::clone(self), number: state.joined }
    }

    /// Drives `members`, which is what all senders do, and sends for them. Nothing is sent where this is not polled.
    pub async fn drive<T>(&self, members: impl Future<Output = T>) -> T {
        let mut members = pin!(members);
        let mut sending: Option<BoxFuture<'_, ()>> = None;
        let mut patience: Option<BoxFuture<'_, ()>> = None;
        poll_fn(|context| {
            if let Poll::Ready(done) = members.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            loop {
                if let Some(under_way) = &mut sending {
                    if under_way.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    sending = None;
                }
                match self.outlook() {
                    Outlook::Idle => {
                        patience = None;
                        return Poll::Pending;
                    }
                    Outlook::Incomplete => {
                        let over = patience.get_or_insert_with(|| Box::pin(self.clock.sleep(self.patience)));
                        if over.as_mut().poll(context).is_pending() {
                            return Poll::Pending;
                        }
                    }
                    Outlook::Complete => {}
                }
                patience = None;
                let waiting = std::mem::take(&mut self.state().waiting);
                sending = Some(Box::pin(self.send_all(waiting)));
            }
        })
        .await
    }

    fn outlook(&self) -> Outlook {
        let mut state = self.state();
        state.waiting.retain(|waiting| !waiting.answer.is_canceled());
        let mut waiting: Vec<usize> = state.waiting.iter().map(|waiting| waiting.member).collect();
        waiting.sort_unstable();
        waiting.dedup();
        match waiting.len() {
            0 => Outlook::Idle,
            members if members < state.present => Outlook::Incomplete,
            _ => Outlook::Complete,
        }
    }

    async fn send_all(&self, waiting: Vec<Waiting>) {
        let mut by_queue: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for call in waiting {
            by_queue.entry(call.queue.clone()).or_default().push(call);
        }
        join_all(by_queue.into_iter().map(|(queue, calls)| self.send_to(queue, calls))).await;
    }

    async fn send_to(&self, queue: String, calls: Vec<Waiting>) {
        let messages: Vec<Outgoing> = calls.iter().flat_map(|call| call.messages.iter().cloned()).collect();
        let sent = batches(&messages).into_iter().map(|batch| self.send_batch(&queue, messages.get(batch).unwrap_or_default()));
        let mut sent = join_all(sent).await.into_iter().flatten();
        for call in calls {
            let of_call: Vec<_> = sent.by_ref().take(call.messages.len()).collect();
            // Who has gone needs no answer.
            let _ = call.answer.send(answer(of_call));
        }
    }

    /// Sends a batch; what became of each of its messages.
    async fn send_batch(&self, queue: &str, batch: &[Outgoing]) -> Vec<Result<Result<(), SendFailure>, QueueError>> {
        match self.queue.send(queue, batch).await {
            Err(error) => vec![Err(error); batch.len()],
            Ok(answers) => {
                let not_named = || Err(SendFailure::Retryable("the answer does not name it".to_owned()));
                let all = answers.into_iter().chain(std::iter::repeat_with(not_named));
                all.take(batch.len()).map(Ok).collect()
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a call: an error only if no part of it was answered, as if it had been made alone.
fn answer(sent: Vec<Result<Result<(), SendFailure>, QueueError>>) -> Result<Answers, QueueError> {
    let failed = sent.iter().filter(|sent| sent.is_err()).count();
    let all_failed = failed > 0 && failed == sent.len();
    let each = sent.into_iter().map(|sent| match sent {
        Ok(answered) => Ok(answered),
        Err(error) if all_failed => Err(error),
        Err(error @ QueueError::Unavailable { .. }) => Ok(Err(SendFailure::Retryable(error.to_string()))),
        Err(error @ QueueError::Refused { .. }) => Ok(Err(SendFailure::Permanent(error.to_string()))),
    });
    each.collect()
}

#[async_trait]
impl MessageQueue for Member {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Answers, QueueError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { member: self.number, queue: queue.to_owned(), messages: messages.to_vec(), answer };
        self.gathering.state().waiting.push(waiting);
        let lost = || QueueError::Unavailable { queue: queue.to_owned(), reason: "nobody sends any more".to_owned() };
        answered.await.unwrap_or_else(|_| Err(lost()))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.gathering.state();
        state.present = state.present.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
