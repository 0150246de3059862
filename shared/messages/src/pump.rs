//! The loop that an event source mapping is on Lambda: receive, handle, delete or give back.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::queue_limits::{BATCH_MESSAGES, WAIT_SECONDS};
use crate::{Delivery, Disposition, GiveBack, QueueError, QueueSource};

#[cfg(test)]
mod tests;

/// The first pause after a queue did not answer, and the longest.
const PAUSE_MILLIS: (u64, u64) = (100, 10_000);

/// How a queue is pumped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PumpSettings {
    /// The queue.
    pub queue: String,
    /// At most this many messages are handled in one call; 1 to 10.
    pub batch_size: usize,
    /// At most this many calls at a time.
    pub concurrency: usize,
}

impl PumpSettings {
    /// Batches of up to 10, `concurrency` of them at a time.
    pub fn new(queue: impl Into<String>, concurrency: usize) -> Self {
        Self { queue: queue.into(), batch_size: BATCH_MESSAGES, concurrency }
    }
}

/// Receives from a queue and has `handle` say what becomes of each delivery, until `stop` says true (or has no sender any more) and what was begun
/// has ended.
///
/// Each of the concurrent calls runs as a task of its own. Dropping the future stops them where they are, as a killed process would: their
/// messages come again after the visibility timeout. So do those of a call that panics or answers for fewer deliveries than it was
/// given. A queue that does not answer is asked again after a pause.
pub async fn pump<H, F>(
    source: Arc<dyn QueueSource>,
    clock: Arc<dyn Clock>,
    settings: PumpSettings,
    stop: watch::Receiver<bool>,
    handle: H,
) where
    H: Fn(Vec<Delivery>) -> F + Send + Sync + 'static,
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    let concurrency = settings.concurrency.max(1);
    let pump = Arc::new(Pump { source, clock, settings, handle });
    let mut running: JoinSet<()> = (0..concurrency).map(|_| Arc::clone(&pump).run(stop.clone())).collect();
    while running.join_next().await.is_some() {}
}

struct Pump<H> {
    source: Arc<dyn QueueSource>,
    clock: Arc<dyn Clock>,
    settings: PumpSettings,
    handle: H,
}

impl<H, F> Pump<H>
where
    H: Fn(Vec<Delivery>) -> F + Send + Sync + 'static,
    F: Future<Output = Vec<Disposition>> + Send + 'static,
{
    async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut failures = 0;
        while !*stop.borrow_and_update() {
            let stopped = async {
                // Fails when nobody is left who could say so.
                let _ = stop.wait_for(|stop| *stop).await;
            };
            tokio::select! {
                biased;
                () = stopped => return,
                received = self.receive() => match received {
                    Ok(deliveries) => {
                        failures = 0;
                        self.handle(deliveries).await;
                        continue;
                    }
                    Err(error) => tracing::warn!(queue = %self.settings.queue, %error, "nothing was received"),
                },
            }
            self.pause(failures, &mut stop).await;
            failures += 1;
        }
    }

    async fn receive(&self) -> Result<Vec<Delivery>, QueueError> {
        let most = self.settings.batch_size.clamp(1, BATCH_MESSAGES);
        self.source.receive(&self.settings.queue, most, Duration::from_secs(WAIT_SECONDS)).await
    }

    async fn pause(&self, failures: u32, stop: &mut watch::Receiver<bool>) {
        let (first, longest) = PAUSE_MILLIS;
        let pause = Duration::from_millis(first.saturating_mul(1 << failures.min(16)).min(longest));
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.clock.sleep(pause) => {}
        }
    }

    async fn handle(&self, deliveries: Vec<Delivery>) {
        if deliveries.is_empty() {
            return;
        }
        let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt.clone()).collect();
        let handled = AssertUnwindSafe(async { (self.handle)(deliveries).await }).catch_unwind().await;
        let Ok(dispositions) = handled else {
            tracing::error!(queue = %self.settings.queue, messages = receipts.len(), "handling messages panicked");
            return;
        };
        let settled = receipts.into_iter().zip(dispositions).map(|(receipt, disposition)| async move {
            let settled = match disposition {
                Disposition::Done => self.source.delete(&self.settings.queue, &receipt).await,
                Disposition::GiveBack { delay } => {
                    self.source.give_back(&self.settings.queue, &GiveBack { receipt, delay }).await
                }
            };
            if let Err(error) = settled {
                // It comes again after the visibility timeout, and everything is idempotent.
                tracing::warn!(queue = %self.settings.queue, %error, "a message was not settled");
            }
        });
        futures::future::join_all(settled).await;
    }
}
