//! One execution from its start to its end.

use std::sync::Arc;
use std::time::Duration;

use asl::Definition;
use clock::{Clock, RuntimeClock, SystemClock};
use coordinator::{DescribeError, Description, HistoryError, SendTaskFailureError, SendTaskSuccessError, StartError};
use embedded::{OpenError, Options, RegisterError, StoreChoice, System};
use interpreter::{HistoryEvent, Timestamp};
use order::ItemError;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use worker::Handler;

use super::mocks::{Mocks, Response};
use super::stand_in::{StandIn, Told, routes};
use crate::history::whole_history;

/// The watch of the system itself looks this rarely: a run knows when its one execution is due.
const WATCH_INTERVAL: Duration = Duration::from_secs(10 * 365 * 86_400);

/// What is to be run.
pub(crate) struct Run {
    /// The machine's name.
    pub(crate) machine: String,
    /// The definition's text.
    pub(crate) text: String,
    /// The same, validated.
    pub(crate) definition: Definition,
    /// The input: JSON text.
    pub(crate) input: String,
    /// What is mocked.
    pub(crate) mocks: Mocks,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) description: Description,
    pub(crate) events: Vec<HistoryEvent>,
}

/// Why it did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriveError {
    /// Something is missing that whoever runs it can add.
    #[error("{0}")]
    Unserved(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Register(#[from] RegisterError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Describe(#[from] DescribeError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error("a mocked callback was not taken")]
    Success(#[from] SendTaskSuccessError),
    #[error("a mocked callback was not taken")]
    Failure(#[from] SendTaskFailureError),
    #[error("the system has ended before the execution")]
    Gone,
}

/// Runs an execution to its end, in memory. In a runtime whose time is paused waits and backoffs take none.
pub(crate) async fn drive(run: Run) -> Result<Ended, DriveError> {
    let (told, telling) = unbounded_channel();
    let (definition, mocks) = (Arc::new(run.definition), Arc::new(run.mocks));
    let stand_in = move |ports: &coordinator::Ports, function: &str| {
        let built_in = order::handlers(&ports.ledger, &order::Providers::test_mode(&ports.ledger, &ports.clock));
        Arc::new(StandIn {
            function: function.to_owned(),
            mocks: Arc::clone(&mocks),
            definition: Arc::clone(&definition),
            built_in: built_in.into_iter().find(|handler| handler.function() == function),
            told: told.clone(),
        }) as Arc<dyn Handler>
    };
    let clock = Arc::new(RuntimeClock::at_millis(SystemClock.now_millis()));
    let options = Options { clock, watch_interval: WATCH_INTERVAL, ..Options::new(StoreChoice::Memory) };
    let system = System::open(options.serving_any(routes(&order::routes()), stand_in))?;
    order::stock_catalogue(system.ports().ledger.as_ref(), system.ports().now()).await?;
    system.register_machine(&run.machine, &run.text).await?;
    system.begin();
    let started = system.start_execution(&run.machine, "run", &run.input).await?;
    let execution_arn = started.identity.arn;
    let description = tokio::select! {
        ended = system.ended(&execution_arn) => ended?,
        error = answer(&system, telling) => return Err(error),
        error = wake_when_due(&system) => return Err(error),
    };
    let events = whole_history(&system, &execution_arn).await?;
    Ok(Ended { description, events })
}

/// Answers callback tasks as they are told; ends when the run cannot go on.
async fn answer(system: &System, mut telling: UnboundedReceiver<Told>) -> DriveError {
    while let Some(told) = telling.recv().await {
        let answered = match told {
            Told::Unserved(reason) => return DriveError::Unserved(reason),
            Told::Answer { token, response: Response::Return(value) } => {
                match system.coordinator().send_task_success(&token, &value.to_string()).await {
                    // It has timed out or was answered before.
                    Ok(()) | Err(SendTaskSuccessError::TaskTimedOut) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
            Told::Answer { token, response: Response::Throw(throw) } => {
                match system.coordinator().send_task_failure(&token, Some(throw.error), Some(throw.cause)).await {
                    Ok(()) | Err(SendTaskFailureError::TaskTimedOut) => Ok(()),
                    Err(error) => Err(error.into()),
                }
            }
        };
        if let Err(error) = answered {
            return error;
        }
    }
    DriveError::Gone
}

/// Looks at the execution when its latest entry says that it is due: what the watch does each minute, to the second.
async fn wake_when_due(system: &System) -> DriveError {
    let mut entries = system.entries();
    let mut due: Option<Timestamp> = None;
    loop {
        let clock = &system.ports().clock;
        let wait = due.map_or(WATCH_INTERVAL, |due| due.since(system.ports().now()));
        tokio::select! {
            entry = entries.recv() => match entry {
                Ok(entry) => due = Some(entry.execution.wake_at),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return DriveError::Gone,
            },
            () = clock.sleep(wait) => {
                // What cannot be read now is looked at again in a while.
                let _ = system.coordinator().watch().await;
                due = Some(system.ports().now().plus_seconds(1));
            }
        }
    }
}
