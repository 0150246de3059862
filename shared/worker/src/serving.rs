//! From one queue to the harnesses of the functions that it feeds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use interpreter::Timestamp;
use messages::{Delivery, Disposition, RequestBody};

use crate::Harness;

/// A function that is served, and its timeout.
#[derive(Clone)]
pub struct Served {
    /// The harness around its handler.
    pub harness: Harness,
    /// How long one invocation may take.
    pub function_timeout: Duration,
}

/// Serves functions that have no handler of their own, by their names.
pub type ServesAny = Arc<dyn Fn(&str) -> Option<Served> + Send + Sync>;

/// The functions that one queue feeds.
#[derive(Clone)]
pub struct Serving {
    clock: Arc<dyn Clock>,
    by_function: Arc<BTreeMap<String, Served>>,
    any: Option<ServesAny>,
}

impl Serving {
    /// These functions by name, and `any` for all others if it is there.
    pub fn new(clock: Arc<dyn Clock>, by_function: BTreeMap<String, Served>, any: Option<ServesAny>) -> Self {
        Self { clock, by_function: Arc::new(by_function), any }
    }

    /// One invocation, which ends at `deadline` or after the function's timeout, whichever comes first. Each delivery goes to its function's harness, and
    /// those of one function together, so that they are answered together. What names no function of this queue goes to any of them, which
    /// parks it. The answer has an element for each delivery, in order.
    pub async fn invoke(&self, deliveries: Vec<Delivery>, deadline: Option<Timestamp>) -> Vec<Disposition> {
        let mut dispositions = vec![Disposition::AGAIN; deliveries.len()];
        let mut groups = BTreeMap::<String, (Vec<usize>, Vec<Delivery>)>::new();
        for (place, delivery) in deliveries.into_iter().enumerate() {
            let function = RequestBody::decode(&delivery.body).map(|request| request.function).unwrap_or_default();
            let (places, group) = groups.entry(function).or_default();
            places.push(place);
            group.push(delivery);
        }
        let invoked = groups.into_iter().map(|(function, (places, group))| async move {
            places.into_iter().zip(self.invoke_one(&function, group, deadline).await)
        });
        for (place, disposition) in futures::future::join_all(invoked).await.into_iter().flatten() {
            if let Some(of_place) = dispositions.get_mut(place) {
                *of_place = disposition;
            }
        }
        dispositions
    }

    async fn invoke_one(&self, function: &str, group: Vec<Delivery>, deadline: Option<Timestamp>) -> Vec<Disposition> {
        let Some(served) = self.served(function) else { return vec![Disposition::AGAIN; group.len()] };
        let timeout = Timestamp::from_millis(self.clock.now_millis()) + served.function_timeout;
        served.harness.handle(group, deadline.map_or(timeout, |deadline| deadline.min(timeout))).await
    }

    fn served(&self, function: &str) -> Option<Served> {
        let named = self.by_function.get(function).cloned();
        let made = || self.any.as_ref().and_then(|any| any(function));
        named.or_else(made).or_else(|| self.by_function.values().next().cloned())
    }
}
