//! The system under test, spread over the hosts: coordinators, workers, watches, the API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clock::Clock;
use coordinator::{Coordinator, Ports, Settings};
use interpreter::Timestamp;
use messages::{Delivery, Disposition, RequestBody, queue_name};
use order::Providers;
use store::LedgerStore;
use worker::{Handler, Harness, HarnessSettings};

use crate::executor::HostNumber;
use crate::fault::{Fault, Opportunity};
use crate::host::Role;
use crate::port::{HostClock, SimulatedOutside, Site};
use crate::pump::{Invocation, pump};
use crate::queues::{dead_letters_of, task_queues};
use crate::workload::worker::Workers;
use crate::world::World;

/// The coordinator's function timeout, in seconds (DESIGN: the coordinator's function timeout is short).
pub(crate) const COORDINATOR_TIMEOUT_SECONDS: u64 = 10;
/// How often the watch looks, in seconds.
const WATCH_SECONDS: u64 = 60;
/// The watch's function timeout, in seconds.
const WATCH_TIMEOUT_SECONDS: u64 = 60;

/// What a host has in its memory, since it came up last.
struct Memory<T> {
    restarts: u64,
    kept: T,
}

type Harnesses = BTreeMap<String, Harness>;

/// The parts of the system on the hosts of a world.
pub(crate) struct System {
    /// The world.
    pub world: Arc<World>,
    coordinators: Mutex<BTreeMap<HostNumber, Memory<Arc<Coordinator>>>>,
    harnesses: Mutex<BTreeMap<HostNumber, Memory<Arc<Harnesses>>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a host still has in its memory, or what it begins with when it comes up.
fn remembered<T: Clone>(
    all: &mut BTreeMap<HostNumber, Memory<T>>,
    host: HostNumber,
    restarts: u64,
    begin: impl FnOnce() -> T,
) -> T {
    match all.get(&host).filter(|memory| memory.restarts == restarts) {
        Some(memory) => memory.kept.clone(),
        None => {
            let kept = begin();
            all.insert(host, Memory { restarts, kept: kept.clone() });
            kept
        }
    }
}

impl System {
    /// The system in a world; nothing runs yet.
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self { world, coordinators: Mutex::default(), harnesses: Mutex::default() })
    }

    /// A host's way to the world.
    pub(crate) fn site(&self, host: HostNumber) -> Site {
        Site { world: Arc::clone(&self.world), host }
    }

    fn restarts(&self, host: HostNumber) -> u64 {
        self.world.hosts().get(host).map_or(0, crate::host::Host::restarts)
    }

    /// The ports of a host.
    pub(crate) fn ports(&self, host: HostNumber) -> Ports {
        let site = Arc::new(self.site(host));
        Ports {
            executions: site.clone(),
            ledger: site.clone(),
            queue: site.clone(),
            objects: None,
            clock: Arc::new(HostClock(self.site(host))),
            entropy: Arc::clone(&self.world.entropy),
        }
    }

    /// The coordinator on a host.
    pub(crate) fn coordinator(&self, host: HostNumber) -> Arc<Coordinator> {
        remembered(&mut locked(&self.coordinators), host, self.restarts(host), || {
            let World { routes, options, .. } = &*self.world;
            let settings = Settings { routes: routes.clone(), limits: options.limits.clone(), bounds: options.bounds.clone() };
            Arc::new(Coordinator::new(self.ports(host), settings).sharing(&self.world.parsed))
        })
    }

    fn harnesses(&self, host: HostNumber) -> Arc<Harnesses> {
        remembered(&mut locked(&self.harnesses), host, self.restarts(host), || Arc::new(self.new_harnesses(host)))
    }

    fn new_harnesses(&self, host: HostNumber) -> Harnesses {
        let ports = self.ports(host);
        let ledger: Arc<dyn LedgerStore> = Arc::clone(&ports.ledger);
        let mut handlers = order::handlers(&ledger, &Providers::test_mode(&ledger, &ports.clock));
        handlers.extend(self.workers(host, &ports).handlers());
        let harness = |handler: Arc<dyn Handler>| {
            let route = self.world.routes.of(handler.function())?;
            let timeout = Duration::from_secs(route.function_timeout_seconds);
            let settings = HarnessSettings::new(route.queue.clone(), timeout);
            let name = handler.function().to_owned();
            let Ports { executions, ledger, queue, clock, entropy, .. } = ports.clone();
            Some((name, Harness::new(handler, ledger, executions, queue, clock, entropy, settings)))
        };
        handlers.into_iter().filter_map(harness).collect()
    }

    fn workers(&self, host: HostNumber, ports: &Ports) -> Workers {
        Workers {
            seed: self.world.options.seed,
            trouble: self.world.options.trouble_per_mille,
            unfit: self.world.options.unfit_per_mille,
            clock: Arc::clone(&ports.clock),
            ledger: Arc::clone(&ports.ledger),
            outside: Arc::new(SimulatedOutside(self.site(host))),
            mended: Arc::clone(&self.world.mended),
        }
    }

    /// Begins everything that runs by itself.
    pub(crate) fn begin(self: &Arc<Self>) {
        self.pump_coordinators(queue_name::ANSWERS);
        self.pump_coordinators(queue_name::HINTS);
        for (queue, timeout_seconds) in task_queues(&self.world.routes) {
            self.pump_dead_letters(&dead_letters_of(&queue));
            self.pump_workers(&queue, timeout_seconds);
        }
        let system = Arc::clone(self);
        self.world.executor.spawn(0, "watch", async move { system.watch().await });
    }

    fn coordinator_timeout_seconds(&self) -> Option<u64> {
        self.world.options.invocations_are_stopped.then_some(COORDINATOR_TIMEOUT_SECONDS)
    }

    fn pump_coordinators(self: &Arc<Self>, queue: &str) {
        let (system, world) = (Arc::clone(self), Arc::clone(&self.world));
        let invoke = move |deliveries: Vec<Delivery>| {
            let host = system.world.any_host(Role::Coordinator);
            let coordinator = system.coordinator(host);
            let work = async move { coordinator.handle(&deliveries).await };
            Invocation { host, work, stopped_after_seconds: system.coordinator_timeout_seconds() }
        };
        self.world.executor.spawn(0, "pump", pump(world, queue.to_owned(), 10, invoke));
    }

    fn pump_dead_letters(self: &Arc<Self>, queue: &str) {
        let (system, world) = (Arc::clone(self), Arc::clone(&self.world));
        let invoke = move |deliveries: Vec<Delivery>| {
            let host = system.world.any_host(Role::Coordinator);
            let coordinator = system.coordinator(host);
            let work = async move { coordinator.answer_dead_letters(&deliveries).await };
            Invocation { host, work, stopped_after_seconds: system.coordinator_timeout_seconds() }
        };
        self.world.executor.spawn(0, "pump", pump(world, queue.to_owned(), 10, invoke));
    }

    /// Workers' invocations are always stopped when their time is over: that an outside effect of theirs comes no later is what the platform
    /// promises, and nothing else could.
    fn pump_workers(self: &Arc<Self>, queue: &str, timeout_seconds: u64) {
        let (system, world) = (Arc::clone(self), Arc::clone(&self.world));
        let most = if self.world.drawn_within(0, 1) == 0 { 1 } else { 10 };
        let invoke = move |deliveries: Vec<Delivery>| {
            let host = system.world.any_host(Role::Worker);
            let (harnesses, clock) = (system.harnesses(host), HostClock(system.site(host)));
            let timeout = Duration::from_secs(timeout_seconds);
            let work = async move { serve(&harnesses, &clock, timeout, deliveries).await };
            Invocation { host, work, stopped_after_seconds: Some(timeout_seconds) }
        };
        self.world.executor.spawn(0, "pump", pump(world, queue.to_owned(), most, invoke));
    }

    /// Looks each minute; a look that takes longer does not keep the next one from beginning.
    async fn watch(self: Arc<Self>) {
        loop {
            let skipped =
                self.world.strike(Opportunity::Watch, "watch").is_some_and(|strike| strike.fault == Fault::WatchSkipped);
            if !skipped {
                self.look();
            }
            self.world.executor.sleep(i64::try_from(WATCH_SECONDS * 1_000).unwrap_or(60_000)).await;
        }
    }

    fn look(self: &Arc<Self>) {
        let host = self.world.any_host(Role::Other);
        let (coordinator, ports) = (self.coordinator(host), self.ports(host));
        let look = self.world.executor.spawn(host, "watch", async move {
            // What a look did not find, or could not read, the next one does.
            let _ = coordinator.watch().await;
            let _ = order::inventory::expire_reservations(ports.ledger.as_ref(), ports.now()).await;
        });
        let world = Arc::clone(&self.world);
        self.world.executor.spawn(0, "watch", async move {
            world.executor.sleep(i64::try_from(WATCH_TIMEOUT_SECONDS * 1_000).unwrap_or(60_000)).await;
            world.executor.stop(look);
        });
    }
}

/// One invocation of the functions that a queue feeds. What names none of them goes to any, which parks it.
async fn serve(harnesses: &Harnesses, clock: &HostClock, timeout: Duration, deliveries: Vec<Delivery>) -> Vec<Disposition> {
    let deadline = Timestamp::from_millis(clock.now_millis()) + timeout;
    let served = deliveries.into_iter().map(|delivery| async move {
        let function = RequestBody::decode(&delivery.body).ok().map(|request| request.function);
        let named = function.and_then(|function| harnesses.get(&function));
        let Some(harness) = named.or_else(|| harnesses.values().next()) else { return Disposition::AGAIN };
        harness.handle(vec![delivery], deadline).await.into_iter().next().unwrap_or(Disposition::AGAIN)
    });
    futures::future::join_all(served).await
}
