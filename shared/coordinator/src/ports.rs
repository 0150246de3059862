//! What a coordinator works on.

use std::sync::Arc;

use clock::{Clock, Entropy};
use interpreter::Timestamp;
use messages::MessageQueue;
use objects::ObjectStore;
use store::{ExecutionStore, LedgerStore};

/// The ports of a coordinator; cheap to clone.
#[derive(Clone)]
pub struct Ports {
    /// Where executions are kept.
    pub executions: Arc<dyn ExecutionStore>,
    /// Where the ledger is kept: read for heartbeats, written to revoke.
    pub ledger: Arc<dyn LedgerStore>,
    /// Where requests, timer hints and wakes are sent.
    pub queue: Arc<dyn MessageQueue>,
    /// Where items of distributed Maps are read from and their results written to; none where nothing of that kind is to be reached.
    pub objects: Option<Arc<dyn ObjectStore>>,
    /// The time, and pauses between tries.
    pub clock: Arc<dyn Clock>,
    /// Ids, seeds and jitter.
    pub entropy: Arc<dyn Entropy>,
}

impl Ports {
    /// The time by the clock.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }
}
