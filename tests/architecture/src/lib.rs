//! Tests that read the repository itself, so that its shape is not left to memory.
//!
//! The crate holds nothing but tests. Each rule is a function from facts to findings (one line per finding); one test
//! shows that it finds what it forbids in a small sample, another that the repository has none of it.
//!
//! * `arrows`: which crate of the workspace may import which
//! * `aws_sdk`: which crates may see an AWS SDK
//! * `breaks`: who may switch deliberate breaks on, and that each has a place
//! * `purity`: what the pure crates must not reach, by dependency or by call
//! * `licenses`: every dependency's license is among those that `deny.toml` allows
//! * `documents`: what documents and comments refer to exists
//! * `invariants`: each invariant of ARCHITECTURE.md names a test that exists
//! * `tidy`: headers, lengths, names, sleeps and machine paths in the sources

#[cfg(test)]
mod arrows;
#[cfg(test)]
mod aws_sdk;
#[cfg(test)]
mod breaks;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod licenses;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod workspace;
