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

/// Deliveries by function, with their places in the batch.
type Groups = BTreeMap<String, (Vec<usize>, Vec<Delivery>)>;

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
        let mut groups = Groups::new();
        for (place, delivery) in deliveries.into_iter().enumerate() {
            let function = RequestBody::decode(&delivery.body).map(|request| request.function).unwrap_or_default();
            let (places, group) = groups.entry(function).or_default();
            places.push(place);
            group.push(delivery);
        }
        for (place, disposition) in self.invoke_all(groups, deadline).await {
            if let Some(of_place) = dispositions.get_mut(place) {
                *of_place = disposition;
            }
        }
        dispositions
    }

    /// Each function's deliveries side by side; the answers of all travel together.
    async fn invoke_all(&self, groups: Groups, deadline: Option<Timestamp>) -> Vec<(usize, Disposition)> {
        let mut gathering = None;
        let invoked: Vec<_> = groups
            .into_iter()
            .map(|(function, (places, group))| {
                let served = self.served(&function).map(|Served { harness, function_timeout }| {
                    let gathering = gathering.get_or_insert_with(|| harness.gathering());
                    Served { harness: harness.sending_by(Arc::new(gathering.member())), function_timeout }
                });
                async move { places.into_iter().zip(self.invoke_one(served, group, deadline).await) }
            })
            .collect();
        let invoked = futures::future::join_all(invoked);
        let invoked = match &gathering {
            Some(gathering) => gathering.drive(invoked).await,
            None => invoked.await,
        };
        invoked.into_iter().flatten().collect()
    }

    async fn invoke_one(&self, served: Option<Served>, group: Vec<Delivery>, deadline: Option<Timestamp>) -> Vec<Disposition> {
        let Some(served) = served else { return vec![Disposition::AGAIN; group.len()] };
        let timeout = Timestamp::from_millis(self.clock.now_millis()) + served.function_timeout;
        served.harness.handle(group, deadline.map_or(timeout, |deadline| deadline.min(timeout))).await
    }

    fn served(&self, function: &str) -> Option<Served> {
        let named = self.by_function.get(function).cloned();
        let made = || self.any.as_ref().and_then(|any| any(function));
        named.or_else(made).or_else(|| self.by_function.values().next().cloned())
    }
}
