//! Each payload of `events/` is parsed and handled, over ports in memory.

mod coordinator_events;
mod machine_events;
mod order_events;
mod worker_events;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clock::{ManualClock, SeededEntropy};
use coordinator::{Coordinator, Ports, Settings};
use interpreter::{Route, Routes};
use messages::{Delivery, MemoryQueue, Peeked, QueueSettings, queue_name};
use order::definition::{Substitutions, definitions};
use store::MemoryStore;

use crate::Machines;

/// What the ARNs of state machines begin with.
const ARNS: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:";

/// A stack in memory.
struct Bench {
    ports: Ports,
    queues: Arc<MemoryQueue>,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at_millis(1_800_000_000_000));
        let queues = MemoryQueue::new(clock.clone());
        let queues = queues.with_queue(queue_name::ANSWERS, QueueSettings::fifo());
        let task_queues: Vec<String> = routes().0.into_values().map(|route| route.queue).collect();
        let queues = [queue_name::HINTS, queue_name::PARKING]
            .into_iter()
            .chain(task_queues.iter().map(String::as_str))
            .fold(queues, |queues, queue| queues.with_queue(queue, QueueSettings::standard()));
        let queues = Arc::new(queues);
        let store = MemoryStore::new();
        let ports = Ports {
            executions: Arc::new(store.clone()),
            ledger: Arc::new(store),
            queue: queues.clone(),
            objects: None,
            clock,
            entropy: Arc::new(SeededEntropy::new(4)),
        };
        Self { ports, queues }
    }

    fn coordinator(&self) -> Coordinator {
        Coordinator::new(self.ports.clone(), Settings { routes: routes(), ..Settings::default() })
    }

    fn machines(&self) -> Machines {
        Machines::new(self.coordinator(), ARNS)
    }

    /// With both state machines of the order saga.
    async fn with_machines(self) -> Self {
        let substitutions = Substitutions::demo().unwrap();
        for (name, definition) in definitions(&substitutions).unwrap() {
            let arn = format!("{ARNS}{name}");
            let registration = coordinator::MachineRegistration { arn: &arn, role_arn: "role", definition: &definition };
            self.coordinator().register_machine(&registration).await.unwrap();
        }
        self
    }

    fn queued(&self, queue: &str) -> Vec<Peeked> {
        self.queues.peek(queue, 100)
    }

    /// The reasons of what was parked.
    fn reasons(&self) -> Vec<String> {
        self.queued(queue_name::PARKING).iter().map(|parked| parked.attributes["reason"].clone()).collect()
    }
}

fn routes() -> Routes {
    let mut routes = order::routes();
    routes.0.insert(Routes::ANY.to_owned(), Route { queue: "tasks-dispatch".to_owned(), function_timeout_seconds: 900 });
    routes
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(name)
}

fn text(path: &str) -> String {
    std::fs::read_to_string(folder(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The messages of an SQS event.
fn deliveries(path: &str) -> Vec<Delivery> {
    crate::deliveries(serde_json::from_str(&text(path)).unwrap()).unwrap()
}

/// Every payload of a folder has a case: none lies there that nobody tries.
fn every_payload_is_tried<'c>(name: &str, tried: impl IntoIterator<Item = &'c str>) {
    let tried: std::collections::BTreeSet<String> = tried.into_iter().map(ToOwned::to_owned).collect();
    let there = std::fs::read_dir(folder(name)).unwrap();
    let there = there.map(|entry| format!("{name}/{}", entry.unwrap().file_name().to_string_lossy())).collect();
    assert_eq!(tried, there);
}
