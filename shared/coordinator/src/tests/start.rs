//! Starting: one execution per name, whatever is interrupted or repeated.

use futures::future::join_all;
use interpreter::ExecutionStatus::{Running, Succeeded};
use messages::queue_name;
use store::{ExecutionStore, Fault, FaultPlan, Operation};

use super::definitions::{CAUGHT, SAGA};
use super::world::World;
use crate::{Novelty, StartError};

// Fails if what a start or an answer creates is not published, or the head is not told of the end.
#[tokio::test]
async fn an_execution_runs_from_its_start_to_its_end() {
    let world = World::new(SAGA).await;
    let started = world.start("order-1", r#"{"sku": "a"}"#).await.unwrap();
    assert_eq!((started.novelty, started.identity.arn), (Novelty::New, World::arn("order-1")));
    world.run(&world.coordinator()).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, &*description.input), (Succeeded, r#"{"sku": "a"}"#));
    assert_eq!(world.effects(), ["reserve", "charge", "ship"]);
    assert_eq!(world.head_status("order-1").await, Succeeded);
}

// Fails without the comparison of input hashes in `Coordinator::find`.
#[tokio::test]
async fn a_name_is_used_once() {
    let world = World::new(SAGA).await;
    let first = world.start("order-1", r#"{"sku": "a"}"#).await.unwrap();
    let check = async |input: &str, novelty: Novelty| {
        let again = world.start("order-1", input).await.unwrap();
        assert_eq!((again.identity, again.started_at, again.novelty), (first.identity.clone(), first.started_at, novelty));
    };
    world.advance(1);
    check(r#"{"sku": "a"}"#, Novelty::Repeated { status: Running }).await;
    check(r#"{"sku": "b"}"#, Novelty::OtherInput { status: Running }).await;
    world.run(&world.coordinator()).await;
    check(r#"{"sku": "a"}"#, Novelty::Repeated { status: Succeeded }).await;
    check(r#"{"sku": "b"}"#, Novelty::OtherInput { status: Succeeded }).await;
    assert_eq!(world.effects(), ["reserve", "charge", "ship"]);
}

// Fails if whoever finds a head takes it for its own (`Coordinator::start`).
#[tokio::test]
async fn of_several_starts_at_once_one_is_new() {
    let world = World::new(SAGA).await;
    let starts = join_all((0..5).map(|_| world.start("order-1", "{}"))).await;
    let new = starts.iter().filter(|started| started.as_ref().unwrap().novelty == Novelty::New).count();
    assert_eq!(new, 1);
    world.run(&world.coordinator()).await;
    assert_eq!(world.effects(), ["reserve", "charge", "ship"]);
}

// Fails without `with_start` in deliver.rs (the wake) and without delivering a start to what was found (the repeated start).
#[tokio::test]
async fn a_head_without_a_journal_is_started_by_whoever_finds_it() {
    for by_wake in [true, false] {
        let world = World::new(SAGA).await;
        world.kill_at_write(2, false);
        assert!(world.start("order-1", "{}").await.is_err());
        world.mend_all();
        let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
        assert!(world.store.latest_entry(&head.identity.id).await.unwrap().is_none());
        if by_wake {
            world.coordinator().watch().await.unwrap();
        } else {
            let again = world.start("order-1", "{}").await.unwrap();
            assert_eq!(again.novelty, Novelty::Repeated { status: Running });
        }
        world.run(&world.coordinator()).await;
        assert_eq!(world.status("order-1").await, Succeeded, "by wake: {by_wake}");
        assert_eq!(world.effects(), ["reserve", "charge", "ship"]);
    }
}

// Fails without the comparison of ids in `Coordinator::start`: the start would take its own head for another's.
#[tokio::test]
async fn a_head_whose_answer_was_lost_is_recognised() {
    let world = World::new(SAGA).await;
    world.store.follow(FaultPlan::none().at(Operation::CreateHead, 1, Fault::LostAnswer));
    assert_eq!(world.start("order-1", "{}").await.unwrap().novelty, Novelty::New);
}

// Fails without the value item that `Coordinator::start` puts before the head.
#[tokio::test]
async fn a_large_input_is_a_value_item() {
    let world = World::new(SAGA).await;
    let input = format!(r#"{{"text": "{}"}}"#, "x".repeat(100_000));
    world.start("order-1", &input).await.unwrap();
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert_eq!((head.input.text(), head.input.hash()), (None, Some(&head.input_hash)));
    world.run(&world.coordinator()).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, &*description.input), (Succeeded, &*input));
}

// Fails without any of the three looks of `check_input`, or if it comes after the head.
#[tokio::test]
async fn what_cannot_be_an_input_is_refused_before_anything_is_written() {
    let world = World::new(SAGA).await;
    let limit = usize::try_from(world.settings.limits.payload_bytes).unwrap();
    let of_length = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert!(matches!(world.start("order-1", "{").await, Err(StartError::InvalidInput(_))));
    for too_deep in [121, 200] {
        let input = "[".repeat(too_deep) + &"]".repeat(too_deep);
        assert!(matches!(world.start("order-1", &input).await, Err(StartError::InvalidInput(_))), "{too_deep}");
    }
    let too_large = world.start("order-1", &of_length(limit + 1)).await;
    assert!(matches!(too_large, Err(StartError::InputTooLarge { bytes: 262_145, limit: 262_144 })));
    assert!(world.store.head(&World::arn("order-1")).await.unwrap().is_none());
    assert!(world.start("order-1", &of_length(limit)).await.is_ok());
}

// Fails if `Coordinator::start` does not look at the definition first.
#[tokio::test]
async fn a_machine_without_a_definition_leaves_no_head() {
    let mut world = World::new(SAGA).await;
    world.machine.definition = interpreter::DefinitionHash::of("gone");
    assert!(matches!(world.start("order-1", "{}").await, Err(StartError::Definition(_))));
    assert!(world.store.head(&World::arn("order-1")).await.unwrap().is_none());
}

// Fails if `first_entry` answers though requests were not published: nobody would send them before the next wake.
#[tokio::test]
async fn a_start_is_answered_when_its_first_requests_are_published() {
    let world = World::new(CAUGHT).await;
    world.fail_sends((1..=20).map(|send| (send, super::world::SendFault::Unavailable)));
    let error = world.start("order-1", "{}").await.unwrap_err();
    assert!(matches!(error, StartError::Publish(_)) && error.is_retryable(), "{error}");
    world.mend_all();
    let again = world.start("order-1", "{}").await.unwrap();
    assert_eq!(again.novelty, Novelty::Repeated { status: Running });
    assert_eq!(world.queue.queue.depths("task-look").unwrap().visible, 1);
    assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 0);
}
