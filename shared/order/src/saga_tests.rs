//! The four saga tests: it succeeds; a failure at each action is undone; also when each undo repeats; also when each action repeats. And every
//! sample order ends as its scenario says, leaving exactly that behind.

mod saga_run;

use std::collections::BTreeMap;

use asl::state::StateKind;
use interpreter::{ExecutionStatus, Parked};
use serde_json::{Value, json};

use crate::bench::{Bench, order_with};
use crate::definition::{ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED, Substitutions, definitions};
use crate::scenario::{self, Expectation, SCENARIOS_FILE, Scenario, WhenParked};
use crate::{Outcome, Refusal, admit, balance, stock_catalogue};
use saga_run::{SagaRun, Trouble};

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/orders/");

fn machines() -> BTreeMap<&'static str, String> {
    definitions(&Substitutions::demo().unwrap()).unwrap().into_iter().collect()
}

/// Runs all sample orders, one after the other on one table, and compares each with what its scenario expects.
async fn every_sample_order(trouble: Trouble) {
    let bench = Bench::new();
    stock_catalogue(bench.ledger.as_ref(), bench.now()).await.unwrap();
    let (machines, mut started, mut outcomes) = (machines(), BTreeMap::<String, Value>::new(), Vec::new());
    for scenario in scenario::parse(&std::fs::read_to_string(format!("{EVENTS}{SCENARIOS_FILE}")).unwrap()).unwrap() {
        let admitted = admit(&std::fs::read_to_string(format!("{EVENTS}{}", scenario.file)).unwrap());
        let admitted = admitted.and_then(|order| match started.get(&order.execution_name) {
            Some(input) if *input != order.input => Err(Refusal::of_other_content(&order.execution_name)),
            _ => Ok(order),
        });
        match (admitted, &scenario.expect) {
            (Err(refusal), Expectation::Refused(expected)) => assert!(refusal.reason.contains(&expected.refused), "{refusal}"),
            (Ok(order), Expectation::Ended(expected)) => {
                let definition = &machines[scenario.machine.as_str()];
                let mut run = SagaRun::start(&bench, definition, &order.execution_name, &order.input, trouble.clone());
                run.run(&scenario).await;
                let outcome = run.outcome();
                let file = &scenario.file;
                assert_eq!((outcome.status, outcome.parked), (expected.status, expected.parked), "{file}: {:?}", run.error());
                assert_eq!((run.compensated(), &outcome.owed), (expected.compensated.clone(), &expected.owed), "{file}");
                if expected.error.is_some() {
                    assert_eq!(run.error(), expected.error, "{file}");
                }
                started.insert(order.execution_name, order.input);
                outcomes.push(outcome);
            }
            (admitted, _) => panic!("{}: {admitted:?}", scenario.file),
        }
    }
    assert_eq!(balance(&outcomes, &bench.effects().await), Vec::<String>::new());
}

#[tokio::test]
async fn every_sample_order_ends_as_its_scenario_says_and_all_balance() {
    every_sample_order(Trouble::default()).await;
}

#[tokio::test]
async fn every_sample_order_ends_so_when_each_action_and_each_undo_repeats() {
    every_sample_order(Trouble { repeated: true, ..Trouble::default() }).await;
}

/// Runs one good order in some trouble; how it ended. Whatever that is, it balances.
async fn one_order(machine: &str, trouble: Trouble) -> Outcome {
    one_order_as(machine, trouble, Scenario::plain("")).await
}

async fn one_order_as(machine: &str, trouble: Trouble, scenario: Scenario) -> Outcome {
    let bench = Bench::new();
    stock_catalogue(bench.ledger.as_ref(), bench.now()).await.unwrap();
    let mut order = order_with(&[("/flagged", json!(true))]);
    order["shipTo"]["postalCode"] = json!("91054");
    let order = admit(&order.to_string()).unwrap();
    let told = format!("{machine}: {trouble:?}, {:?}", scenario.stop_after);
    let mut run = SagaRun::start(&bench, &machines()[machine], &order.execution_name, &order.input, trouble);
    run.run(&scenario).await;
    let outcome = run.outcome();
    assert_eq!(balance(std::slice::from_ref(&outcome), &bench.effects().await), Vec::<String>::new(), "{told}");
    let went_forward = outcome.status == ExecutionStatus::Succeeded || outcome.parked == Some(Parked::Forward);
    let left = if went_forward { 998 } else { 1_000 };
    assert_eq!(run.available("MUG-BLUE").await, left, "{told}");
    outcome
}

/// The actions of a definition, and whether an order ends well although they are refused for good: those after the pivot.
fn actions(machine: &str) -> Vec<(String, bool)> {
    let (definition, _) = asl::parse(&machines()[machine]).unwrap();
    let is_action = |kind: &StateKind| matches!(kind, StateKind::Task(_));
    let actions = definition.states.values().filter(|state| is_action(&state.kind));
    actions.map(|state| (state.name.clone(), !definition.flow.states.contains(&state.name))).collect()
}

async fn a_failure_at_each_action(repeated: bool) {
    for machine in [ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED] {
        for (state, is_caught) in actions(machine) {
            let expected = if is_caught { ExecutionStatus::Succeeded } else { ExecutionStatus::Failed };
            let refused = Trouble { repeated, refused: Some(state.clone()), ..Trouble::default() };
            assert_eq!(one_order(machine, refused).await.status, expected, "{machine}: `{state}` refused");
        }
    }
}

#[tokio::test]
async fn an_order_succeeds() {
    for machine in [ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED] {
        assert_eq!(one_order(machine, Trouble::default()).await.status, ExecutionStatus::Succeeded);
    }
}

#[tokio::test]
async fn a_failure_at_each_action_is_undone() {
    a_failure_at_each_action(false).await;
}

#[tokio::test]
async fn a_failure_at_each_action_is_undone_when_each_action_and_each_undo_repeats() {
    a_failure_at_each_action(true).await;
}

/// Each action has its effect in every attempt, and nobody hears of it: what is not the pivot is undone. A pivot is asked until it is known.
#[tokio::test]
async fn an_effect_at_each_action_that_nobody_hears_of_is_undone_or_found() {
    for machine in [ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED] {
        let pivot = if machine == ORDER_FULFILLMENT { "CreateShipment" } else { "CapturePayment" };
        for (state, is_caught) in actions(machine) {
            let goes_on = is_caught || state == pivot;
            let expected = if goes_on { ExecutionStatus::Succeeded } else { ExecutionStatus::Failed };
            let attempts = if state == pivot { 6 } else { u32::MAX };
            let unheard = Trouble { unheard: Some((state.clone(), attempts)), ..Trouble::default() };
            assert_eq!(one_order(machine, unheard).await.status, expected, "{machine}: `{state}` unheard");
        }
    }
}

#[tokio::test]
async fn one_lost_answer_at_any_action_changes_nothing() {
    for machine in [ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED] {
        for (state, _) in actions(machine) {
            let unheard = Trouble { unheard: Some((state.clone(), 1)), ..Trouble::default() };
            let outcome = one_order(machine, unheard).await;
            assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{machine}: `{state}` unheard once");
        }
    }
}

/// Before the pivot is under way the order is undone. While it is, its outcome decides: here it succeeds. Then the order is parked, and goes on where
/// it stood when it is redriven.
#[tokio::test]
async fn a_customer_cancels_after_any_state() {
    for machine in [ORDER_FULFILLMENT, ORDER_FULFILLMENT_LABELLED] {
        let (definition, _) = asl::parse(&machines()[machine]).unwrap();
        let before_pivot = if machine == ORDER_FULFILLMENT { "ChargePayment" } else { "BuyLabel" };
        let mut passed = false;
        for state in definition.flow.states.iter().take_while(|state| *state != "NotifyAboutShipment") {
            passed |= state == before_pivot;
            let cancelled = Scenario { stop_after: Some(state.clone()), ..Scenario::plain("") };
            let outcome = one_order_as(machine, Trouble::default(), cancelled.clone()).await;
            let parked = passed.then_some(Parked::Forward);
            assert_eq!((outcome.status, outcome.parked), (ExecutionStatus::Aborted, parked), "{machine}: `{state}`");
            if passed {
                let redriven = Scenario { when_parked: Some(WhenParked::Redrive), ..cancelled };
                let outcome = one_order_as(machine, Trouble::default(), redriven).await;
                assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{machine}: `{state}`, redriven");
            }
        }
        assert!(passed);
    }
}
