//! A deployed stack, as its users reach it.

use std::fmt::Write;
use std::time::{Duration, Instant};

use coordinator::{Coordinator, DescribeError, Description, HistoryQuery};
use functions::{Cloud, Environment};
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind};
use messages::{MessageQueue, Outgoing, QueueSource, queue_name};
use order::Outcome;

/// The stack's ports, and the coordinator's operations over them: what the API of a stack is.
pub(crate) struct Stack {
    pub(crate) cloud: Cloud,
    pub(crate) coordinator: Coordinator,
}

impl Stack {
    pub(crate) async fn connect() -> Self {
        let cloud = Cloud::connect(Environment::of_process().unwrap()).unwrap();
        let coordinator = cloud.coordinator().unwrap();
        Self { cloud, coordinator }
    }

    pub(crate) fn execution_arn(&self, machine: &str, name: &str) -> String {
        let executions = self.cloud.environment.machines.replacen(":stateMachine:", ":execution:", 1);
        format!("{executions}{machine}:{name}")
    }

    /// Sends an order, as a shop does.
    pub(crate) async fn submit(&self, machine: &str, body: &str) {
        let mut message = Outgoing::standard(body);
        message.attributes.insert("machine".to_owned(), machine.to_owned());
        let sent = self.cloud.queues.send("orders", &[message]).await.unwrap();
        assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    }

    /// The execution as it stands; none if it was not started yet.
    pub(crate) async fn look(&self, execution_arn: &str) -> Option<Description> {
        match self.coordinator.describe(execution_arn).await {
            Ok(description) => Some(description),
            Err(DescribeError::ExecutionDoesNotExist(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn history(&self, execution_arn: &str) -> Vec<HistoryEvent> {
        let arn = execution_arn.to_owned();
        let mut query = HistoryQuery { execution_arn: arn, limit: 1_000, newest_first: false, with_data: false, after: None };
        let mut events = Vec::new();
        loop {
            let page = self.coordinator.history(&query).await.unwrap();
            events.extend(page.events);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return events,
            }
        }
    }

    /// Waits for a message in the parking queue whose reason says this, and takes it out.
    pub(crate) async fn parked_because(&self, part: &str) {
        let until = Instant::now() + Duration::from_secs(120);
        while Instant::now() < until {
            for delivery in self.cloud.queues.receive(queue_name::PARKING, 10, Duration::from_secs(1)).await.unwrap() {
                if delivery.attributes.get("reason").is_some_and(|reason| reason.contains(part)) {
                    assert_eq!(delivery.attributes.get("source").map(String::as_str), Some("orders"));
                    return self.cloud.queues.delete(queue_name::PARKING, &delivery.receipt).await.unwrap();
                }
            }
        }
        panic!("nothing was parked because of `{part}`");
    }

    /// What does not balance, in words.
    pub(crate) async fn findings(&self, ended: &[Description]) -> Vec<String> {
        let effects = order::effects(&*self.cloud.ports.ledger, self.cloud.ports.now()).await.unwrap();
        let outcomes: Vec<Outcome> = ended.iter().map(outcome).collect();
        order::balance(&outcomes, &effects)
    }

    /// How an execution came to where it stands, without payloads: what it owes and why, and its events.
    pub(crate) async fn told(&self, description: &Description) -> String {
        let mut told = format!("{}: {:?}, {:?}", description.identity.name, description.status, description.parked);
        for owed in &description.owed {
            let _ = write!(told, "\n  owes {}, succeeded: {}, given up: {:?}", owed.state, owed.succeeded, owed.given_up);
        }
        let events = self.history(&description.identity.arn).await;
        let begun = events.first().map_or(0, |event| event.at.millis());
        for event in &events {
            let error = match &event.kind {
                HistoryEventKind::CompensationFailed { details, spent, .. } => format!("{:?}, spent: {spent}", details.error),
                HistoryEventKind::LambdaFunctionFailed(details) | HistoryEventKind::LambdaFunctionTimedOut(details) => {
                    format!("{:?}", details.error)
                }
                _ => String::new(),
            };
            let _ = write!(told, "\n  {} ms {} {error}", event.at.millis() - begun, event.kind.type_name());
        }
        told
    }
}

fn outcome(description: &Description) -> Outcome {
    assert_ne!(description.status, ExecutionStatus::Running);
    Outcome {
        name: description.identity.name.clone(),
        status: description.status,
        owed: description.owed.iter().map(|owed| owed.state.clone()).collect(),
        parked: description.parked,
        output: description.output.as_deref().and_then(|output| serde_json::from_str(output).ok()),
    }
}
