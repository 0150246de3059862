//! Deadlines, hints and the watch: nothing is forgotten, nothing happens early.

use interpreter::ExecutionStatus::{Failed, Running, Succeeded};
use interpreter::TaskOutcome;
use messages::{CoordinatorBody, CoordinatorMessage, RequestBody, queue_name};
use serde_json::json;
use store::ExecutionStore;

use super::definitions::{CAUGHT, REVIEW_THEN_LOOK, SAGA, wait};
use super::world::{BEGINNING, Script, World};

fn hints(world: &World) -> Vec<CoordinatorBody> {
    world.queue.queue.peek(queue_name::HINTS, 100).iter().map(|peeked| CoordinatorBody::decode(&peeked.body).unwrap()).collect()
}

// Fails without `wake_at`: no hint can be so late, and nobody else would look.
#[tokio::test]
async fn a_far_deadline_is_the_watchs() {
    let world = World::new(&wait(3 * 86_400)).await;
    world.start("order-1", "{}").await.unwrap();
    assert!(hints(&world).is_empty(), "a hint has 900 s at most");
    let coordinator = world.coordinator();
    for _ in 0..3 {
        world.run_for(&coordinator, 120).await;
        assert_eq!(world.status("order-1").await, Running);
        world.advance(86_400 - 120);
    }
    world.run_for(&coordinator, 120).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails without `raise_wake`: the head would be due at each look.
#[tokio::test]
async fn an_execution_that_was_woken_is_not_due_again() {
    let world = World::new(&wait(3 * 86_400)).await;
    world.start("order-1", "{}").await.unwrap();
    let coordinator = world.coordinator();
    assert_eq!(coordinator.watch().await.unwrap().due, 1, "a start leaves its head due");
    world.run(&coordinator).await;
    world.advance(60);
    assert_eq!(coordinator.watch().await.unwrap().due, 0);
    world.advance(86_400);
    assert_eq!(coordinator.watch().await.unwrap().due, 1, "within a day");
}

// Fails if the head is not lowered before the commit of what needs it (`precede`), or a wake does not publish again.
#[tokio::test]
async fn an_execution_with_a_request_outstanding_is_looked_at_within_900_seconds() {
    let world = World::new(REVIEW_THEN_LOOK).await;
    world.start("order-1", "{}").await.unwrap();
    let coordinator = world.coordinator();
    // The first wake finds a request outstanding, the second nothing but the callback.
    world.run_for(&coordinator, 1_000).await;
    let wake_at = async || world.store.head(&World::arn("order-1")).await.unwrap().unwrap().wake_at.unwrap();
    assert!(wake_at().await > world.now().plus_seconds(80_000), "with only a callback outstanding, within a day");
    let token = world.workers.lock().unwrap().requests[0].token.to_string();
    coordinator.send_task_success(&token, "{}").await.unwrap();
    assert!(wake_at().await <= world.now().plus_seconds(900));
    world.purge_all();
    world.run_for(&coordinator, 1_000).await;
    assert_eq!(world.status("order-1").await, Succeeded);
    assert_eq!(world.effects(), ["review", "look"]);
}

// Fails if an early hint is acknowledged without being sent again for the rest.
#[tokio::test]
async fn a_hint_that_comes_early_is_sent_again_for_the_rest() {
    let world = World::new(&wait(300)).await;
    world.start("order-1", "{}").await.unwrap();
    let hint = hints(&world).into_iter().next().unwrap();
    world.queue.queue.purge(queue_name::HINTS);
    let coordinator = world.coordinator();
    let due = BEGINNING.plus_seconds(300);
    assert!(matches!(hint.message, CoordinatorMessage::Timer { due: at, .. } if at == due));
    world.advance(290);
    let send = crate::publish::outgoing(&hint, Default::default());
    messages::MessageQueue::send(&*world.queue, queue_name::HINTS, std::slice::from_ref(&send)).await.unwrap();
    world.run(&coordinator).await;
    assert_eq!(world.status("order-1").await, Running);
    assert_eq!(hints(&world), [hint], "with the same due time");
    assert_eq!(world.queue.queue.depths(queue_name::HINTS).unwrap().delayed, 1);
    // Clocks differ between hosts: 5 s ahead is near enough.
    world.advance(5);
    messages::MessageQueue::send(&*world.queue, queue_name::HINTS, &[send]).await.unwrap();
    world.run(&coordinator).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}

fn only_request(world: &World, queue: &str) -> RequestBody {
    RequestBody::decode(&world.queue.queue.peek(queue, 1).first().unwrap().body).unwrap()
}

// Fails if overdue deadlines fire after the messages, or not at all, in whatever message's transition.
#[tokio::test]
async fn an_answer_after_its_deadline_is_too_late_in_both_orders() {
    for timeout_is_committed_first in [true, false] {
        let world = World::new(CAUGHT).await.with("look", Script::IsSilent);
        world.start("order-1", "{}").await.unwrap();
        let request = only_request(&world, "task-look");
        let coordinator = world.coordinator();
        if timeout_is_committed_first {
            world.advance(61);
            world.run(&coordinator).await;
            assert_eq!(world.status("order-1").await, Succeeded);
        } else {
            world.queue.queue.purge(queue_name::HINTS);
            world.advance(61);
        }
        world.answer(&request, TaskOutcome::Succeeded { result: json!("late") }).await;
        world.run(&coordinator).await;
        let output = world.description("order-1").await.output.unwrap();
        assert!(output.contains("States.Timeout"), "committed first: {timeout_is_committed_first}: {output}");
        assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 0, "it is acknowledged all the same");
    }
}

// Fails if every stale message publishes again: two answers to one task would then feed each other for ever (docs/adr/0015).
#[tokio::test]
async fn a_second_answer_publishes_nothing() {
    let world = World::new(SAGA).await.with("charge", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    let reserve = only_request(&world, "task-reserve");
    let coordinator = world.coordinator();
    world.run(&coordinator).await;
    world.purge_all();
    world.answer(&reserve, TaskOutcome::Succeeded { result: json!({"done": "reserve"}) }).await;
    world.coordinate(&coordinator, messages::queue_name::ANSWERS).await;
    assert_eq!(world.queue.queue.depths(messages::queue_name::ANSWERS).unwrap().total(), 0, "it is acknowledged");
    assert_eq!(world.queue.queue.depths("task-charge").unwrap().total(), 0, "its first answer was followed up already");
}

// Fails without hints (`publish_hints`): the watch would look only after 900 s.
#[tokio::test]
async fn a_task_that_is_never_answered_fails_by_its_hint() {
    let world = World::new(SAGA).await.with("charge", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    world.run_for(&world.coordinator(), 200).await;
    let description = world.description("order-1").await;
    assert_eq!(description.status, Failed);
    // The charge's outcome is unknown, hence it is refunded.
    assert_eq!(world.effects(), ["reserve", "refund", "release"]);
}

/// Two Maps beside each other, whose iterations all look at their items at the same time.
const ALL_AT_ONCE: &str = r#"{ "StartAt": "Both", "States": { "Both": { "Type": "Parallel", "End": true, "Branches": [
  { "StartAt": "Some", "States": { "Some": { "Type": "Map", "ItemsPath": "$.some", "End": true, "ItemProcessor": {
    "StartAt": "Rest", "States": {
      "Rest": { "Type": "Wait", "Seconds": 10, "Next": "Look" },
      "Look": { "Type": "Pass", "InputPath": "$.text", "End": true } } } } } },
  { "StartAt": "Others", "States": { "Others": { "Type": "Map", "ItemsPath": "$.others", "End": true, "ItemProcessor": {
    "StartAt": "RestToo", "States": {
      "RestToo": { "Type": "Wait", "Seconds": 10, "Next": "LookToo" },
      "LookToo": { "Type": "Pass", "InputPath": "$.text", "End": true } } } } } }
] } } }"#;

// Found by the simulator. Fails if a decision that needs a value for each of many states that it visits is taken for one that never ends
// (`reads_per_decision`): its hints and wakes were dropped as of a corrupt execution, which stood for ever.
#[tokio::test]
async fn a_decision_reads_a_value_for_each_state_that_it_visits_repro() {
    let mut world = World::new(ALL_AT_ONCE).await;
    world.settings.limits.inline_bytes = 40;
    let items = |name: &str| -> Vec<serde_json::Value> {
        (0..40).map(|number| serde_json::json!({ "text": format!("{name} {number}"), "filler": "x".repeat(60) })).collect()
    };
    let input = serde_json::json!({ "some": items("some"), "others": items("others") });
    world.start("order-1", &input.to_string()).await.unwrap();
    world.run_for(&world.coordinator(), 20).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}
