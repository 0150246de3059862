//! One execution, run to its end in a system of its own, and what its journal holds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use embedded::{Options, StoreChoice, System};
use interpreter::{ExecutionStatus, Route, Routes};
use serde_json::{Value, json};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::BenchError;

/// A Map whose iterations wait for nothing.
pub const MAP_OF_PASSES: &str = r#"{ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true,
    "ItemProcessor": { "StartAt": "One", "States": { "One": { "Type": "Pass", "End": true } } } } } }"#;

/// A Map whose iterations are a task each.
pub const MAP_OF_TASKS: &str = r#"{ "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true,
    "ItemProcessor": { "StartAt": "One", "States": { "One": { "Type": "Task", "End": true,
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:echo" } } } } } }"#;

/// What an execution's journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journal {
    /// Entries.
    pub entries: u64,
    /// Their encoded bytes.
    pub bytes: u64,
    /// The largest one's encoded bytes.
    pub largest_bytes: u64,
    /// History events.
    pub events: u64,
}

/// An execution that was run.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// From its start until it was seen to have ended.
    pub took: Duration,
    /// What its journal holds.
    pub journal: Journal,
}

/// A system in memory with a worker that answers with its input.
pub fn echo(store: StoreChoice) -> Options {
    let route = Route { queue: "tasks-echo".to_owned(), function_timeout_seconds: 10 };
    let routes = Routes([("echo".to_owned(), route)].into());
    Options::new(store).serving(routes, |_| vec![Arc::new(Echo) as Arc<dyn Handler>])
}

/// An array of `count` small items.
pub fn items(count: u64) -> Value {
    (0..count).collect()
}

/// Runs a machine once to its end.
///
/// # Errors
///
/// [`BenchError`], also if it does not succeed.
pub async fn run_machine(options: Options, definition: &str, input: &Value) -> Result<Measured, BenchError> {
    let system = System::start(options)?;
    system.register_machine("bench", definition).await?;
    let began = Instant::now();
    let started = system.start_execution("bench", "once", &input.to_string()).await?;
    let ended = system.ended(&started.identity.arn).await?;
    let took = began.elapsed();
    if ended.status != ExecutionStatus::Succeeded {
        let cause = json!({ "error": ended.failure.as_ref().map(|failure| &failure.error), "cause": ended.failure.as_ref().map(|failure| &failure.cause) });
        return Err(BenchError::Ended {
            name: started.identity.name,
            status: ended.status.as_str().to_owned(),
            cause: cause.to_string(),
        });
    }
    let journal = journal(&system, &started.identity.id).await?;
    system.stop().await;
    Ok(Measured { took, journal })
}

async fn journal(system: &System, execution: &interpreter::ExecutionId) -> Result<Journal, BenchError> {
    let mut journal = Journal { entries: 0, bytes: 0, largest_bytes: 0, events: 0 };
    loop {
        let page = system.ports().executions.entries(execution, journal.entries + 1, 100).await?;
        if page.is_empty() {
            return Ok(journal);
        }
        for entry in page {
            let bytes = u64::try_from(entry.encode()?.len()).unwrap_or(u64::MAX);
            journal.entries += 1;
            journal.bytes += bytes;
            journal.largest_bytes = journal.largest_bytes.max(bytes);
            journal.events += u64::try_from(entry.events.len()).unwrap_or(u64::MAX);
        }
    }
}

/// Answers with its input.
struct Echo;

#[async_trait]
impl Handler for Echo {
    fn function(&self) -> &str {
        "echo"
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        Ok(Completion::of(task.input.clone()))
    }
}
