//! Plays the sample orders: what shop, reviewer, customer and operator do around them.

use std::sync::Arc;

use coordinator::{Description, HistoryQuery, Novelty, SendTaskSuccessError, StopRequest};
use interpreter::HistoryEventKind;
use order::provider::mend_refunds;
use order::review;
use order::scenario::{Scenario, WhenParked};
use order::{Refusal, admit};
use store::Entry;
use tokio::sync::broadcast::Receiver;

use crate::System;

/// What came of an order.
pub(super) enum Played {
    /// It was not started.
    Refused(Refusal),
    /// Its execution ended.
    Ended(Box<Description>),
}

/// Submits an order; answers its execution's ARN.
async fn submit(system: &System, machine: &str, body: &str) -> Result<String, Refusal> {
    let admitted = admit(body)?;
    loop {
        match system.start_execution(machine, &admitted.execution_name, &admitted.input.to_string()).await {
            Ok(started) if matches!(started.novelty, Novelty::OtherInput { .. }) => {
                return Err(Refusal::of_other_content(&admitted.execution_name));
            }
            Ok(started) => return Ok(started.identity.arn),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

/// Submits all orders, in their order, and plays them beside each other.
pub(super) async fn play_all(system: &System, orders: &[(Scenario, String)]) -> Vec<Played> {
    let mut submitted = Vec::new();
    for (scenario, body) in orders {
        let entries = system.entries();
        let mut execution = submit(system, &scenario.machine, body).await;
        for _ in 1..scenario.times {
            execution = submit(system, &scenario.machine, body).await;
        }
        submitted.push((scenario, entries, execution));
    }
    let played = submitted.into_iter().map(|(scenario, entries, execution)| async move {
        match execution {
            Ok(execution) => Played::Ended(Box::new(play(system, scenario, entries, &execution).await)),
            Err(refusal) => Played::Refused(refusal),
        }
    });
    futures::future::join_all(played).await
}

async fn play(system: &System, scenario: &Scenario, mut entries: Receiver<Arc<Entry>>, execution: &str) -> Description {
    let acted = async {
        while let Ok(entry) = entries.recv().await {
            if entry.execution.identity.arn == execution {
                react(system, scenario, &entry).await;
            }
        }
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        ended = system.ended(execution) => ended.unwrap(),
        () = acted => unreachable!(),
    };
    match (ended.parked, scenario.when_parked) {
        (Some(_), Some(what)) => {
            if what == WhenParked::MendAndRedrive {
                mend_refunds(system.ports().ledger.as_ref(), system.ports().now()).await.unwrap();
            }
            system.coordinator().redrive(execution).await.unwrap();
            system.ended(execution).await.unwrap()
        }
        _ => ended,
    }
}

/// What people do when they see an entry.
async fn react(system: &System, scenario: &Scenario, entry: &Entry) {
    let left = |state: &str| {
        entry.events.iter().any(|event| matches!(&event.kind, HistoryEventKind::StateExited { name, .. } if name == state))
    };
    if scenario.stop_after.as_deref().is_some_and(left) {
        let execution_arn = entry.execution.identity.arn.clone();
        system.coordinator().stop(StopRequest { execution_arn, ..StopRequest::default() }).await.unwrap();
    }
    let Some(decision) = scenario.review else { return };
    let (ledger, now) = (system.ports().ledger.as_ref(), system.ports().now());
    for waiting in review::pending(ledger, now).await.unwrap() {
        if waiting.order_id == entry.execution.identity.name {
            match system.coordinator().send_task_success(waiting.token.reveal(), &decision.output().to_string()).await {
                Ok(()) | Err(SendTaskSuccessError::TaskTimedOut) => review::close(ledger, &waiting, now).await.unwrap(),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// The states that an execution has undone, in order.
pub(super) async fn compensated(system: &System, execution: &str) -> Vec<String> {
    let query = HistoryQuery { execution_arn: execution.to_owned(), limit: 10_000, ..HistoryQuery::default() };
    let events = system.coordinator().history(&query).await.unwrap().events;
    events
        .into_iter()
        .filter_map(|event| match event.kind {
            HistoryEventKind::CompensationSucceeded { state } => Some(state),
            _ => None,
        })
        .collect()
}
