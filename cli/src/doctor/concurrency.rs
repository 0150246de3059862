//! How many invocations the account permits at a time.

use stack::facts::Concurrency;

use super::{Finding, Level};

/// What a stack under load needs at least: its functions poll five at a time from each of a dozen queues.
const NEEDED: u64 = 100;

/// Judges the account's concurrency.
pub(super) fn judge(concurrency: Concurrency) -> Vec<Finding> {
    if concurrency.unreserved >= NEEDED {
        return Vec::new();
    }
    let text = format!(
        "permits {} invocations at a time, of all functions together: under load they throttle each other",
        concurrency.unreserved
    );
    let remedy = "ask for more in Service Quotas (Lambda, concurrent executions): 1,000 are usual, new accounts have 10";
    vec![Finding::new(Level::Warning, "concurrency-low", "account", text, remedy)]
}
