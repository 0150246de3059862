//! Random workers: the handlers of the functions that random definitions name.
//!
//! What a worker does is decided by a hash of the simulation's seed, the key and the attempt, so that a second delivery of the same attempt meets the
//! same worker. It succeeds at once or late (sometimes too late), refuses, fails before or after its effect, panics, gives the request
//! back, or returns too much. Compensations fail for a while, until they are mended, or for good.

mod behavior;
mod handlers;
mod outside;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clock::Clock;
use interpreter::IdempotencyKey;
use serde_json::{Value, json};
use store::LedgerStore;
use worker::Handler;

use crate::random::mixed;
use behavior::{Behavior, Temper};
pub use handlers::{Acting, Asking, Looking, Undoing};
pub use outside::{Outside, OutsideError, Provider, Question};
pub use table::{EFFECT, STOCK, effects_of};

/// What the workers of one simulated host work with.
#[derive(Clone)]
pub struct Workers {
    /// The simulation's seed.
    pub seed: u64,
    /// Out of 1,000 attempts, about how many do anything but succeed at once.
    pub trouble: u32,
    /// Of 1,000 things that are looked up, how many the store refuses to keep, for a while.
    pub unfit: u32,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
    /// Where the items of the table workers are.
    pub ledger: Arc<dyn LedgerStore>,
    /// The providers.
    pub outside: Arc<dyn Outside>,
    /// Set when faults cease: compensations that failed until they were mended succeed from then on, and workers cause no more trouble.
    pub mended: Arc<AtomicBool>,
}

impl Workers {
    /// The handlers of all functions that [`super::machine::routes`] names.
    pub fn handlers(&self) -> Vec<Arc<dyn Handler>> {
        use super::machine::{ACT_OUTSIDE, ACT_TABLE, UNDO_OUTSIDE, UNDO_TABLE};
        use worker::Effect;
        vec![
            Arc::new(Acting::new(self.clone(), ACT_TABLE, Effect::Table)),
            Arc::new(Acting::new(self.clone(), ACT_OUTSIDE, Effect::Outside)),
            Arc::new(Undoing::new(self.clone(), UNDO_TABLE, Effect::Table)),
            Arc::new(Undoing::new(self.clone(), UNDO_OUTSIDE, Effect::Outside)),
            Arc::new(Looking::new(self.clone())),
            Arc::new(Asking::new(self.clone())),
        ]
    }

    /// What is found, perhaps something that the store refuses to keep.
    fn found(&self, key: &IdempotencyKey, attempt: u32) -> Value {
        let mut result = result_of(self.seed, key, attempt);
        let is_unfit = hash(self.seed, key.as_str(), 1 << 42) % 1_000 < u64::from(self.unfit);
        if let Some(members) = result.as_object_mut().filter(|_| is_unfit) {
            members.insert("unfit".to_owned(), json!(true));
        }
        result
    }

    fn behavior(&self, key: &IdempotencyKey, attempt: u32, temper: Temper) -> Behavior {
        Behavior::of(hash(self.seed, key.as_str(), u64::from(attempt)), self.trouble, temper)
    }
}

/// The result of an action: says whose it is. A few are long.
pub fn result_of(seed: u64, key: &IdempotencyKey, attempt: u32) -> Value {
    let bits = hash(seed, key.as_str(), u64::from(attempt) | 1 << 40);
    let filler = match bits % 200 {
        0..=9 => 5_000 + usize::try_from(bits >> 32).unwrap_or(0) % 5_000,
        // Twice as much is more than a payload may have, and than any store's item.
        10..=14 => 210_000,
        _ => 0,
    };
    match filler {
        0 => json!({ "of": key.as_str(), "attempt": attempt }),
        _ => json!({ "of": key.as_str(), "attempt": attempt, "filler": "f".repeat(filler) }),
    }
}

/// What marks a result that the store refuses to keep, until it is mended.
pub const UNFIT: &str = "\"unfit\":true";

/// 64 bits of a seed, a key and a number: FNV-1a over the key, mixed.
pub(crate) fn hash(seed: u64, key: &str, number: u64) -> u64 {
    let folded =
        key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |bits, byte| (bits ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    mixed(mixed(seed ^ folded) ^ number)
}
