//! Which queue and function serve a `Resource`: from the template of the day, not pinned by an execution.

use std::collections::BTreeMap;

/// Who serves one function's tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The queue that its requests go to.
    pub queue: String,
    /// The function's own timeout in seconds: the longest that a lease can last.
    pub function_timeout_seconds: u64,
}

/// Routes by function name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routes(pub BTreeMap<String, Route>);

impl Routes {
    /// The route of the function with this name.
    pub fn of(&self, function: &str) -> Option<&Route> {
        self.0.get(function)
    }
}
