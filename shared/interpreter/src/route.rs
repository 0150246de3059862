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
    /// What stands in place of a function's name in the route of every function that has none of its own. No function can have this name.
    pub const ANY: &'static str = "*";

    /// The route of the function with this name.
    pub fn of(&self, function: &str) -> Option<&Route> {
        self.0.get(function).or_else(|| self.0.get(Self::ANY))
    }

    /// Whether a function has a route of its own.
    pub fn has(&self, function: &str) -> bool {
        self.0.contains_key(function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Fails without the route of any function, or if it goes before a function's own.
    #[test]
    fn a_function_has_its_own_route_or_that_of_any() {
        let route = |queue: &str| Route { queue: queue.to_owned(), function_timeout_seconds: 1 };
        let mut routes = Routes([("charge".to_owned(), route("money"))].into());
        assert_eq!(routes.of("ship"), None);
        routes.0.insert(Routes::ANY.to_owned(), route("all"));
        assert_eq!((routes.of("charge"), routes.of("ship")), (Some(&route("money")), Some(&route("all"))));
    }
}
