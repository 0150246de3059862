//! Stopping: in the journal when it is answered; unwinding goes on behind it.

use interpreter::ExecutionStatus::{Aborted, Running, Succeeded};

use super::definitions::SAGA;
use super::world::{Script, SendFault, World};
use crate::{StopError, StopRequest};

fn stop(name: &str) -> StopRequest {
    StopRequest {
        execution_arn: World::arn(name),
        error: Some("Customer".to_owned()),
        cause: Some("changed her mind".to_owned()),
    }
}

// Fails if the stop is not committed before it is answered: the send that follows never succeeds here.
#[tokio::test]
async fn a_stop_is_in_the_journal_when_it_is_answered() {
    let world = World::new(SAGA).await.with("charge", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    world.fail_sends((1..=100).map(|send| (send, SendFault::Unavailable)));
    world.coordinator().stop(stop("order-1")).await.unwrap();
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.unwinding), (Running, true));
    assert_eq!(description.owed.iter().map(|owed| owed.state.as_str()).collect::<Vec<_>>(), ["Reserve", "Charge"]);
    world.mend_all();
    world.run_for(&world.coordinator(), 1_000).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.owed.len()), (Aborted, 0));
    assert_eq!(description.failure.map(|failure| failure.error).as_deref(), Some("Customer"));
    assert_eq!(world.effects(), ["reserve", "refund", "release"]);
}

// Fails if a stop that comes too late is an error, or is answered with its own time.
#[tokio::test]
async fn stopping_what_has_ended_changes_nothing() {
    let world = World::new(SAGA).await;
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let ended_at = world.description("order-1").await.closed_at.unwrap();
    world.advance(10);
    assert_eq!(world.coordinator().stop(stop("order-1")).await.unwrap().stopped_at, ended_at);
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails if no head is taken for an error of the store.
#[tokio::test]
async fn an_execution_that_does_not_exist_cannot_be_stopped() {
    let world = World::new(SAGA).await;
    let error = world.coordinator().stop(stop("order-1")).await.unwrap_err();
    assert_eq!(error, StopError::ExecutionDoesNotExist(World::arn("order-1")));
}
