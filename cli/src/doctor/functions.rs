//! Functions and what feeds them.

use stack::facts::{Feed, Function, Queue};

use super::{Finding, Level};

/// How many times a function's timeout a queue hides what was received (Lambda Developer Guide, "Using Lambda with Amazon SQS").
const TIMEOUTS_PER_VISIBILITY: u64 = 6;

/// Judges functions.
pub(super) fn judge(functions: &[Function]) -> Vec<Finding> {
    functions.iter().flat_map(judge_one).collect()
}

fn judge_one(function: &Function) -> Vec<Finding> {
    let mut findings = Vec::new();
    if function.recursive_loop != "Allow" {
        let text = format!(
            "Lambda's loop detection is `{}`: behind about 16 steps of a saga it drops messages, silently",
            function.recursive_loop
        );
        let remedy = format!(
            "`aws lambda put-function-recursion-config --function-name {} --recursive-loop Allow`, and see who changed it",
            function.name
        );
        findings.push(Finding::new(Level::Error, "loops-are-stopped", &function.name, text, remedy));
    }
    if !matches!(function.state.as_str(), "Active" | "unknown") {
        let text = format!("is `{}` and cannot be invoked", function.state);
        let remedy = "`aws lambda get-function-configuration` says why in StateReason";
        findings.push(Finding::new(Level::Error, "function-inactive", &function.name, text, remedy));
    }
    if function.latest_update == "Failed" {
        let remedy = "deploy again; LastUpdateStatusReason says what failed";
        findings.push(Finding::new(
            Level::Warning,
            "update-failed",
            &function.name,
            "its latest update failed: it runs older code",
            remedy,
        ));
    }
    findings
}

/// Judges what feeds functions.
pub(super) fn judge_feeds(feeds: &[Feed]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for feed in feeds {
        let subject = format!("{} -> {}", feed.queue, feed.function);
        if !matches!(feed.state.as_str(), "Enabled" | "Enabling" | "Updating" | "Creating") {
            let text = format!("is `{}`: messages wait, and nothing goes on", feed.state);
            let remedy = "enable the event source mapping: `aws lambda update-event-source-mapping --enabled --uuid ...`";
            findings.push(Finding::new(Level::Error, "feed-disabled", &subject, text, remedy));
        }
        if !feed.reports_batch_item_failures {
            let text = "one message that fails brings its whole batch back, and in the end to the dead letters";
            let remedy = "set FunctionResponseTypes to ReportBatchItemFailures, as the template does";
            findings.push(Finding::new(Level::Error, "batches-fail-whole", &subject, text, remedy));
        }
    }
    findings
}

/// Judges how long queues hide what functions were given.
pub(super) fn judge_visibility(feeds: &[Feed], queues: &[Queue], functions: &[Function]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for feed in feeds {
        let queue = queues.iter().find(|queue| queue.name == feed.queue);
        let function = functions.iter().find(|function| function.name == feed.function);
        let (Some(queue), Some(function)) = (queue, function) else { continue };
        let needed = function.timeout_seconds.saturating_mul(TIMEOUTS_PER_VISIBILITY);
        if queue.visibility_seconds < needed {
            let text = format!(
                "hides messages for {} s, and `{}` may run for {} s: a message comes again while it is handled",
                queue.visibility_seconds, function.name, function.timeout_seconds
            );
            let remedy = format!("set its VisibilityTimeout to {needed} at least: six times the function's timeout");
            findings.push(Finding::new(Level::Error, "visibility-too-short", &queue.name, text, remedy));
        }
    }
    findings
}
