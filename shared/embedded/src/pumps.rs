//! What an event source mapping is on AWS: a pump per queue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use messages::{Delivery, Disposition, GiveBack, MemoryQueue, PumpSettings, QueueError, QueueSource, Receipt, pump, queue_name};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::queues::{dead_letters_of, task_queues};
use crate::system::Parts;

/// Queues of this process: a receive waits until something comes, so that a system with nothing to do does nothing.
struct Unhurried(Arc<MemoryQueue>);

#[async_trait]
impl QueueSource for Unhurried {
    async fn receive(&self, queue: &str, most: usize, _wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.0.receive_whenever(queue, most).await
    }

    async fn delete(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError> {
        self.0.delete(queue, receipt).await
    }

    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError> {
        self.0.give_back(queue, give_back).await
    }
}

/// Begins to pump every queue. The answers go first, so that an execution is not started before those under way can go on.
pub(crate) fn begin(parts: &Arc<Parts>, stop: &watch::Receiver<bool>, running: &mut JoinSet<()>) {
    let concurrency = parts.concurrency;
    let handled = |parts: &Arc<Parts>| {
        let parts = Arc::clone(parts);
        move |deliveries: Vec<Delivery>| {
            let parts = Arc::clone(&parts);
            async move { parts.coordinator.handle(&deliveries).await }
        }
    };
    begin_one(parts, PumpSettings::new(queue_name::ANSWERS, concurrency.answers), stop, running, handled(parts));
    begin_one(parts, PumpSettings::new(queue_name::HINTS, concurrency.hints), stop, running, handled(parts));
    for queue in task_queues(&parts.coordinator.settings().routes).into_keys() {
        let dead = Arc::clone(parts);
        begin_one(parts, PumpSettings::new(dead_letters_of(&queue), 1), stop, running, move |deliveries: Vec<Delivery>| {
            let parts = Arc::clone(&dead);
            async move { parts.coordinator.answer_dead_letters(&deliveries).await }
        });
        if !parts.serving.contains_key(&queue) {
            continue;
        }
        let served = Arc::clone(parts);
        // One request per invocation: a slow one delays no other.
        let settings = PumpSettings { batch_size: 1, ..PumpSettings::new(queue.clone(), concurrency.tasks_per_queue) };
        begin_one(parts, settings, stop, running, move |deliveries| {
            let (parts, queue) = (Arc::clone(&served), queue.clone());
            async move { parts.invoke(&queue, deliveries).await }
        });
    }
}

fn begin_one<H, F>(parts: &Arc<Parts>, settings: PumpSettings, stop: &watch::Receiver<bool>, running: &mut JoinSet<()>, handle: H)
where
    H: Fn(Vec<Delivery>) -> F + Send + Sync + 'static,
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    let source = Arc::new(Unhurried(Arc::clone(&parts.queues)));
    let clock = Arc::clone(&parts.coordinator.ports().clock);
    running.spawn(pump(source, clock, settings, stop.clone(), handle));
}
