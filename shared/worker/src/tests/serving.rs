//! One queue that feeds several functions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use clock::SeededEntropy;
use interpreter::IdempotencyKey;
use messages::{Disposition, MessageQueue, QueueSource, RequestBody, queue_name};
use serde_json::Value;

use super::batches::Counting;
use super::bench::{START, bench, delivery, request, settings};
use crate::{Completion, Effect, Handler, HandlerError, Harness, Served, Serving, Task};

/// Does nothing, under a name.
struct Named(&'static str);

#[async_trait]
impl Handler for Named {
    fn function(&self) -> &str {
        self.0
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, _: &Task) -> Result<Completion, HandlerError> {
        Ok(Completion::of(Value::Null))
    }
}

#[tokio::test]
async fn answers_of_all_functions_of_a_queue_travel_together() {
    let bench = bench(Effect::Table, []);
    let counting = Arc::new(Counting { queue: Arc::clone(&bench.queue) as _, calls: AtomicUsize::new(0) });
    let entropy = Arc::new(SeededEntropy::new(1));
    let served = |name: &'static str| {
        let (handler, queue): (Arc<dyn Handler>, Arc<dyn MessageQueue>) = (Arc::new(Named(name)), Arc::clone(&counting) as _);
        let (ledger, values) = (Arc::clone(&bench.store) as _, Arc::clone(&bench.store) as _);
        let harness =
            Harness::new(handler, ledger, values, queue, Arc::clone(&bench.clock) as _, Arc::clone(&entropy) as _, settings());
        (name.to_owned(), Served { harness, function_timeout: Duration::from_secs(10) })
    };
    let names = ["send-email", "notify-warehouse", "update-recent-orders"];
    let serving = Serving::new(Arc::clone(&bench.clock) as _, BTreeMap::from(names.map(served)), None);
    let deliveries = names.iter().zip(1..).map(|(name, number)| {
        let key = IdempotencyKey(format!("{name}/{number}"));
        delivery(RequestBody { function: (*name).to_owned(), key, ..request(number) }.encode(), 1)
    });
    let dispositions = serving.invoke(deliveries.collect(), Some(START.plus_seconds(60))).await;
    assert_eq!(dispositions, [Disposition::Done; 3]);
    assert_eq!(bench.queue.receive(queue_name::ANSWERS, 10, Duration::ZERO).await.unwrap().len(), 3);
    assert_eq!(counting.calls.load(Ordering::SeqCst), 1);
}
