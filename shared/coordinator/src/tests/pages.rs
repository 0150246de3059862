//! A wake publishes what is outstanding in pages.

use interpreter::ExecutionStatus::Succeeded;
use interpreter::{ExecutionId, Timestamp};
use messages::{CoordinatorBody, CoordinatorMessage, Delivery, Disposition, QueueSource as _, RequestBody, queue_name};
use store::{ExecutionStore, Fault, FaultPlan, Operation};

use super::definitions::EACH;
use super::unreadable::{answer_to, delivery, succeeded};
use super::world::{Script, World};

/// How many commands a wake publishes in these tests.
const BOUND: usize = 3;

/// An execution with so many requests outstanding that no worker will answer, and these. The queues are empty.
async fn outstanding(count: usize) -> (World, Vec<RequestBody>) {
    let mut world = World::new(EACH).await.with("notify", Script::IsSilent).with("look", Script::IsSilent);
    world.settings.bounds.commands_per_wake = BOUND;
    let items: Vec<usize> = (0..count).collect();
    world.start("order-1", &format!("{items:?}")).await.unwrap();
    let requests = requests(&world, "task-notify");
    assert_eq!(requests.len(), count);
    world.purge_all();
    (world, requests)
}

fn requests(world: &World, queue: &str) -> Vec<RequestBody> {
    world.queue.queue.peek(queue, 1_000).iter().map(|peeked| RequestBody::decode(&peeked.body).unwrap()).collect()
}

/// What was published for these workers, in the order of keys.
fn keys(requests: &[RequestBody]) -> Vec<String> {
    let mut keys: Vec<String> = requests.iter().map(|request| request.key.to_string()).collect();
    keys.sort();
    keys
}

/// Handles a wake, or what goes on with one: one page. Answers how many requests it published.
async fn page(world: &World) -> usize {
    let before = requests(world, "task-notify").len();
    assert!(world.coordinate_page(&world.coordinator()).await, "nobody goes on");
    let published = requests(world, "task-notify").len() - before;
    assert!(published <= BOUND, "{published} in one page");
    published
}

async fn all_pages(world: &World) {
    for _ in 0..20 {
        if hints(world) == 0 {
            return;
        }
        page(world).await;
    }
    panic!("its pages do not end");
}

async fn revision(world: &World) -> u64 {
    world.description("order-1").await.revision
}

/// How many wakes and pages are on their way.
fn hints(world: &World) -> usize {
    [queue_name::HINTS, queue_name::ANSWERS].map(|queue| world.queue.queue.depths(queue).unwrap().total()).iter().sum()
}

/// The page that is on its way.
fn next_page(world: &World) -> String {
    world.queue.queue.peek(queue_name::ANSWERS, 1).remove(0).body
}

// Fails if the bound is not looked at, if no further wake is sent, or if a page begins anywhere but behind the one before. With a commit for each
// page, fails by the revision.
#[tokio::test]
async fn a_wake_publishes_all_that_is_outstanding_page_by_page() {
    for (count, pages) in [(1, vec![1]), (BOUND, vec![3]), (BOUND + 1, vec![3, 1]), (11, vec![3, 3, 3, 2])] {
        let (world, requested) = outstanding(count).await;
        let before = revision(&world).await;
        assert_eq!(world.coordinator().watch().await.unwrap().woken, 1);
        for published in pages {
            assert_eq!(page(&world).await, published, "of {count}");
        }
        assert_eq!(hints(&world), 0, "of {count}");
        assert_eq!(keys(&requests(&world, "task-notify")), keys(&requested));
        assert_eq!(revision(&world).await, before + 1, "one transition for all pages");
    }
}

// Fails if `wake_at` is raised by any page but the last.
#[tokio::test]
async fn what_a_crash_between_two_pages_left_is_found_by_the_watch() {
    let (world, requested) = outstanding(11).await;
    for lost_after in [1, 2, 3] {
        world.advance(1_000);
        assert_eq!(world.coordinator().watch().await.unwrap().due, 1);
        for _ in 0..lost_after {
            page(&world).await;
        }
        world.purge_all();
        assert_eq!(world.coordinator().watch().await.unwrap().due, 1, "still due after {lost_after} pages");
        all_pages(&world).await;
        assert_eq!(keys(&requests(&world, "task-notify")), keys(&requested));
        assert_eq!(world.coordinator().watch().await.unwrap().due, 0, "looked at");
        world.purge_all();
    }
}

// Fails without `WakeRest::wake_at`: the last page of the first wake would have the head rest for as long as the second had promised, whose own pages
// are lost.
#[tokio::test]
async fn a_wake_promises_no_more_than_its_own_pages_keep() {
    let (world, _) = outstanding(7).await;
    world.coordinator().watch().await.unwrap();
    page(&world).await;
    let first = next_page(&world);
    let promised = world.now().plus_seconds(900);
    world.advance(60);
    world.purge_all();
    world.coordinator().watch().await.unwrap();
    page(&world).await;
    world.purge_all();
    assert_eq!(world.coordinator().handle(&[delivery(first)]).await, [Disposition::Done]);
    all_pages(&world).await;
    let head = world.store.head(&World::arn("order-1")).await.unwrap().unwrap();
    assert_eq!(head.wake_at, Some(promised));
}

// Fails if a place is an index: what was answered would move all behind it, and a request would be left out. Fails without `WakeRest::before`: what
// the answers led to would be published by a page once more.
#[tokio::test]
async fn what_happens_between_two_pages_takes_nothing_from_the_next() {
    let (world, requested) = outstanding(11).await;
    world.coordinator().watch().await.unwrap();
    page(&world).await;
    let first = keys(&requests(&world, "task-notify"));
    let is_first = |request: &&RequestBody| first.contains(&request.key.to_string());
    let answered: Vec<&RequestBody> =
        requested.iter().filter(is_first).take(2).chain(requested.iter().filter(|request| !is_first(request)).take(2)).collect();
    let answers: Vec<Delivery> = answered.iter().map(|request| answer_to(request, succeeded())).collect();
    assert_eq!(world.coordinator().handle(&answers).await, [Disposition::Done; 4]);
    all_pages(&world).await;
    let answered_unsent = keys(&answered.into_iter().skip(2).cloned().collect::<Vec<_>>());
    let expected: Vec<String> = keys(&requested).into_iter().filter(|key| !answered_unsent.contains(key)).collect();
    assert_eq!(keys(&requests(&world, "task-notify")), expected, "the other nine, once each");
    assert_eq!(requests(&world, "task-look").len(), 4, "published when the answers were");
}

// Fails if a further wake is taken for stale, or depends on how often it comes or what else comes with it.
#[tokio::test]
async fn a_page_may_come_twice_late_and_beside_others() {
    let (world, requested) = outstanding(7).await;
    let coordinator = world.coordinator();
    coordinator.watch().await.unwrap();
    page(&world).await;
    let further = next_page(&world);
    let twice = [delivery(further.clone()), delivery(further.clone())];
    assert_eq!(coordinator.handle(&twice).await, [Disposition::Done; 2]);
    assert_eq!(requests(&world, "task-notify").len(), 2 * BOUND, "the two are one page");
    let wake = CoordinatorBody::new(requested[0].execution.clone(), CoordinatorMessage::wake()).encode();
    for both in [[further.clone(), wake.clone()], [wake, further.clone()]] {
        world.purge_all();
        assert_eq!(coordinator.handle(&both.map(delivery)).await, [Disposition::Done; 2]);
        let again = requests(&world, "task-notify");
        assert_eq!(keys(&again), keys(&requested)[..2 * BOUND], "each is a page by itself");
    }
    world.mend("notify");
    world.mend("look");
    world.run(&coordinator).await;
    assert_eq!(world.status("order-1").await, Succeeded);
    world.purge_all();
    assert_eq!(coordinator.handle(&[delivery(further)]).await, [Disposition::Done], "of what has ended");
    assert_eq!((requests(&world, "task-notify").len(), hints(&world)), (0, 0));
}

// Fails if a message that was delivered before publishes all that is outstanding at once.
#[tokio::test]
async fn a_stale_message_leaves_more_than_a_page_to_a_wake() {
    for (count, published, woken) in [(BOUND, BOUND, 0), (BOUND + 1, 0, 1)] {
        let (world, requested) = outstanding(count).await;
        let hint = CoordinatorMessage::Timer { due: Timestamp::from_millis(1), revision: 1 };
        let execution: ExecutionId = requested[0].execution.clone();
        let again = Delivery { receive_count: 2, ..delivery(CoordinatorBody::new(execution, hint).encode()) };
        assert_eq!(world.coordinator().handle(&[again]).await, [Disposition::Done]);
        assert_eq!((requests(&world, "task-notify").len(), hints(&world)), (published, woken), "of {count}");
        let (hint, other) = (CoordinatorMessage::Timer { due: Timestamp::from_millis(1), revision: 1 }, "message-2".to_owned());
        let body = CoordinatorBody::new(requested[0].execution.clone(), hint).encode();
        let other = Delivery { receive_count: 2, id: other, ..delivery(body) };
        assert_eq!(world.coordinator().handle(&[other]).await, [Disposition::Done]);
        assert_eq!(hints(&world), woken, "one wake publishes what both may have led to");
    }
}

// Found by the simulator. Fails if a page is sent on before what it could never publish is a failure (`publish_settled`): the pages behind it raise the head,
// and whoever held the failure stops.
#[tokio::test]
async fn the_next_page_waits_for_what_this_one_can_never_publish_repro() {
    let (world, _) = outstanding(BOUND + 1).await;
    assert_eq!(world.coordinator().watch().await.unwrap().woken, 1);
    world.queue.queue.refuse("task-notify", "access denied");
    let unavailable = |plan: FaultPlan, nth| plan.at(Operation::PutEntry, nth, Fault::Unavailable);
    world.store.follow((2..=20).fold(FaultPlan::none(), unavailable));
    world.coordinate(&world.coordinator(), queue_name::HINTS).await;
    let sent = world.queue.queue.peek(queue_name::HINTS, 10);
    let wakes = sent.iter().map(|sent| CoordinatorBody::decode(&sent.body).unwrap().message);
    assert_eq!(wakes.collect::<Vec<_>>(), [CoordinatorMessage::wake()], "given back, and not gone on with");
    world.mend_all();
    world.queue.queue.permit("task-notify");
    world.advance(world.settings.bounds.give_back_seconds);
    all_pages(&world).await;
    assert_eq!(requests(&world, "task-notify").len(), BOUND + 1);
}

// Found by the simulator (seeds 19988, 65293). Fails if a page goes on as often as it is delivered (`Coordinator::once`): two go on side by side, and each of them
// may be two at its next page.
#[tokio::test]
async fn a_page_that_is_delivered_again_goes_on_once_repro() {
    let (world, requested) = outstanding(4 * BOUND).await;
    let coordinator = world.coordinator();
    coordinator.watch().await.unwrap();
    page(&world).await;
    let second = next_page(&world);
    page(&world).await;
    let third = next_page(&world);
    assert_ne!(second, third);
    let again = |body: &str| Delivery { receive_count: 2, ..delivery(body.to_owned()) };
    assert_eq!(coordinator.handle(&[again(&second)]).await, [Disposition::Done]);
    assert_eq!((hints(&world), next_page(&world)), (1, third.clone()), "the third page is on its way");
    page(&world).await;
    let fourth = next_page(&world);
    for earlier in [&second, &third, &second] {
        assert_eq!(coordinator.handle(&[again(earlier)]).await, [Disposition::Done]);
        assert_eq!((hints(&world), next_page(&world)), (1, fourth.clone()));
    }
    all_pages(&world).await;
    let mut published = keys(&requests(&world, "task-notify"));
    published.dedup();
    assert_eq!(published, keys(&requested));
    assert_eq!(coordinator.handle(&[again(&second)]).await, [Disposition::Done]);
    assert_eq!(hints(&world), 0, "all have been there");
}

// Fails if what goes on with one wake is taken for what goes on with another that says the same (`WakeRest::began_with`): the pages of the first may be lost.
#[tokio::test]
async fn each_wake_goes_on_with_pages_of_its_own() {
    let mut pages = Vec::new();
    for _ in 0..2 {
        let (world, _) = outstanding(2 * BOUND).await;
        world.coordinator().watch().await.unwrap();
        page(&world).await;
        let page = CoordinatorBody::decode(&next_page(&world)).unwrap().message;
        let CoordinatorMessage::Wake { rest: Some(rest) } = page else { panic!("{page:?} is no page") };
        assert!(!rest.began_with.is_empty());
        pages.push(rest);
    }
    let (world, requested) = outstanding(2 * BOUND).await;
    let coordinator = world.coordinator();
    let id = &requested[0].execution;
    for began_with in ["message-1", "message-2"] {
        let rest = messages::WakeRest { began_with: began_with.to_owned(), before: u64::MAX, ..pages[0].clone() };
        let after = interpreter::CommandPlace { revision: 0, key: None };
        let rest = messages::WakeRest { after, ..rest };
        let body = CoordinatorBody::new(id.clone(), CoordinatorMessage::Wake { rest: Some(rest) });
        assert_eq!(coordinator.handle(&[delivery(body.encode())]).await, [Disposition::Done]);
    }
    assert_eq!(hints(&world), 2, "each goes on");
}

// Found by the simulator (seed 65293). Fails if two pages are handled as one (`handle_group`): what follows the one that is behind was sent before, and the
// other one's is not.
#[tokio::test]
async fn a_page_goes_on_beside_one_that_is_delivered_again_repro() {
    let (world, requested) = outstanding(4 * BOUND).await;
    let coordinator = world.coordinator();
    coordinator.watch().await.unwrap();
    page(&world).await;
    let second = next_page(&world);
    page(&world).await;
    let third = world.queue.queue.receive(queue_name::ANSWERS, 1, std::time::Duration::ZERO).await.unwrap().remove(0);
    let again = Delivery { receive_count: 2, ..delivery(second) };
    assert_eq!(coordinator.handle(&[again, third.clone()]).await, [Disposition::Done; 2]);
    world.queue.queue.delete(queue_name::ANSWERS, &third.receipt).await.unwrap();
    all_pages(&world).await;
    let mut published = keys(&requests(&world, "task-notify"));
    published.dedup();
    assert_eq!(published, keys(&requested));
}
