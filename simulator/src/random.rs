//! All the randomness of a simulation: streams that its seed determines.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is for. Streams are independent of each other: drawing more of one changes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// The options of a seed.
    Options,
    /// What is run.
    Workload,
    /// How long things take.
    Latency,
    /// Ids, seeds and jitter of the system under test.
    Entropy,
    /// What the workers and providers do.
    Workers,
    /// What becomes of one call: a stream for each.
    Fate,
}

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of a seed that is for something.
    pub fn new(seed: u64, stream: Stream) -> Self {
        Self::numbered(seed, stream, 0)
    }

    /// One of many streams that are for the same.
    pub fn numbered(seed: u64, stream: Stream, number: u64) -> Self {
        // A SplitMix64 step each, so that neighboring seeds and numbers have nothing in common.
        Self(ChaCha8Rng::seed_from_u64(mixed(mixed(seed) ^ mixed(number).rotate_left(17) ^ stream as u64)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits() % bound.max(1)
    }

    /// A number from `least` to `most`, both included.
    pub fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// An index of something that has `count` elements.
    pub fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(u64::try_from(count).unwrap_or(u64::MAX))).unwrap_or(0)
    }

    /// Whether something happens that happens in `per_mille` of 1,000 cases.
    pub fn happens(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.below(1_000) < u64::from(per_mille)
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, some: &'a [T]) -> Option<&'a T> {
        some.get(self.index(some.len()))
    }
}

/// SplitMix64's mixing of 64 bits: cheap, and every bit depends on every other.
pub fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_its_seed_and_independent_of_others() {
        let draw = |seed, stream, number| Random::numbered(seed, stream, number).bits();
        assert_eq!(draw(1, Stream::Fate, 7), draw(1, Stream::Fate, 7));
        assert_ne!(draw(1, Stream::Fate, 7), draw(1, Stream::Fate, 8));
        assert_ne!(draw(1, Stream::Fate, 7), draw(2, Stream::Fate, 7));
        assert_ne!(draw(1, Stream::Fate, 0), draw(1, Stream::Workload, 0));
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let mut random = Random::new(1, Stream::Workload);
        assert!((0..1_000).all(|_| (3..=5).contains(&random.within(3, 5))));
        assert!((0..1_000).all(|_| !random.happens(0) && random.happens(1_000)));
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
