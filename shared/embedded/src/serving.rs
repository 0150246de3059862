//! From the task queues to the harnesses of the functions that they feed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coordinator::Ports;
use interpreter::{Route, Routes};
use worker::{Handler, Harness, HarnessSettings, Served, ServesAny, Serving};

use crate::HandlerFor;

fn served(ports: &Ports, route: &Route, handler: Arc<dyn Handler>) -> Served {
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
    Served { harness, function_timeout }
}

/// The functions of each queue. A handler without a route is never asked, a route without a handler never answered.
pub(crate) fn by_queue(
    ports: &Ports,
    routes: &Routes,
    handlers: &[Arc<dyn Handler>],
    any: Option<HandlerFor>,
) -> BTreeMap<String, Serving> {
    let mut queues = BTreeMap::<String, BTreeMap<String, Served>>::new();
    for handler in handlers {
        let Some(route) = routes.of(handler.function()) else { continue };
        let served = served(ports, route, Arc::clone(handler));
        queues.entry(route.queue.clone()).or_default().insert(handler.function().to_owned(), served);
    }
    if any.is_some() {
        // Their names are not known yet, only where their requests may go.
        for route in routes.0.values() {
            queues.entry(route.queue.clone()).or_default();
        }
    }
    let any = any.map(|handler_for| serves_any(ports.clone(), routes.clone(), handler_for));
    let serving = |functions| Serving::new(Arc::clone(&ports.clock), functions, any.clone());
    queues.into_iter().map(|(queue, functions)| (queue, serving(functions))).collect()
}

fn serves_any(ports: Ports, routes: Routes, handler_for: HandlerFor) -> ServesAny {
    Arc::new(move |function| routes.of(function).map(|route| served(&ports, route, handler_for(&ports, function))))
}
