//! One call of a handler: within its time, with its lease kept alive, and without taking the process with it when it panics.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use breaks::Break;
use futures::FutureExt;
use futures::future::pending;
use interpreter::Timestamp;

use crate::harness::Inner;
use crate::lease::Lease;
use crate::{Completion, HandlerError, Task};

/// How a call of a handler ended.
#[derive(Debug)]
pub(crate) enum Performance {
    /// By itself.
    Ended(Result<Completion, HandlerError>),
    /// Its time, or its lease, was over: it was stopped where it was.
    Overran,
    /// It panicked.
    Panicked,
    /// The lease was lost: it was stopped where it was.
    LeaseLost,
}

/// How the lease is kept alive while a handler works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heartbeats {
    /// The lease ends this long after the latest heartbeat.
    pub(crate) lease: Duration,
}

impl Heartbeats {
    /// How often the task is heard of: early enough that two may be lost.
    fn interval(self) -> Duration {
        self.lease / 3
    }
}

impl Inner {
    /// Calls the handler. It is stopped at `stop_at`, or when its lease ends: nothing acts on a key without a lease.
    pub(crate) async fn perform(
        &self,
        task: &Task,
        lease: &mut Lease,
        heartbeats: Option<Heartbeats>,
        stop_at: Timestamp,
    ) -> Performance {
        let mut handler = pin!(AssertUnwindSafe(self.handler.perform(task)).catch_unwind());
        loop {
            let ends = breaks::active(Break::LeaseEndIgnored).then(|| lease.until.plus_seconds(3_600));
            let mut over = pin!(self.sleep_until(ends.unwrap_or(stop_at.min(lease.until))));
            let beat = async {
                match heartbeats {
                    Some(heartbeats) => self.clock.sleep(heartbeats.interval()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                biased;
                ended = &mut handler => return of_handler(ended),
                () = &mut over => return Performance::Overran,
                () = beat => {}
            }
            let Some(Heartbeats { lease: length }) = heartbeats else { continue };
            let until = (self.now() + length).min(task.deadline);
            let until = if breaks::active(Break::HeartbeatDoesNotExtend) { lease.until } else { until };
            let extended = {
                // Once the lease has ended there is nothing left to extend.
                let give_up = stop_at.min(lease.until);
                let mut extension = pin!(self.extend(lease, until, give_up));
                // The handler works on while its heartbeat is written. A heartbeat that was begun is brought to its end, for its version.
                tokio::select! {
                    biased;
                    ended = &mut handler => {
                        let _ = extension.await;
                        return of_handler(ended);
                    }
                    () = &mut over => {
                        let _ = extension.await;
                        return Performance::Overran;
                    }
                    extended = &mut extension => extended,
                }
            };
            match extended {
                Ok(true) => {}
                Ok(false) if breaks::active(Break::LostLeaseIgnored) => {}
                Ok(false) => return Performance::LeaseLost,
                // The lease is what it was, or a little longer: the handler works on until its end.
                Err(error) => tracing::warn!(key = %lease.key, %error, "a heartbeat was not recorded"),
            }
        }
    }

    async fn sleep_until(&self, at: Timestamp) {
        self.clock.sleep(at.since(self.now())).await;
    }
}

fn of_handler(ended: std::thread::Result<Result<Completion, HandlerError>>) -> Performance {
    // What it panicked with is not looked at: it may quote the payload.
    ended.map_or(Performance::Panicked, Performance::Ended)
}
