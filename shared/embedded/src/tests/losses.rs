//! Messages that are lost, cannot be read, or that nobody answers.

use std::sync::Arc;

use async_trait::async_trait;
use interpreter::{ExecutionStatus, Routes};
use messages::{MessageQueue, Outgoing, queue_name};
use serde_json::json;
use worker::{Completion, Effect, Handler, HandlerError, Task};

use super::world::{assert_done, jumping, routes, start};
use crate::{Options, System};

#[tokio::test(start_paused = true)]
async fn an_execution_whose_queues_are_purged_goes_on_within_the_watch_time() {
    let system = System::open(jumping()).unwrap();
    let execution = start(&system, "purged", json!({ "pauseSeconds": 0 })).await;
    system.queues().names().iter().for_each(|queue| system.queues().purge(queue));
    let began = system.ports().now();
    system.begin();
    // The refill wakes it too: lost as well.
    system.refilled().await.unwrap();
    system.queues().purge(queue_name::HINTS);
    let ended = system.ended(&execution).await.unwrap();
    assert_done(&system, &ended, false).await;
    let interval = system.parts.coordinator.settings().limits.wake_within_seconds;
    assert!(ended.closed_at.unwrap() <= began.plus_seconds(interval + 60), "{:?}", ended.closed_at);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_read_is_listed_with_its_reason() {
    let system = System::start(jumping()).unwrap();
    let unreadable = [Outgoing::standard("no message of ours")];
    for queue in [queue_name::HINTS, "tasks"] {
        system.queues().send(queue, &unreadable).await.unwrap();
    }
    let execution = start(&system, "other", json!({ "pauseSeconds": 1 })).await;
    system.ended(&execution).await.unwrap();
    let reasons: Vec<_> = system.parked_messages(10).into_iter().map(|parked| parked.attributes["reason"].clone()).collect();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
}

/// Never ready.
struct Busy;

#[async_trait]
impl Handler for Busy {
    fn function(&self) -> &str {
        "first"
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, _task: &Task) -> Result<Completion, HandlerError> {
        Err(HandlerError::NotNow("busy".to_owned()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_received_too_often_is_answered_for_its_worker() {
    let only_first = Routes(routes().0.into_iter().filter(|(function, _)| function == "first").collect());
    let options: Options = jumping().serving(only_first, |_| vec![Arc::new(Busy) as Arc<dyn Handler>]);
    let system = System::start(options).unwrap();
    let definition = r#"{"StartAt": "First", "States": {"First":
        {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:first", "End": true}}}"#;
    system.register_machine("busy", definition).await.unwrap();
    let started = system.start_execution("busy", "b", "{}").await.unwrap();
    let ended = system.ended(&started.identity.arn).await.unwrap();
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert_eq!(ended.failure.unwrap().error, "Lambda.Unknown");
    assert_eq!(system.dead_letters(), 0);
}
