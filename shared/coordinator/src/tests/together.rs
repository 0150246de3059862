//! Executions of one batch: what they send travels together, and the trouble of one is none of the others'.

use messages::queue_name;

use super::definitions::SAGA;
use super::publish::requests;
use super::world::{SendFault, World};

/// A world in which three orders were reserved, and three answers wait.
async fn three_answered() -> World {
    let world = World::new(SAGA).await;
    for order in ["order-1", "order-2", "order-3"] {
        world.start(order, "{}").await.unwrap();
    }
    world.work().await;
    world.fail_sends([]);
    world
}

// Fails if each execution of a batch sends for itself.
#[tokio::test]
async fn what_executions_of_a_batch_send_to_one_queue_is_one_request() {
    let world = three_answered().await;
    world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
    assert_eq!(requests(&world, "task-charge").len(), 3);
    assert_eq!(world.sends(), 1);
}

// Fails if an entry that was not taken is another execution's, or if its own is acknowledged.
#[tokio::test]
async fn an_entry_that_is_not_taken_gives_back_the_messages_of_its_execution_alone() {
    let world = three_answered().await;
    // Of three the first and the third are not taken, then of these the first, and then it alone each time.
    world.fail_sends((1..=30).map(|send| (send, SendFault::EveryOtherFails)));
    world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
    assert_eq!(requests(&world, "task-charge").len(), 2);
    assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 1, "its answer comes again");
    world.mend_all();
    world.run(&world.coordinator()).await;
    world.advance(world.settings.bounds.give_back_seconds);
    world.run(&world.coordinator()).await;
    for order in ["order-1", "order-2", "order-3"] {
        assert_eq!(world.status(order).await, interpreter::ExecutionStatus::Succeeded, "{order}");
    }
}

// Fails if what one execution commits is acknowledged when the request that it shares with others was not answered.
#[tokio::test]
async fn a_shared_request_that_is_never_answered_gives_back_all_that_depend_on_it() {
    let world = three_answered().await;
    world.fail_sends((1..=30).map(|send| (send, SendFault::Unavailable)));
    world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
    assert!(requests(&world, "task-charge").is_empty());
    assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 3);
    assert_eq!(world.sends(), u64::from(world.settings.bounds.tries_per_call), "they try again together");
}
