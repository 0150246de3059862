//! `States.UUID`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// `States.UUID()`: a version 4 UUID (RFC 9562, 5.4) of the evaluation's randomness.
pub(super) fn version_4(random: &mut ChaCha8Rng) -> String {
    let high = random.next_u64() & !0xF000 | 0x4000;
    let low = random.next_u64() & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
