//! The contract, and what only this queue does: purge, depths, disorder.

use clock::ManualClock;
use futures::future::{self, Either};

use super::*;
use crate::contract::{self, QueueBench};
use crate::queue_limits::{DEDUPLICATION_SECONDS, RETENTION_SECONDS};

const QUEUE: &str = "queue";
const VISIBILITY: Duration = Duration::from_secs(30);

struct Bench {
    clock: Arc<ManualClock>,
    queue: Arc<MemoryQueue>,
    made: std::sync::atomic::AtomicUsize,
}

#[async_trait]
impl QueueBench for Bench {
    fn queue(&self) -> Arc<dyn MessageQueue> {
        Arc::clone(&self.queue) as _
    }

    fn source(&self) -> Arc<dyn QueueSource> {
        Arc::clone(&self.queue) as _
    }

    async fn make(&self, settings: QueueSettings) -> String {
        let name = format!("queue-{}", self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        self.queue.declare(&name, settings);
        name
    }

    async fn pass(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

/// Runs `future` with a clock that goes on whenever everything waits.
async fn with_time<F: Future>(clock: &ManualClock, future: F) -> F::Output {
    let ticking = async {
        loop {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            clock.advance(Duration::from_millis(100));
        }
    };
    tokio::pin!(future);
    tokio::pin!(ticking);
    match future::select(future, ticking).await {
        Either::Left((output, _)) => output,
        Either::Right((never, _)) => never,
    }
}

fn queues() -> (Arc<ManualClock>, Arc<MemoryQueue>) {
    let clock = Arc::new(ManualClock::at_millis(1_000_000));
    let queue = MemoryQueue::new(Arc::clone(&clock) as _).with_queue(QUEUE, QueueSettings::standard());
    (clock, Arc::new(queue))
}

async fn send(queue: &MemoryQueue, name: &str, messages: &[Outgoing]) {
    for batch in crate::batches(messages) {
        let answers = queue.send(name, &messages[batch]).await.unwrap();
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
}

fn numbered(count: usize) -> Vec<Outgoing> {
    (0..count).map(|number| Outgoing::standard(format!("{number}"))).collect()
}

/// Receives and deletes until nothing is left.
async fn drain(queue: &MemoryQueue, name: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let batch = queue.receive(name, 10, Duration::ZERO).await.unwrap();
        if batch.is_empty() {
            return bodies;
        }
        for delivery in batch {
            queue.delete(name, &delivery.receipt).await.unwrap();
            bodies.push(delivery.body);
        }
    }
}

#[tokio::test]
async fn the_contract_of_queues_holds() {
    let (clock, queue) = queues();
    assert!(contract::checks().len() >= 25);
    let bench = Bench { clock: Arc::clone(&clock), queue, made: Default::default() };
    with_time(&clock, contract::run(&bench)).await;
}

#[tokio::test]
async fn a_purge_deletes_what_is_visible_delayed_and_in_flight() {
    let (clock, queue) = queues();
    send(&queue, QUEUE, &numbered(3)).await;
    send(&queue, QUEUE, &[Outgoing::delayed("late", Duration::from_secs(9))]).await;
    let received = queue.receive(QUEUE, 1, Duration::ZERO).await.unwrap();
    assert_eq!(queue.depths(QUEUE), Some(Depths { visible: 2, delayed: 1, in_flight: 1 }));
    queue.purge(QUEUE);
    assert_eq!(queue.depths(QUEUE), Some(Depths::default()));
    clock.advance(VISIBILITY);
    assert_eq!(drain(&queue, QUEUE).await, Vec::<String>::new());
    queue.delete(QUEUE, &received[0].receipt).await.unwrap();
    send(&queue, QUEUE, &numbered(1)).await;
    assert_eq!(drain(&queue, QUEUE).await, ["0"]);
}

#[tokio::test]
async fn depths_follow_a_message_through_its_life() {
    let (clock, queue) = queues();
    let depths = |visible, delayed, in_flight| Some(Depths { visible, delayed, in_flight });
    send(&queue, QUEUE, &[Outgoing::delayed("a", Duration::from_secs(5))]).await;
    assert_eq!(queue.depths(QUEUE), depths(0, 1, 0));
    clock.advance(Duration::from_secs(5));
    assert_eq!(queue.depths(QUEUE), depths(1, 0, 0));
    queue.receive(QUEUE, 1, Duration::ZERO).await.unwrap();
    assert_eq!(queue.depths(QUEUE), depths(0, 0, 1));
    clock.advance(VISIBILITY);
    assert_eq!(queue.depths(QUEUE), depths(1, 0, 0));
    assert_eq!(drain(&queue, QUEUE).await, ["a"]);
    assert_eq!(queue.depths(QUEUE), depths(0, 0, 0));
    assert_eq!(queue.depths("no-such-queue"), None);
}

#[tokio::test]
async fn a_message_is_dropped_when_its_retention_is_over() {
    let (clock, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo());
    send(&queue, QUEUE, &numbered(2)).await;
    send(&queue, "fifo", &[Outgoing::fifo("a", "g", "1"), Outgoing::fifo("b", "g", "2")]).await;
    let received = queue.receive("fifo", 1, Duration::ZERO).await.unwrap();
    clock.advance(Duration::from_secs(RETENTION_SECONDS) - Duration::from_millis(1));
    assert_eq!(queue.depths(QUEUE).unwrap().total(), 2);
    clock.advance(Duration::from_millis(1));
    assert_eq!(queue.depths(QUEUE).unwrap().total(), 0);
    assert_eq!(drain(&queue, QUEUE).await, Vec::<String>::new());
    assert_eq!(drain(&queue, "fifo").await, Vec::<String>::new());
    queue.delete("fifo", &received[0].receipt).await.unwrap();
    // The group is free again.
    send(&queue, "fifo", &[Outgoing::fifo("c", "g", "3")]).await;
    assert_eq!(drain(&queue, "fifo").await, ["c"]);
}

#[tokio::test]
async fn a_deduplication_id_is_forgotten_after_five_minutes() {
    let (clock, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo());
    let message = [Outgoing::fifo("a", "g", "1")];
    send(&queue, "fifo", &message).await;
    clock.advance(Duration::from_secs(DEDUPLICATION_SECONDS) - Duration::from_millis(1));
    send(&queue, "fifo", &message).await;
    assert_eq!(drain(&queue, "fifo").await, ["a"]);
    clock.advance(Duration::from_millis(1));
    send(&queue, "fifo", &message).await;
    assert_eq!(drain(&queue, "fifo").await, ["a"]);
}

#[tokio::test]
async fn a_receive_that_is_dropped_takes_nothing_with_it() {
    let (clock, queue) = queues();
    let wait = Duration::from_secs(20);
    let dropped = queue.receive(QUEUE, 1, wait);
    let waiting = queue.receive(QUEUE, 1, wait);
    let mut dropped = Box::pin(dropped);
    let mut waiting = Box::pin(waiting);
    assert!(futures::poll!(dropped.as_mut()).is_pending());
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    // One of the two is woken; whichever is left receives it.
    send(&queue, QUEUE, &numbered(1)).await;
    drop(dropped);
    assert_eq!(with_time(&clock, waiting).await.unwrap().len(), 1);
}

#[tokio::test]
async fn sleepers_share_what_came_with_one_call() {
    let (clock, queue) = queues();
    let before = clock.now_millis();
    let receivers = (0..4).map(|_| queue.receive(QUEUE, 1, Duration::from_secs(20)));
    let sending = async {
        tokio::task::yield_now().await;
        send(&queue, QUEUE, &numbered(4)).await;
    };
    let (received, ()) = with_time(&clock, future::join(future::join_all(receivers), sending)).await;
    assert!(received.into_iter().all(|batch| batch.unwrap().len() == 1));
    assert!(clock.now_millis() - before < 1_000, "they waited for something else than the messages");
}

#[tokio::test]
async fn a_sleeper_learns_of_a_time_that_comes_before_the_end_of_its_sleep() {
    let (clock, queue) = queues();
    let before = clock.now_millis();
    let mut sleeping = Box::pin(queue.receive(QUEUE, 1, Duration::from_secs(20)));
    assert!(futures::poll!(sleeping.as_mut()).is_pending());
    send(&queue, QUEUE, &[Outgoing::delayed("a", Duration::from_secs(2))]).await;
    assert_eq!(with_time(&clock, sleeping).await.unwrap().len(), 1);
    assert!(clock.now_millis() - before < 3_000, "it slept on");
}

#[tokio::test]
async fn nothing_is_kept_of_a_message_that_is_done() {
    let (clock, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo().with_visibility_timeout(VISIBILITY));
    for round in 0..3 {
        let messages: Vec<Outgoing> =
            (0..20).map(|n| Outgoing::fifo(format!("{n}"), format!("{}", n % 4), format!("{round}/{n}"))).collect();
        send(&queue, "fifo", &messages).await;
        queue.receive("fifo", 7, Duration::ZERO).await.unwrap();
        clock.advance(VISIBILITY);
        assert_eq!(drain(&queue, "fifo").await.len(), 20);
    }
    assert!(queue.state().queues["fifo"].holds_nothing());
}

#[tokio::test]
async fn with_duplicates_every_message_is_delivered_twice() {
    let (_, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo());
    queue.set_disorder(Some(Disorder::twice_and_shuffled(7)));
    send(&queue, QUEUE, &numbered(50)).await;
    let fifo: Vec<Outgoing> = (0..50).map(|n| Outgoing::fifo(format!("{n}"), format!("{}", n % 5), format!("{n}"))).collect();
    send(&queue, "fifo", &fifo).await;
    for name in [QUEUE, "fifo"] {
        let mut came = drain(&queue, name).await;
        assert_eq!(came.len(), 100);
        came.sort_by_key(|body| body.parse::<u32>().unwrap());
        assert!(came.chunks(2).all(|pair| pair[0] == pair[1]), "{came:?}");
    }
}

#[tokio::test]
async fn disorder_keeps_the_order_of_a_group() {
    let (_, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo());
    queue.set_disorder(Some(Disorder { seed: 3, shuffle: true, ..Disorder::default() }));
    let fifo: Vec<Outgoing> = (0..60).map(|n| Outgoing::fifo(format!("{n}"), format!("{}", n % 6), format!("{n}"))).collect();
    send(&queue, "fifo", &fifo).await;
    let came: Vec<u32> = drain(&queue, "fifo").await.iter().map(|body| body.parse().unwrap()).collect();
    assert_eq!(came.len(), 60);
    for group in 0..6 {
        assert!(came.iter().filter(|number| **number % 6 == group).is_sorted(), "{came:?}");
    }
}

#[tokio::test]
async fn the_same_seed_goes_wrong_in_the_same_way_and_another_in_another() {
    let run = |seed: u64| async move {
        let (_, queue) = queues();
        queue.set_disorder(Some(Disorder { failed_entries_per_mille: 300, ..Disorder::twice_and_shuffled(seed) }));
        let mut answers = Vec::new();
        for message in numbered(40) {
            answers.extend(queue.send(QUEUE, &[message]).await.unwrap());
        }
        (answers, drain(&queue, QUEUE).await)
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}

#[tokio::test]
async fn an_entry_that_failed_was_not_sent_and_a_call_whose_answer_was_lost_was() {
    let (_, queue) = queues();
    queue.set_disorder(Some(Disorder { failed_entries_per_mille: 500, ..Disorder::default() }));
    let answers = queue.send(QUEUE, &numbered(10)).await.unwrap();
    let sent = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((1..10).contains(&sent), "{answers:?}");
    queue.set_disorder(None);
    assert_eq!(drain(&queue, QUEUE).await.len(), sent);

    queue.set_disorder(Some(Disorder { lost_answers_per_mille: 1_000, ..Disorder::default() }));
    assert!(matches!(queue.send(QUEUE, &numbered(2)).await, Err(QueueError::Unavailable { .. })));
    queue.set_disorder(Some(Disorder { unavailable_per_mille: 1_000, ..Disorder::default() }));
    assert!(matches!(queue.send(QUEUE, &numbered(2)).await, Err(QueueError::Unavailable { .. })));
    queue.set_disorder(None);
    assert_eq!(drain(&queue, QUEUE).await, ["0", "1"]);
}

#[tokio::test]
async fn a_refused_queue_takes_nothing_until_it_is_permitted() {
    let (_, queue) = queues();
    queue.refuse(QUEUE, "access denied");
    let answer = queue.send(QUEUE, &numbered(1)).await;
    assert_eq!(answer, Err(QueueError::Refused { queue: QUEUE.to_owned(), reason: "access denied".to_owned() }));
    queue.permit(QUEUE);
    send(&queue, QUEUE, &numbered(1)).await;
    assert_eq!(drain(&queue, QUEUE).await, ["0"]);
}

#[tokio::test]
async fn peeking_changes_nothing() {
    let (_, queue) = queues();
    send(&queue, QUEUE, &numbered(3)).await;
    let bodies: Vec<String> = queue.peek(QUEUE, 2).into_iter().map(|peeked| peeked.body).collect();
    assert_eq!(bodies, ["0", "1"]);
    assert_eq!(queue.depths(QUEUE).unwrap().visible, 3);
}

#[tokio::test]
async fn a_dead_letter_queue_of_the_other_kind_is_as_none() {
    let (_, queue) = queues();
    queue.declare("fifo", QueueSettings::fifo());
    for dead_letters in ["fifo", "no-such-queue"] {
        let name = format!("to-{dead_letters}");
        queue.declare(&name, QueueSettings::standard().with_redrive(dead_letters, 1));
        send(&queue, &name, &numbered(1)).await;
        for receive_count in 1..=3 {
            let delivery = queue.receive(&name, 1, Duration::ZERO).await.unwrap().remove(0);
            assert_eq!(delivery.receive_count, receive_count);
            let give_back = GiveBack { receipt: delivery.receipt, delay: Duration::ZERO };
            queue.give_back(&name, &give_back).await.unwrap();
        }
    }
}
