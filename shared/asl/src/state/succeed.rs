//! Succeed: States Language specification, "Succeed State".

use super::Data;

/// A Succeed state.
#[derive(Debug, Clone, PartialEq)]
pub struct Succeed {
    /// How data flows (InputPath and OutputPath only).
    pub data: Data,
}
