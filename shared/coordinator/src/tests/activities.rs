//! Tasks of activities: offered in the store, given once.

use interpreter::ExecutionStatus::{Aborted, Succeeded};
use store::LedgerStore;

use super::world::World;
use crate::{ActivityTask, StopRequest};

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:review";
const ASK: &str = r#"{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true,
    "Resource": "arn:aws:states:us-east-1:123456789012:activity:review"}}}"#;

async fn taken(world: &World) -> Option<ActivityTask> {
    world.coordinator().take_activity_task(ACTIVITY, Some("w")).await.unwrap()
}

async fn offers(world: &World) -> usize {
    let partition = format!("api#offers#{ACTIVITY}");
    world.store.items(&partition, None, 100, world.now()).await.unwrap().len()
}

// Fails if the task is not offered by its publication, given twice, or answered otherwise than a callback is.
#[tokio::test]
async fn a_task_is_offered_taken_once_and_answered() {
    let world = World::new(ASK).await;
    world.start("order-1", r#"{"large": 1}"#).await.unwrap();
    assert_eq!(offers(&world).await, 1);
    let task = taken(&world).await.unwrap();
    assert_eq!(&*task.input, r#"{"large":1}"#);
    assert_eq!((taken(&world).await, offers(&world).await), (None, 0));
    world.coordinator().send_task_success(&task.token.to_string(), "7").await.unwrap();
    assert_eq!(world.status("order-1").await, Succeeded);
}

// Fails if a wake does not offer again what nobody has, offers it twice, or offers what somebody has.
#[tokio::test]
async fn a_task_whose_offer_was_lost_is_offered_again_until_somebody_has_it() {
    let world = World::new(ASK).await;
    world.start("order-1", "{}").await.unwrap();
    world.run_for(&world.coordinator(), 2_000).await;
    assert_eq!(offers(&world).await, 1, "offered again, in the same place");
    let partition = format!("api#offers#{ACTIVITY}");
    let [offer] = <[_; 1]>::try_from(world.store.items(&partition, None, 10, world.now()).await.unwrap()).unwrap();
    let deletion = store::Write::Delete { key: offer.key, condition: store::Condition::Always };
    world.store.transact(&[], &[deletion], world.now()).await.unwrap();
    world.run_for(&world.coordinator(), 2_000).await;
    assert_eq!(offers(&world).await, 1);
    assert!(taken(&world).await.is_some());
    world.run_for(&world.coordinator(), 2_000).await;
    assert_eq!(offers(&world).await, 0);
}

// Fails if an offer that stayed behind is taken for a task.
#[tokio::test]
async fn the_offer_of_what_has_ended_is_given_to_nobody_and_goes() {
    let world = World::new(ASK).await;
    world.start("order-1", "{}").await.unwrap();
    let stop = StopRequest { execution_arn: World::arn("order-1"), error: None, cause: None };
    world.coordinator().stop(stop).await.unwrap();
    assert_eq!((world.status("order-1").await, offers(&world).await), (Aborted, 1));
    assert_eq!((taken(&world).await, offers(&world).await), (None, 0));
}

// Fails if a task that two ask for at once is given to both, or the second is not given the next.
#[tokio::test]
async fn two_who_ask_at_once_are_given_two_tasks() {
    let world = World::new(ASK).await;
    for name in ["order-1", "order-2"] {
        world.start(name, "{}").await.unwrap();
    }
    let (one, other) = futures::join!(taken(&world), taken(&world));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.token.execution, other.token.execution);
    assert_eq!((taken(&world).await, offers(&world).await), (None, 0));
}
