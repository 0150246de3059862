//! Plays one order as its scenario says: reviewed, cancelled, redriven as its execution comes to it.

use std::time::{Duration, Instant};

use coordinator::{Description, SendTaskSuccessError, StopRequest};
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind};
use order::scenario::{Scenario, WhenParked};
use order::{provider, review};

use crate::stack::Stack;

/// How often an execution is looked at.
const LOOK: Duration = Duration::from_millis(150);
/// How long an order may take until its execution has ended.
const PATIENCE: Duration = Duration::from_secs(400);

/// Plays an order that was submitted, until its execution has ended and nothing is left to do.
pub(crate) async fn play(stack: &Stack, scenario: &Scenario, name: &str) -> Description {
    let arn = stack.execution_arn(&scenario.machine, name);
    let until = Instant::now() + PATIENCE;
    let mut last = None;
    while Instant::now() < until {
        if let Some(description) = stack.look(&arn).await {
            if description.status != ExecutionStatus::Running {
                if !go_on(stack, scenario, &description).await {
                    return description;
                }
            } else {
                answer_review(stack, scenario, &description).await;
                stop(stack, scenario, &description).await;
            }
            last = Some(description);
        }
        stack.cloud.ports.clock.sleep(LOOK).await;
    }
    panic!("`{name}` has not ended: {last:?}");
}

async fn stop(stack: &Stack, scenario: &Scenario, description: &Description) {
    let Some(state) = scenario.stop_after.as_ref().filter(|_| description.redrive_count == 0 && !description.unwinding) else {
        return;
    };
    let execution_arn = description.identity.arn.clone();
    if has_left(&stack.history(&execution_arn).await, state) {
        let _ended_meanwhile = stack.coordinator.stop(StopRequest { execution_arn, error: None, cause: None }).await;
    }
}

async fn go_on(stack: &Stack, scenario: &Scenario, description: &Description) -> bool {
    let Some(what) = scenario.when_parked.filter(|_| description.parked.is_some() && description.redrive_count == 0) else {
        return false;
    };
    let ports = &stack.cloud.ports;
    if what == WhenParked::MendAndRedrive {
        provider::mend_refunds(&*ports.ledger, ports.now()).await.unwrap();
    }
    stack.coordinator.redrive(&description.identity.arn).await.unwrap();
    true
}

async fn answer_review(stack: &Stack, scenario: &Scenario, description: &Description) {
    let Some(decision) = scenario.review else { return };
    let (ledger, now) = (&*stack.cloud.ports.ledger, stack.cloud.ports.now());
    let waiting = review::pending(ledger, now).await.unwrap();
    let Some(review) = waiting.iter().find(|review| review.order_id == description.identity.name) else { return };
    match stack.coordinator.send_task_success(review.token.reveal(), &decision.output().to_string()).await {
        Ok(_) | Err(SendTaskSuccessError::TaskTimedOut) => review::close(ledger, review, now).await.unwrap(),
        Err(error) => panic!("{error}"),
    }
}

fn has_left(events: &[HistoryEvent], state: &str) -> bool {
    events.iter().any(|event| matches!(&event.kind, HistoryEventKind::StateExited { name, .. } if name == state))
}
