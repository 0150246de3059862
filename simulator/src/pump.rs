//! Event sources: what receives from a queue, invokes a function with it, and deletes or gives back as the function says.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{Either, select};
use messages::{Delivery, Disposition, GiveBack, QueueSource};

use crate::executor::HostNumber;
use crate::fault::{Fault, Opportunity};
use crate::world::{Handling, World};

/// The host of what is the cloud's own.
const CLOUD: HostNumber = 0;
/// How long an event source waits for a batch to fill, in milliseconds, at most.
const BATCHING_MILLIS: u64 = 40;

/// What an invocation is.
pub(crate) struct Invocation<F> {
    /// Where it runs.
    pub host: HostNumber,
    /// What it does.
    pub work: F,
    /// After how many seconds the platform stops it; never if none.
    pub stopped_after_seconds: Option<u64>,
}

/// Receives for ever. `invoke` says what an invocation with these messages is.
pub(crate) async fn pump<F>(world: Arc<World>, queue: String, most: usize, invoke: impl Fn(Vec<Delivery>) -> Invocation<F>)
where
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    loop {
        let Ok(deliveries) = world.queues.receive_whenever(&queue, most).await else {
            world.executor.sleep(1_000).await;
            continue;
        };
        let wakes = world.checks().wakes_of(&deliveries);
        let invocation = invoke(deliveries.clone());
        let (host, began) = (invocation.host, world.now());
        let (troubled, unanswered, paused, apart) = (Arc::default(), Arc::default(), Arc::default(), Arc::default());
        let handling =
            Arc::new(Handling { queue: queue.clone(), deliveries, host, began, wakes, troubled, unanswered, paused, apart });
        let world_of_invocation = Arc::clone(&world);
        world.executor.spawn(CLOUD, "source", run(world_of_invocation, handling, invocation));
        let pause = world.drawn_within(0, BATCHING_MILLIS);
        world.executor.sleep(i64::try_from(pause).unwrap_or(0)).await;
    }
}

/// One invocation, and what becomes of its messages: nothing if it did not end.
async fn run<F>(world: Arc<World>, handling: Arc<Handling>, invocation: Invocation<F>)
where
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    world.trace(|| {
        let count = handling.deliveries.len();
        let first = handling.deliveries.first().map_or(0, |delivery| delivery.receive_count);
        format!("invoke with {count} of {} (receive {first})", handling.queue)
    });
    let Some(dispositions) = invoked(&world, &handling, invocation).await else { return };
    for (delivery, disposition) in handling.deliveries.iter().zip(dispositions) {
        if matches!(disposition, Disposition::GiveBack { .. }) {
            world.checks().given_back(&handling, &delivery.body);
        }
        settle(&world, &handling, delivery, disposition).await;
    }
}

async fn invoked<F>(world: &Arc<World>, handling: &Arc<Handling>, invocation: Invocation<F>) -> Option<Vec<Disposition>>
where
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    let (told, hear) = oneshot::channel();
    let work = invocation.work;
    let task = world.executor.spawn(invocation.host, handling.queue.as_str(), async move {
        // Nobody hears it if the event source is gone.
        let _ = told.send(work.await);
    });
    world.begin_handling(task, Arc::clone(handling));
    let over = async {
        match invocation.stopped_after_seconds {
            Some(seconds) => world.executor.sleep(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)).await,
            None => futures::future::pending().await,
        }
    };
    let dispositions = match select(hear, Box::pin(over)).await {
        Either::Left((dispositions, _)) => dispositions.ok(),
        Either::Right(_) => {
            world.trace(|| format!("the invocation #{task} is stopped: its time is over"));
            world.executor.stop(task);
            None
        }
    };
    world.end_handling(task);
    dispositions
}

async fn settle(world: &Arc<World>, handling: &Arc<Handling>, delivery: &Delivery, disposition: Disposition) {
    let queue = handling.queue.as_str();
    world.pass_latency().await;
    if world.strike(Opportunity::Settle, queue).is_some_and(|strike| strike.fault == Fault::NotDeleted) {
        return;
    }
    match disposition {
        Disposition::Done => {
            let held = || world.queues.depths(queue).map_or(0, |depths| depths.total());
            let before = held();
            let deleted = world.queues.delete(queue, &delivery.receipt).now_or_never();
            // A receipt that is out of date deletes nothing and says nothing.
            if matches!(deleted, Some(Ok(()))) && held() < before {
                world.checks().acknowledged(world, handling, &delivery.body);
            } else {
                world.checks().acknowledged_late(world, handling, &delivery.body);
            }
        }
        Disposition::GiveBack { delay } => {
            let give_back = GiveBack { receipt: delivery.receipt.clone(), delay: delay.max(Duration::ZERO) };
            // Where it is no longer in flight it comes again anyway.
            let _ = world.queues.give_back(queue, &give_back).now_or_never();
        }
    }
}
