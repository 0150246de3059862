//! One conditional write per transition, whoever else writes and whatever answer is lost.

use futures::future::join_all;
use interpreter::ExecutionStatus::Succeeded;
use interpreter::{Message, TaskOutcome};
use messages::{CoordinatorBody, CoordinatorMessage, Disposition, queue_name};
use serde_json::json;
use store::{ExecutionStore, Fault, FaultPlan, Operation};

use super::definitions::{CAUGHT, PARALLEL, SAGA};
use super::world::World;

// Fails if `commit` draws another seed for its second put: it would meet its own entry as another writer's, decide again, and find its
// message stale.
#[tokio::test]
async fn an_entry_whose_answer_was_lost_is_recognised() {
    let world = World::new(CAUGHT).await;
    world.start("order-1", "{}").await.unwrap();
    world.work().await;
    world.store.follow(FaultPlan::none().at(Operation::PutEntry, 1, Fault::LostAnswer));
    world.run(&world.coordinator()).await;
    assert_eq!(world.store.calls(Operation::PutEntry), 2);
    assert_eq!(world.status("order-1").await, Succeeded);
    let revision = world.description("order-1").await.revision;
    assert_eq!(revision, 2, "decided once");
}

// Fails if a conflict is answered instead of loaded and decided again (the loop of `settle`).
#[tokio::test]
async fn coordinators_of_the_same_execution_take_turns() {
    let world = World::new(PARALLEL).await;
    world.start("order-1", "{}").await.unwrap();
    let id = world.description("order-1").await.identity.id;
    let requests: Vec<_> = world.queue.queue.peek("task-notify", 10);
    assert_eq!(requests.len(), 4);
    let coordinators: Vec<_> = requests.iter().map(|_| world.coordinator()).collect();
    let answers: Vec<Message> = requests
        .iter()
        .map(|request| messages::RequestBody::decode(&request.body).unwrap())
        .map(|request| super::publish::answer(&request, TaskOutcome::Succeeded { result: json!(1) }))
        .collect();
    // Each has loaded the execution before any commits: all but one meet a conflict.
    let known = world.store.latest_entry(&id).await.unwrap().unwrap().execution;
    let delivered = join_all(
        coordinators
            .iter()
            .zip(&answers)
            .map(|(one, answer)| one.deliver(&id, Some(known.clone()), std::slice::from_ref(answer))),
    );
    assert!(delivered.await.iter().all(Result::is_ok));
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.revision), (Succeeded, 5));
    assert_eq!(description.output.as_deref(), Some("[1,1,1,1]"));
}

// Fails if messages are delivered one by one: there would be an entry for each.
#[tokio::test]
async fn the_answers_of_a_batch_become_one_entry() {
    let world = World::new(PARALLEL).await;
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.revision), (Succeeded, 2));
}

// Fails if contention is given back instead of sent again: the receives would lead to the dead letters.
#[tokio::test]
async fn a_message_that_is_never_first_is_sent_again_with_its_own_counter() {
    let world = World::new(CAUGHT).await;
    world.start("order-1", "{}").await.unwrap();
    world.work().await;
    world.store.follow(FaultPlan::none().always(Operation::PutEntry, Fault::Conflict));
    let coordinator = world.coordinator();
    assert!(world.coordinate(&coordinator, queue_name::ANSWERS).await);
    assert_eq!(world.store.calls(Operation::PutEntry), u64::from(world.settings.bounds.decisions_per_delivery));
    assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 0, "the original is done with");
    let sent: Vec<CoordinatorBody> = world
        .queue
        .queue
        .peek(queue_name::HINTS, 10)
        .iter()
        .map(|peeked| CoordinatorBody::decode(&peeked.body).unwrap())
        .filter(|body| matches!(body.message, CoordinatorMessage::Answer { .. }))
        .collect();
    assert_eq!(sent.iter().map(|body| body.resent).collect::<Vec<_>>(), [1]);
    world.mend_all();
    world.run_for(&coordinator, 60).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails if a call is tried once more or once less than the bound says (`tried`), or if a message is acknowledged whose call did not succeed in the end.
#[tokio::test]
async fn a_store_that_does_not_answer_has_the_message_come_again() {
    let world = World::new(CAUGHT).await;
    world.start("order-1", "{}").await.unwrap();
    world.work().await;
    let coordinator = world.coordinator();
    let check = async |operation: Operation, faults: u64, disposition: Disposition| {
        let plan = (1..=faults).fold(FaultPlan::none(), |plan, nth| plan.at(operation, nth, Fault::Unavailable));
        world.store.follow(plan);
        let deliveries = messages::QueueSource::receive(&world.queue.queue, queue_name::ANSWERS, 10, Default::default()).await;
        let deliveries = deliveries.unwrap();
        assert_eq!(deliveries.len(), 1, "{operation:?}");
        assert_eq!(coordinator.handle(&deliveries).await, [disposition], "{operation:?}");
        // As if the process had died before it could acknowledge anything.
        world.advance(40);
    };
    let tries = u64::from(world.settings.bounds.tries_per_call);
    let delay = std::time::Duration::from_secs(world.settings.bounds.give_back_seconds);
    check(Operation::LatestEntry, tries, Disposition::GiveBack { delay }).await;
    check(Operation::PutEntry, tries, Disposition::GiveBack { delay }).await;
    check(Operation::PutEntry, tries - 1, Disposition::Done).await;
    check(Operation::Report, tries, Disposition::GiveBack { delay }).await;
    check(Operation::Report, tries - 1, Disposition::Done).await;
}

// Fails if decided values are put after the entry, or not at all.
#[tokio::test]
async fn values_stand_before_the_entry_that_names_them() {
    let world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(10_000));
    world.start("order-1", &input).await.unwrap();
    let coordinator = world.coordinator();
    for write in 1..20 {
        world.kill_at_write(write, true);
        world.run(&coordinator).await;
        world.mend_all();
        // Whatever the journal names can be read.
        assert!(coordinator.describe(&World::arn("order-1")).await.is_ok(), "killed at {write}");
        world.run_for(&coordinator, 40).await;
    }
    assert_eq!(world.status("order-1").await, Succeeded);
}
