//! What must hold of each write to the ledger.

use interpreter::{IdempotencyKey, Timestamp};
use store::{LedgerEntry, LedgerExpectation, LedgerState, Write};

use super::Checks;
use crate::effect::{Effect, EffectKind};
use crate::workload::worker::effects_of;
use crate::world::World;

impl Checks {
    /// An entry was written over what stood there. Revoked is for ever, and a success is replaced by nothing but a revocation.
    pub(crate) fn ledger_written(
        &mut self,
        world: &World,
        key: &IdempotencyKey,
        before: Option<&LedgerEntry>,
        after: &LedgerEntry,
    ) {
        if after.state == LedgerState::Revoked {
            self.note_revoked(key, world.now());
        }
        let Some(before) = before else { return };
        if let Some((rule, text)) = self.of_overrun(world, key, after) {
            self.violated(rule, text);
        }
        for (rule, text) in self.of_lease(world, key, before, after) {
            self.violated(rule, text);
        }
        let is_callback = self.callbacks.contains(key);
        if is_same(before, after) {
            return;
        }
        let allowed = match before.state {
            LedgerState::Revoked => matches!(after.state, LedgerState::Revoked),
            // A callback's later attempt hands out a token of its own.
            LedgerState::Succeeded { .. } if after.attempt > before.attempt => {
                matches!(after.state, LedgerState::InProgress { .. }) && is_callback
            }
            LedgerState::Succeeded { .. } => matches!(after.state, LedgerState::Revoked),
            LedgerState::InProgress { .. } | LedgerState::Failed { .. } | LedgerState::HeardOf => true,
        };
        if !allowed {
            self.violated("ledger", format!("`{key}` was {:?} and became {:?}", before.state, after.state));
        }
    }

    /// A transaction took effect.
    pub(crate) fn transacted(
        &mut self,
        world: &World,
        ledger: &[(IdempotencyKey, LedgerEntry, LedgerExpectation)],
        before: &[Option<LedgerEntry>],
        writes: &[Write],
    ) {
        let met_itself = !ledger.is_empty()
            && ledger
                .iter()
                .zip(before)
                .all(|((_, entry, _), before)| before.as_ref().is_some_and(|before| is_same(before, entry)));
        if met_itself {
            return;
        }
        for effect in effects_of(writes, world.now()) {
            world.trace(|| format!("table: {:?} {} attempt {}", effect.kind, effect.key, effect.attempt));
            world.note(effect.clone());
            self.had_effect(&effect);
            self.check_revoked(world, &effect);
        }
        self.check_stock(world, writes);
    }

    /// A worker had an effect. No action has one after its compensation had; and each key has one at most.
    pub(crate) fn had_effect(&mut self, effect: &Effect) {
        let key = effect.key.clone();
        match (&effect.undoes, effect.kind) {
            (Some(action), EffectKind::Undone) => {
                self.undone.insert(action.clone());
            }
            (_, EffectKind::Done) if self.undone.contains(&effect.key) => {
                self.violated("undone-for-good", format!("`{key}` took effect after it was undone"));
            }
            (_, EffectKind::Done | EffectKind::Undone) => {}
        }
        if !self.had.insert((key.clone(), effect.kind)) {
            self.violated("once", format!("`{key}` took effect twice"));
        }
    }

    /// A task was heard of.
    pub(crate) fn heard_of(&mut self, key: &IdempotencyKey, at: Timestamp) {
        let latest = self.heard_of.entry(key.clone()).or_insert(at);
        *latest = (*latest).max(at);
    }
}

/// Whether a write met itself: heartbeats are noted beside it.
fn is_same(before: &LedgerEntry, after: &LedgerEntry) -> bool {
    (before.attempt, &before.state, before.version) == (after.attempt, &after.state, after.version)
}
