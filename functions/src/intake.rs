//! Orders that arrive on the orders queue start executions, idempotent by the order's id.

use std::sync::Arc;
use std::time::Duration;

use coordinator::{Coordinator, Novelty, StartError, StartRequest};
use messages::{Delivery, Disposition, Outgoing, queue_name};
use order::{Admitted, Refusal};
use store::{StateMachine, StoreError};

/// The attribute of an order's message that names another state machine than the stack's first.
pub(crate) const MACHINE_ATTRIBUTE: &str = "machine";

/// Our name for the queue that orders arrive on.
pub(crate) const ORDERS: &str = "orders";

/// After how long an order comes again that could not be started now.
const AGAIN: Duration = Duration::from_secs(5);

/// What starts executions.
pub struct OrderIntake {
    coordinator: Coordinator,
    machines: String,
    machine: String,
}

/// What came of an order that was not started.
enum NotStarted {
    /// It never will be: why.
    Refused(String),
    /// It may be, later.
    Later,
}

impl OrderIntake {
    /// Starts executions of `machine`, unless an order's message names another one. The machines' ARNs begin with `machines`.
    pub fn new(coordinator: Coordinator, machines: impl Into<String>, machine: impl Into<String>) -> Self {
        Self { coordinator, machines: machines.into(), machine: machine.into() }
    }

    /// Starts an execution for each order; the answer has an element for each, in order. An order that was started before with the same content is done, one
    /// that cannot be started is parked with its reason.
    pub async fn handle(&self, deliveries: &[Delivery]) -> Vec<Disposition> {
        futures::future::join_all(deliveries.iter().map(|delivery| self.handle_one(delivery))).await
    }

    async fn handle_one(&self, delivery: &Delivery) -> Disposition {
        let started = match order::admit(&delivery.body) {
            Ok(admitted) => self.start(delivery, &admitted).await,
            Err(Refusal { reason }) => Err(NotStarted::Refused(reason)),
        };
        match started {
            Ok(()) => Disposition::Done,
            Err(NotStarted::Later) => Disposition::GiveBack { delay: AGAIN },
            Err(NotStarted::Refused(reason)) => self.park(delivery, &reason).await,
        }
    }

    async fn start(&self, delivery: &Delivery, admitted: &Admitted) -> Result<(), NotStarted> {
        let named = delivery.attributes.get(MACHINE_ATTRIBUTE).unwrap_or(&self.machine);
        let machine = self.machine(named).await?;
        let name = admitted.execution_name.clone();
        let input = Arc::from(admitted.input.to_string());
        let request = StartRequest { machine, name: name.clone(), input, parent: None };
        match self.coordinator.start(request).await {
            Ok(started) if matches!(started.novelty, Novelty::OtherInput { .. }) => {
                Err(NotStarted::Refused(Refusal::of_other_content(&name).reason))
            }
            Ok(started) => {
                tracing::info!(execution = name, new = started.novelty == Novelty::New, "started");
                Ok(())
            }
            Err(error) if may_be_over(&error) => {
                tracing::warn!(execution = name, %error, "an order comes again");
                Err(NotStarted::Later)
            }
            Err(error) => Err(NotStarted::Refused(error.to_string())),
        }
    }

    async fn machine(&self, name: &str) -> Result<StateMachine, NotStarted> {
        let arn = format!("{}{name}", self.machines);
        match self.coordinator.ports().executions.machine(&arn).await {
            Ok(Some(machine)) => Ok(machine),
            Ok(None) => Err(NotStarted::Refused(format!("there is no state machine `{name}`"))),
            Err(error) => {
                tracing::warn!(machine = name, %error, "an order comes again");
                Err(NotStarted::Later)
            }
        }
    }

    async fn park(&self, delivery: &Delivery, reason: &str) -> Disposition {
        tracing::error!(message = delivery.id, reason, alarm = "parked_message", "an order was parked");
        let parked = Outgoing::parked(delivery, reason, Some(ORDERS));
        match self.coordinator.ports().queue.send(queue_name::PARKING, &[parked]).await.as_deref() {
            Ok([Ok(())]) => Disposition::Done,
            _ => Disposition::GiveBack { delay: AGAIN },
        }
    }
}

/// Whether an order that was not started is none the worse for it: a store that refuses (denied, no such table) is to be mended, and the order kept.
fn may_be_over(error: &StartError) -> bool {
    match error {
        StartError::InvalidInput(_) | StartError::InputTooLarge { .. } => false,
        StartError::Store(StoreError::Refused(_)) => true,
        other => other.is_retryable(),
    }
}
