//! A saga of three steps whose effects are counted, and systems that run it.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use clock::RuntimeClock;
use coordinator::Description;
use interpreter::{ExecutionStatus, Route, Routes, Timestamp};
use serde_json::json;
use store::{Item, ItemKey, LedgerStore, Write};
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::{Options, StoreChoice, System};

/// The functions of the saga; those with `un` undo.
const FUNCTIONS: [&str; 5] = ["first", "unfirst", "second", "unsecond", "third"];
/// The partition that effects are counted in: an item per execution, a counter per function.
const EFFECTS: &str = "effects";

/// The saga: `third` is refused where the input says so, and then what the others did is undone.
pub(super) const SAGA: &str = r#"{
  "StartAt": "First",
  "States": {
    "First": {
      "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:first", "ResultPath": null, "TimeoutSeconds": 600,
      "Compensation": { "Resource": "arn:aws:lambda:us-east-1:123456789012:function:unfirst" }, "Next": "Second"
    },
    "Second": {
      "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:second", "ResultPath": null, "TimeoutSeconds": 600,
      "Compensation": { "Resource": "arn:aws:lambda:us-east-1:123456789012:function:unsecond" }, "Next": "Pause"
    },
    "Pause": { "Type": "Wait", "SecondsPath": "$.pauseSeconds", "Next": "Third" },
    "Third": {
      "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:third", "ResultPath": null, "TimeoutSeconds": 600,
      "Compensation": "None", "Next": "Done"
    },
    "Done": { "Type": "Succeed" }
  }
}"#;

/// A handler that counts each of its effects, in the transaction of its ledger entry.
struct Counting(&'static str);

#[async_trait]
impl Handler for Counting {
    fn function(&self) -> &str {
        self.0
    }

    fn effect(&self) -> Effect {
        Effect::Table
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        if self.0 == "third" && task.input.get("refuse").is_some() {
            return Err(HandlerError::Refused { error: "Refused".to_owned(), cause: "as the input says".to_owned() });
        }
        let key = ItemKey { partition: EFFECTS.to_owned(), sort: task.execution_name.clone() };
        let counted = Write::Add { key, counter: self.0.to_owned(), delta: 1, floor: None };
        Ok(Completion { result: json!({ "did": self.0 }), writes: vec![counted] })
    }
}

pub(super) fn routes() -> Routes {
    let route = || Route { queue: "tasks".to_owned(), function_timeout_seconds: 2 };
    Routes(FUNCTIONS.iter().map(|function| ((*function).to_owned(), route())).collect())
}

/// A system that runs the saga.
pub(super) fn options(store: StoreChoice) -> Options {
    Options::new(store).serving(routes(), |_| FUNCTIONS.map(|function| Arc::new(Counting(function)) as Arc<dyn Handler>).into())
}

/// The same in a runtime whose time jumps: nothing waits for anything that is not memory.
pub(super) fn jumping() -> Options {
    Options { clock: Arc::new(RuntimeClock::at_millis(1_800_000_000_000)), ..options(StoreChoice::Memory) }
}

/// Starts an execution of the saga; answers its ARN.
pub(super) async fn start(system: &System, name: &str, input: serde_json::Value) -> String {
    system.register_machine("saga", SAGA).await.unwrap();
    loop {
        match system.start_execution("saga", name, &input.to_string()).await {
            Ok(started) => return started.identity.arn,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

/// How often each function took effect for an execution.
pub(super) async fn effects(ledger: &dyn LedgerStore, name: &str) -> BTreeMap<String, i64> {
    let key = ItemKey { partition: EFFECTS.to_owned(), sort: name.to_owned() };
    let item: Option<Item> = ledger.item(&key, Timestamp::from_millis(0)).await.unwrap();
    item.map(|item| item.counters).unwrap_or_default()
}

/// Asserts that an execution that was refused or not has ended as it should, and that each effect is there once.
pub(super) async fn assert_done(system: &System, ended: &Description, refused: bool) {
    let name = &ended.identity.name;
    let (status, did): (_, &[&str]) = if refused {
        (ExecutionStatus::Failed, &["first", "second", "unfirst", "unsecond"])
    } else {
        (ExecutionStatus::Succeeded, &["first", "second", "third"])
    };
    assert_eq!((ended.status, ended.parked, ended.owed.len()), (status, None, 0), "{name}: {:?}", ended.failure);
    let once: BTreeMap<String, i64> = did.iter().map(|function| ((*function).to_owned(), 1)).collect();
    assert_eq!(effects(system.ports().ledger.as_ref(), name).await, once, "{name}");
}
