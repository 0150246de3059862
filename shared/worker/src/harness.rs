//! A batch of deliveries, each handled for itself.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use breaks::Break;
use clock::{Clock, Entropy};
use futures::StreamExt;
use futures::stream::{self, FuturesUnordered};
use interpreter::{TaskOutcome, Timestamp};
use messages::{BodyError, Delivery, Disposition, MessageQueue, Outgoing, REASON_ATTRIBUTE, RequestBody, queue_name};
use store::{ExecutionStore, LedgerStore};

use crate::settings::GIVE_BACK_MAX;
use crate::{Handler, HarnessSettings};

/// At most this many answers in one call: a batch of the queue.
const ANSWERS_AT_ONCE: usize = messages::queue_limits::BATCH_MESSAGES;

/// The harness around one handler. Clones share everything.
#[derive(Clone)]
pub struct Harness {
    inner: Arc<Inner>,
}

/// What a harness works with.
pub(crate) struct Inner {
    pub(crate) handler: Arc<dyn Handler>,
    pub(crate) ledger: Arc<dyn LedgerStore>,
    pub(crate) values: Arc<dyn ExecutionStore>,
    pub(crate) queue: Arc<dyn MessageQueue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: HarnessSettings,
}

/// What came of one delivery, before anything is said about it outside.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Settlement {
    /// Its task is to be answered.
    Answer(TaskOutcome),
    /// Nobody waits for an answer.
    Drop(&'static str),
    /// It is to come again.
    GiveBack(Duration, &'static str),
}

/// One delivery that was handled: what is left to be sent for it.
enum Handled {
    Answer { place: usize, message: Outgoing },
    Settled { place: usize, disposition: Disposition },
}

impl Harness {
    /// A harness around `handler`. `ledger` keeps the keys, `values` the inputs that travel by reference; answers go to `queue`.
    pub fn new(
        handler: Arc<dyn Handler>,
        ledger: Arc<dyn LedgerStore>,
        values: Arc<dyn ExecutionStore>,
        queue: Arc<dyn MessageQueue>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: HarnessSettings,
    ) -> Self {
        Self { inner: Arc::new(Inner { handler, ledger, values, queue, clock, entropy, settings }) }
    }

    /// Handles deliveries, each for itself, until `invocation_deadline` at the latest; says of each, in order, what becomes of it. A delivery is
    /// done only when the queue has taken its answer.
    ///
    /// `invocation_deadline` is when the process may be stopped: on Lambda the end of the invocation, elsewhere now and the function's timeout.
    pub async fn handle(&self, deliveries: Vec<Delivery>, invocation_deadline: Timestamp) -> Vec<Disposition> {
        let inner = &self.inner;
        let counts: Vec<u32> = deliveries.iter().map(|delivery| delivery.receive_count).collect();
        let mut dispositions = vec![Disposition::AGAIN; deliveries.len()];
        let handling = stream::iter(deliveries.into_iter().enumerate())
            .map(|(place, delivery)| inner.handle_one(place, delivery, invocation_deadline))
            .buffer_unordered(inner.settings.concurrency.max(1))
            // Whatever is ready at the same moment is answered in one call; nothing waits for company.
            .ready_chunks(ANSWERS_AT_ONCE);
        let mut handling = pin!(handling);
        let mut sending = FuturesUnordered::new();
        loop {
            let settled = tokio::select! {
                biased;
                Some(settled) = sending.next() => settled,
                Some(chunk) = handling.next() => {
                    sending.push(inner.finish(chunk, &counts));
                    continue;
                }
                else => break,
            };
            for (place, disposition) in settled {
                if let Some(of_place) = dispositions.get_mut(place) {
                    *of_place = disposition;
                }
            }
        }
        let is_done = |disposition: &Disposition| *disposition == Disposition::Done;
        if breaks::active(Break::BatchAcknowledgedWhole) && dispositions.iter().any(is_done) {
            dispositions.fill(Disposition::Done);
        }
        if breaks::active(Break::BatchGivenBackWhole) && !dispositions.iter().all(is_done) {
            dispositions.fill(Disposition::AGAIN);
        }
        dispositions
    }
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    async fn handle_one(&self, place: usize, delivery: Delivery, invocation_deadline: Timestamp) -> Handled {
        let request = match RequestBody::decode(&delivery.body) {
            Ok(request) if request.function == self.handler.function() => request,
            Ok(request) => {
                let reason = format!("a request for function `{}`, not `{}`", request.function, self.handler.function());
                return Handled::Settled { place, disposition: self.park(&delivery, &reason).await };
            }
            Err(BodyError::Malformed(reason)) => {
                return Handled::Settled { place, disposition: self.park(&delivery, &reason).await };
            }
            Err(BodyError::Newer(_)) if breaks::active(Break::NewerFormatAcknowledged) => {
                return Handled::Settled { place, disposition: Disposition::Done };
            }
            Err(BodyError::Newer(_)) if breaks::active(Break::NewerFormatParked) => {
                return Handled::Settled { place, disposition: self.park(&delivery, "a newer format").await };
            }
            Err(BodyError::Newer(version)) => {
                tracing::warn!(queue = %self.settings.queue, version, "a request of a newer release is given back");
                return Handled::Settled { place, disposition: self.again(delivery.receive_count) };
            }
        };
        let settlement = self.serve(&request, delivery.receive_count, invocation_deadline).await;
        log(&request, delivery.receive_count, &settlement);
        match settlement {
            Settlement::Answer(outcome) => Handled::Answer { place, message: self.answer(&request, outcome) },
            Settlement::Drop(_) => Handled::Settled { place, disposition: Disposition::Done },
            Settlement::GiveBack(delay, _) => {
                Handled::Settled { place, disposition: Disposition::GiveBack { delay: delay.min(GIVE_BACK_MAX) } }
            }
        }
    }

    /// Sends what these deliveries are answered with; says what becomes of each.
    async fn finish(&self, chunk: Vec<Handled>, receive_counts: &[u32]) -> Vec<(usize, Disposition)> {
        let (mut places, mut answers, mut settled) = (Vec::new(), Vec::new(), Vec::new());
        for handled in chunk {
            match handled {
                Handled::Answer { place, message } => {
                    places.push(place);
                    answers.push(message);
                }
                Handled::Settled { place, disposition } => settled.push((place, disposition)),
            }
        }
        for (place, taken) in places.into_iter().zip(self.send_answers(&answers).await) {
            let receive_count = receive_counts.get(place).copied().unwrap_or(1);
            // Not answered: the next delivery finds in the ledger what to answer.
            let taken = taken || breaks::active(Break::UnansweredAcknowledged);
            settled.push((place, if taken { Disposition::Done } else { self.again(receive_count) }));
        }
        settled
    }

    /// Sends what nobody can read to the parking queue, with its reason.
    async fn park(&self, delivery: &Delivery, reason: &str) -> Disposition {
        if breaks::active(Break::UnreadableAcknowledged) {
            return Disposition::Done;
        }
        let mut message = Outgoing::parked(delivery, reason, Some(&self.settings.queue));
        if breaks::active(Break::ParkedWithoutReason) {
            message.attributes.remove(REASON_ATTRIBUTE);
        }
        tracing::error!(queue = %self.settings.queue, message = %delivery.id, reason, alarm = "parked_message", "a message is parked");
        match self.send(queue_name::PARKING, &[message]).await.as_slice() {
            [true] => Disposition::Done,
            _ => self.again(delivery.receive_count),
        }
    }

    fn again(&self, receive_count: u32) -> Disposition {
        Disposition::GiveBack { delay: self.pause(receive_count).min(GIVE_BACK_MAX) }
    }
}

/// One line per delivery: who, what, the outcome. Never a payload, nor what may quote one.
fn log(request: &RequestBody, receive_count: u32, settlement: &Settlement) {
    let (outcome, error) = match settlement {
        Settlement::Answer(TaskOutcome::Succeeded { .. }) => ("succeeded", ""),
        Settlement::Answer(TaskOutcome::Failed { failure, refusal: true }) => ("refused", failure.error.as_str()),
        Settlement::Answer(TaskOutcome::Failed { failure, refusal: false }) => ("failed", failure.error.as_str()),
        Settlement::Drop(why) => ("dropped", *why),
        Settlement::GiveBack(_, why) => ("given back", *why),
    };
    tracing::info!(
        execution = %request.execution_name,
        state = %request.state,
        function = %request.function,
        attempt = request.attempt,
        compensation = request.undoes.is_some(),
        receive_count,
        outcome,
        error,
        "task"
    );
}
