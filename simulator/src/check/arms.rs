//! How often each arm of the transition tables was taken: what the simulation never came to proves nothing.

use std::sync::Arc;

use interpreter::{IdempotencyKey, Timestamp};
use store::{Entry, LedgerEntry, LedgerState};

use super::Checks;
use super::traffic::{Meaning, text_of};
use crate::world::Handling;

impl Checks {
    fn took(&mut self, arm: String) {
        *self.arms.entry(arm).or_default() += 1;
    }

    /// A coordinator that handles messages has read the latest entry.
    pub(crate) fn coordinator_read(&mut self, entry: &Entry, handling: &Arc<Handling>) {
        let _ = (entry, handling);
    }

    /// A worker that handles a request has read the ledger: the tables of `worker`'s documentation.
    pub(crate) fn ledger_read(
        &mut self,
        key: &IdempotencyKey,
        entry: Option<&LedgerEntry>,
        handling: &Arc<Handling>,
        now: Timestamp,
    ) {
        for delivery in &handling.deliveries {
            let Some(Meaning::Request { token, key: own, undoes, .. }) = self.meanings.get(text_of(&delivery.body)) else {
                continue;
            };
            let state = state_of(entry, now);
            if own == key {
                let attempts = match entry {
                    None => "",
                    Some(entry) if token.attempt < entry.attempt => ", lower attempt",
                    Some(entry) if token.attempt == entry.attempt => ", same attempt",
                    Some(_) => ", higher attempt",
                };
                let kind = if undoes.is_some() { "compensation" } else { "action" };
                self.took(format!("ledger: {state}{attempts}: {kind}"));
            } else if undoes.as_ref() == Some(key) {
                self.took(format!("ledger: action {state}: compensation that undoes it"));
            }
        }
    }
}

fn state_of(entry: Option<&LedgerEntry>, now: Timestamp) -> &'static str {
    match entry.map(|entry| &entry.state) {
        None => "absent",
        Some(LedgerState::InProgress { lease_until, .. }) if *lease_until > now => "live",
        Some(LedgerState::InProgress { .. }) => "expired",
        Some(LedgerState::Failed { .. }) => "failed",
        Some(LedgerState::Succeeded { .. }) => "succeeded",
        Some(LedgerState::Revoked) => "revoked",
        Some(LedgerState::HeardOf) => "heard of",
    }
}
