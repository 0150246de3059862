//! Compensation: the task that undoes a task (Backstep's extension).

use super::{Amount, Retrier};
use crate::resource::Resource;
use crate::template::Template;

/// The `Compensation` of a Task.
#[derive(Debug, Clone, PartialEq)]
pub enum Compensation {
    /// `"None"`: declared to leave nothing to undo.
    Nothing,
    /// A task that undoes it.
    Action(Box<CompensationAction>),
}

/// The task that undoes another.
#[derive(Debug, Clone, PartialEq)]
pub struct CompensationAction {
    /// Who does the work.
    pub resource: Resource,
    /// `Parameters` (in JSONata `Arguments`), evaluated over `{"input", "result"}`; that object itself when absent.
    pub parameters: Option<Template>,
    /// `TimeoutSeconds` (literal, or a path over `{"input", "result"}`); none when absent.
    pub timeout: Option<Amount>,
    /// `Retry`; the default (1 s to 5 min apart, for a day) when the field is absent.
    pub retry: Option<Vec<Retrier>>,
}
