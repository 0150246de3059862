//! What queues do that nobody hopes for, drawn from a seed: duplicates, disorder, lost answers.

use std::time::Duration;

use clock::{Entropy, SeededEntropy};

/// What goes wrong, and how often. The same seed and the same calls in the same order go wrong in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disorder {
    /// What everything is drawn from.
    pub seed: u64,
    /// Of 1,000 messages sent, how many are delivered twice, each delivery deleted by itself.
    pub duplicates_per_mille: u32,
    /// By how much the second delivery of a standard queue comes later at most.
    pub duplicate_delay: Duration,
    /// Whether visible messages (on a FIFO queue: groups) come in random order.
    pub shuffle: bool,
    /// Of 1,000 messages of batches, how many are answered as not sent, and are not.
    pub failed_entries_per_mille: u32,
    /// Of 1,000 calls, how many are answered `Unavailable` and had no effect.
    pub unavailable_per_mille: u32,
    /// Of 1,000 calls, how many are answered `Unavailable` and had their effect.
    pub lost_answers_per_mille: u32,
}

impl Disorder {
    /// Every message twice and everything in random order, which SQS permits itself.
    pub fn twice_and_shuffled(seed: u64) -> Self {
        Self { seed, duplicates_per_mille: 1_000, shuffle: true, ..Self::default() }
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is answered.
    Answered,
    /// It does not reach the queue.
    Unreached,
    /// It has its effect, and its answer is lost.
    AnswerLost,
}

/// Draws what goes wrong.
#[derive(Debug)]
pub(super) struct Misfortune {
    disorder: Disorder,
    random: SeededEntropy,
}

impl Misfortune {
    pub(super) fn new(disorder: Disorder) -> Self {
        let random = SeededEntropy::new(disorder.seed);
        Self { disorder, random }
    }

    pub(super) fn fate(&self) -> Fate {
        if self.happens(self.disorder.unavailable_per_mille) {
            return Fate::Unreached;
        }
        if self.happens(self.disorder.lost_answers_per_mille) { Fate::AnswerLost } else { Fate::Answered }
    }

    pub(super) fn fails_entry(&self) -> bool {
        self.happens(self.disorder.failed_entries_per_mille)
    }

    /// By how much the second delivery of a message comes later, if it has one.
    pub(super) fn duplicate_after(&self) -> Option<Duration> {
        let happens = self.happens(self.disorder.duplicates_per_mille);
        let most = u64::try_from(self.disorder.duplicate_delay.as_millis()).unwrap_or(u64::MAX);
        happens.then(|| Duration::from_millis(if most == 0 { 0 } else { self.below(most.saturating_add(1)) }))
    }

    /// Which of `count` comes next.
    pub(super) fn pick(&self, count: usize) -> usize {
        if !self.disorder.shuffle || count < 2 {
            return 0;
        }
        usize::try_from(self.below(u64::try_from(count).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    fn happens(&self, per_mille: u32) -> bool {
        per_mille > 0 && self.below(1_000) < u64::from(per_mille)
    }

    fn below(&self, bound: u64) -> u64 {
        u64::try_from(self.random.bits() % u128::from(bound.max(1))).unwrap_or(0)
    }
}
