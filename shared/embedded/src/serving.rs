//! From a task queue to the harnesses of the functions that it feeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use clock::Clock;
use coordinator::Ports;
use interpreter::{Route, Routes, Timestamp};
use messages::{Delivery, Disposition, RequestBody};
use std::time::Duration;
use worker::{Handler, Harness, HarnessSettings};

use crate::HandlerFor;

/// A function that is served, and its timeout.
#[derive(Clone)]
struct Served {
    harness: Harness,
    function_timeout: Duration,
}

impl Served {
    fn new(ports: &Ports, route: &Route, handler: Arc<dyn Handler>) -> Self {
        let function_timeout = Duration::from_secs(route.function_timeout_seconds);
        let harness = Harness::new(
            handler,
            Arc::clone(&ports.ledger),
            Arc::clone(&ports.executions),
            Arc::clone(&ports.queue),
            Arc::clone(&ports.clock),
            Arc::clone(&ports.entropy),
            // One process, one clock.
            HarnessSettings { clock_skew: Duration::ZERO, ..HarnessSettings::new(route.queue.clone(), function_timeout) },
        );
        Self { harness, function_timeout }
    }
}

/// Serves functions that have no handler of their own.
type ServesAny = Arc<dyn Fn(&str) -> Option<Served> + Send + Sync>;

/// The functions that one queue feeds.
#[derive(Clone)]
pub(crate) struct Serving {
    clock: Arc<dyn Clock>,
    by_function: Arc<BTreeMap<String, Served>>,
    any: Option<ServesAny>,
}

impl Serving {
    /// The functions of each queue. A handler without a route is never asked, a route without a handler never answered.
    pub(crate) fn by_queue(
        ports: &Ports,
        routes: &Routes,
        handlers: &[Arc<dyn Handler>],
        any: Option<HandlerFor>,
    ) -> BTreeMap<String, Self> {
        let mut queues = BTreeMap::<String, BTreeMap<String, Served>>::new();
        for handler in handlers {
            let Some(route) = routes.of(handler.function()) else { continue };
            let served = Served::new(ports, route, Arc::clone(handler));
            queues.entry(route.queue.clone()).or_default().insert(handler.function().to_owned(), served);
        }
        if any.is_some() {
            // Their names are not known yet, only where their requests may go.
            for route in routes.0.values() {
                queues.entry(route.queue.clone()).or_default();
            }
        }
        let any = any.map(|handler_for| serves_any(ports.clone(), routes.clone(), handler_for));
        let serving = |functions| Self { clock: Arc::clone(&ports.clock), by_function: Arc::new(functions), any: any.clone() };
        queues.into_iter().map(|(queue, functions)| (queue, serving(functions))).collect()
    }

    /// One invocation: each delivery goes to its function's harness. What names no function of this queue goes to any of them, which
    /// parks it.
    pub(crate) async fn invoke(&self, deliveries: Vec<Delivery>) -> Vec<Disposition> {
        let invoked = deliveries.into_iter().map(|delivery| self.invoke_one(delivery));
        futures::future::join_all(invoked).await
    }

    async fn invoke_one(&self, delivery: Delivery) -> Disposition {
        let Some(served) = self.served(&delivery) else { return Disposition::AGAIN };
        let deadline = Timestamp::from_millis(self.clock.now_millis()) + served.function_timeout;
        let dispositions = served.harness.handle(vec![delivery], deadline).await;
        dispositions.into_iter().next().unwrap_or(Disposition::AGAIN)
    }

    fn served(&self, delivery: &Delivery) -> Option<Served> {
        let function = RequestBody::decode(&delivery.body).ok().map(|request| request.function);
        let named = function.as_ref().and_then(|function| self.by_function.get(function).cloned());
        let made = || self.any.as_ref().and_then(|any| any(function.as_deref().unwrap_or_default()));
        named.or_else(made).or_else(|| self.by_function.values().next().cloned())
    }
}

fn serves_any(ports: Ports, routes: Routes, handler_for: HandlerFor) -> ServesAny {
    Arc::new(move |function| routes.of(function).map(|route| Served::new(&ports, route, handler_for(&ports, function))))
}
