//! Section 5: nothing acts on a key without a lease, and a lease is one invocation's.

use std::sync::atomic::Ordering;

use futures::FutureExt;
use interpreter::{IdempotencyKey, Timestamp};
use store::{LedgerEntry, LedgerState, LedgerStore, Write};

use super::Checks;
use super::traffic::{Meaning, text_of};
use crate::effect::{Effect, EffectKind};
use crate::world::World;

/// The counter of pieces that can be reserved.
const AVAILABLE: &str = "available";
/// What a call may take beside what it does, in milliseconds.
const SLACK_MILLIS: u64 = 1_000;

impl Checks {
    /// A lease that has not ended is nobody else's to take, and no attempt follows a later one.
    pub(super) fn of_lease(
        &self,
        world: &World,
        key: &IdempotencyKey,
        before: &LedgerEntry,
        after: &LedgerEntry,
    ) -> Vec<(&'static str, String)> {
        let mut findings = Vec::new();
        let works =
            matches!(after.state, LedgerState::InProgress { .. } | LedgerState::Failed { .. } | LedgerState::Succeeded { .. });
        if works && after.attempt < before.attempt {
            findings.push(("ledger", format!("attempt {} of `{key}` follows attempt {}", after.attempt, before.attempt)));
        }
        let LedgerState::InProgress { lease_until, owner } = &before.state else { return findings };
        let is_live = *lease_until > world.now().plus_millis(skew_millis(world) + SLACK_MILLIS);
        match &after.state {
            // Its holder lets a lease go by ending it.
            LedgerState::InProgress { owner: other, lease_until: until } if other != owner && is_live && *until > world.now() => {
                findings.push(("lease", format!("the lease on `{key}` was taken over, and lasts until {lease_until:?}")));
            }
            LedgerState::Revoked if is_live && self.undoes_now(world, key) => {
                findings.push(("lease", format!("`{key}` is being undone, and its lease lasts until {lease_until:?}")));
            }
            _ => {}
        }
        findings
    }

    /// Whether what is handled now is a request to undo this.
    fn undoes_now(&self, world: &World, action: &IdempotencyKey) -> bool {
        let Some(handling) = world.handled_now() else { return false };
        let meanings = handling.deliveries.iter().filter_map(|delivery| self.meanings.get(text_of(&delivery.body)));
        meanings.into_iter().any(|meaning| matches!(meaning, Meaning::Request { undoes: Some(undone), .. } if undone == action))
    }

    /// A compensation revokes first: by the time of its effect the action's key is revoked.
    pub(crate) fn check_revoked(&mut self, world: &World, effect: &Effect) {
        let (EffectKind::Undone, Some(action)) = (effect.kind, &effect.undoes) else { return };
        let entry = world.store.ledger(action).now_or_never().and_then(Result::ok).flatten();
        if !entry.is_some_and(|entry| entry.state == LedgerState::Revoked) {
            self.violated("revoked-first", format!("`{action}` is undone, and was not revoked"));
        }
    }

    /// An effect outside lies within its lease and before its deadline, where nobody was paused: nothing but the clock could tell whoever was.
    pub(crate) fn check_lease(&mut self, world: &World, effect: &Effect) {
        self.check_lost(world, effect);
        if world.handled_now().is_none_or(|handling| handling.paused.load(Ordering::Relaxed)) {
            return;
        }
        let slack = skew_millis(world) + SLACK_MILLIS;
        let is_over = |at: Timestamp| at.plus_millis(slack) < world.now();
        let entry = world.store.ledger(&effect.key).now_or_never().and_then(Result::ok).flatten();
        let key = &effect.key;
        if let Some(LedgerEntry { state: LedgerState::InProgress { lease_until, .. }, .. }) = entry
            && is_over(lease_until)
        {
            self.violated("lease", format!("`{key}` took effect, and its lease ended at {lease_until:?}"));
        }
        let deadline = self.asked.get(&(key.clone(), effect.attempt)).and_then(|(deadline, _)| *deadline);
        if let Some(deadline) = deadline.filter(|deadline| is_over(*deadline)) {
            self.violated("deadline", format!("attempt {} of `{key}` took effect after {deadline:?}", effect.attempt));
        }
    }

    /// Stock never falls below zero. (The shelves of random workers do: they only count.)
    pub(super) fn check_stock(&mut self, world: &World, writes: &[Write]) {
        for key in writes.iter().map(Write::key) {
            let item = world.store.item(key, world.now()).now_or_never().and_then(Result::ok).flatten();
            let counted = item.and_then(|item| item.counters.get(AVAILABLE).copied());
            if counted.is_some_and(|count| count < 0) {
                self.violated("stock", format!("of `{}` there are {} pieces", key.sort, counted.unwrap_or_default()));
            }
        }
    }
}

/// By how much two hosts' clocks differ at most, in milliseconds.
fn skew_millis(world: &World) -> u64 {
    world.options.clock_skew_millis.saturating_mul(2)
}
