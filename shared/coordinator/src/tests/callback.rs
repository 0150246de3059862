//! Tasks that are answered from outside, by their token.

use clock::Clock;
use futures::FutureExt;
use interpreter::ExecutionStatus::{Running, Succeeded};
use interpreter::Timestamp;
use messages::queue_name;
use store::{ExecutionStore, Fault, FaultPlan, LedgerStore, Operation};

use super::definitions::REVIEW;
use super::world::World;
use crate::{SendTaskFailureError, SendTaskHeartbeatError, SendTaskSuccessError};

/// A review that waits for its answer, and the answer's token.
async fn review() -> (World, String) {
    let world = World::new(REVIEW).await;
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    assert_eq!(world.status("order-1").await, Running);
    let token = world.workers.lock().unwrap().requests[0].token.to_string();
    (world, token)
}

// Fails if the answer is not committed before the call returns.
#[tokio::test]
async fn a_success_is_in_the_journal_when_it_is_answered() {
    let (world, token) = review().await;
    world.coordinator().send_task_success(&token, r#"{"approved": true}"#).await.unwrap();
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.output.as_deref()), (Succeeded, Some(r#"{"approved":true}"#)));
    let again = world.coordinator().send_task_success(&token, "{}").await;
    assert_eq!(again, Err(SendTaskSuccessError::TaskTimedOut));
}

// Fails if the answer is not committed before the call returns, or is committed with another error.
#[tokio::test]
async fn a_failure_is_in_the_journal_when_it_is_answered() {
    let (world, token) = review().await;
    world.coordinator().send_task_failure(&token, Some("Rejected".to_owned()), None).await.unwrap();
    let description = world.description("order-1").await;
    assert_eq!(description.failure.map(|failure| failure.error).as_deref(), Some("Rejected"));
    let again = world.coordinator().send_task_failure(&token, None, None).await;
    assert_eq!(again, Err(SendTaskFailureError::TaskTimedOut));
}

// Fails if a text is taken for a token unread, a rejection for an answer that was taken (`taken`), an execution that does not exist for an error of
// ours, or an output for JSON unread.
#[tokio::test]
async fn what_is_no_token_or_no_output_is_refused_by_name() {
    let (world, token) = review().await;
    let coordinator = world.coordinator();
    let forged = format!("{}{}", &token[..token.len() - 4], "0000");
    let elsewhere = token.replacen(&token[4..36], &"0".repeat(32), 1);
    assert_eq!(coordinator.send_task_success("x", "{}").await, Err(SendTaskSuccessError::InvalidToken));
    assert_eq!(coordinator.send_task_success(&forged, "{}").await, Err(SendTaskSuccessError::InvalidToken));
    assert_eq!(coordinator.send_task_success(&elsewhere, "{}").await, Err(SendTaskSuccessError::TaskDoesNotExist));
    assert!(matches!(coordinator.send_task_success(&token, "{").await, Err(SendTaskSuccessError::InvalidOutput(_))));
    assert_eq!(coordinator.send_task_heartbeat("x").await, Err(SendTaskHeartbeatError::InvalidToken));
    assert_eq!(coordinator.send_task_heartbeat(&forged).await, Err(SendTaskHeartbeatError::InvalidToken));
    assert_eq!(coordinator.send_task_heartbeat(&elsewhere).await, Err(SendTaskHeartbeatError::TaskDoesNotExist));
    assert_eq!(world.status("order-1").await, Running);
}

// Fails if an answer is only taken when everything it led to is published: its caller's second try would come too late.
#[tokio::test]
async fn an_answer_that_is_committed_counts_although_the_head_was_not_told() {
    let (world, token) = review().await;
    world.store.follow(FaultPlan::none().always(Operation::Report, Fault::Unavailable));
    world.coordinator().send_task_success(&token, "{}").await.unwrap();
    assert_eq!(world.head_status("order-1").await, Running);
    world.mend_all();
    world.run_for(&world.coordinator(), 1_000).await;
    assert_eq!(world.head_status("order-1").await, Succeeded);
}

// Found by the simulator. Fails if an end needs no look (`plan`): with only a callback outstanding the head was due within a day, and so long showed the
// execution as running.
#[tokio::test]
async fn an_end_that_the_head_was_not_told_is_found_within_900_seconds_repro() {
    let world = World::new(&REVIEW.replace(r#""HeartbeatSeconds": 300, "#, "")).await;
    world.start("order-1", "{}").await.unwrap();
    let coordinator = world.coordinator();
    world.run_for(&coordinator, 2_000).await;
    let token = world.workers.lock().unwrap().requests[0].token.to_string();
    world.store.follow(FaultPlan::none().always(Operation::Report, Fault::Unavailable));
    coordinator.send_task_success(&token, "{}").await.unwrap();
    assert_eq!((world.status("order-1").await, world.head_status("order-1").await), (Succeeded, Running));
    world.mend_all();
    world.run_for(&coordinator, 1_000).await;
    assert_eq!(world.head_status("order-1").await, Succeeded);
}

// Fails if the ledger is not read before a heartbeat is judged overdue, or heartbeats are not written there.
#[tokio::test]
async fn heartbeats_keep_a_task_alive() {
    let (world, token) = review().await;
    let coordinator = world.coordinator();
    for _ in 0..10 {
        world.run_for(&coordinator, 200).await;
        coordinator.send_task_heartbeat(&token).await.unwrap();
    }
    assert_eq!(world.status("order-1").await, Running);
    world.run_for(&coordinator, 1_000).await;
    assert_eq!(world.status("order-1").await, Succeeded);
    assert_eq!(world.description("order-1").await.output.as_deref(), Some("\"unanswered\""));
    assert_eq!(coordinator.send_task_heartbeat(&token).await, Err(SendTaskHeartbeatError::TaskTimedOut));
}

// Found by reading. Fails if what was read of heartbeats before a conflict counts after it (`settle`): the process stood still in between, and the task
// was heard of meanwhile.
#[tokio::test]
async fn a_heartbeat_that_comes_while_a_conflict_is_waited_out_is_heard_repro() {
    let (world, token) = review().await;
    let coordinator = world.coordinator();
    let key = world.workers.lock().unwrap().requests[0].key.clone();
    world.advance(200);
    coordinator.send_task_heartbeat(&token).await.unwrap();
    world.advance(150);
    world.store.follow(FaultPlan::none().at(Operation::PutEntry, 1, Fault::Conflict));
    let (store, clock) = (world.store.clone(), world.clock.clone());
    world.at_next_pause(200, move || {
        let in_time = Timestamp::from_millis(clock.now_millis() - 100_000);
        store.heartbeat(&key, in_time).now_or_never().unwrap().unwrap();
    });
    world.coordinate(&coordinator, queue_name::HINTS).await;
    let entry = world.store.latest_entry(&world.description("order-1").await.identity.id).await.unwrap().unwrap();
    assert_eq!(entry.events, []);
    assert_eq!(world.status("order-1").await, Running);
}

// Fails if a heartbeat is delivered to the execution as an answer is.
#[tokio::test]
async fn a_heartbeat_is_no_transition() {
    let (world, token) = review().await;
    let id = world.description("order-1").await.identity.id;
    let before = world.store.latest_entry(&id).await.unwrap();
    world.coordinator().send_task_heartbeat(&token).await.unwrap();
    assert_eq!(world.store.latest_entry(&id).await.unwrap(), before);
}
