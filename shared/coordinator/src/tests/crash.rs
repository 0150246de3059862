//! The process is killed at each of its writes and sends, before and after they take effect; another one goes on.

use interpreter::ExecutionStatus::{self, Failed, Succeeded};
use messages::queue_name;
use store::ExecutionStore;

use super::definitions::PATIENT_SAGA;
use super::world::{Script, SendFault, World};

/// How a killed process's work is found again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Continued {
    /// By the messages that it did not acknowledge.
    ByRedelivery,
    /// By the watch alone: the queues are lost with it.
    ByWatch,
}

/// What a saga must come to.
struct Expected {
    status: ExecutionStatus,
    effects: &'static [&'static str],
}

/// Where the process is killed.
#[derive(Debug, Clone, Copy)]
enum Death {
    Write { number: u64, after: bool },
    Send { number: u64, after: bool },
}

/// Runs a saga whose process is killed at `death`. Answers whether it came to that.
async fn check(world: World, death: Death, continued: Continued, expected: &Expected) -> bool {
    match death {
        Death::Write { number, after } => world.kill_at_write(number, after),
        Death::Send { number, after } => {
            world.fail_sends([(number, if after { SendFault::KilledAfter } else { SendFault::KilledBefore })]);
        }
    }
    let answered = world.start("order-1", "{}").await.is_ok();
    world.run_for(&world.coordinator(), 200).await;
    let died = world.is_dead();
    world.mend_all();
    if continued == Continued::ByWatch {
        world.purge_all();
    }
    if !answered && world.store.head(&World::arn("order-1")).await.unwrap().is_none() {
        // It was not started, and its caller was not told that it was: the caller tries again.
        world.start("order-1", "{}").await.unwrap();
    }
    world.run_for(&world.coordinator(), 3_000).await;
    assert_eq!(world.status("order-1").await, expected.status, "{death:?} {continued:?}");
    assert_eq!(world.head_status("order-1").await, expected.status, "{death:?} {continued:?}: the head");
    assert_eq!(world.effects(), expected.effects, "{death:?} {continued:?}");
    died
}

/// Kills at each write and each send until there are no more.
async fn check_each_death(world: impl AsyncFn() -> World, expected: &Expected) {
    let kinds: [fn(u64, bool) -> Death; 2] =
        [|number, after| Death::Write { number, after }, |number, after| Death::Send { number, after }];
    for kind in kinds {
        for continued in [Continued::ByRedelivery, Continued::ByWatch] {
            let mut number = 1;
            while check(world().await, kind(number, false), continued, expected).await {
                assert!(check(world().await, kind(number, true), continued, expected).await);
                number += 1;
            }
            assert!(number > 3, "only {number} deaths were tried");
        }
    }
}

// By redelivery, fails without publishing since the revision that a stale message names (`commands` in deliver.rs); by watch, without
// `wake_at` lowered before the commit, `with_start`, or the whole of `outstanding` on a wake.
#[tokio::test]
async fn a_saga_succeeds_wherever_its_coordinator_is_killed() {
    let expected = Expected { status: Succeeded, effects: &["reserve", "charge", "ship"] };
    check_each_death(async || World::new(PATIENT_SAGA).await, &expected).await;
}

// Fails for the same reasons as the one above, and if `outstanding` leaves compensations out.
#[tokio::test]
async fn a_saga_is_undone_wherever_its_coordinator_is_killed() {
    let expected = Expected { status: Failed, effects: &["reserve", "charge", "refund", "release"] };
    let declined = Script::Fails { times: 100, error: "CarrierRefuses", refusal: true };
    check_each_death(async || World::new(PATIENT_SAGA).await.with("ship", declined.clone()), &expected).await;
}

/// A Wait, then a task beside another Wait.
const TASK_BESIDE_A_WAIT: &str = r#"{ "StartAt": "Pause", "States": {
  "Pause": { "Type": "Wait", "Seconds": 10, "Next": "Both" },
  "Both": { "Type": "Parallel", "End": true, "Branches": [
    { "StartAt": "Look", "States": { "Look": { "Type": "Task", "Resource": "fn:look", "End": true } } },
    { "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 20, "End": true } } }
  ] } } }"#;

// Found by the simulator. Fails if a hint that was delivered before counts only by what it finds due now: the request of the entry that it led to
// first would wait for the watch (`stale_since`).
#[tokio::test]
async fn a_redelivered_hint_that_finds_something_else_due_publishes_what_it_led_to_before_repro() {
    let world = World::new(TASK_BESIDE_A_WAIT).await;
    world.start("order-1", "{}").await.unwrap();
    world.advance(10);
    world.kill_at_write(1, true);
    world.coordinate(&world.coordinator(), queue_name::HINTS).await;
    assert!(world.is_dead());
    world.mend_all();
    let requests = || world.queue.queue.depths("task-look").unwrap().total();
    assert_eq!((world.description("order-1").await.revision, requests()), (2, 0), "committed and not published");
    world.advance(31);
    world.coordinate(&world.coordinator(), queue_name::HINTS).await;
    assert_eq!((world.description("order-1").await.revision, requests()), (3, 1));
}

/// A task whose result does not fit its input, tried again.
const RESULT_THAT_DOES_NOT_FIT: &str = r#"{ "StartAt": "Look", "States": {
  "Look": {
    "Type": "Task", "Resource": "fn:look", "TimeoutSeconds": 60, "ResultPath": "$.look", "End": true,
    "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 100 }]
  } } }"#;

// Found by the simulator. Fails if the success is applied a second time in the backoff that it led to, which then counts only by what it does now: the
// hint of that backoff would wait for the watch.
#[tokio::test]
async fn a_redelivered_success_that_failed_its_state_publishes_what_that_led_to_repro() {
    let world = World::new(RESULT_THAT_DOES_NOT_FIT).await;
    world.start("order-1", "\"no object\"").await.unwrap();
    world.queue.queue.purge(queue_name::HINTS);
    world.work().await;
    world.kill_at_write(1, true);
    world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
    assert!(world.is_dead());
    world.mend_all();
    let hints = || world.queue.queue.depths(queue_name::HINTS).unwrap().total();
    assert_eq!((world.description("order-1").await.revision, hints()), (2, 0), "committed and not published");
    world.advance(31);
    world.coordinate(&world.coordinator(), queue_name::ANSWERS).await;
    assert_eq!((world.description("order-1").await.revision, hints()), (2, 1));
}
