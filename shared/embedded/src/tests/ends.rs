//! Executions come to their end, over every store.

use serde_json::json;

use super::directory::Directory;
use super::world::{assert_done, jumping, options, start};
use crate::{StoreChoice, System};

async fn check(store: StoreChoice) {
    let system = System::start(options(store)).unwrap();
    let good = start(&system, "good", json!({ "pauseSeconds": 0 })).await;
    let bad = start(&system, "bad", json!({ "pauseSeconds": 0, "refuse": true })).await;
    assert_done(&system, &system.ended(&good).await.unwrap(), false).await;
    assert_done(&system, &system.ended(&bad).await.unwrap(), true).await;
    system.stop().await;
}

#[tokio::test]
async fn an_execution_ends_in_memory() {
    check(StoreChoice::Memory).await;
}

#[tokio::test]
async fn an_execution_ends_in_a_directory() {
    let directory = Directory::new();
    check(StoreChoice::Directory(directory.path().to_owned())).await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_two_days_ends() {
    let system = System::start(jumping()).unwrap();
    let began = system.ports().now();
    let seconds = 2 * 86_400;
    let execution = start(&system, "patient", json!({ "pauseSeconds": seconds })).await;
    let ended = system.ended(&execution).await.unwrap();
    assert_done(&system, &ended, false).await;
    assert!(ended.closed_at.unwrap() >= began.plus_seconds(seconds));
}

#[tokio::test(start_paused = true)]
async fn a_system_that_is_stopped_brings_what_it_began_to_its_end_and_begins_again() {
    let system = System::start(jumping()).unwrap();
    let execution = start(&system, "interrupted", json!({ "pauseSeconds": 0 })).await;
    system.stop().await;
    system.begin();
    assert_done(&system, &system.ended(&execution).await.unwrap(), false).await;
}
