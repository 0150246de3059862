//! Playing the orders: submitted, reviewed, cancelled, redriven as their scenarios say.
//!
//! Everything here can be done again: a run on a directory of an earlier one finds each execution where it stands and does only what is left to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use coordinator::{
    DescribeError, Description, HistoryError, Novelty, RedriveError, SendTaskSuccessError, StartError, StopError, StopRequest,
};
use embedded::System;
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind};
use order::scenario::{Scenario, WhenParked};
use order::{ItemError, Refusal, provider, review};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Order;
use crate::history::whole_history;

/// What came of one order.
#[derive(Debug, Clone)]
pub(crate) enum Played {
    /// It was not started.
    Refused {
        /// Its scenario.
        scenario: Scenario,
        /// Why.
        reason: String,
    },
    /// Its execution has ended.
    Ended {
        /// Its scenario.
        scenario: Scenario,
        /// How it stands.
        description: Box<Description>,
        /// Its history.
        events: Vec<HistoryEvent>,
    },
}

/// Why an order could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlayError {
    /// It could not be started.
    #[error("cannot start the execution of `{0}`")]
    Start(String, #[source] StartError),
    /// Its execution could not be looked at.
    #[error(transparent)]
    Describe(#[from] DescribeError),
    /// Its history could not be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// It could not be stopped.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// It could not be redriven.
    #[error(transparent)]
    Redrive(#[from] RedriveError),
    /// Its review could not be answered.
    #[error(transparent)]
    Review(#[from] SendTaskSuccessError),
    /// An item of the saga's own.
    #[error(transparent)]
    Item(#[from] ItemError),
    /// A part of the run has died.
    #[error("a part of the run has ended by a panic")]
    Panicked,
}

/// Plays all orders, beside each other; `done` is called as each has ended. Answers in the order of the orders.
pub(crate) async fn play_all(
    system: &Arc<System>,
    orders: &[Order],
    mut done: impl FnMut(&Played),
) -> Result<Vec<Played>, PlayError> {
    // Whoever comes after another file's order waits until that one was admitted.
    let admitted: BTreeMap<String, watch::Sender<bool>> =
        orders.iter().map(|order| (order.scenario.file.clone(), watch::Sender::new(false))).collect();
    let admitted = Arc::new(admitted);
    let mut players = JoinSet::new();
    for (number, order) in orders.iter().cloned().enumerate() {
        let (system, admitted) = (Arc::clone(system), Arc::clone(&admitted));
        players.spawn(async move { play(&system, &order, &admitted).await.map(|played| (number, played)) });
    }
    let mut all = BTreeMap::new();
    while let Some(player) = players.join_next().await {
        let (number, played) = player.map_err(|_| PlayError::Panicked)??;
        done(&played);
        all.insert(number, played);
    }
    Ok(all.into_values().collect())
}

async fn play(system: &System, order: &Order, admitted: &BTreeMap<String, watch::Sender<bool>>) -> Result<Played, PlayError> {
    let scenario = order.scenario.clone();
    if let Some(before) = scenario.after.as_ref().and_then(|file| admitted.get(file)) {
        let _ = before.subscribe().wait_for(|admitted| *admitted).await;
    }
    let submitted = submit(system, order).await;
    if let Some(here) = admitted.get(&scenario.file) {
        here.send_replace(true);
    }
    match submitted? {
        Err(Refusal { reason }) => Ok(Played::Refused { scenario, reason }),
        Ok(execution_arn) => {
            let description = Box::new(drive(system, &scenario, &execution_arn).await?);
            let events = whole_history(system, &execution_arn).await?;
            Ok(Played::Ended { scenario, description, events })
        }
    }
}

/// Submits an order as often as its scenario says: a start that is repeated is the same start.
async fn submit(system: &System, order: &Order) -> Result<Result<String, Refusal>, PlayError> {
    let admitted = match order::admit(&order.body) {
        Ok(admitted) => admitted,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut execution_arn = String::new();
    for _ in 0..order.scenario.times.max(1) {
        let name = &admitted.execution_name;
        let started = system.start_execution(&order.scenario.machine, name, &admitted.input.to_string()).await;
        let started = started.map_err(|error| PlayError::Start(name.clone(), error))?;
        if matches!(started.novelty, Novelty::OtherInput { .. }) {
            return Ok(Err(Refusal::of_other_content(name)));
        }
        execution_arn = started.identity.arn;
    }
    Ok(Ok(execution_arn))
}

/// Does what the scenario says, as the execution comes to it, until it has ended and nothing is left to do.
async fn drive(system: &System, scenario: &Scenario, execution_arn: &str) -> Result<Description, PlayError> {
    loop {
        // Subscribed before the look, so that what happens in between is seen.
        let mut entries = system.entries();
        let description = system.coordinator().describe(execution_arn).await?;
        if description.status != ExecutionStatus::Running {
            if !go_on(system, scenario, &description).await? {
                return Ok(description);
            }
            continue;
        }
        answer_review(system, scenario, &description).await?;
        if let Some(state) = scenario.stop_after.as_ref().filter(|_| description.redrive_count == 0)
            && !description.unwinding
            && has_left(&whole_history(system, execution_arn).await?, state)
        {
            let request = StopRequest { execution_arn: execution_arn.to_owned(), error: None, cause: None };
            system.coordinator().stop(request).await?;
        }
        loop {
            match entries.recv().await {
                Ok(entry) if entry.execution.identity.arn != execution_arn => {}
                // Of its own, or some were missed: look again.
                Ok(_) | Err(_) => break,
            }
        }
    }
}

/// Redrives what is parked, if the scenario says so. Answers whether it did.
async fn go_on(system: &System, scenario: &Scenario, description: &Description) -> Result<bool, PlayError> {
    let Some(what) = scenario.when_parked.filter(|_| description.parked.is_some() && description.redrive_count == 0) else {
        return Ok(false);
    };
    if what == WhenParked::MendAndRedrive {
        provider::mend_refunds(&*system.ports().ledger, system.ports().now()).await?;
    }
    system.coordinator().redrive(&description.identity.arn).await?;
    Ok(true)
}

/// Answers a review that waits, if the scenario has an answer.
async fn answer_review(system: &System, scenario: &Scenario, description: &Description) -> Result<(), PlayError> {
    let Some(decision) = scenario.review else { return Ok(()) };
    let (ledger, now) = (&*system.ports().ledger, system.ports().now());
    let waiting = review::pending(ledger, now).await?;
    let Some(review) = waiting.iter().find(|review| review.order_id == description.identity.name) else { return Ok(()) };
    match system.coordinator().send_task_success(review.token.reveal(), &decision.output().to_string()).await {
        // Answered before, or out of time: either way nothing waits for this answer.
        Ok(_) | Err(SendTaskSuccessError::TaskTimedOut) => Ok(review::close(ledger, review, now).await?),
        Err(error) => Err(error.into()),
    }
}

fn has_left(events: &[HistoryEvent], state: &str) -> bool {
    events.iter().any(|event| matches!(&event.kind, HistoryEventKind::StateExited { name, .. } if name == state))
}
