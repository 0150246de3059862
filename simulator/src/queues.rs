//! The queues of the world, declared as the deployed stack declares them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use interpreter::Routes;
use messages::{MemoryQueue, QueueSettings, queue_name};

use crate::options::Options;

/// The dead-letter queue of a task queue.
pub(crate) fn dead_letters_of(queue: &str) -> String {
    format!("{queue}-dead-letters")
}

/// The task queues of these routes, each with the longest timeout of the functions that it feeds, in seconds.
pub(crate) fn task_queues(routes: &Routes) -> BTreeMap<String, u64> {
    let mut queues = BTreeMap::<String, u64>::new();
    for route in routes.0.values() {
        let timeout_seconds = queues.entry(route.queue.clone()).or_default();
        *timeout_seconds = (*timeout_seconds).max(route.function_timeout_seconds);
    }
    queues
}

/// All queues, empty. How long a message stays in flight is the seed's: shorter than a pause too.
pub(crate) fn declare(clock: &Arc<dyn Clock>, routes: &Routes, options: &Options) -> MemoryQueue {
    let visibility = Duration::from_secs(options.visibility_seconds);
    let queues = MemoryQueue::new(Arc::clone(clock))
        .with_queue(queue_name::ANSWERS, QueueSettings::fifo().with_visibility_timeout(visibility))
        .with_queue(queue_name::HINTS, QueueSettings::standard().with_visibility_timeout(visibility))
        .with_queue(queue_name::PARKING, QueueSettings::standard());
    for queue in task_queues(routes).into_keys() {
        let dead_letters = dead_letters_of(&queue);
        let standard = QueueSettings::standard().with_visibility_timeout(visibility);
        queues.declare(dead_letters.clone(), standard.clone());
        queues.declare(queue, standard.with_redrive(dead_letters, options.receives_max));
    }
    queues
}
