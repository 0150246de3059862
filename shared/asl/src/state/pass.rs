//! Pass: States Language specification, "Pass State".

use super::Data;
use crate::definition::Next;

/// A Pass state.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// How data flows.
    pub data: Data,
    /// `Result`: taken for the result instead of the effective input.
    pub result: Option<serde_json::Value>,
    /// Where it leads.
    pub next: Next,
}
