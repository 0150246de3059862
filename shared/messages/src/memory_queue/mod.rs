//! A queue in memory that behaves as SQS does, in what it promises and in what it does not.
//!
//! Standard and FIFO queues, delays, visibility timeouts, receive counts, redrive to a dead-letter queue, retention, limits per message and per
//! batch. What SQS does only now and then (a message delivered twice, in another order, an answer lost) it does when told to, drawn from a
//! seed: [`Disorder`]. It never looks at more messages than it takes: an operation costs the logarithm of what is queued.
//!
//! Differences: times have milliseconds where SQS has seconds; there is no limit on messages in flight; a message that has moved to
//! a dead-letter queue counts its receives from zero; a dead-letter queue that was not declared, or is of the other kind, is as none.

mod disorder;
mod line;
mod one_queue;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;

pub use disorder::Disorder;
use disorder::{Fate, Misfortune};
pub use one_queue::Depths;
use one_queue::{OneQueue, Place, Stored, Taken, after, read_receipt};

use crate::outgoing::batch_refusal;
use crate::queue_limits::{BATCH_MESSAGES, VISIBILITY_SECONDS, WAIT_SECONDS};
use crate::{Delivery, GiveBack, MessageQueue, Outgoing, QueueError, QueueSettings, QueueSource, Receipt, SendFailure};

/// Queues in memory.
pub struct MemoryQueue {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// A message in a queue, as seen without receiving it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    /// What identifies the message.
    pub id: String,
    /// Its body.
    pub body: String,
    /// Its string attributes.
    pub attributes: BTreeMap<String, String>,
    /// Its group, on a FIFO queue.
    pub group: Option<String>,
    /// How often it was received.
    pub receive_count: u32,
}

#[derive(Default)]
struct State {
    queues: BTreeMap<String, OneQueue>,
    /// Why sending to these queues is refused.
    refused: BTreeMap<String, String>,
    misfortune: Option<Misfortune>,
    next_number: u64,
    next_sleeper: u64,
}

impl MemoryQueue {
    /// No queues yet; time is `clock`'s.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// With a queue more.
    #[must_use]
    pub fn with_queue(self, name: impl Into<String>, settings: QueueSettings) -> Self {
        self.declare(name, settings);
        self
    }

    /// With disorder from now on.
    #[must_use]
    pub fn with_disorder(self, disorder: Disorder) -> Self {
        self.set_disorder(Some(disorder));
        self
    }

    /// Declares a queue; one that exists keeps its messages and its settings.
    pub fn declare(&self, name: impl Into<String>, settings: QueueSettings) {
        self.state().queues.entry(name.into()).or_insert_with(|| OneQueue::new(settings));
    }

    /// Begins disorder, or ends it.
    pub fn set_disorder(&self, disorder: Option<Disorder>) {
        self.state().misfortune = disorder.map(Misfortune::new);
    }

    /// Refuses whatever is sent to this queue from now on, as if access were denied.
    pub fn refuse(&self, queue: &str, reason: impl Into<String>) {
        self.state().refused.insert(queue.to_owned(), reason.into());
    }

    /// Takes again what is sent to this queue.
    pub fn permit(&self, queue: &str) {
        self.state().refused.remove(queue);
    }

    /// Deletes all messages of a queue, those in flight too.
    pub fn purge(&self, queue: &str) {
        if let Some(queue) = self.state().queues.get_mut(queue) {
            queue.purge();
        }
    }

    /// How many messages a queue holds; none if there is no such queue.
    pub fn depths(&self, queue: &str) -> Option<Depths> {
        let now = self.clock.now_millis();
        self.state().queues.get_mut(queue).map(|queue| {
            queue.mature(now);
            queue.depths()
        })
    }

    /// The names of the queues.
    pub fn names(&self) -> Vec<String> {
        self.state().queues.keys().cloned().collect()
    }

    /// The first `limit` messages of a queue in the order of sending, wherever they are; nothing changes by it.
    pub fn peek(&self, queue: &str, limit: usize) -> Vec<Peeked> {
        let state = self.state();
        let messages = state.queues.get(queue).into_iter().flat_map(OneQueue::messages).take(limit);
        messages.map(|(_, stored)| peeked(stored)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receives as a [`QueueSource`] does, but waits for as long as it takes: in one process there is no connection that a wait could cost.
    ///
    /// # Errors
    ///
    /// [`QueueError`]: there is no such queue, or it fails as told to.
    pub async fn receive_whenever(&self, queue: &str, most: usize) -> Result<Vec<Delivery>, QueueError> {
        self.receive_until(queue, most.clamp(1, BATCH_MESSAGES), i64::MAX).await
    }

    async fn receive_until(&self, queue: &str, most: usize, deadline: i64) -> Result<Vec<Delivery>, QueueError> {
        let (arrival, mut sleep, fate) = {
            let mut state = self.state();
            let arrival = Arc::clone(&state.queue(queue)?.arrival);
            state.next_sleeper += 1;
            let sleep = Sleep { queues: self, name: queue, sleeper: state.next_sleeper, deadline, until: None };
            (arrival, sleep, state.fate())
        };
        if fate == Fate::Unreached {
            unavailable(queue, fate)?;
        }
        loop {
            let told = arrival.notified();
            tokio::pin!(told);
            // From here on nothing that arrives goes unnoticed.
            told.as_mut().enable();
            match self.look(queue, most, &mut sleep)? {
                Look::Taken(deliveries) => return unavailable(queue, fate).map(|()| deliveries),
                Look::Sleep(duration) => {
                    tokio::select! {
                        biased;
                        () = told => {}
                        () = self.clock.sleep(duration) => {}
                    }
                }
            }
        }
    }

    /// Takes what is there, or says until when to sleep.
    fn look(&self, name: &str, most: usize, sleep: &mut Sleep<'_>) -> Result<Look, QueueError> {
        let mut state = self.state();
        let now = self.clock.now_millis();
        let taken = state.take(name, most, now)?;
        if !taken.is_empty() {
            return Ok(Look::Taken(taken));
        }
        if now >= sleep.deadline {
            return Ok(Look::Taken(Vec::new()));
        }
        let queue = state.queue(name)?;
        let until = queue.next_due().map_or(sleep.deadline, |due| due.min(sleep.deadline));
        queue.sleep(sleep.sleeper, sleep.until.replace(until), until);
        Ok(Look::Sleep(Duration::from_millis(u64::try_from(until.saturating_sub(now)).unwrap_or(0))))
    }
}

enum Look {
    Taken(Vec<Delivery>),
    Sleep(Duration),
}

/// A receiver that may sleep. However it ends, another sleeper looks again: this one may have been woken for what it did not take.
struct Sleep<'a> {
    queues: &'a MemoryQueue,
    name: &'a str,
    sleeper: u64,
    deadline: i64,
    until: Option<i64>,
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.queues.state().queues.get_mut(self.name) {
            queue.wake(self.sleeper, self.until);
            queue.announce();
        }
    }
}

impl State {
    fn queue(&mut self, name: &str) -> Result<&mut OneQueue, QueueError> {
        self.queues.get_mut(name).ok_or_else(|| refused(name, "there is no such queue"))
    }

    fn fate(&self) -> Fate {
        self.misfortune.as_ref().map_or(Fate::Answered, Misfortune::fate)
    }

    fn take(&mut self, name: &str, most: usize, now: i64) -> Result<Vec<Delivery>, QueueError> {
        let destination = self.destination(name)?;
        let Some(queue) = self.queues.get_mut(name) else { return Ok(Vec::new()) };
        let misfortune = self.misfortune.as_ref();
        let pick = |count: usize| misfortune.map_or(0, |misfortune| misfortune.pick(count));
        let Taken { deliveries, dead } = queue.take(name, most, now, destination.is_some(), pick);
        if let Some(destination) = destination {
            self.bury(&destination, dead, now);
        }
        Ok(deliveries)
    }

    /// The dead-letter queue of this queue, if it has one that can take its messages.
    fn destination(&mut self, name: &str) -> Result<Option<String>, QueueError> {
        let settings = &self.queue(name)?.settings;
        let (fifo, redrive) = (settings.fifo, settings.redrive.clone());
        let exists = |name: &String| self.queues.get(name).is_some_and(|queue| queue.settings.fifo == fifo);
        Ok(redrive.map(|redrive| redrive.dead_letter).filter(exists))
    }

    fn bury(&mut self, destination: &str, dead: Vec<Stored>, now: i64) {
        for stored in dead {
            let number = self.draw_number();
            let Some(queue) = self.queues.get_mut(destination) else { return };
            // On a standard queue the retention counts from the first sending, on a FIFO queue from the move.
            let sent_at = if queue.settings.fifo { now } else { stored.sent_at };
            queue.insert(number, Stored { sent_at, receive_count: 0, place: Place::Visible, ..stored });
            queue.announce();
        }
    }

    fn draw_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn send(&mut self, name: &str, message: &Outgoing, now: i64) -> Result<Result<(), SendFailure>, QueueError> {
        let queue = self.queue(name)?;
        if let Some(reason) = message.refusal(queue.settings.fifo) {
            return Ok(Err(SendFailure::Permanent(reason)));
        }
        if self.misfortune.as_ref().is_some_and(Misfortune::fails_entry) {
            return Ok(Err(SendFailure::Retryable("throttled".to_owned())));
        }
        let queue = self.queue(name)?;
        if message.deduplication.as_ref().is_some_and(|id| queue.knows(id, now)) {
            return Ok(Ok(()));
        }
        let fifo = queue.settings.fifo;
        let number = self.draw_number();
        let mut stored = stored(number, message, now);
        self.queue(name)?.insert(number, stored.clone());
        if let Some(later) = self.misfortune.as_ref().and_then(Misfortune::duplicate_after) {
            stored.place = if fifo { Place::Visible } else { place(message.delay + later, now) };
            let number = self.draw_number();
            self.queue(name)?.insert(number, stored);
        }
        Ok(Ok(()))
    }
}

fn stored(number: u64, message: &Outgoing, now: i64) -> Stored {
    Stored {
        id: format!("message-{number}").into(),
        body: message.body.as_str().into(),
        attributes: Arc::new(message.attributes.clone()),
        group: message.group.as_deref().map(Arc::from),
        sent_at: now,
        receive_count: 0,
        place: place(message.delay, now),
    }
}

fn place(delay: Duration, now: i64) -> Place {
    if delay.is_zero() { Place::Visible } else { Place::Delayed { until: after(now, delay) } }
}

fn peeked(stored: &Stored) -> Peeked {
    Peeked {
        id: stored.id.to_string(),
        body: stored.body.to_string(),
        attributes: stored.attributes.as_ref().clone(),
        group: stored.group.as_deref().map(str::to_owned),
        receive_count: stored.receive_count,
    }
}

fn refused(queue: &str, reason: impl Into<String>) -> QueueError {
    QueueError::Refused { queue: queue.to_owned(), reason: reason.into() }
}

fn unavailable(queue: &str, fate: Fate) -> Result<(), QueueError> {
    match fate {
        Fate::Answered => Ok(()),
        Fate::Unreached | Fate::AnswerLost => {
            Err(QueueError::Unavailable { queue: queue.to_owned(), reason: "the connection was lost".to_owned() })
        }
    }
}

#[async_trait]
impl MessageQueue for MemoryQueue {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now_millis();
        let mut state = self.state();
        let fate = state.fate();
        if fate == Fate::Unreached {
            unavailable(queue, fate)?;
        }
        if let Some(reason) = state.refused.get(queue).cloned().or_else(|| batch_refusal(messages)) {
            return Err(refused(queue, reason));
        }
        let mut answers = Vec::with_capacity(messages.len());
        for message in messages {
            answers.push(state.send(queue, message, now)?);
        }
        state.queue(queue)?.announce();
        unavailable(queue, fate).map(|()| answers)
    }
}

#[async_trait]
impl QueueSource for MemoryQueue {
    async fn receive(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        if !(1..=BATCH_MESSAGES).contains(&most) || wait > Duration::from_secs(WAIT_SECONDS) {
            return Err(refused(queue, format!("{most} messages within {} s are not to be had", wait.as_secs())));
        }
        self.receive_until(queue, most, after(self.clock.now_millis(), wait)).await
    }

    async fn delete(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError> {
        let now = self.clock.now_millis();
        let mut state = self.state();
        let fate = state.fate();
        if fate == Fate::Unreached {
            unavailable(queue, fate)?;
        }
        let line = state.queue(queue)?;
        let (number, count) = read_receipt(queue, receipt).ok_or_else(|| refused(queue, "that is no receipt of this queue"))?;
        line.delete(number, count, now).map_err(|reason| refused(queue, reason))?;
        line.announce();
        unavailable(queue, fate)
    }

    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError> {
        let now = self.clock.now_millis();
        let mut state = self.state();
        let fate = state.fate();
        if fate == Fate::Unreached {
            unavailable(queue, fate)?;
        }
        let line = state.queue(queue)?;
        if give_back.delay > Duration::from_secs(VISIBILITY_SECONDS) {
            return Err(refused(queue, "a message is in flight for 12 hours at most"));
        }
        let (number, count) =
            read_receipt(queue, &give_back.receipt).ok_or_else(|| refused(queue, "that is no receipt of this queue"))?;
        line.give_back(number, count, give_back.delay, now).map_err(|reason| refused(queue, reason))?;
        line.announce();
        unavailable(queue, fate)
    }
}
