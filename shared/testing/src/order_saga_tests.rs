//! The four saga tests on the order saga, on a whole system: it succeeds; a failure at each action is undone; also when each undo repeats; also when
//! each action repeats. Every function comes to grief in every way, once and for ever.

use std::sync::Arc;

use clock::RuntimeClock;
use embedded::{Options, StoreChoice, System};
use interpreter::ExecutionStatus;
use order::definition::{ORDER_FULFILLMENT, ORDER_FULFILLMENT_TEXT, Substitutions};
use order::{Effects, Outcome, Providers, balance, stock_catalogue};
use serde_json::{Value, json};

use crate::{Mishap, beset};

/// More often than any retrier tries.
const FOR_EVER: u32 = u32::MAX;
/// The postal code that the carrier refuses.
const REFUSED: &str = "00000";

/// Runs one order to its end with one function in trouble, asserts that the books balance, and answers how it ended and what it left.
async fn ended(postal_code: &str, function: &str, mishap: Mishap, times: u32) -> (Outcome, Effects) {
    let function = function.to_owned();
    let options = Options { clock: Arc::new(RuntimeClock::at_millis(1_800_000_000_000)), ..Options::new(StoreChoice::Memory) };
    let system = System::start(options.serving(order::routes(), move |ports| {
        let handlers = order::handlers(&ports.ledger, &Providers::test_mode(&ports.ledger, &ports.clock));
        beset(handlers, &function, mishap, times)
    }))
    .unwrap();
    let ledger = system.ports().ledger.clone();
    stock_catalogue(ledger.as_ref(), system.ports().now()).await.unwrap();
    let definition = Substitutions::demo().unwrap().apply(ORDER_FULFILLMENT_TEXT).unwrap();
    system.register_machine(ORDER_FULFILLMENT, &definition).await.unwrap();
    let mut order: Value = serde_json::from_str(include_str!("../../../events/orders/success.json")).unwrap();
    order["shipTo"]["postalCode"] = json!(postal_code);
    let admitted = order::admit(&order.to_string()).unwrap();
    let input = admitted.input.to_string();
    let started = system.start_execution(ORDER_FULFILLMENT, &admitted.execution_name, &input).await.unwrap();
    let ended = system.ended(&started.identity.arn).await.unwrap();
    let outcome = Outcome {
        name: ended.identity.name,
        status: ended.status,
        owed: ended.owed.into_iter().map(|owed| owed.state).collect(),
        parked: ended.parked,
        output: ended.output.map(|output| serde_json::from_str(&output).unwrap()),
    };
    let effects = order::effects(ledger.as_ref(), system.ports().now()).await.unwrap();
    assert_eq!(balance(std::slice::from_ref(&outcome), &effects), Vec::<String>::new());
    (outcome, effects)
}

#[tokio::test(start_paused = true)]
async fn an_order_succeeds() {
    let (outcome, effects) = ended("SW1Y 4JH", "none", Mishap::Failed, 0).await;
    assert_eq!(outcome.status, ExecutionStatus::Succeeded);
    assert_eq!((effects.charges.len(), effects.shipments.len(), effects.notifications.len()), (1, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_failure_at_each_action_is_undone() {
    for function in ["validate-order", "reserve-inventory", "charge-payment"] {
        for mishap in [Mishap::Refused, Mishap::Failed, Mishap::Unheard] {
            let (outcome, effects) = ended("SW1Y 4JH", function, mishap, FOR_EVER).await;
            assert_eq!((outcome.status, outcome.parked), (ExecutionStatus::Failed, None), "{function}: {mishap:?}");
            assert!(effects.shipments.is_empty() && effects.providers.charges.is_empty(), "{function}: {mishap:?}");
        }
    }
    // The pivot: as long as nobody knows, it is asked again, so only a refusal is a failure.
    let (outcome, effects) = ended("SW1Y 4JH", "create-shipment", Mishap::Refused, FOR_EVER).await;
    assert_eq!((outcome.status, outcome.parked), (ExecutionStatus::Failed, None));
    assert_eq!((effects.refunds.len(), effects.providers.charges.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_shipped_goes_forward_whoever_cannot_be_told() {
    for function in ["send-email", "update-recent-orders", "notify-warehouse"] {
        for mishap in Mishap::ALL {
            let (outcome, _) = ended("SW1Y 4JH", function, mishap, FOR_EVER).await;
            assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{function}: {mishap:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_undo_may_fail_and_repeat() {
    for function in ["release-inventory", "refund-payment"] {
        for mishap in Mishap::ALL {
            let (outcome, effects) = ended(REFUSED, function, mishap, 1).await;
            assert_eq!((outcome.status, outcome.parked), (ExecutionStatus::Failed, None), "{function}: {mishap:?}");
            assert_eq!((outcome.owed.len(), effects.refunds.len()), (0, 1), "{function}: {mishap:?}");
        }
        let (outcome, _) = ended(REFUSED, function, Mishap::Repeated, FOR_EVER).await;
        assert_eq!((outcome.status, outcome.owed.len()), (ExecutionStatus::Failed, 0), "{function}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_action_may_fail_once_and_repeat() {
    for function in ["validate-order", "reserve-inventory", "charge-payment", "create-shipment"] {
        for mishap in Mishap::ALL {
            let (outcome, effects) = ended("SW1Y 4JH", function, mishap, 1).await;
            // A refusal is a failure of the action like any other, and retried like it.
            assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{function}: {mishap:?}");
            assert_eq!((effects.charges.len(), effects.providers.charges.len()), (1, 1), "{function}: {mishap:?}");
        }
        let (outcome, _) = ended("SW1Y 4JH", function, Mishap::Repeated, FOR_EVER).await;
        assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{function}");
    }
}
