//! The order saga's workers: the handlers of a function's queues, each in its harness.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use coordinator::Ports;
use interpreter::{Route, Routes};
use order::Providers;
use worker::{Handler, Harness, HarnessSettings, Served, Serving};

/// The order saga's functions that these queues feed, by the routes of the template. Providers are in test mode, with their books in the table.
pub fn order_workers(ports: &Ports, routes: &Routes, queues: &[&str]) -> Serving {
    let providers = Providers::test_mode(&ports.ledger, &ports.clock);
    let mut by_function = BTreeMap::new();
    for handler in order::handlers(&ports.ledger, &providers) {
        let function = handler.function().to_owned();
        let route = routes.0.get(&function).filter(|route| queues.contains(&route.queue.as_str()));
        if let Some(route) = route {
            by_function.insert(function, served(ports, route, handler));
        }
    }
    Serving::new(Arc::clone(&ports.clock), by_function, None)
}

/// A handler in its harness.
pub(crate) fn served(ports: &Ports, route: &Route, handler: Arc<dyn Handler>) -> Served {
    let function_timeout = Duration::from_secs(route.function_timeout_seconds);
    let harness = Harness::new(
        handler,
        Arc::clone(&ports.ledger),
        Arc::clone(&ports.executions),
        Arc::clone(&ports.queue),
        Arc::clone(&ports.clock),
        Arc::clone(&ports.entropy),
        HarnessSettings::new(route.queue.clone(), function_timeout),
    );
    Served { harness, function_timeout }
}
