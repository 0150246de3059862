//! The queues of a system, and how each is declared.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use interpreter::Routes;
use messages::{Depths, MemoryQueue, QueueSettings, queue_name};

/// A function's timeout is at most a sixth of its queue's visibility timeout (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
const VISIBILITY_PER_TIMEOUT: u32 = 6;
/// How often a request is received before it is a dead letter: each lease that is waited for costs one.
const TASK_RECEIVES_MAX: u32 = 20;
/// How long a message is in flight on the coordinator's queues: six times its function's 10 s.
const COORDINATOR_VISIBILITY: Duration = Duration::from_secs(60);

/// A queue and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepths {
    /// Its name.
    pub queue: String,
    /// How many messages it holds.
    pub depths: Depths,
}

/// The dead-letter queue of a task queue.
pub fn dead_letters_of(queue: &str) -> String {
    format!("{queue}-dead-letters")
}

/// The task queues of these routes, each with the longest timeout of the functions that it feeds.
pub(crate) fn task_queues(routes: &Routes) -> BTreeMap<String, Duration> {
    let mut queues = BTreeMap::<String, Duration>::new();
    for route in routes.0.values() {
        let timeout = queues.entry(route.queue.clone()).or_default();
        *timeout = (*timeout).max(Duration::from_secs(route.function_timeout_seconds));
    }
    queues
}

/// All queues that a system with these routes needs, empty.
pub(crate) fn declare(clock: Arc<dyn Clock>, routes: &Routes) -> MemoryQueue {
    // Without redrive: what the coordinator cannot do now comes again until it can, and what nobody can read it parks itself.
    let queues = MemoryQueue::new(clock)
        .with_queue(queue_name::ANSWERS, QueueSettings::fifo().with_visibility_timeout(COORDINATOR_VISIBILITY))
        .with_queue(queue_name::HINTS, QueueSettings::standard().with_visibility_timeout(COORDINATOR_VISIBILITY))
        .with_queue(queue_name::PARKING, QueueSettings::standard());
    for (queue, function_timeout) in task_queues(routes) {
        let dead_letters = dead_letters_of(&queue);
        let settings = QueueSettings::standard()
            .with_visibility_timeout(function_timeout.saturating_mul(VISIBILITY_PER_TIMEOUT))
            .with_redrive(dead_letters.clone(), TASK_RECEIVES_MAX);
        queues.declare(dead_letters, QueueSettings::standard());
        queues.declare(queue, settings);
    }
    queues
}

#[cfg(test)]
mod tests {
    use super::*;
    use interpreter::Route;

    #[test]
    fn functions_that_share_a_queue_are_given_the_longest_of_their_timeouts() {
        let route = |function: &str, queue: &str, function_timeout_seconds| {
            (function.to_owned(), Route { queue: queue.to_owned(), function_timeout_seconds })
        };
        let routes = Routes([route("reserve", "stock", 2), route("release", "stock", 5), route("charge", "money", 3)].into());
        let queues: Vec<(String, u64)> =
            task_queues(&routes).into_iter().map(|(queue, timeout)| (queue, timeout.as_secs())).collect();
        assert_eq!(queues, [("money".to_owned(), 3), ("stock".to_owned(), 5)]);
    }
}
