//! Task: work done outside.

use super::{Amount, Catcher, Compensation, Data, Retrier};
use crate::definition::Next;
use crate::resource::Resource;

/// A Task state.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// How data flows.
    pub data: Data,
    /// Who does the work.
    pub resource: Resource,
    /// `TimeoutSeconds` or `TimeoutSecondsPath`; none when absent.
    pub timeout: Option<Amount>,
    /// `HeartbeatSeconds` or `HeartbeatSecondsPath`; none when absent.
    pub heartbeat: Option<Amount>,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// `Compensation`; none when undeclared, which is not the same as `"None"`.
    pub compensation: Option<Compensation>,
    /// `Refusals`: error names that prove there was no effect.
    pub refusals: Vec<String>,
    /// `Pivot`: after its success the saga only goes forward.
    pub pivot: bool,
    /// Where it leads.
    pub next: Next,
}
