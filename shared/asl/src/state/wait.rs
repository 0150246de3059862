//! Wait: States Language specification, "Wait State".

use jsonata::Expression;

use super::{Amount, Data};
use crate::definition::Next;
use crate::path::Path;

/// A Wait state.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// How data flows (InputPath and OutputPath only).
    pub data: Data,
    /// Until when.
    pub until: WaitUntil,
    /// Where it leads.
    pub next: Next,
}

/// Until when a Wait waits.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitUntil {
    /// `Seconds` or `SecondsPath`.
    Seconds(Amount),
    /// `Timestamp`, RFC 3339 as written.
    Timestamp(String),
    /// `TimestampPath`.
    TimestampPath(Path),
    /// `Timestamp`, an expression in JSONata.
    TimestampExpression(Expression),
}
