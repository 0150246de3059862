//! Executions that live for longer than anything is kept: their wakes renew them.

use std::collections::BTreeMap;
use std::time::Duration;

use interpreter::ExecutionStatus::{self, Failed, Running, Succeeded};
use interpreter::{ExecutionId, Parked, Timestamp};
use messages::{CoordinatorBody, CoordinatorMessage, Delivery, Disposition, queue_name};
use serde_json::json;
use store::{ExecutionStore, Fault, FaultPlan, LedgerEntry, LedgerExpectation, LedgerState, LedgerStore, Operation};

use super::definitions::{SAGA, wait};
use super::unreadable::delivery;
use super::world::{BEGINNING, Script, SendFault, World};
use crate::{Coordinator, RedriveError, SettingsError};

const DAY_SECONDS: u64 = 86_400;
/// The shortest retention.
const RETENTION_DAYS: u64 = 15;
/// How often these tests look.
const STEP_SECONDS: u64 = DAY_SECONDS / 4;
/// Items of a page.
const PAGE: usize = 3;

/// Reserves, then rests for four days and has somebody review, seven times over, then ships.
fn long_saga() -> String {
    let mut states = r#""Reserve": {
        "Type": "Task", "Resource": "fn:reserve", "TimeoutSeconds": 60, "ResultPath": "$.reserved", "Next": "Rest1",
        "Compensation": {"Resource": "fn:release"}
    }"#
    .to_owned();
    for round in 1..=7 {
        let next = if round < 7 { format!("Rest{}", round + 1) } else { "Ship".to_owned() };
        states += &format!(
            r#", "Rest{round}": {{"Type": "Wait", "Seconds": {}, "Next": "Review{round}"}},
            "Review{round}": {{
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {{"FunctionName": "review", "Payload": {{"token.$": "$$.Task.Token"}}}},
                "ResultPath": "$.review", "Compensation": "None", "Next": "{next}"
            }}"#,
            4 * DAY_SECONDS
        );
    }
    states += r#", "Ship": {"Type": "Task", "Resource": "fn:ship", "TimeoutSeconds": 60, "ResultPath": "$.shipped", "Pivot": true, "End": true}"#;
    format!(r#"{{"StartAt": "Reserve", "States": {{{states}}}}}"#)
}

/// An order that is a value item.
fn order() -> String {
    json!({"order": "lamp ".repeat(1_000)}).to_string()
}

/// A world with an execution in it, in which renewals have small pages.
async fn started(definition: &str) -> World {
    let mut world = World::keeping(definition, RETENTION_DAYS).await;
    world.settings.bounds.renewed_per_page = PAGE;
    world.start("order-1", &order()).await.unwrap();
    world
}

async fn id(world: &World) -> ExecutionId {
    world.description("order-1").await.identity.id
}

/// Some hours pass; the watch looks, everything is done that can be, and what has expired is deleted.
async fn step(world: &World, coordinator: &Coordinator) {
    world.advance(STEP_SECONDS);
    coordinator.watch().await.unwrap();
    world.run(coordinator).await;
    world.store.inner().sweep(world.now());
}

/// Nothing of the execution is missing.
async fn check_whole(world: &World) {
    let head = world.store.head(&World::arn("order-1")).await.unwrap();
    let id = head.unwrap_or_else(|| panic!("its head is gone by {}", world.now())).identity.id;
    let revisions: Vec<u64> = world.store.entries(&id, 0, 10_000).await.unwrap().iter().map(|entry| entry.revision).collect();
    let latest = world.store.latest_entry(&id).await.unwrap().unwrap().revision;
    assert_eq!(revisions, (1..=latest).collect::<Vec<_>>(), "by {}", world.now());
    assert_eq!(*world.description("order-1").await.input, *order());
}

/// A reviewer reports when the request comes, and decides three days later.
async fn review(world: &World, coordinator: &Coordinator, seen: &mut BTreeMap<String, Timestamp>) {
    let requests = world.workers.lock().unwrap().requests.clone();
    for request in requests.iter().filter(|request| request.function == "review") {
        let token = request.token.to_string();
        match seen.get(&token) {
            None => {
                coordinator.send_task_heartbeat(&token).await.unwrap();
                seen.insert(token, world.now());
            }
            Some(since) if world.now() == since.plus_seconds(3 * DAY_SECONDS) => {
                coordinator.send_task_success(&token, r#"{"approved": true}"#).await.unwrap();
            }
            Some(_) => {}
        }
    }
}

// Fails without renewals: the head is gone after 15 days, its items after 16, and the ledger after 30. Fails if any kind of item is left out.
#[tokio::test]
async fn an_execution_that_lives_three_retentions_loses_nothing() {
    let check = async |refusals: u32, status: ExecutionStatus, effects: &[&str]| {
        let script = Script::Fails { times: refusals, error: "CarrierRefuses", refusal: true };
        let world = started(&long_saga()).await.with("ship", script);
        let coordinator = world.coordinator();
        world.run(&coordinator).await;
        let reserved = world.workers.lock().unwrap().requests[0].key.clone();
        let state = LedgerState::Succeeded { result: json!({"done": "reserve"}) };
        let done = LedgerEntry { attempt: 1, state, heartbeat_at: None, version: 1 };
        world.store.put_ledger(&reserved, &done, LedgerExpectation::Absent).await.unwrap();
        let mut seen = BTreeMap::new();
        while world.status("order-1").await == Running {
            step(&world, &coordinator).await;
            check_whole(&world).await;
            review(&world, &coordinator, &mut seen).await;
            world.run(&coordinator).await;
            assert!(world.now() < BEGINNING.plus_seconds(100 * DAY_SECONDS), "it does not end");
        }
        assert!(world.now() > BEGINNING.plus_seconds(3 * RETENTION_DAYS * DAY_SECONDS));
        let description = world.description("order-1").await;
        assert_eq!((description.status, world.effects()), (status, effects.iter().map(|&name| name.to_owned()).collect()));
        assert_eq!(world.store.ledger(&reserved).await, Ok(Some(done)));
        let (requests, told) = (world.workers.lock().unwrap().requests.clone(), description.output.unwrap_or_default());
        for request in requests.iter().filter(|request| request.function == "review") {
            assert!(world.store.ledger(&request.key).await.unwrap().is_some(), "who was heard of is known");
        }
        assert!(status != Succeeded || told.contains("lamp lamp"), "{told}");
    };
    check(0, Succeeded, &["reserve", "review", "review", "review", "review", "review", "review", "review", "ship"]).await;
    let undone = ["reserve", "review", "review", "review", "review", "review", "review", "review", "release"];
    check(1, Failed, &undone).await;
}

/// How many wakes and pages are on their way.
fn hints(world: &World) -> usize {
    [queue_name::HINTS, queue_name::ANSWERS].map(|queue| world.queue.queue.depths(queue).unwrap().total()).iter().sum()
}

/// A world on its tenth day, on which nobody has looked so far, and how many messages its renewal takes.
async fn neglected() -> World {
    let world = started(&wait(20 * DAY_SECONDS)).await;
    let coordinator = world.coordinator();
    world.run(&coordinator).await;
    // A few entries more, so that there are several pages.
    for _ in 0..5 {
        world.advance(DAY_SECONDS);
        coordinator.watch().await.unwrap();
        world.run(&coordinator).await;
    }
    world.advance(5 * DAY_SECONDS);
    world
}

/// Wakes the execution and handles so many messages of the renewal that this begins; answers whether it goes on.
async fn renew_pages(world: &World, pages: usize) -> bool {
    let coordinator = world.coordinator();
    coordinator.watch().await.unwrap();
    world.coordinate(&coordinator, queue_name::HINTS).await;
    for _ in 0..pages {
        world.coordinate_page(&coordinator).await;
    }
    hints(world) > 0
}

// Fails if the head is renewed by any page but the last: it would promise what was not renewed, and nobody would begin again in time.
#[tokio::test]
async fn a_renewal_that_is_lost_is_begun_again_by_a_later_wake() {
    let mut pages = 0;
    loop {
        let world = neglected().await;
        let goes_on = renew_pages(&world, pages).await;
        world.purge_all();
        let coordinator = world.coordinator();
        while world.now() < BEGINNING.plus_seconds(30 * DAY_SECONDS) {
            if world.now() < BEGINNING.plus_seconds(19 * DAY_SECONDS) {
                assert_eq!(world.status("order-1").await, Running);
            }
            step(&world, &coordinator).await;
            check_whole(&world).await;
        }
        assert_eq!(world.status("order-1").await, Succeeded, "lost after {pages} pages");
        if !goes_on {
            break;
        }
        pages += 1;
    }
    assert!(pages > 1, "there was but {pages} page");
}

// Fails if a page is not bounded, or two are handled by one message.
#[tokio::test]
async fn each_page_of_a_renewal_is_a_message() {
    let world = neglected().await;
    assert!(renew_pages(&world, 0).await, "the wake itself renews nothing");
    let (coordinator, id) = (world.coordinator(), id(&world).await);
    let items = world.store.entries(&id, 0, 100).await.unwrap().len() + 1;
    let mut messages = 0;
    while hints(&world) > 0 {
        assert_eq!(hints(&world), 1);
        world.store.follow(FaultPlan::none());
        world.coordinate_page(&coordinator).await;
        assert_eq!(world.store.calls(Operation::Renew), 1);
        assert_eq!(world.store.calls(Operation::PutEntry), 0, "it says nothing to the execution");
        messages += 1;
    }
    assert_eq!(messages, items / PAGE + 1, "{items} items");
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert_eq!(head.renewed_at, Some(world.now()));
}

// Fails if the head of each execution that is woken is read, or one is renewed that need not be.
#[tokio::test]
async fn a_young_execution_costs_nothing() {
    let world = started(&wait(20 * DAY_SECONDS)).await;
    let coordinator = world.coordinator();
    let mut renewed = Vec::new();
    for day in 1..=17 {
        world.advance(DAY_SECONDS);
        world.store.follow(FaultPlan::none());
        coordinator.watch().await.unwrap();
        world.run(&coordinator).await;
        assert_eq!(world.store.calls(Operation::RenewalIsDue), u64::from(day >= 8), "day {day}");
        renewed.extend(Some(day).filter(|_| world.store.calls(Operation::Renew) > 0));
    }
    assert_eq!(renewed, [8, 16], "at half of the retention");
}

fn page(execution: &ExecutionId, began_at: Timestamp, after: Option<&str>) -> Delivery {
    let message = CoordinatorMessage::Renew { began_at, after: after.map(str::to_owned) };
    delivery(CoordinatorBody::new(execution.clone(), message).encode())
}

// Fails if a page is written for what has ended, does not exist, or was renewed later.
#[tokio::test]
async fn a_page_that_nobody_needs_does_nothing() {
    let world = neglected().await;
    let (coordinator, id, now) = (world.coordinator(), id(&world).await, world.now());
    let check = async |execution: &ExecutionId, renewals: u64| {
        world.store.follow(FaultPlan::none());
        assert_eq!(coordinator.handle(&[page(execution, now, None)]).await, [Disposition::Done]);
        assert_eq!(world.store.calls(Operation::Renew), renewals);
    };
    check(&ExecutionId::from_random(1), 0).await;
    check(&id, 1).await;
    world.run(&coordinator).await;
    check(&id, 0).await;
    world.advance(1);
    world.start("order-2", "{}").await.unwrap();
    let second = world.description("order-2").await.identity.id;
    let stop = crate::StopRequest { execution_arn: World::arn("order-2"), error: None, cause: None };
    coordinator.stop(stop).await.unwrap();
    let message = page(&second, world.now().plus_seconds(1), None);
    world.store.follow(FaultPlan::none());
    assert_eq!(coordinator.handle(&[message]).await, [Disposition::Done]);
    assert_eq!(world.store.calls(Operation::Renew), 0, "it has ended");
}

// Fails if a page depends on what else is in its batch, or on how often it comes.
#[tokio::test]
async fn a_page_may_come_twice_and_beside_others() {
    let world = neglected().await;
    let (coordinator, id, now) = (world.coordinator(), id(&world).await, world.now());
    let wake = delivery(CoordinatorBody::new(id.clone(), CoordinatorMessage::wake()).encode());
    let batch = [page(&id, now, None), delivery("not ours"), wake, page(&id, now, None)];
    assert_eq!(coordinator.handle(&batch).await, [Disposition::Done; 4]);
    world.run(&coordinator).await;
    check_whole(&world).await;
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert_eq!(head.renewed_at, Some(now));
}

// Fails if a page that could not be renewed, or could not be sent on, is acknowledged; or one that never can be comes again and again.
#[tokio::test]
async fn a_page_that_fails_comes_again_if_that_can_help() {
    let world = neglected().await;
    let (coordinator, id, now) = (world.coordinator(), id(&world).await, world.now());
    let bounds = &world.settings.bounds;
    let after = |seconds| [Disposition::GiveBack { delay: Duration::from_secs(seconds) }];
    let first = [page(&id, now, None)];
    for operation in [Operation::Renew, Operation::HeadOf] {
        world.store.follow(FaultPlan::none().always(operation, Fault::Unavailable));
        assert_eq!(coordinator.handle(&first).await, after(bounds.give_back_seconds));
        world.store.follow(FaultPlan::none().at(operation, 1, Fault::NewerFormat));
        assert_eq!(coordinator.handle(&first).await, after(bounds.newer_give_back_seconds));
    }
    world.mend_all();
    world.fail_sends((1..=u64::from(bounds.tries_per_call)).map(|send| (send, SendFault::Unavailable)));
    assert_eq!(coordinator.handle(&first).await, after(bounds.give_back_seconds));
    world.mend_all();
    assert_eq!(coordinator.handle(&[page(&id, now, Some("nonsense"))]).await, [Disposition::Done], "a wake begins again");
    assert_eq!(hints(&world), 0);
}

// Fails if a wake is given back because its renewal was not begun: it would publish everything again.
#[tokio::test]
async fn a_wake_is_handled_though_its_renewal_could_not_begin() {
    let world = neglected().await;
    let (coordinator, id) = (world.coordinator(), id(&world).await);
    let wake = delivery(CoordinatorBody::new(id, CoordinatorMessage::wake()).encode());
    world.store.follow(FaultPlan::none().always(Operation::RenewalIsDue, Fault::Unavailable));
    assert_eq!(coordinator.handle(&[wake]).await, [Disposition::Done]);
    world.mend_all();
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert!(head.wake_at > Some(world.now()), "it rests");
}

// Fails if what expires within a day is opened again: its renewal might come too late; or if its description does not say so.
#[tokio::test]
async fn an_execution_that_is_about_to_expire_is_not_redriven() {
    for is_late in [false, true] {
        let refund = Script::Fails { times: u32::MAX, error: "ProviderDown", refusal: false };
        let ship = Script::Fails { times: 1, error: "CarrierRefuses", refusal: true };
        let world = World::keeping(SAGA, RETENTION_DAYS).await.with("refund", refund).with("ship", ship);
        world.start("order-1", "{}").await.unwrap();
        let coordinator = world.coordinator();
        world.run(&coordinator).await;
        while world.status("order-1").await == Running {
            world.advance(300);
            coordinator.watch().await.unwrap();
            world.run(&coordinator).await;
        }
        let last_day = BEGINNING.plus_seconds((RETENTION_DAYS - 1) * DAY_SECONDS);
        world.advance(last_day.since(world.now()).as_secs() - u64::from(!is_late));
        let said = world.description("order-1").await.not_redrivable;
        assert_eq!(said.is_some_and(|said| said.contains("expires")), is_late);
        let redriven = coordinator.redrive(&World::arn("order-1")).await;
        if is_late {
            assert!(matches!(&redriven, Err(RedriveError::NotRedrivable(reason)) if reason.contains("expires")), "{redriven:?}");
            continue;
        }
        redriven.unwrap();
        for _ in 0..40 {
            step(&world, &coordinator).await;
            assert!(world.store.head(&World::arn("order-1")).await.unwrap().is_some(), "by {}", world.now());
        }
    }
}

// Fails if an execution may be looked at for the first time when half of what is left has passed.
#[tokio::test]
async fn settings_by_which_executions_would_expire_are_refused() {
    let mut world = World::keeping(SAGA, RETENTION_DAYS).await;
    let half_seconds = RETENTION_DAYS * DAY_SECONDS / 2;
    world.settings.limits.wake_at_least_seconds = half_seconds - 1;
    let ports = world.coordinator().ports().clone();
    assert!(Coordinator::checked(ports.clone(), world.settings.clone()).is_ok());
    world.settings.limits.wake_at_least_seconds = half_seconds;
    let refused = Coordinator::checked(ports, world.settings.clone()).err();
    assert_eq!(refused, Some(SettingsError::LookedAtTooRarely { seconds: half_seconds, half_seconds }));
    assert_eq!(world.settings.check(None), Ok(()), "what is kept for ever may be looked at whenever");
}

// Fails if what is parked expires like what has ended: nobody would know any more what it owes. Fails if its head stays due for ever once it is not parked.
#[tokio::test]
async fn what_is_parked_is_kept_until_somebody_redrives_it() {
    let unwilling = SAGA.replace(
        r#"{"Resource": "fn:refund"}"#,
        r#"{"Resource": "fn:refund", "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]}"#,
    );
    let world = started(&unwilling)
        .await
        .with("ship", Script::Fails { times: 1, error: "CarrierRefuses", refusal: true })
        .with("refund", Script::Fails { times: 1, error: "ProviderDown", refusal: false });
    let coordinator = world.coordinator();
    world.run(&coordinator).await;
    assert_eq!(world.description("order-1").await.parked, Some(Parked::Unwinding));
    while world.now() < BEGINNING.plus_seconds(3 * RETENTION_DAYS * DAY_SECONDS) {
        step(&world, &coordinator).await;
        check_whole(&world).await;
        let due = world.store.due(world.now(), 10).await.unwrap();
        assert_eq!(due, [], "it is looked at once a day");
    }
    coordinator.redrive(&World::arn("order-1")).await.unwrap();
    world.run(&coordinator).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.parked, description.owed.len()), (Failed, None, 0));
    assert_eq!(world.effects(), ["reserve", "charge", "refund", "release"]);
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert_eq!((head.status, head.wake_at), (Failed, None));
    for _ in 0..(RETENTION_DAYS + 1) * DAY_SECONDS / STEP_SECONDS {
        step(&world, &coordinator).await;
    }
    assert_eq!(world.store.head(&World::arn("order-1")).await, Ok(None), "what owes nothing is not renewed");
}
