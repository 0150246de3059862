//! Invariant 15: no open execution loses an item, however long it is open.

use futures::FutureExt;
use interpreter::ExecutionStatus;
use store::{ExecutionStore, MemoryStore};

use super::Checks;
use crate::world::World;

impl Checks {
    /// Whether all that open executions wrote is still there. Where the store keeps everything there is nothing to see.
    pub(crate) fn check_kept(&mut self, world: &World) {
        let Some(archive) = &world.archive else { return };
        let mut lost = Vec::new();
        for journal in self.journals.values().filter(|journal| journal.latest.status == ExecutionStatus::Running) {
            let (id, name) = (&journal.latest.identity.id, &journal.latest.identity.name);
            if world.store.head_of(id).now_or_never().and_then(Result::ok).flatten().is_none() {
                lost.push(format!("`{name}` is open, and its head has expired"));
            }
            let entries = |store: &MemoryStore| {
                store.entries(id, 1, usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default().len()
            };
            let (kept, written) = (entries(&world.store), entries(archive));
            if kept < written {
                lost.push(format!("`{name}` is open, and has {kept} of its {written} entries"));
            }
        }
        for text in lost {
            self.violated("kept", text);
        }
    }
}
