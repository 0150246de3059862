//! Redriving what is parked; the head is told before the journal, so that the watch never loses it.

use interpreter::ExecutionStatus::{Failed, Running, Succeeded};
use interpreter::Parked;
use messages::queue_name;
use store::{ExecutionStore, Fault, FaultPlan, Operation};

use super::definitions::SAGA;
use super::world::{Script, World};
use crate::{RedriveError, StopRequest};

/// A saga whose refund fails for good after shipping was refused.
async fn parked() -> World {
    let definition = SAGA.replace(
        r#"{"Resource": "fn:refund"}"#,
        r#"{"Resource": "fn:refund", "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]}"#,
    );
    let world = World::new(&definition)
        .await
        .with("ship", Script::Fails { times: 1, error: "CarrierRefuses", refusal: true })
        .with("refund", Script::Fails { times: 100, error: "ProviderDown", refusal: false });
    world.start("order-1", "{}").await.unwrap();
    world.run_for(&world.coordinator(), 200).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.parked), (Failed, Some(Parked::Unwinding)));
    assert_eq!(description.not_redrivable, None);
    let owed: Vec<_> = description.owed.iter().map(|owed| (owed.state.as_str(), owed.given_up.is_some())).collect();
    assert_eq!(owed, [("Reserve", false), ("Charge", true)]);
    world.mend("refund");
    world
}

// Fails if what was given up is not tried again, or if the head is told neither before the entry nor after it that the execution is open.
#[tokio::test]
async fn a_redrive_goes_on_with_what_is_owed() {
    let world = parked().await;
    world.coordinator().redrive(&World::arn("order-1")).await.unwrap();
    assert_eq!((world.status("order-1").await, world.head_status("order-1").await), (Running, Running));
    world.run_for(&world.coordinator(), 100).await;
    let description = world.description("order-1").await;
    assert_eq!((description.status, description.parked, description.owed.len()), (Failed, None, 0));
    assert_eq!(world.effects(), ["reserve", "charge", "refund", "release"]);
    assert_eq!(world.head_status("order-1").await, Failed);
    let again = world.coordinator().redrive(&World::arn("order-1")).await;
    assert!(matches!(again, Err(RedriveError::NotRedrivable(_))), "what was unwound to the end is started anew");
}

// Fails if the head is only told after the commit: killed in between, nobody would look at it again.
#[tokio::test]
async fn a_redrive_that_is_interrupted_is_either_done_or_not() {
    let mut number = 1;
    loop {
        for after in [false, true] {
            let world = parked().await;
            world.kill_at_write(number, after);
            let redriven = world.coordinator().redrive(&World::arn("order-1")).await;
            let died = world.is_dead();
            world.mend_all();
            world.purge_all();
            world.run_for(&world.coordinator(), 3_000).await;
            let description = world.description("order-1").await;
            assert_eq!((description.status, world.head_status("order-1").await), (Failed, Failed), "killed at {number}, {after}");
            let redriven_at_all = description.redrive_count == 1;
            assert_eq!(redriven_at_all, description.owed.is_empty(), "killed at {number}, {after}");
            assert!(redriven_at_all || redriven.is_err());
            if !died {
                assert!(number > 2);
                return;
            }
        }
        number += 1;
    }
}

// Fails without `close_reopened_head`: the head would be open, and due each minute, for ever.
#[tokio::test]
async fn a_head_that_a_dead_redrive_left_open_is_closed_again() {
    let world = parked().await;
    world.store.follow(FaultPlan::none().always(Operation::PutEntry, Fault::Unavailable));
    world.coordinator().redrive(&World::arn("order-1")).await.unwrap_err();
    world.mend_all();
    assert_eq!((world.status("order-1").await, world.head_status("order-1").await), (Failed, Running));
    let coordinator = world.coordinator();
    // A wake that is early, because another one was on its way.
    assert_eq!(coordinator.refill().await.unwrap().woken, 1);
    world.run(&coordinator).await;
    assert_eq!(world.head_status("order-1").await, Running, "the redrive may still be under way");
    world.run_for(&coordinator, 2_000).await;
    assert_eq!(world.head_status("order-1").await, Failed);
    let due = world.store.due(world.now().plus_seconds(80_000), 10).await.unwrap();
    assert!(due.is_empty(), "it is parked, and looked at once a day: {due:?}");
}

// Found by the simulator. Fails if a redriven execution keeps the `wake_at` that it had when it ended (`plan`), or if a head is closed as soon as it is due
// (`close_reopened_head`): the redrive stood still before its entry, which then found the head closed; had it stopped behind it, nobody would have looked.
#[tokio::test]
async fn a_redrive_that_stands_still_finds_its_head_open_repro() {
    let world = parked().await;
    let coordinator = world.coordinator();
    world.store.follow(FaultPlan::none().always(Operation::PutEntry, Fault::Unavailable));
    coordinator.redrive(&World::arn("order-1")).await.unwrap_err();
    world.mend_all();
    for _ in 0..14 {
        world.run_for(&coordinator, 60).await;
        assert_eq!(world.head_status("order-1").await, Running);
    }
    // The first look behind its time.
    world.advance(100);
    coordinator.watch().await.unwrap();
    world.coordinate(&coordinator, queue_name::HINTS).await;
    assert_eq!(world.head_status("order-1").await, Running);
}

// Found by the simulator. Fails if the head of what ends with the entry of its redrive is not opened first (`precede`): killed before its report, it said ABORTED
// for ever, and nobody looked.
#[tokio::test]
async fn a_redrive_that_ends_at_once_reports_its_end_whatever_happens_repro() {
    const WAITS: &str = r#"{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 10, "End": true}}}"#;
    for number in 1.. {
        let mut died = false;
        for after in [false, true] {
            let world = World::new(WAITS).await;
            world.start("order-1", "{}").await.unwrap();
            world
                .coordinator()
                .stop(StopRequest { execution_arn: World::arn("order-1"), error: None, cause: None })
                .await
                .unwrap();
            world.advance(20);
            world.kill_at_write(number, after);
            // Whether it is answered is another question.
            let _ = world.coordinator().redrive(&World::arn("order-1")).await;
            died = world.is_dead();
            world.mend_all();
            world.purge_all();
            world.run_for(&world.coordinator(), 3_000).await;
            let status = world.status("order-1").await;
            assert_eq!(world.head_status("order-1").await, status, "killed at {number}, {after}");
        }
        if !died {
            assert!(number > 3, "the head is told, the entry put, the head told again");
            return;
        }
    }
}

// Fails if a rejected redrive counts as done, or if a description does not try one.
#[tokio::test]
async fn what_has_succeeded_or_runs_is_not_redriven() {
    let world = World::new(SAGA).await;
    world.start("order-1", "{}").await.unwrap();
    let check = async |status| {
        let description = world.description("order-1").await;
        assert_eq!(description.status, status);
        assert!(description.not_redrivable.is_some());
        let error = world.coordinator().redrive(&World::arn("order-1")).await.unwrap_err();
        assert!(matches!(error, RedriveError::NotRedrivable(_)), "{error}");
    };
    check(Running).await;
    world.run(&world.coordinator()).await;
    check(Succeeded).await;
    let unknown = world.coordinator().redrive(&World::arn("order-2")).await;
    assert_eq!(unknown, Err(RedriveError::ExecutionDoesNotExist(World::arn("order-2"))));
}
