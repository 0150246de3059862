//! Random bits.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Draws random bits.
pub trait Entropy: Send + Sync + 'static {
    /// 128 random bits that nobody can guess.
    fn bits(&self) -> u128;
}

/// Bits of the operating system's generator, through a generator seeded by it.
#[derive(Debug)]
pub struct SystemEntropy(SeededEntropy);

impl SystemEntropy {
    /// A generator seeded by the operating system.
    pub fn new() -> Self {
        let (first, second) = (uuid::Uuid::new_v4().as_u128(), uuid::Uuid::new_v4().as_u128());
        Self(SeededEntropy::of(first, second ^ u128::from(std::process::id())))
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    fn bits(&self) -> u128 {
        self.0.bits()
    }
}

/// Bits that a seed determines: for tests and the simulator.
#[derive(Debug)]
pub struct SeededEntropy(Mutex<ChaCha20Rng>);

impl SeededEntropy {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }

    fn of(first: u128, second: u128) -> Self {
        let mut seed = [0; 32];
        for (place, byte) in seed.iter_mut().zip(first.to_le_bytes().into_iter().chain(second.to_le_bytes())) {
            *place = byte;
        }
        Self(Mutex::new(ChaCha20Rng::from_seed(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn bits(&self) -> u128 {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        u128::from(random.next_u64()) << 64 | u128::from(random.next_u64())
    }
}
