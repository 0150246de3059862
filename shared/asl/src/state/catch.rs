//! Catchers: States Language specification, "Fallback states".

use super::{Assign, ResultPath};
use crate::template::Template;

/// One element of `Catch`.
#[derive(Debug, Clone, PartialEq)]
pub struct Catcher {
    /// `ErrorEquals`.
    pub error_equals: Vec<String>,
    /// `ResultPath`: where `{"Error", "Cause"}` is put in the state's raw input.
    pub result_path: ResultPath,
    /// `Output` (JSONata); `{"Error", "Cause"}` when absent.
    pub output: Option<Template>,
    /// `Assign`.
    pub assign: Assign,
    /// `Compensate` (Backstep's extension); when absent, the failed part alone is unwound.
    pub compensate: Option<Compensate>,
    /// `Next`.
    pub next: String,
}

/// The `Compensate` of a catcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compensate {
    /// `"Execution"`: all that is owed so far is unwound before the failure is caught. Only on a state of the outermost flow:
    /// elsewhere branches beside it are still running.
    Execution,
    /// `"None"`: nothing is unwound; what the part owes stays owed, in its place.
    Nothing,
}
