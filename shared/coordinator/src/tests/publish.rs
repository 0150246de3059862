//! Publishing: each message's own answer counts, and what can never be published fails its task.

use interpreter::ExecutionStatus::{Failed, Running, Succeeded};
use interpreter::{HistoryEventKind, Message, StateFailure, TaskAnswer, TaskOutcome};
use messages::{CoordinatorBody, CoordinatorMessage, InputBody, RequestBody, queue_name};
use store::{Fault, FaultPlan, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, Operation};

use super::definitions::{CAUGHT, CHARGE_BESIDE_LOOK, PARALLEL, REVIEW, SAGA};
use super::world::{Script, SendFault, World};
use crate::HistoryQuery;

/// A worker's answer to a request.
pub(super) fn answer(request: &RequestBody, outcome: TaskOutcome) -> Message {
    Message::Answer(TaskAnswer { token: request.token.clone(), outcome, by_callback: false })
}

pub(super) fn requests(world: &World, queue: &str) -> Vec<RequestBody> {
    world.queue.queue.peek(queue, 100).iter().map(|peeked| RequestBody::decode(&peeked.body).unwrap()).collect()
}

async fn events(world: &World, name: &str) -> Vec<HistoryEventKind> {
    let query = HistoryQuery { execution_arn: World::arn(name), limit: 1_000, with_data: true, ..HistoryQuery::default() };
    let page = world.coordinator().history(&query).await.unwrap();
    page.events.into_iter().map(|event| event.kind).collect()
}

// Fails if the answers to the entries of a batch are not looked at one by one.
#[tokio::test]
async fn what_a_batch_left_out_is_sent_again_and_only_that() {
    let world = World::new(PARALLEL).await;
    world.fail_sends([(1, SendFault::EveryOtherFails)]);
    world.start("order-1", "{}").await.unwrap();
    let mut states: Vec<String> = requests(&world, "task-notify").into_iter().map(|request| request.state).collect();
    states.sort();
    assert_eq!(states, ["A", "B", "C", "D"]);
}

// Fails if a send that was not answered is not tried again, or is taken for one that succeeded.
#[tokio::test]
async fn a_batch_whose_answer_was_lost_is_sent_again() {
    let world = World::new(PARALLEL).await;
    world.fail_sends([(1, SendFault::LostAnswer)]);
    world.start("order-1", "{}").await.unwrap();
    assert_eq!(requests(&world, "task-notify").len(), 8, "twice is better than never");
    world.run(&world.coordinator()).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails if `handle` acknowledges although something is unpublished.
#[tokio::test]
async fn a_message_is_acknowledged_when_what_it_led_to_is_published() {
    let world = World::new(SAGA).await;
    world.start("order-1", "{}").await.unwrap();
    world.work().await;
    let coordinator = world.coordinator();
    world.fail_sends((1..=30).map(|send| (send, SendFault::Unavailable)));
    world.coordinate(&coordinator, queue_name::ANSWERS).await;
    assert!(requests(&world, "task-charge").is_empty());
    assert_eq!(world.queue.queue.depths(queue_name::ANSWERS).unwrap().total(), 1, "it was given back");
    world.mend_all();
    world.advance(world.settings.bounds.give_back_seconds);
    world.coordinate(&coordinator, queue_name::ANSWERS).await;
    assert_eq!(requests(&world, "task-charge").len(), 1);
    assert_eq!(world.description("order-1").await.revision, 2, "the answer was committed the first time");
}

// Fails without follow-ups in `publish_settled`; the refusal without `unseen_since`.
#[tokio::test]
async fn a_request_that_can_never_be_published_is_a_refusal() {
    let world = World::new(SAGA).await;
    world.queue.queue.refuse("task-charge", "access denied");
    world.start("order-1", "{}").await.unwrap();
    world.run(&world.coordinator()).await;
    let description = world.description("order-1").await;
    assert_eq!(description.status, Failed);
    assert_eq!(description.failure.map(|failure| failure.error).as_deref(), Some("Backstep.Undeliverable"));
    // Nothing was charged, provably: no refund is owed.
    assert_eq!(world.effects(), ["reserve", "release"]);
}

// Found by the simulator. Fails if a request that its publisher alone was refused is taken for one that nobody published (`withdraw`): a wake had read the
// entry meanwhile and got it through, and the charge stood though nothing was owed.
#[tokio::test]
async fn a_refused_request_that_somebody_else_got_through_leaves_its_effect_unknown_repro() {
    let check = async |found: Option<LedgerState>, effects: &[&str], left: LedgerState| {
        let world = World::new(SAGA).await;
        world.start("order-1", "{}").await.unwrap();
        let reserve = requests(&world, "task-reserve").remove(0).key;
        let charge = interpreter::IdempotencyKey(reserve.0.replace("/Reserve/1", "/Charge/2"));
        world.work().await;
        if let Some(state) = found.clone() {
            let entry = LedgerEntry { attempt: 1, state, heartbeat_at: None, version: 1 };
            assert!(world.store.put_ledger(&charge, &entry, LedgerExpectation::Absent).await.unwrap());
        }
        world.fail_sends([(1, SendFault::Refused)]);
        world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
        let entry = world.store.ledger(&charge).await.unwrap();
        world.run(&world.coordinator()).await;
        assert_eq!(world.effects(), effects, "{found:?}");
        assert_eq!(entry.map(|entry| entry.state), Some(left), "{found:?}");
    };
    let failure = StateFailure::new("Backstep.Undeliverable", "the queue `task-charge` refuses the request: as planned");
    let withdrawn = LedgerState::Failed { failure, refusal: false };
    let succeeded = LedgerState::Succeeded { result: serde_json::json!({}) };
    let lease_until = super::world::BEGINNING.plus_seconds(60);
    let live = LedgerState::InProgress { owner: "worker".to_owned(), lease_until };
    check(None, &["reserve", "release"], withdrawn.clone()).await;
    check(Some(LedgerState::HeardOf), &["reserve", "refund", "release"], LedgerState::HeardOf).await;
    check(Some(succeeded.clone()), &["reserve", "refund", "release"], succeeded).await;
    check(Some(live.clone()), &["reserve", "refund", "release"], live).await;
}

// Fails if a refusal after a send that was not answered counts as the first publish (`doubtful`), or one after an unanswered put does
// (`tries`): somebody may have read that entry and published it.
#[tokio::test]
async fn after_an_unanswered_call_a_refusal_by_the_queue_proves_nothing() {
    let check = async |sends: &[(u64, SendFault)], puts: FaultPlan, effects: &[&str]| {
        let world = World::new(SAGA).await;
        world.start("order-1", "{}").await.unwrap();
        world.work().await;
        let coordinator = world.coordinator();
        world.fail_sends(sends.iter().copied());
        world.store.follow(puts.clone());
        world.coordinate(&coordinator, queue_name::ANSWERS).await;
        world.queue.queue.purge("task-charge");
        world.run(&coordinator).await;
        assert_eq!(world.effects(), effects, "{sends:?} {puts:?}");
    };
    let lost = FaultPlan::none().at(Operation::PutEntry, 1, Fault::LostAnswer);
    check(&[(1, SendFault::Refused)], FaultPlan::none(), &["reserve", "release"]).await;
    check(&[(1, SendFault::LostAnswer), (2, SendFault::Refused)], FaultPlan::none(), &["reserve", "refund", "release"]).await;
    check(&[(1, SendFault::Refused)], lost, &["reserve", "refund", "release"]).await;
}

// Fails if only the commit is looked at and not which of its requests are new (`request.revision`).
#[tokio::test]
async fn the_refusal_of_a_request_that_is_published_again_proves_nothing() {
    let world = World::new(CHARGE_BESIDE_LOOK).await.with("charge", Script::IsSilent);
    world.start("order-1", "{}").await.unwrap();
    let coordinator = world.coordinator();
    world.run(&coordinator).await;
    world.queue.queue.refuse("task-charge", "access denied");
    coordinator.refill().await.unwrap();
    world.run(&coordinator).await;
    assert_eq!(world.effects(), ["look", "refund"]);
}

// Fails if a request without a route is left out (`no_route`): the task would time out.
#[tokio::test]
async fn a_function_without_a_route_does_not_exist() {
    let mut world = World::new(CAUGHT).await;
    world.settings.routes.0.clear();
    world.start("order-1", "{}").await.unwrap();
    assert_eq!(world.status("order-1").await, Succeeded);
    let failure = events(&world, "order-1").await.into_iter().find_map(|event| match event {
        HistoryEventKind::LambdaFunctionScheduleFailed(details) => details.error,
        _ => None,
    });
    assert_eq!(failure.as_deref(), Some("Lambda.ResourceNotFoundException"));
}

// Fails if the bound is not looked at, or inlined values are not read.
#[tokio::test]
async fn large_inputs_travel_by_reference() {
    let check = async |bytes: usize, by_reference: bool| {
        let world = World::new(CAUGHT).await;
        let input = format!("\"{}\"", "x".repeat(bytes - 2));
        world.start("order-1", &input).await.unwrap();
        // Once with the value at hand, once by a coordinator that has to read it.
        let coordinator = world.coordinator();
        coordinator.refill().await.unwrap();
        world.coordinate(&coordinator, queue_name::HINTS).await;
        let found = requests(&world, "task-look");
        assert_eq!(found.len(), 2);
        for request in found {
            match request.input {
                InputBody::Input(value) => assert!(!by_reference && value.as_str().unwrap().len() == bytes - 2, "{bytes}"),
                InputBody::InputRef(_) => assert!(by_reference, "{bytes}"),
            }
        }
    };
    check(10, false).await;
    check(5_000, false).await;
    check(49_152, false).await;
    check(49_153, true).await;
}

// Fails if a request leaves it to the harness to guess (`provider` in request.rs), or names the action where the compensation is called.
#[tokio::test]
async fn requests_say_how_causes_name_who_does_the_work() {
    let check = async |definition: &str, expected: &[(&str, &str)]| {
        let refusing = Script::Fails { times: 1, error: "CarrierRefuses", refusal: true };
        let world = World::new(definition).await.with("ship", refusing);
        world.start("order-1", "{}").await.unwrap();
        world.run(&world.coordinator()).await;
        let requests = world.workers.lock().unwrap().requests.clone();
        let said: Vec<_> = requests.iter().map(|request| (&*request.function, request.provider.as_deref().unwrap())).collect();
        assert_eq!(said, expected);
    };
    let arn = |function: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{function}");
    let functions = ["reserve", "charge", "ship", "refund", "release"].map(|function| (function, arn(function)));
    check(SAGA, &functions.each_ref().map(|(function, arn)| (*function, &**arn))).await;
    check(REVIEW, &[("review", "lambda")]).await;
}

// Fails without `Command::Revoke` being performed.
#[tokio::test]
async fn a_task_that_was_stopped_and_needs_no_undoing_is_revoked() {
    let definition = PARALLEL.replace(r#""TimeoutSeconds": 600"#, r#""Compensation": "None""#);
    let world = World::new(&definition).await;
    world.start("order-1", "{}").await.unwrap();
    let stop = crate::StopRequest { execution_arn: World::arn("order-1"), ..crate::StopRequest::default() };
    world.coordinator().stop(stop).await.unwrap();
    for request in requests(&world, "task-notify") {
        let entry = world.store.ledger(&request.key).await.unwrap();
        assert_eq!(entry.map(|entry| entry.state), Some(LedgerState::Revoked), "{}", request.state);
    }
}

// Fails if a revocation takes a success back, leaves a live lease its key, or gives up when somebody else writes to the key (`revoke`).
#[tokio::test]
async fn a_key_is_revoked_unless_its_task_has_succeeded() {
    let definition = CAUGHT.replace(r#""TimeoutSeconds": 60"#, r#""Compensation": "None""#);
    let check = async |before: Option<LedgerState>, others_write: u64, after: LedgerState| {
        let world = World::new(&definition).await;
        world.start("order-1", "{}").await.unwrap();
        let key = requests(&world, "task-look").remove(0).key;
        if let Some(state) = before.clone() {
            let entry = LedgerEntry { attempt: 1, state, heartbeat_at: None, version: 1 };
            assert!(world.store.put_ledger(&key, &entry, LedgerExpectation::Absent).await.unwrap());
        }
        let plan = (1..=others_write).fold(FaultPlan::none(), |plan, nth| plan.at(Operation::PutLedger, nth, Fault::Conflict));
        world.store.follow(plan);
        let stop = crate::StopRequest { execution_arn: World::arn("order-1"), ..crate::StopRequest::default() };
        world.coordinator().stop(stop).await.unwrap();
        let state = world.store.ledger(&key).await.unwrap().map(|entry| entry.state);
        assert_eq!(state, Some(after), "{before:?}, {others_write}");
    };
    let failed = LedgerState::Failed { failure: StateFailure::named("Busy"), refusal: false };
    let succeeded = LedgerState::Succeeded { result: serde_json::json!({}) };
    let lease_until = super::world::BEGINNING.plus_seconds(600);
    let live = LedgerState::InProgress { owner: "worker".to_owned(), lease_until };
    check(None, 0, LedgerState::Revoked).await;
    check(None, 2, LedgerState::Revoked).await;
    check(Some(failed), 0, LedgerState::Revoked).await;
    check(Some(live), 1, LedgerState::Revoked).await;
    check(Some(LedgerState::Revoked), 0, LedgerState::Revoked).await;
    check(Some(succeeded.clone()), 0, succeeded).await;
}

// Found by the simulator. Fails if the success of an attempt that handed its token out keeps the key of a callback task from being revoked (`revocation_of`):
// the request of the last attempt would hand its token out after the task was stopped.
#[test]
fn a_callback_tasks_key_is_revoked_though_an_attempt_has_handed_its_token_out_repro() {
    let succeeded = LedgerState::Succeeded { result: serde_json::json!({}) };
    let entry = LedgerEntry { attempt: 1, state: succeeded, heartbeat_at: None, version: 1 };
    let revoked = |callback| crate::revoke::revocation_of(Some(entry.clone()), callback).map(|(revoked, _)| revoked.state);
    assert_eq!(revoked(true), Some(LedgerState::Revoked));
    assert_eq!(revoked(false), None);
}

// Fails if follow-ups are unbounded (this program never ends, and never waits), or without `send_wake_later`.
#[tokio::test]
async fn a_program_of_undeliverable_tasks_leaves_the_rest_to_a_wake() {
    let world = World::new(
        r#"{"StartAt": "Look", "States": {"Look": {
            "Type": "Task", "Resource": "fn:look", "TimeoutSeconds": 60, "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Look"}]
        }}}"#,
    )
    .await;
    world.queue.queue.refuse("task-look", "access denied");
    world.start("order-1", "{}").await.unwrap();
    assert_eq!(world.status("order-1").await, Running);
    let hints = world.queue.queue.depths(queue_name::HINTS).unwrap();
    assert_eq!(hints.visible, 0, "not at once");
    let sent = world.queue.queue.peek(queue_name::HINTS, 100);
    let is_wake = |body: &str| CoordinatorBody::decode(body).is_ok_and(|body| body.message == CoordinatorMessage::wake());
    assert!(sent.iter().any(|peeked| is_wake(&peeked.body)));
    world.queue.queue.permit("task-look");
    world.run_for(&world.coordinator(), 60).await;
    assert_eq!(world.status("order-1").await, Succeeded);
}
