//! What a pump does with what it receives.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clock::ManualClock;

use super::*;
use crate::{Disorder, MemoryQueue, MessageQueue, Outgoing, QueueSettings};

const QUEUE: &str = "queue";

struct Bench {
    clock: Arc<ManualClock>,
    queue: Arc<MemoryQueue>,
    stop: watch::Sender<bool>,
}

fn bench() -> Bench {
    let clock = Arc::new(ManualClock::at_millis(1_000_000));
    let queue = Arc::new(MemoryQueue::new(Arc::clone(&clock) as _).with_queue(QUEUE, QueueSettings::standard()));
    Bench { clock, queue, stop: watch::Sender::new(false) }
}

impl Bench {
    async fn send(&self, count: usize) {
        let messages: Vec<Outgoing> = (0..count).map(|number| Outgoing::standard(format!("{number}"))).collect();
        for batch in crate::batches(&messages) {
            self.queue.send(QUEUE, &messages[batch]).await.unwrap();
        }
    }

    fn pump<H, F>(&self, handle: H) -> impl Future<Output = ()> + use<H, F>
    where
        H: Fn(Vec<Delivery>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<Disposition>> + Send + 'static,
    {
        let settings = PumpSettings::new(QUEUE, 2);
        pump(Arc::clone(&self.queue) as _, Arc::clone(&self.clock) as _, settings, self.stop.subscribe(), handle)
    }

    /// Lets time pass until `done` says so, then stops the pump.
    async fn stop_when(&self, done: impl Fn() -> bool) {
        while !done() {
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            self.clock.advance(Duration::from_millis(100));
        }
        self.stop.send_replace(true);
    }

    fn left(&self) -> usize {
        self.queue.depths(QUEUE).unwrap().total()
    }
}

#[tokio::test]
async fn what_is_done_is_deleted_and_what_is_given_back_comes_again() {
    let bench = bench();
    bench.send(30).await;
    let seen: Arc<Mutex<Vec<(String, u32)>>> = Arc::default();
    let record = Arc::clone(&seen);
    let pumping = bench.pump(move |deliveries| {
        let record = Arc::clone(&record);
        async move {
            let mut seen = record.lock().unwrap();
            let handle = |delivery: Delivery| {
                seen.push((delivery.body, delivery.receive_count));
                if delivery.receive_count == 1 {
                    Disposition::GiveBack { delay: Duration::from_secs(1) }
                } else {
                    Disposition::Done
                }
            };
            deliveries.into_iter().map(handle).collect()
        }
    });
    tokio::join!(pumping, bench.stop_when(|| bench.left() == 0));
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    let mut expected: Vec<(String, u32)> =
        (0..30).flat_map(|number| [(format!("{number}"), 1), (format!("{number}"), 2)]).collect();
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_call_that_panics_or_answers_for_too_few_leaves_its_messages_in_the_queue() {
    let bench = bench();
    bench.send(4).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let pumping = bench.pump(move |deliveries| {
        let call = count.fetch_add(1, Ordering::SeqCst);
        async move {
            assert!(call > 0, "the first call panics");
            // The second says nothing of its last delivery.
            let told = if call == 1 { deliveries.len() - 1 } else { deliveries.len() };
            vec![Disposition::Done; told]
        }
    });
    tokio::join!(pumping, bench.stop_when(|| bench.left() == 0));
    assert!(calls.load(Ordering::SeqCst) >= 3);
}

#[tokio::test]
async fn a_queue_that_does_not_answer_is_asked_again() {
    let bench = bench();
    bench.send(20).await;
    bench.queue.set_disorder(Some(Disorder { unavailable_per_mille: 600, seed: 5, ..Disorder::default() }));
    let pumping = bench.pump(|deliveries| async move { vec![Disposition::Done; deliveries.len()] });
    tokio::join!(pumping, bench.stop_when(|| bench.left() == 0));
}

#[tokio::test]
async fn a_pump_that_is_stopped_ends_what_it_began() {
    let bench = bench();
    bench.send(1).await;
    let (began, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count_began, count_ended, clock) = (Arc::clone(&began), Arc::clone(&ended), Arc::clone(&bench.clock));
    let pumping = bench.pump(move |deliveries| {
        let (began, ended, clock) = (Arc::clone(&count_began), Arc::clone(&count_ended), Arc::clone(&clock));
        async move {
            began.fetch_add(1, Ordering::SeqCst);
            clock.sleep(Duration::from_secs(5)).await;
            ended.fetch_add(1, Ordering::SeqCst);
            vec![Disposition::Done; deliveries.len()]
        }
    });
    let time = async {
        bench.stop_when(|| began.load(Ordering::SeqCst) == 1).await;
        bench.stop_when(|| ended.load(Ordering::SeqCst) == 1).await;
    };
    tokio::join!(pumping, time);
    assert_eq!(bench.left(), 0);
}

#[tokio::test]
async fn a_pump_that_is_dropped_stops_at_once_and_loses_nothing() {
    let bench = bench();
    bench.send(1).await;
    let (entered, mut was_entered) = tokio::sync::mpsc::unbounded_channel();
    let mut pumping = Box::pin(bench.pump(move |_| {
        entered.send(()).unwrap();
        std::future::pending::<Vec<Disposition>>()
    }));
    tokio::select! {
        () = &mut pumping => {}
        _ = was_entered.recv() => {}
    }
    drop(pumping);
    bench.clock.advance(Duration::from_secs(30));
    assert_eq!(bench.queue.depths(QUEUE).unwrap().visible, 1);
}
