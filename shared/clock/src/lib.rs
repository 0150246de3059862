//! Time, sleep and randomness as ports.
