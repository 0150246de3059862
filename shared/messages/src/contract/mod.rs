//! What every queue must do: run by the queue in memory here, and by each other implementation in its own tests.
//!
//! A check makes the queues it needs, so that checks can run in any order and beside each other. Times are short enough for a
//! real queue, and a tolerance stands wherever a real queue may be late or early.

// A check is a test: it says what does not hold by panicking.
#![allow(clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

mod batches;
mod fifo;
mod standard;
mod visibility;
mod waiting;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::{Delivery, MessageQueue, Outgoing, QueueSettings, QueueSource, SendFailure};

/// What a check needs of an implementation.
#[async_trait]
pub trait QueueBench: Send + Sync {
    /// What sends.
    fn queue(&self) -> Arc<dyn MessageQueue>;

    /// What receives.
    fn source(&self) -> Arc<dyn QueueSource>;

    /// Makes a new, empty queue and says its name. The redrive's queue exists already.
    async fn make(&self, settings: QueueSettings) -> String;

    /// Returns when this much of the queue's time has passed.
    async fn pass(&self, duration: Duration);
}

/// One check: its name, a sentence, and what it does.
pub type Check = (&'static str, for<'a> fn(&'a dyn QueueBench) -> BoxFuture<'a, ()>);

/// All checks.
pub fn checks() -> Vec<Check> {
    [batches::CHECKS, standard::CHECKS, visibility::CHECKS, waiting::CHECKS, fifo::CHECKS].concat()
}

/// Runs all checks, each on queues of its own.
///
/// # Panics
///
/// When a check does not hold; it names all that do not.
pub async fn run(bench: &dyn QueueBench) {
    let mut broken = Vec::new();
    for (name, check) in checks() {
        if AssertUnwindSafe(check(bench)).catch_unwind().await.is_err() {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "these do not hold:\n{}", broken.join("\n"));
}

/// A check as [`checks`] lists it.
macro_rules! check {
    ($name:ident) => {
        (stringify!($name), |bench| Box::pin($name(bench)))
    };
}
use check;

/// How long a check waits for what must be there.
const WAIT: Duration = Duration::from_secs(5);

async fn send(bench: &dyn QueueBench, queue: &str, messages: &[Outgoing]) -> Vec<Result<(), SendFailure>> {
    bench.queue().send(queue, messages).await.expect("a batch is answered")
}

async fn send_all(bench: &dyn QueueBench, queue: &str, messages: &[Outgoing]) {
    for batch in crate::batches(messages) {
        let answers = send(bench, queue, &messages[batch]).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }
}

async fn send_bodies(bench: &dyn QueueBench, queue: &str, bodies: &[&str]) {
    let messages: Vec<Outgoing> = bodies.iter().map(|body| Outgoing::standard(*body)).collect();
    send_all(bench, queue, &messages).await;
}

/// Receives what is there now, at most 10.
async fn receive_now(bench: &dyn QueueBench, queue: &str) -> Vec<Delivery> {
    bench.source().receive(queue, 10, Duration::ZERO).await.expect("a queue that exists is received from")
}

/// Receives until there are `count`, or until nothing comes any more.
async fn receive(bench: &dyn QueueBench, queue: &str, count: usize) -> Vec<Delivery> {
    let mut received = Vec::new();
    while received.len() < count {
        let most = (count - received.len()).min(10);
        let batch = bench.source().receive(queue, most, WAIT).await.expect("a queue that exists is received from");
        assert!(!batch.is_empty(), "{} of {count} messages came", received.len());
        received.extend(batch);
    }
    received
}

async fn delete(bench: &dyn QueueBench, queue: &str, deliveries: &[Delivery]) {
    for delivery in deliveries {
        bench.source().delete(queue, &delivery.receipt).await.expect("a fresh receipt deletes");
    }
}

fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.body.as_str()).collect()
}

fn sorted_bodies(deliveries: &[Delivery]) -> Vec<&str> {
    let mut bodies = bodies(deliveries);
    bodies.sort_unstable();
    bodies
}
