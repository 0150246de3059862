//! What a system is made of, and how it is told apart from others.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Entropy, SystemClock, SystemEntropy};
use coordinator::{Bounds, Ports};
use futures::future::BoxFuture;
use interpreter::{Limits, Route, Routes};
use messages::Disorder;
use objects::ObjectStore;
use store::{ExecutionStore, LedgerStore};
use worker::Handler;

/// How often what is due is looked at, as the watch function does on AWS.
const WATCH_INTERVAL: Duration = Duration::from_secs(60);

/// The dispatcher's queue.
const DISPATCH_QUEUE: &str = "tasks-dispatch";
/// The longest that a Lambda function runs.
const DISPATCH_TIMEOUT_SECONDS: u64 = 900;

/// How much is done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Calls of the coordinator for answers: each is for one execution, which is what a group of the FIFO queue is.
    pub answers: usize,
    /// Calls of the coordinator for hints and wakes.
    pub hints: usize,
    /// Invocations of the functions of one queue.
    pub tasks_per_queue: usize,
}

impl Concurrency {
    /// One at a time.
    pub const ONE: Self = Self { answers: 1, hints: 1, tasks_per_queue: 1 };
}

impl Default for Concurrency {
    /// Enough to keep the embedded store's writer busy.
    fn default() -> Self {
        Self { answers: 64, hints: 16, tasks_per_queue: 64 }
    }
}

/// Where a system keeps its executions.
#[derive(Clone)]
pub enum StoreChoice {
    /// In memory: gone with the process.
    Memory,
    /// In a data directory, which is made if there is none. One process at a time may have it.
    Directory(PathBuf),
    /// In stores that somebody else made.
    Given {
        /// The executions.
        executions: Arc<dyn ExecutionStore>,
        /// The ledger, and handlers' own items.
        ledger: Arc<dyn LedgerStore>,
    },
}

/// Makes the handlers of a system, over its ports.
pub type HandlersOf = Arc<dyn Fn(&Ports) -> Vec<Arc<dyn Handler>> + Send + Sync>;

/// Makes the handler of one function, over a system's ports.
pub type HandlerFor = Arc<dyn Fn(&Ports, &str) -> Arc<dyn Handler> + Send + Sync>;

/// What is done each time that the watch looks, over the system's ports.
pub type Upkeep = Arc<dyn Fn(Ports) -> BoxFuture<'static, ()> + Send + Sync>;

/// What a system is made of.
#[derive(Clone)]
pub struct Options {
    /// Where executions are kept.
    pub store: StoreChoice,
    /// Where distributed Maps read items from and write results to, if anywhere.
    pub objects: Option<Arc<dyn ObjectStore>>,
    /// The time, and pauses.
    pub clock: Arc<dyn Clock>,
    /// Ids, seeds and jitter.
    pub entropy: Arc<dyn Entropy>,
    /// The limits of executions.
    pub limits: Limits,
    /// The bounds of the coordinator.
    pub bounds: Bounds,
    /// The region of ARNs.
    pub region: String,
    /// The account of ARNs.
    pub account: String,
    /// Who performs tasks.
    pub handlers: HandlersOf,
    /// Who performs the tasks of functions that none of `handlers` serves, on the queue of [`Routes::ANY`]; made anew for each request.
    pub handler_for_any: Option<HandlerFor>,
    /// Which queue each function's requests go to; a queue may serve several functions.
    pub routes: Routes,
    /// What goes wrong in the queues: for tests.
    pub disorder: Option<Disorder>,
    /// How often what is due is looked at.
    pub watch_interval: Duration,
    /// How much is done at a time.
    pub concurrency: Concurrency,
    /// What is done each time that the watch looks, if anything.
    pub upkeep: Option<Upkeep>,
}

impl Options {
    /// A system of this machine's time and randomness, in `us-east-1`, account `123456789012`, without handlers.
    pub fn new(store: StoreChoice) -> Self {
        Self {
            store,
            objects: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy::new()),
            limits: Limits::default(),
            bounds: Bounds::default(),
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
            handlers: Arc::new(|_| Vec::new()),
            handler_for_any: None,
            routes: Routes::default(),
            disorder: None,
            watch_interval: WATCH_INTERVAL,
            concurrency: Concurrency::default(),
            upkeep: None,
        }
    }

    /// With these handlers, and the routes to them.
    #[must_use]
    pub fn serving(self, routes: Routes, handlers: impl Fn(&Ports) -> Vec<Arc<dyn Handler>> + Send + Sync + 'static) -> Self {
        Self { routes, handlers: Arc::new(handlers), ..self }
    }

    /// With handlers for whatever function is named, which is known only when its first request comes.
    #[must_use]
    pub fn serving_any(self, routes: Routes, handler: impl Fn(&Ports, &str) -> Arc<dyn Handler> + Send + Sync + 'static) -> Self {
        Self { routes, handler_for_any: Some(Arc::new(handler)), ..self }
    }

    /// With a dispatcher for whatever has no route: calls of services, and functions that are no workers of ours. It makes their handlers.
    #[must_use]
    pub fn dispatching(mut self, handler: impl Fn(&Ports, &str) -> Arc<dyn Handler> + Send + Sync + 'static) -> Self {
        let route = Route { queue: DISPATCH_QUEUE.to_owned(), function_timeout_seconds: DISPATCH_TIMEOUT_SECONDS };
        self.routes.0.insert(Routes::ANY.to_owned(), route);
        Self { handler_for_any: Some(Arc::new(handler)), ..self }
    }

    /// With the workers of the order saga, and its providers in test mode; stock that was reserved for too long returns.
    #[must_use]
    pub fn serving_orders(self) -> Self {
        Self { upkeep: Some(Arc::new(|ports| Box::pin(expire_reservations(ports)))), ..self }.serving(order::routes(), |ports| {
            order::handlers(&ports.ledger, &order::Providers::test_mode(&ports.ledger, &ports.clock))
        })
    }
}

async fn expire_reservations(ports: Ports) {
    match order::inventory::expire_reservations(ports.ledger.as_ref(), ports.now()).await {
        Ok(expired) => tracing::debug!(expired, "reservations expired"),
        Err(error) => tracing::warn!(%error, "reservations cannot be expired"),
    }
}
