//! From a task queue to the harnesses of the functions that it feeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use clock::Clock;
use coordinator::Ports;
use interpreter::{Routes, Timestamp};
use messages::{Delivery, Disposition, RequestBody};
use std::time::Duration;
use worker::{Handler, Harness, HarnessSettings};

/// A function that is served, and its timeout.
#[derive(Clone)]
struct Served {
    harness: Harness,
    function_timeout: Duration,
}

/// The functions that one queue feeds.
#[derive(Clone)]
pub(crate) struct Serving {
    clock: Arc<dyn Clock>,
    by_function: Arc<BTreeMap<String, Served>>,
}

impl Serving {
    /// The functions of each queue. A handler without a route is never asked, a route without a handler never answered.
    pub(crate) fn by_queue(ports: &Ports, routes: &Routes, handlers: &[Arc<dyn Handler>]) -> BTreeMap<String, Self> {
        let mut queues = BTreeMap::<String, BTreeMap<String, Served>>::new();
        for handler in handlers {
            let Some(route) = routes.of(handler.function()) else { continue };
            let function_timeout = Duration::from_secs(route.function_timeout_seconds);
            let harness = Harness::new(
                Arc::clone(handler),
                Arc::clone(&ports.ledger),
                Arc::clone(&ports.executions),
                Arc::clone(&ports.queue),
                Arc::clone(&ports.clock),
                Arc::clone(&ports.entropy),
                HarnessSettings::new(route.queue.clone(), function_timeout),
            );
            let served = Served { harness, function_timeout };
            queues.entry(route.queue.clone()).or_default().insert(handler.function().to_owned(), served);
        }
        let serving = |functions| Self { clock: Arc::clone(&ports.clock), by_function: Arc::new(functions) };
        queues.into_iter().map(|(queue, functions)| (queue, serving(functions))).collect()
    }

    /// One invocation: each delivery goes to its function's harness. What names no function of this queue goes to any of them, which
    /// parks it.
    pub(crate) async fn invoke(&self, deliveries: Vec<Delivery>) -> Vec<Disposition> {
        let invoked = deliveries.into_iter().map(|delivery| self.invoke_one(delivery));
        futures::future::join_all(invoked).await
    }

    async fn invoke_one(&self, delivery: Delivery) -> Disposition {
        let function = RequestBody::decode(&delivery.body).ok().map(|request| request.function);
        let named = function.and_then(|function| self.by_function.get(&function));
        let Some(served) = named.or_else(|| self.by_function.values().next()) else { return Disposition::AGAIN };
        let deadline = Timestamp::from_millis(self.clock.now_millis()) + served.function_timeout;
        let dispositions = served.harness.handle(vec![delivery], deadline).await;
        dispositions.into_iter().next().unwrap_or(Disposition::AGAIN)
    }
}
