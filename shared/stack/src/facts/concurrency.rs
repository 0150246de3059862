//! How many invocations an account permits at a time. New accounts have 10.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::AccountLimit;

use super::{Seen, unseen};

/// The account's concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Invocations at a time, of all functions.
    pub limit: u64,
    /// Of these, what no function has reserved.
    pub unreserved: u64,
}

pub(super) async fn of(lambda: &Client) -> Seen<Concurrency> {
    let asked = lambda.get_account_settings().send().await;
    let answered = asked.map_err(|error| unseen("lambda:GetAccountSettings", &error))?;
    let limit = answered.account_limit();
    let count = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    Ok(Concurrency {
        limit: count(limit.map(AccountLimit::concurrent_executions)),
        unreserved: count(limit.and_then(AccountLimit::unreserved_concurrent_executions)),
    })
}
