//! Fail: States Language specification, "Fail State".

use super::{Data, Text};

/// A Fail state.
#[derive(Debug, Clone, PartialEq)]
pub struct Fail {
    /// No field of it is used: a Fail state has none.
    pub data: Data,
    /// `Error` or `ErrorPath`.
    pub error: Option<Text>,
    /// `Cause` or `CausePath`.
    pub cause: Option<Text>,
}
