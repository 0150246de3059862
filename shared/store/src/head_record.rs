//! What a store keeps of a head, and how it changes: decided here, once for all stores.
//!
//! A store reads the record, lets one of these methods decide, and writes the outcome on condition that the record is still what
//! was read (or holds a lock meanwhile); if it is not, it reads and decides again.

use breaks::Break;
use interpreter::{ExecutionStatus, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Head;

/// A head as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadRecord {
    /// The head.
    #[serde(flatten)]
    pub head: Head,
    /// The revision of the latest report that was heeded; 0 before any. Not `wake_revision`: `wake_at` may have been lowered for an entry
    /// that was never committed, and that must not keep the head from learning the end.
    #[serde(default)]
    pub told_revision: u64,
}

impl HeadRecord {
    /// A head that is new.
    pub fn new(head: Head) -> Self {
        Self { head, told_revision: 0 }
    }

    /// Whether the execution is open.
    pub fn is_open(&self) -> bool {
        self.head.status == ExecutionStatus::Running
    }

    /// When the watch is to look at it, if ever.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.head.wake_at
    }

    /// [`crate::ExecutionStore::lower_wake`]: whether anything changed.
    pub fn lower_wake(&mut self, wake_at: Timestamp, revision: u64) -> bool {
        if !self.is_open() {
            return false;
        }
        let before = (self.head.wake_at, self.head.wake_revision);
        self.head.wake_at = Some(self.head.wake_at.map_or(wake_at, |earlier| earlier.min(wake_at)));
        self.head.wake_revision = self.head.wake_revision.max(revision);
        before != (self.head.wake_at, self.head.wake_revision)
    }

    /// [`crate::ExecutionStore::raise_wake`]: whether it did.
    pub fn raise_wake(&mut self, wake_at: Timestamp, revision: u64) -> bool {
        let is_newer = self.head.wake_revision > revision && !breaks::active(Break::WakeRaisedOverNewer);
        if !self.head.is_renewed() || is_newer {
            return false;
        }
        self.head.wake_at = Some(wake_at);
        true
    }

    /// The end of a renewal that began at `began_at`: whether anything changed. Never takes back what a later one has promised.
    pub fn renew(&mut self, began_at: Timestamp) -> bool {
        if self.head.kept_since() >= began_at {
            return false;
        }
        self.head.renewed_at = Some(began_at);
        true
    }

    /// [`crate::ExecutionStore::report`]: whether it was heeded.
    ///
    /// A report of the revision that was told last is heeded only if it says something else: repeated, it would put back a `wake_at` that was
    /// lowered meanwhile. For the same reason RUNNING told to a head that is open only lowers.
    pub fn report(
        &mut self,
        status: ExecutionStatus,
        closed_at: Option<Timestamp>,
        wake_at: Option<Timestamp>,
        revision: u64,
    ) -> bool {
        let told_before = self.told_revision == revision && self.head.status == status;
        if self.told_revision > revision || told_before {
            return false;
        }
        let stays_open = self.is_open() && status == ExecutionStatus::Running;
        self.head.wake_at = match (stays_open, self.head.wake_at, wake_at) {
            (true, Some(now), Some(told)) => Some(now.min(told)),
            (true, now, told) => now.or(told),
            (false, _, told) => told,
        };
        self.head.status = status;
        self.head.closed_at = closed_at;
        self.head.wake_revision = self.head.wake_revision.max(revision);
        self.told_revision = revision;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::samples::{at, head, identity};
    use crate::frozen;

    /// Stores keep this text (or its fields under these names): what stands here never changes.
    const VERSION_1: &str = r#"{
        "identity": {
            "id": "ID",
            "name": "o-1",
            "arn": "arn:aws:states:us-east-1:123456789012:execution:order:o-1",
            "machine_name": "order",
            "machine_arn": "arn:aws:states:us-east-1:123456789012:stateMachine:order",
            "role_arn": "arn:aws:iam::123456789012:role/saga"
        },
        "definition": "DEFINITION",
        "input": {"hash": "HASH", "bytes": 5000},
        "input_hash": "HASH",
        "status": "TIMED_OUT",
        "started_at": 1793534405000,
        "closed_at": 1793534460000,
        "wake_at": null,
        "wake_revision": 7,
        "told_revision": 6
    }"#;

    #[test]
    fn heads_of_version_1_are_read_and_written() {
        let id = identity("order", "o-1").id;
        let hash = interpreter::ValueHash::of("{}");
        let definition = interpreter::DefinitionHash::of("order");
        let text = VERSION_1.replace("ID", id.as_str()).replace("DEFINITION", &definition.0).replace("HASH", &hash.0);
        let head = Head {
            input: interpreter::Payload::item(hash.clone(), 5000),
            input_hash: hash,
            status: ExecutionStatus::TimedOut,
            closed_at: Some(at(60)),
            wake_at: None,
            wake_revision: 7,
            ..head("order", "o-1", 5)
        };
        frozen::check(&text, &HeadRecord { head: head.clone(), told_revision: 6 });
        let renewed = text.replace(r#""told_revision""#, r#""renewed_at": 1793534450000, "told_revision""#);
        frozen::check(&renewed, &HeadRecord { head: Head { renewed_at: Some(at(50)), ..head }, told_revision: 6 });
    }

    #[test]
    fn a_renewal_is_never_taken_back() {
        let mut record = HeadRecord::new(head("order", "o-1", 5));
        assert!(!record.renew(at(5)), "as of its start it is kept anyway");
        assert!(record.renew(at(60)));
        assert!(!record.renew(at(50)) && !record.renew(at(60)));
        assert_eq!((record.head.renewed_at, record.head.kept_since()), (Some(at(60)), at(60)));
    }

    #[test]
    fn every_status_keeps_its_name() {
        for (status, name) in [
            (ExecutionStatus::Running, "RUNNING"),
            (ExecutionStatus::Succeeded, "SUCCEEDED"),
            (ExecutionStatus::Failed, "FAILED"),
            (ExecutionStatus::TimedOut, "TIMED_OUT"),
            (ExecutionStatus::Aborted, "ABORTED"),
        ] {
            assert_eq!(status.as_str(), name);
            frozen::check(&format!("\"{name}\""), &status);
        }
    }
}
