//! Queues that are purged, repeat, reorder and fail: executions go on.

use interpreter::ExecutionStatus::Succeeded;
use messages::{Disorder, queue_name};
use store::{Fault, FaultPlan, Operation};

use super::definitions::{PARALLEL, SAGA, wait};
use super::world::{SendFault, World};

// Fails without the watch, without `wake_at` within 900 s, or if a wake does not publish everything outstanding, be it in pages
// of one command each (without `max(1)` a bound of none would never get on).
#[tokio::test]
async fn executions_go_on_within_the_watch_time_when_queues_are_purged() {
    let waiting = wait(120);
    let default = crate::Bounds::default().commands_per_wake;
    for (definition, page) in [(SAGA, default), (PARALLEL, default), (PARALLEL, 0), (&*waiting, default)] {
        let mut world = World::new(definition).await;
        world.settings.bounds.commands_per_wake = page;
        for number in 0..20 {
            world.start(&format!("order-{number}"), "{}").await.unwrap();
        }
        world.purge_all();
        let coordinator = world.coordinator();
        for _ in 0..4 {
            world.run_for(&coordinator, 1_000).await;
            world.purge_all();
        }
        for number in 0..20 {
            assert_eq!(world.status(&format!("order-{number}")).await, Succeeded);
        }
    }
}

// Fails if a refill ends after its first page, begins each page anew, or wakes what has ended.
#[tokio::test]
async fn a_refill_sends_at_once_what_a_restart_has_lost() {
    let mut world = World::new(SAGA).await;
    world.settings.bounds.heads_per_page = 7;
    for number in 0..20 {
        world.start(&format!("order-{number}"), "{}").await.unwrap();
    }
    world.purge_all();
    let coordinator = world.coordinator();
    let report = coordinator.refill().await.unwrap();
    assert_eq!((report.open, report.woken), (20, 20));
    world.run(&coordinator).await;
    assert_eq!(world.effects().iter().filter(|function| *function == "ship").count(), 20);
    assert_eq!(coordinator.refill().await.unwrap().open, 0);
}

// Fails if a refill counts what was not sent as woken, gives up at the first wake that was not, or tells of no error where a page cannot be read.
#[tokio::test]
async fn a_refill_tells_what_it_could_not_do() {
    let mut world = World::new(SAGA).await;
    world.settings.bounds.heads_per_page = 7;
    for number in 0..20 {
        world.start(&format!("order-{number}"), "{}").await.unwrap();
    }
    world.purge_all();
    let coordinator = world.coordinator();
    let tries = u64::from(world.settings.bounds.tries_per_call);
    // The first page's wakes are not taken, however often they are tried.
    world.fail_sends((1..=tries).map(|send| (send, SendFault::Unavailable)));
    let report = coordinator.refill().await.unwrap();
    assert_eq!((report.open, report.woken), (20, 13));
    assert_eq!(world.queue.queue.depths(queue_name::HINTS).unwrap().total(), 13);
    world.purge_all();
    let second_page = (2..2 + tries).fold(FaultPlan::none(), |plan, nth| plan.at(Operation::ListHeads, nth, Fault::Unavailable));
    world.store.follow(second_page);
    assert!(coordinator.refill().await.is_err());
    assert_eq!(world.queue.queue.depths(queue_name::HINTS).unwrap().total(), 7, "those before were woken");
}

// Fails if a stale message is given back instead of acknowledged: its second delivery would come for ever.
#[tokio::test]
async fn messages_may_come_twice_and_in_any_order() {
    for seed in 0..20 {
        let world = World::new(SAGA).await;
        world.queue.queue.set_disorder(Some(Disorder::twice_and_shuffled(seed)));
        for number in 0..5 {
            world.start(&format!("order-{number}"), "{}").await.unwrap();
        }
        world.run_for(&world.coordinator(), 120).await;
        for number in 0..5 {
            assert_eq!(world.status(&format!("order-{number}")).await, Succeeded, "seed {seed}");
        }
        assert_eq!(world.effects().len(), 15, "seed {seed}");
    }
}

// Fails if a message is acknowledged although the store did not answer: the tasks of this saga time out before the watch could find it.
#[tokio::test]
async fn a_store_that_fails_now_and_then_delays_and_loses_nothing() {
    for seed in 0..20 {
        let mut world = World::new(SAGA).await;
        // So that often enough all tries of a call fail.
        world.settings.bounds.tries_per_call = 2;
        world.start("order-1", "{}").await.unwrap();
        world.store.follow(FaultPlan::seeded(seed, 200));
        world.run_for(&world.coordinator(), 3_000).await;
        world.mend_all();
        world.run_for(&world.coordinator(), 1_000).await;
        assert_eq!(world.status("order-1").await, Succeeded, "seed {seed}");
        assert_eq!(world.effects(), ["reserve", "charge", "ship"], "seed {seed}");
    }
}
