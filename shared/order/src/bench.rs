//! Where the handlers are tested: a store in memory, providers in test mode, and tasks as the harness would give them.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, ManualClock};
use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use serde_json::{Value, json};
use store::{LedgerStore, MemoryStore, TransactError};
use worker::{Handler, HandlerError, Task};

use crate::inventory::{ReserveInventory, stock};
use crate::serving::Providers;

/// When the bench's clock starts.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A workbench.
pub(crate) struct Bench {
    pub(crate) ledger: Arc<dyn LedgerStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) providers: Providers,
}

/// A task on the bench.
pub(crate) struct Job<'b> {
    bench: &'b Bench,
    pub(crate) task: Task,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let ledger: Arc<dyn LedgerStore> = Arc::new(MemoryStore::new());
        let clock = Arc::new(ManualClock::at_millis(START.millis()));
        let port: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let providers = Providers::test_mode(&ledger, &port);
        Self { ledger, clock, providers }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now_millis())
    }

    /// An action's task, of the first visit.
    pub(crate) fn action(&self, state: &str, input: Value) -> Job<'_> {
        self.visit(state, 1, input)
    }

    pub(crate) fn visit(&self, state: &str, visit: u64, input: Value) -> Job<'_> {
        let execution = ExecutionId::from_random(7);
        let key = IdempotencyKey::of_action(&execution, state, visit, None);
        let task = Task {
            input,
            key,
            attempt: 1,
            undoes: None,
            deadline: self.now().plus_seconds(2),
            now: self.now(),
            execution,
            execution_name: "ord-1".to_owned(),
            state: state.to_owned(),
            caller: None,
        };
        Job { bench: self, task }
    }

    /// The task of the compensation of a state's action.
    pub(crate) fn compensation(&self, state: &str) -> Job<'_> {
        let mut job = self.action(state, json!({ "orderId": "ord-1" }));
        job.task.undoes = Some(job.task.key.clone());
        job.task.key = job.task.key.of_compensation();
        job
    }

    pub(crate) async fn stock(&self, sku: &str, quantity: u64) {
        stock(self.ledger.as_ref(), sku, quantity, self.now()).await.unwrap();
    }

    pub(crate) async fn available(&self, sku: &str) -> u64 {
        crate::inventory::available(self.ledger.as_ref(), sku, self.now()).await.unwrap()
    }

    /// Stocks ten mugs and reserves two for `ord-1`.
    pub(crate) async fn reserve(&self) -> Result<Value, HandlerError> {
        self.stock("MUG-BLUE", 10).await;
        self.action("ReserveInventory", reserve_input("ord-1", "MUG-BLUE", 2)).perform(&self.reserving()).await
    }

    pub(crate) fn reserving(&self) -> ReserveInventory {
        ReserveInventory::new(Arc::clone(&self.ledger))
    }

    pub(crate) async fn effects(&self) -> crate::Effects {
        crate::effects(self.ledger.as_ref(), self.now()).await.unwrap()
    }
}

impl Job<'_> {
    pub(crate) fn attempt(mut self, attempt: u32) -> Self {
        self.task.attempt = attempt;
        self
    }

    /// What the harness does with an answer, without its ledger: commits the writes, and asks again where their conditions do not hold.
    pub(crate) async fn perform(&self, handler: &dyn Handler) -> Result<Value, HandlerError> {
        loop {
            let completion = handler.perform(&self.task).await?;
            match self.bench.ledger.transact(&[], &completion.writes, self.bench.now()).await {
                Ok(()) => return Ok(completion.result),
                Err(TransactError::Conditions(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Performs a task whose answer does not come: what the handler would say long after the deadline.
    pub(crate) async fn perform_unanswered(&self, handler: &dyn Handler) -> HandlerError {
        let performed = self.perform(handler);
        tokio::pin!(performed);
        let unanswered = tokio::select! {
            biased;
            answer = &mut performed => panic!("answered: {answer:?}"),
            () = tokio::task::yield_now() => performed,
        };
        self.bench.clock.advance(Duration::from_secs(3_600));
        unanswered.await.unwrap_err()
    }
}

/// The input of `reserve-inventory`.
pub(crate) fn reserve_input(order_id: &str, sku: &str, quantity: u64) -> Value {
    let lines = json!([{ "sku": sku, "quantity": quantity, "unitPriceMinor": 1250 }]);
    json!({ "orderId": order_id, "lines": lines, "holdSeconds": 600 })
}

/// An order, with some of its values replaced or added.
pub(crate) fn order_with(changes: &[(&str, Value)]) -> Value {
    let mut order = json!({
        "orderId": "ord-1",
        "currency": "EUR",
        "lines": [{ "sku": "MUG-BLUE", "quantity": 2, "unitPriceMinor": 1250 }],
        "payment": { "token": "tok_ok" },
        "customer": { "name": "Ada Lovelace", "email": "ada@example.com" },
        "shipTo": { "name": "Ada Lovelace", "street": "Square 12", "city": "London", "postalCode": "SW1Y", "country": "GB" },
    });
    for (pointer, value) in changes {
        match order.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => drop(order.as_object_mut().unwrap().insert(pointer.trim_start_matches('/').to_owned(), value.clone())),
        }
    }
    order
}
