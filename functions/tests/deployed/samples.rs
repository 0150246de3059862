//! All of `events/orders/` through the orders queue: each comes to what its scenario says, and the balance is that of the demo.

use std::path::PathBuf;

use coordinator::Description;
use interpreter::{ExecutionStatus, HistoryEventKind};
use order::scenario::{self, Expectation, SCENARIOS_FILE, Scenario};
use serde_json::Value;

use crate::player::play;
use crate::stack::Stack;

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events/orders").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn order_id(body: &str) -> String {
    serde_json::from_str::<Value>(body).unwrap()["orderId"].as_str().unwrap().to_owned()
}

/// Plays one sample; answers how its execution ended, or none for an order that was refused as expected.
async fn sample(stack: &Stack, scenario: &Scenario) -> Option<(Description, Vec<String>)> {
    if let Some(before) = &scenario.after {
        let arn = stack.execution_arn(&scenario.machine, &order_id(&file(before)));
        while stack.look(&arn).await.is_none() {
            stack.cloud.ports.clock.sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    let body = file(&scenario.file);
    for _ in 0..scenario.times.max(1) {
        stack.submit(&scenario.machine, &body).await;
    }
    match &scenario.expect {
        Expectation::Refused(expected) => {
            stack.parked_because(&expected.refused).await;
            None
        }
        Expectation::Ended(_) => {
            let description = play(stack, scenario, &order_id(&body)).await;
            let events = stack.history(&description.identity.arn).await;
            let compensated = events.into_iter().filter_map(|event| match event.kind {
                HistoryEventKind::CompensationSucceeded { state } => Some(state),
                _ => None,
            });
            Some((description, compensated.collect()))
        }
    }
}

/// What is not as the scenario says, in words.
fn differences(scenario: &Scenario, description: &Description, compensated: &[String]) -> Vec<String> {
    let Expectation::Ended(expected) = &scenario.expect else { return Vec::new() };
    let error = description.failure.as_ref().map(|failure| failure.error.clone());
    let running = description.status == ExecutionStatus::Succeeded;
    let owed: Vec<String> = description.owed.iter().filter(|_| !running).map(|owed| owed.state.clone()).collect();
    let mut differences = Vec::new();
    let mut compare = |what: &str, found: String, wanted: String| {
        if found != wanted {
            differences.push(format!("{}: {what}: {found} instead of {wanted}", scenario.file));
        }
    };
    compare("status", format!("{:?}", description.status), format!("{:?}", expected.status));
    if expected.error.is_some() {
        compare("error", format!("{error:?}"), format!("{:?}", expected.error));
    }
    compare("compensated", format!("{compensated:?}"), format!("{:?}", expected.compensated));
    compare("owed", format!("{owed:?}"), format!("{:?}", expected.owed));
    compare("parked", format!("{:?}", description.parked), format!("{:?}", expected.parked));
    differences
}

#[tokio::test]
async fn the_sample_orders_come_to_what_their_scenarios_say_and_the_balance_is_exact() {
    let stack = Stack::connect().await;
    let scenarios = scenario::parse(&file(SCENARIOS_FILE)).unwrap();
    let played = futures::future::join_all(scenarios.iter().map(|scenario| sample(&stack, scenario))).await;
    let mut found = Vec::new();
    let mut ended = Vec::new();
    for (scenario, played) in scenarios.iter().zip(played) {
        if let Some((description, compensated)) = played {
            found.extend(differences(scenario, &description, &compensated));
            ended.push(description);
        }
    }
    ended.dedup_by(|one, other| one.identity.arn == other.identity.arn);
    found.extend(stack.findings(&ended).await);
    assert_eq!(found, Vec::<String>::new());
    println!("{} orders, {} executions, balanced", scenarios.len(), ended.len());
}
