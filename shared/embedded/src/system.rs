//! The system: opened, begun, stopped or killed.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coordinator::{Coordinator, Ports, RefillReport, Settings, StartError, StartRequest, Started};
use messages::{Delivery, Disposition, MemoryQueue, Peeked, queue_name};
use store::{Entry, ExecutionStore, LedgerStore, MemoryStore, StoreError};
use store_sqlite::SqliteStore;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use worker::Serving;

use crate::queues::declare;
use crate::{Concurrency, Observed, Options, QueueDepths, StoreChoice, Upkeep, dead_letters_of, pumps, queues, refill};

/// Why a system cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its data directory cannot be used.
    #[error(transparent)]
    Store(#[from] store_sqlite::OpenError),
}

/// What the parts of a running system share.
pub(crate) struct Parts {
    pub(crate) coordinator: Coordinator,
    pub(crate) queues: Arc<MemoryQueue>,
    pub(crate) serving: BTreeMap<String, Serving>,
    pub(crate) sqlite: Option<SqliteStore>,
    pub(crate) region: String,
    pub(crate) account: String,
    entries: broadcast::Sender<Arc<Entry>>,
    pub(crate) concurrency: Concurrency,
    pub(crate) upkeep: Option<Upkeep>,
    watch_interval: Duration,
    /// Gone when all else is: dropped last.
    _alive: mpsc::Sender<Infallible>,
}

impl Parts {
    /// One invocation of the functions that a queue feeds.
    pub(crate) async fn invoke(&self, queue: &str, deliveries: Vec<Delivery>) -> Vec<Disposition> {
        match self.serving.get(queue) {
            Some(serving) => serving.invoke(deliveries, None).await,
            None => vec![Disposition::AGAIN; deliveries.len()],
        }
    }
}

/// What runs, and how it is told to stop.
struct Running {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    refilled: watch::Receiver<Option<RefillReport>>,
}

/// A whole system in this process. Dropping it is as killing it.
pub struct System {
    pub(crate) parts: Arc<Parts>,
    running: Mutex<Option<Running>>,
    /// Ends when nothing uses the parts any more.
    alive: mpsc::Receiver<Infallible>,
}

impl System {
    /// Opens a system: its store is there, its operations can be called, and nothing moves by itself yet.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the data directory is in use, was written by a newer release, or cannot be used.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let (stored, ledger, sqlite) = open_store(options.store)?;
        let executions = Observed::new(stored);
        let entries = executions.sender();
        let queues = Arc::new(declare(Arc::clone(&options.clock), &options.routes));
        queues.set_disorder(options.disorder);
        let ports = Ports {
            executions: Arc::new(executions),
            ledger,
            queue: queues.clone(),
            objects: options.objects,
            clock: options.clock,
            entropy: options.entropy,
        };
        let handlers = (options.handlers)(&ports);
        let serving = crate::serving::by_queue(&ports, &options.routes, &handlers, options.handler_for_any);
        let settings = Settings { routes: options.routes, limits: options.limits, bounds: options.bounds };
        let (still_alive, alive) = mpsc::channel(1);
        let parts = Parts {
            coordinator: Coordinator::new(ports, settings),
            queues,
            serving,
            sqlite,
            region: options.region,
            account: options.account,
            entries,
            concurrency: options.concurrency,
            upkeep: options.upkeep,
            watch_interval: options.watch_interval,
            _alive: still_alive,
        };
        Ok(Self { parts: Arc::new(parts), running: Mutex::new(None), alive })
    }

    /// Opens a system and begins.
    ///
    /// # Errors
    ///
    /// As [`System::open`].
    pub fn start(options: Options) -> Result<Self, OpenError> {
        let system = Self::open(options)?;
        system.begin();
        Ok(system)
    }

    /// Begins: every queue is pumped, every open execution woken, and what is due is looked at from now on. Needs a Tokio runtime. Does nothing
    /// to a system that has begun.
    pub fn begin(&self) {
        let mut running = self.running();
        if running.is_some() {
            return;
        }
        let mut tasks = JoinSet::new();
        let (stop, stopped) = watch::channel(false);
        pumps::begin(&self.parts, &stopped, &mut tasks);
        let (refilled, refill_report) = watch::channel(None);
        tasks.spawn(until_stopped(stopped.clone(), refill::refill(Arc::clone(&self.parts), refilled)));
        tasks.spawn(until_stopped(stopped, crate::watch::watch(Arc::clone(&self.parts), self.parts.watch_interval)));
        *running = Some(Running { tasks, stop, refilled: refill_report });
    }

    /// Waits until the open executions of the process before were woken; none if the system was stopped first, or never begun.
    pub async fn refilled(&self) -> Option<RefillReport> {
        let mut refilled = self.running().as_ref().map(|running| running.refilled.clone())?;
        refilled.wait_for(Option::is_some).await.ok().and_then(|report| *report)
    }

    /// Stops: nothing is received any more, and what was begun is brought to its end.
    pub async fn stop(&self) {
        let running = self.running().take();
        let Some(mut running) = running else { return };
        running.stop.send_replace(true);
        while running.tasks.join_next().await.is_some() {}
    }

    /// Stops everything where it is, as if the process were killed, and waits until nothing of it is left: a data directory can be opened
    /// again then. What was committed stays; of the rest nobody hears.
    pub async fn kill(self) {
        let Self { parts, running, mut alive } = self;
        if let Some(mut running) = running.into_inner().unwrap_or_else(PoisonError::into_inner) {
            running.tasks.shutdown().await;
        }
        drop(parts);
        let _nobody_is_left = alive.recv().await;
    }

    /// The coordinator: its operations are the API's.
    pub fn coordinator(&self) -> &Coordinator {
        &self.parts.coordinator
    }

    /// The ports of this system.
    pub fn ports(&self) -> &Ports {
        self.parts.coordinator.ports()
    }

    /// The queues, as they are in memory.
    pub fn queues(&self) -> &MemoryQueue {
        &self.parts.queues
    }

    /// The region of ARNs.
    pub fn region(&self) -> &str {
        &self.parts.region
    }

    /// The account of ARNs.
    pub fn account(&self) -> &str {
        &self.parts.account
    }

    /// The journal entries that are committed from now on, in the order of each execution. Who falls behind by more than a few thousand is told
    /// so, and should look at the journals.
    pub fn entries(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.parts.entries.subscribe()
    }

    /// Starts an execution of a registered machine, or finds the one that has the name.
    ///
    /// # Errors
    ///
    /// The coordinator's; [`StoreError::Refused`] if there is no such machine.
    pub async fn start_execution(&self, machine: &str, name: &str, input: &str) -> Result<Started, StartError> {
        let machine_arn = self.machine_arn(machine);
        let unknown = || StoreError::Refused(format!("there is no state machine `{machine_arn}`"));
        let machine = self.ports().executions.machine(&machine_arn).await?.ok_or_else(unknown)?;
        self.coordinator().start(StartRequest { machine, name: name.to_owned(), input: input.into(), parent: None }).await
    }

    /// What each queue holds, by name.
    pub fn depths(&self) -> Vec<QueueDepths> {
        let names = self.parts.queues.names().into_iter();
        names.filter_map(|queue| self.parts.queues.depths(&queue).map(|depths| QueueDepths { queue, depths })).collect()
    }

    /// How many requests are dead letters now, of all task queues.
    pub fn dead_letters(&self) -> usize {
        let queues = queues::task_queues(&self.parts.coordinator.settings().routes).into_keys();
        let depths = queues.filter_map(|queue| self.parts.queues.depths(&dead_letters_of(&queue)));
        depths.map(|depths| depths.total()).sum()
    }

    /// The messages that nobody could read, at most `limit`, each with its reason as an attribute.
    pub fn parked_messages(&self, limit: usize) -> Vec<Peeked> {
        self.parts.queues.peek(queue_name::PARKING, limit)
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets something run until the system is stopped.
async fn until_stopped(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()> + Send) {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => {}
        () = work => {}
    }
}

type Stores = (Arc<dyn ExecutionStore>, Arc<dyn LedgerStore>, Option<SqliteStore>);

fn open_store(choice: StoreChoice) -> Result<Stores, OpenError> {
    Ok(match choice {
        StoreChoice::Memory => {
            let memory = MemoryStore::new();
            (Arc::new(memory.clone()), Arc::new(memory), None)
        }
        StoreChoice::Directory(path) => {
            let sqlite = SqliteStore::open(&path)?;
            (Arc::new(sqlite.clone()), Arc::new(sqlite.clone()), Some(sqlite))
        }
        StoreChoice::Given { executions, ledger } => (executions, ledger, None),
    })
}
