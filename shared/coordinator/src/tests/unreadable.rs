//! Bad input gets a precise answer and loses nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use interpreter::ExecutionStatus::{Running, Succeeded};
use interpreter::{DefinitionHash, ExecutionId, StateFailure, TaskOutcome};
use messages::queue_limits::MESSAGE_ATTRIBUTES;
use messages::{CoordinatorBody, CoordinatorMessage, Delivery, Disposition, Receipt, RequestBody, queue_name};
use serde_json::json;
use store::{ExecutionStore, Fault, FaultPlan, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, Operation};

use super::definitions::{CAUGHT, PARALLEL, SAGA};
use super::world::{Script, SendFault, World};
use crate::{DeliverError, DescribeError, StartError};

pub(super) fn delivery(body: impl Into<String>) -> Delivery {
    Delivery {
        id: "message-1".to_owned(),
        receipt: Receipt("receipt-1".to_owned()),
        body: body.into(),
        attributes: BTreeMap::from([("trace".to_owned(), "1-2-3".to_owned())]),
        receive_count: 1,
    }
}

pub(super) fn answer_to(request: &RequestBody, outcome: TaskOutcome) -> Delivery {
    let message = CoordinatorMessage::Answer { token: request.token.clone(), outcome };
    delivery(CoordinatorBody::new(request.execution.clone(), message).encode())
}

pub(super) fn succeeded() -> TaskOutcome {
    TaskOutcome::Succeeded { result: json!({}) }
}

// Fails if what cannot be read is dropped, or given back until it is a dead letter without a reason.
#[tokio::test]
async fn what_cannot_be_read_is_parked_with_its_reason() {
    let world = World::new(SAGA).await;
    let dispositions = world.coordinator().handle(&[delivery("{\"v\": 1"), delivery("not ours")]).await;
    assert_eq!(dispositions, [Disposition::Done, Disposition::Done]);
    let parked = world.queue.queue.peek(queue_name::PARKING, 10);
    assert_eq!(parked.iter().map(|peeked| peeked.body.as_str()).collect::<Vec<_>>(), ["{\"v\": 1", "not ours"]);
    for peeked in parked {
        assert!(peeked.attributes.get("reason").unwrap().starts_with("not a message of ours"), "{peeked:?}");
        assert_eq!(peeked.attributes.get("trace").map(String::as_str), Some("1-2-3"));
    }
}

// Fails if `park` does not look at what the parking queue answers: nobody would have the message.
#[tokio::test]
async fn what_cannot_be_parked_comes_again() {
    let world = World::new(SAGA).await;
    world.fail_sends((1..=5).map(|send| (send, SendFault::Unavailable)));
    let dispositions = world.coordinator().handle(&[delivery("not ours")]).await;
    assert!(matches!(dispositions[..], [Disposition::GiveBack { .. }]));
}

// Fails if the version is not read first: what a newer release wrote would be parked.
#[tokio::test]
async fn what_a_newer_release_wrote_is_given_back() {
    let world = World::new(SAGA).await;
    let body = r#"{"v": 2, "news": true}"#;
    let delay = Duration::from_secs(world.settings.bounds.newer_give_back_seconds);
    assert_eq!(world.coordinator().handle(&[delivery(body)]).await, [Disposition::GiveBack { delay }]);
    assert_eq!(world.coordinator().answer_dead_letters(&[delivery(body)]).await, [Disposition::GiveBack { delay }]);
    assert_eq!(world.queue.queue.depths(queue_name::PARKING).unwrap().total(), 0);
}

// Fails if the attributes that came with a message leave no room for the reason: the queue refuses the eleventh.
#[tokio::test]
async fn the_reason_goes_before_the_attributes_that_came_with_the_message() {
    let world = World::new(SAGA).await;
    for count in [MESSAGE_ATTRIBUTES - 1, MESSAGE_ATTRIBUTES] {
        let attributes = (0..count).map(|number| (format!("a{number}"), "value".to_owned())).collect();
        let unreadable = Delivery { attributes, ..delivery("not ours") };
        assert_eq!(world.coordinator().handle(&[unreadable]).await, [Disposition::Done], "{count}");
        let parked = world.queue.queue.peek(queue_name::PARKING, 10).pop().unwrap();
        assert_eq!(parked.attributes.len(), MESSAGE_ATTRIBUTES, "{count}");
        assert!(parked.attributes.contains_key("reason") && parked.attributes.contains_key("a8"), "{count}: {parked:?}");
        world.queue.queue.purge(queue_name::PARKING);
    }
}

// Fails if an entry of a newer release counts as corrupt (its answers would be parked, its head postponed) or as a store that does not answer (it
// would be read again and again, and its messages come back every few seconds).
#[tokio::test]
async fn what_is_about_an_execution_that_a_newer_release_wrote_is_given_back() {
    let world = World::new(CAUGHT).await.with("look", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let request = world.workers.lock().unwrap().requests[0].clone();
    let head = world.store.head(&World::arn("order-1")).await.unwrap();
    world.store.follow(FaultPlan::none().always(Operation::LatestEntry, Fault::NewerFormat));
    let wake = delivery(CoordinatorBody::new(request.execution.clone(), CoordinatorMessage::wake()).encode());
    let delay = Duration::from_secs(world.settings.bounds.newer_give_back_seconds);
    let coordinator = world.coordinator();
    assert_eq!(coordinator.handle(&[answer_to(&request, succeeded())]).await, [Disposition::GiveBack { delay }]);
    assert_eq!(world.store.calls(Operation::LatestEntry), 1);
    assert_eq!(coordinator.handle(&[wake, answer_to(&request, succeeded())]).await, [Disposition::GiveBack { delay }; 2]);
    assert_eq!(world.queue.queue.depths(queue_name::PARKING).unwrap().total(), 0);
    let error = coordinator.describe(&World::arn("order-1")).await.unwrap_err();
    assert!(matches!(error, DescribeError::Deliver(error) if error.is_retryable()));
    let error = world.start("order-1", "{}").await.unwrap_err();
    assert!(!matches!(error, StartError::Deliver(DeliverError::Corrupt(_))), "{error}");
    world.mend_all();
    assert_eq!(world.store.head(&World::arn("order-1")).await.unwrap(), head);
    assert_eq!(coordinator.handle(&[answer_to(&request, succeeded())]).await, [Disposition::Done]);
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails if it is given back: it would come until it is a dead letter, and nobody could do anything about it.
#[tokio::test]
async fn a_message_about_nobody_is_acknowledged() {
    let world = World::new(SAGA).await;
    let body = CoordinatorBody::new(ExecutionId::from_random(1), CoordinatorMessage::wake()).encode();
    assert_eq!(world.coordinator().handle(&[delivery(body)]).await, [Disposition::Done]);
}

// Fails if one message of a batch decides over the others.
#[tokio::test]
async fn one_bad_message_does_not_hinder_the_others() {
    let world = World::new(CAUGHT).await.with("look", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let request = world.workers.lock().unwrap().requests[0].clone();
    let mut forged = request.clone();
    forged.token.proof ^= 1;
    let batch = [delivery("not ours"), answer_to(&forged, succeeded()), answer_to(&request, succeeded())];
    assert_eq!(world.coordinator().handle(&batch).await, [Disposition::Done; 3]);
    assert_eq!(world.status("order-1").await, Succeeded);
}

/// Moves an execution to another world, without its value items and with so many entries.
async fn move_entries(from: &World, to: &World, id: &ExecutionId, entries: usize) {
    let head = from.store.head_of(id).await.unwrap().unwrap();
    to.store.create_head(&head).await.unwrap();
    for entry in from.store.entries(id, 1, entries).await.unwrap() {
        to.store.put_entry(&entry).await.unwrap();
    }
}

// Fails if such a token counts as forged, or its message is given back for ever.
#[tokio::test]
async fn an_answer_from_before_the_table_was_restored_is_acknowledged() {
    let first = World::new(SAGA).await.with("charge", Script::IsSilent);
    first.start("order-1", "{}").await.unwrap();
    first.run(&first.coordinator()).await;
    let [reserve, charge] = &first.workers.lock().unwrap().requests.clone()[..] else { panic!("two requests") };
    let restored = World::new(SAGA).await;
    move_entries(&first, &restored, &charge.execution, 1).await;
    let before = restored.description("order-1").await;
    assert_eq!(restored.coordinator().handle(&[answer_to(charge, succeeded())]).await, [Disposition::Done]);
    assert_eq!(restored.description("order-1").await, before);
    assert_eq!(restored.coordinator().handle(&[answer_to(reserve, succeeded())]).await, [Disposition::Done]);
    restored.run(&restored.coordinator()).await;
    assert_eq!(restored.status("order-1").await, Succeeded, "it goes on from where it was restored");
}

// Fails if a batch is not taken apart when it cannot be applied as a whole (`may_be_of_one_message`).
#[tokio::test]
async fn an_answer_that_cannot_be_applied_is_taken_out_and_the_others_go_on() {
    let large = format!(r#"{{"Type": "Pass", "Result": "{}", "Next": "A"}}"#, "x".repeat(5_000));
    let definition =
        PARALLEL.replace(r#"{"StartAt": "A", "States": {"#, &format!(r#"{{"StartAt": "Large", "States": {{"Large": {large}, "#));
    let first = World::new(&definition).await.with("notify", Script::IsSilent);
    first.start("order-1", "{}").await.unwrap();
    first.run(&first.coordinator()).await;
    let requests = first.workers.lock().unwrap().requests.clone();
    let second = World::new(&definition).await;
    move_entries(&first, &second, &requests[0].execution, 100).await;
    let answers: Vec<Delivery> = requests.iter().map(|request| answer_to(request, succeeded())).collect();
    let before = second.description("order-1").await.revision;
    assert_eq!(second.coordinator().handle(&answers).await, [Disposition::Done; 4]);
    assert_eq!(second.description("order-1").await.revision, before + 3, "one each of the other three");
    let parked = second.queue.queue.peek(queue_name::PARKING, 10);
    assert_eq!(parked.len(), 1);
    let body = CoordinatorBody::decode(&parked[0].body).unwrap();
    let bad = requests.iter().find(|request| request.state == "A").unwrap();
    assert!(matches!(body.message, CoordinatorMessage::Answer { token, .. } if token == bad.token));
    assert!(parked[0].attributes["reason"].contains("does not exist"), "{parked:?}");
}

// Fails if an execution that cannot be worked on takes its answers with it, or keeps the watch busy.
#[tokio::test]
async fn the_answers_of_a_corrupt_execution_are_parked_and_its_wakes_postponed() {
    let mut world = World::new(CAUGHT).await.with("look", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let request = world.workers.lock().unwrap().requests[0].clone();
    // Its definition is gone.
    let id = request.execution.clone();
    let mut entry = world.store.latest_entry(&id).await.unwrap().unwrap();
    entry.execution.definition = DefinitionHash::of("gone");
    entry.execution.revision += 1;
    entry.revision += 1;
    world.store.put_entry(&entry).await.unwrap();
    world.settings.bounds.cached_definitions = 1;
    let coordinator = world.coordinator();
    assert_eq!(coordinator.handle(&[answer_to(&request, succeeded())]).await, [Disposition::Done]);
    let parked = world.queue.queue.peek(queue_name::PARKING, 10);
    assert!(parked[0].attributes["reason"].contains("corrupt"), "{parked:?}");
    world.advance(1_000);
    assert_eq!(coordinator.watch().await.unwrap().due, 1);
    world.run(&coordinator).await;
    assert_eq!(coordinator.watch().await.unwrap().due, 0, "postponed");
    world.advance(900);
    assert_eq!(coordinator.watch().await.unwrap().due, 1);
}

// Fails if the ledger is not asked: a task that has succeeded would be undone, or done again.
#[tokio::test]
async fn a_dead_request_is_answered_by_the_ledger_or_as_unknown() {
    let refused = LedgerState::Failed { failure: StateFailure::named("Refused"), refusal: true };
    let succeeded = LedgerState::Succeeded { result: json!({}) };
    let check = async |state: Option<(u32, LedgerState)>, effects: &[&str]| {
        let world = World::new(SAGA).await.with("charge", Script::IsSilent);
        world.start("order-1", "{}").await.unwrap();
        let coordinator = world.coordinator();
        world.run(&coordinator).await;
        let request = world.workers.lock().unwrap().requests.last().unwrap().clone();
        assert_eq!(request.function, "charge");
        if let Some((attempt, state)) = state.clone() {
            let entry = LedgerEntry { attempt, state, heartbeat_at: None, version: 1 };
            assert!(world.store.put_ledger(&request.key, &entry, LedgerExpectation::Absent).await.unwrap());
        }
        assert_eq!(coordinator.answer_dead_letters(&[delivery(request.encode())]).await, [Disposition::Done]);
        world.run(&coordinator).await;
        assert_eq!(world.effects(), effects, "{state:?}");
    };
    check(None, &["reserve", "refund", "release"]).await;
    check(Some((1, refused.clone())), &["reserve", "release"]).await;
    // What another attempt came to proves nothing about this one.
    check(Some((2, refused)), &["reserve", "refund", "release"]).await;
    check(Some((1, succeeded)), &["reserve", "ship"]).await;
    // Nobody will ever perform it.
    check(Some((1, LedgerState::Revoked)), &["reserve", "refund", "release"]).await;
}

// Found by the simulator. Fails if a dead request whose key is revoked is dropped (`answer_for`): its first delivery was answered, revoked the key on the way
// and stopped, and the second one published nothing of the rest.
#[tokio::test]
async fn a_dead_request_that_was_answered_before_publishes_what_that_led_to_repro() {
    let world = World::new(&CAUGHT.replace(r#""TimeoutSeconds": 60"#, r#""Compensation": "None""#)).await;
    world.start("order-1", "{}").await.unwrap();
    let request = super::publish::requests(&world, "task-look").remove(0);
    // The entry, the revocation, the report.
    world.kill_at_write(3, false);
    world.coordinator().answer_dead_letters(&[delivery(request.encode())]).await;
    assert!(world.is_dead());
    world.mend_all();
    let revoked = world.store.ledger(&request.key).await.unwrap().map(|entry| entry.state);
    assert_eq!((revoked, world.status("order-1").await), (Some(LedgerState::Revoked), Succeeded));
    assert_eq!(world.head_status("order-1").await, Running);
    let again = Delivery { receive_count: 2, ..delivery(request.encode()) };
    assert_eq!(world.coordinator().answer_dead_letters(&[again]).await, [Disposition::Done]);
    assert_eq!(world.head_status("order-1").await, Succeeded);
}
