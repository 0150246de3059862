//! Parallel: States Language specification, "Parallel State".

use super::{Catcher, Data, Retrier};
use crate::definition::{Flow, Next};

/// A Parallel state.
#[derive(Debug, Clone, PartialEq)]
pub struct Parallel {
    /// How data flows.
    pub data: Data,
    /// `Branches`; at least one.
    pub branches: Vec<Flow>,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub next: Next,
}
