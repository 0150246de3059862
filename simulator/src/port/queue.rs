//! A host's view of the queues: batches fail in part or as a whole, messages come twice and late.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use messages::{MessageQueue, Outgoing, QueueError, SendFailure};

use super::Site;
use crate::executor::HostNumber;
use crate::fault::{Fault, Opportunity, Strike};
use crate::host::millis;
use crate::random::mixed;
use crate::world::World;

/// For how long a queue refuses what is sent to it again, in milliseconds.
const DENIED_BEHIND_MILLIS: i64 = 4_000;

type Answers = Vec<Result<(), SendFailure>>;

#[async_trait]
impl MessageQueue for Site {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Answers, QueueError> {
        let strike = self.world.strike(Opportunity::Send, queue);
        // Only task queues are a template's to lose: without the coordinator's own queues nothing could be promised.
        let refuses = is_task_queue(queue)
            && match strike.map(|strike| strike.fault) {
                // Who does not reach the queue is not refused by it, and may be later: whether this was the first try cannot be told then.
                Some(Fault::Unreached) => false,
                Some(Fault::Refused) => true,
                _ => self.world.is_denied(queue),
            };
        if refuses {
            self.world.checks().refuses(&self.world, messages);
        }
        if strike.is_some() || refuses {
            self.world.trouble();
        }
        self.before(strike.as_ref()).await;
        self.world.pass_latency().await;
        match strike.map(|strike| strike.fault) {
            Some(Fault::Unreached) => return Err(unavailable(queue)),
            _ if refuses => return Err(refused(queue)),
            _ => {}
        }
        let answers = messages.iter().enumerate().map(|(place, message)| self.send_one(queue, place, message, strike.as_ref()));
        let answers: Result<Answers, QueueError> = answers.collect();
        self.after(strike.as_ref()).await;
        self.world.pass_latency().await;
        match strike.map(|strike| strike.fault) {
            Some(Fault::AnswerLost) => {
                // What is lost first is sometimes lost for good: whoever asks again is turned away.
                if is_task_queue(queue) && strike.is_some_and(|strike| strike.bits.is_multiple_of(3)) {
                    self.world.deny(queue, DENIED_BEHIND_MILLIS);
                }
                Err(unavailable(queue))
            }
            _ => answers,
        }
    }
}

impl Site {
    /// One message of a batch: taken by the queue unless the strike says otherwise.
    fn send_one(
        &self,
        queue: &str,
        place: usize,
        message: &Outgoing,
        strike: Option<&Strike>,
    ) -> Result<Result<(), SendFailure>, QueueError> {
        let fails = strike.is_some_and(|strike| {
            strike.fault == Fault::EntriesFailed
                && mixed(strike.bits ^ mixed(u64::try_from(place).unwrap_or(0))).is_multiple_of(2)
        });
        if fails {
            return Ok(Err(SendFailure::Retryable("as drawn".to_owned())));
        }
        self.world.checks().sent(&self.world, queue, message);
        let transit = self.world.strike(Opportunity::Transit, queue);
        let late = |strike: &Strike| Duration::from_millis(strike.within(1, self.world.options.longest_delay_millis));
        match transit.as_ref().map(|strike| (strike.fault, late(strike))) {
            Some((Fault::Duplicated, later)) => {
                deliver(&self.world, queue, message.clone(), Duration::ZERO);
                let again =
                    Outgoing { deduplication: message.deduplication.as_ref().map(|id| format!("{id}-again")), ..message.clone() };
                deliver(&self.world, queue, again, later);
            }
            Some((Fault::Delayed, later)) => deliver(&self.world, queue, message.clone(), later),
            _ => deliver(&self.world, queue, message.clone(), Duration::ZERO),
        }
        Ok(Ok(()))
    }
}

fn is_task_queue(queue: &str) -> bool {
    queue.starts_with("task")
}

/// Brings a message into its queue after a while.
pub(crate) fn deliver(world: &Arc<World>, queue: &str, message: Outgoing, later: Duration) {
    world.checks().is_live(&message.body, 1);
    if later.is_zero() {
        put(world, queue, &message);
        return;
    }
    let (later_world, queue) = (Arc::clone(world), queue.to_owned());
    let cloud: HostNumber = 0;
    world.executor.spawn(cloud, "transit", async move {
        later_world.executor.sleep(millis(later)).await;
        put(&later_world, &queue, &message);
    });
}

fn put(world: &World, queue: &str, message: &Outgoing) {
    let is_page = message.group.as_ref().is_some_and(|group| group.ends_with("/pages"));
    let before = is_page.then(|| total(world, queue));
    let sent = world.queues.send(queue, std::slice::from_ref(message)).now_or_never();
    let taken = matches!(sent, Some(Ok(answers)) if answers.iter().all(Result::is_ok));
    if taken && before.is_some_and(|before| total(world, queue) == before) {
        // The queue knows it: there is no other copy.
        world.checks().is_live(&message.body, -1);
    }
    if !taken {
        world.checks().violated("queue", format!("the queue `{queue}` did not take a message: {}", message.body));
    }
}

/// How many messages a queue has.
fn total(world: &World, queue: &str) -> usize {
    world.queues.depths(queue).map_or(0, |depths| depths.total())
}

fn unavailable(queue: &str) -> QueueError {
    QueueError::Unavailable { queue: queue.to_owned(), reason: "as drawn".to_owned() }
}

fn refused(queue: &str) -> QueueError {
    QueueError::Refused { queue: queue.to_owned(), reason: "as drawn".to_owned() }
}
