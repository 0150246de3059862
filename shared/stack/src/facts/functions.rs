//! Functions, and the queues that feed them.

use std::collections::BTreeSet;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::types::FunctionResponseType;

use super::{Queue, Seen, unseen};

/// A function that a queue feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// For how long an invocation may run, in seconds.
    pub timeout_seconds: u64,
    /// What Lambda does about loops through it: `Allow` or `Terminate`.
    pub recursive_loop: String,
    /// As Lambda says: `Active` if it can be invoked.
    pub state: String,
    /// As Lambda says: `Successful` if its latest update went through.
    pub latest_update: String,
}

/// An event source mapping: a queue that feeds a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Our name for the queue.
    pub queue: String,
    /// The function's name.
    pub function: String,
    /// As Lambda says: `Enabled` if messages are passed on.
    pub state: String,
    /// Whether the function may say which messages of a batch failed.
    pub reports_batch_item_failures: bool,
}

/// What these queues feed.
pub(super) async fn feeds_of(lambda: &Client, queues: &[Queue]) -> Seen<Vec<Feed>> {
    let mut feeds = Vec::new();
    for queue in queues {
        let asked = lambda.list_event_source_mappings().event_source_arn(&queue.arn).send().await;
        let answered = asked.map_err(|error| unseen("lambda:ListEventSourceMappings", &error))?;
        feeds.extend(answered.event_source_mappings().iter().map(|mapping| Feed {
            queue: queue.name.clone(),
            function: name_of(mapping.function_arn().unwrap_or_default()),
            state: mapping.state().unwrap_or("unknown").to_owned(),
            reports_batch_item_failures:
                mapping.function_response_types().contains(&FunctionResponseType::ReportBatchItemFailures),
        }));
    }
    Ok(feeds)
}

/// The name in the ARN of a function.
fn name_of(arn: &str) -> String {
    arn.split(':').nth(6).unwrap_or(arn).to_owned()
}

/// The functions that are fed.
pub(super) async fn of(lambda: &Client, feeds: &[Feed]) -> Seen<Vec<Function>> {
    let names: BTreeSet<&str> = feeds.iter().map(|feed| feed.function.as_str()).collect();
    let mut functions = Vec::new();
    for name in names {
        functions.push(look(lambda, name).await?);
    }
    Ok(functions)
}

async fn look(lambda: &Client, name: &str) -> Seen<Function> {
    let asked = lambda.get_function_configuration().function_name(name).send().await;
    let configured = asked.map_err(|error| unseen("lambda:GetFunctionConfiguration", &error))?;
    let asked = lambda.get_function_recursion_config().function_name(name).send().await;
    let recursion = asked.map_err(|error| unseen("lambda:GetFunctionRecursionConfig", &error))?;
    Ok(Function {
        name: name.to_owned(),
        timeout_seconds: configured.timeout().and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or_default(),
        recursive_loop: recursion.recursive_loop().map_or_else(|| "unknown".to_owned(), |stance| stance.as_str().to_owned()),
        state: configured.state().map_or_else(|| "unknown".to_owned(), |state| state.as_str().to_owned()),
        latest_update: configured.last_update_status().map_or_else(|| "unknown".to_owned(), |status| status.as_str().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_its_arn_with_or_without_a_version() {
        for arn in ["arn:aws:lambda:eu-central-1:1:function:shop-watch", "arn:aws:lambda:eu-central-1:1:function:shop-watch:7"] {
            assert_eq!(name_of(arn), "shop-watch");
        }
    }
}
