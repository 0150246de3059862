//! What stands in the log, and what must not.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use messages::{InputBody, RequestBody};
use serde_json::json;
use store::{Fault, FaultPlan, Operation};

use super::bench::{Act, START, bench, delivery, request};
use crate::Effect;

/// Stands in every payload: a customer's name.
const CANARY: &str = "Jane Canary";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged at any level while a handler does this with a payload that names the customer.
async fn logged(act: Act, plan: FaultPlan) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    // As long as there is one subscriber alone, a callsite that another test's thread comes to first is asked about there, where nobody listens,
    // and stays silent for everybody (tracing-core: `has_just_one`). With two it is not.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let bench = bench(Effect::Table, [act]);
    bench.store.follow(plan);
    let named = RequestBody { input: InputBody::Input(json!({ "name": CANARY })), ..request(2) };
    let bodies = [named.encode(), format!("{{\"v\":1,\"token\":\"{CANARY}\"}}"), CANARY.to_owned()];
    let deliveries = bodies.into_iter().map(|body| delivery(body, 1)).collect();
    bench.with_time(bench.harness.handle(deliveries, START.plus_seconds(60))).await;
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn no_line_of_the_log_quotes_a_payload() {
    let canary = || json!({ "name": CANARY });
    let write = super::bench::put("customer", canary(), store::Condition::Always);
    let no_plan = FaultPlan::none;
    for (act, plan) in [
        (Act::Complete(canary()), no_plan()),
        (Act::Write(vec![write.clone(), write]), no_plan()),
        (Act::Panic, no_plan()),
        (Act::NotNow, no_plan()),
        (Act::Complete(canary()), FaultPlan::none().always(Operation::Transact, Fault::Unavailable)),
    ] {
        let row = format!("{act:?}");
        let text = logged(act, plan).await;
        assert!(!text.contains("Canary"), "{row}\n{text}");
        assert!(text.contains("a message is parked"), "{row}\n{text}");
    }
}

#[tokio::test]
async fn a_task_is_one_line_that_names_execution_state_attempt_and_outcome() {
    let text = logged(Act::Refuse, FaultPlan::none()).await;
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("execution=order-1")).collect();
    let [line] = lines.as_slice() else { panic!("{text}") };
    for part in ["state=ChargePayment", "attempt=2", "outcome=\"refused\"", "error=\"CardDeclined\""] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
