//! Every sample order ends as its scenario says, and the books balance, however often and in whatever order messages come.

use messages::Disorder;
use order::scenario::{Expectation, SCENARIOS_FILE, parse};
use order::{balance, stock_catalogue};

use super::play::{Played, compensated, play_all};
use super::{begun, effects, options, outcome, read};
use crate::Options;

async fn check(disorder: Option<Disorder>) {
    let system = begun(Options { disorder, ..options() }).await;
    stock_catalogue(system.ports().ledger.as_ref(), system.ports().now()).await.unwrap();
    let orders: Vec<_> = parse(&read(SCENARIOS_FILE))
        .unwrap()
        .into_iter()
        .map(|scenario| {
            let body = read(&scenario.file);
            (scenario, body)
        })
        .collect();
    let mut outcomes = Vec::new();
    for ((scenario, _), played) in orders.iter().zip(play_all(&system, &orders).await) {
        let file = &scenario.file;
        match (played, &scenario.expect) {
            (Played::Refused(refusal), Expectation::Refused(expected)) => {
                assert!(refusal.reason.contains(&expected.refused), "{file}: {refusal}");
            }
            (Played::Ended(ended), Expectation::Ended(expected)) => {
                let found = outcome(&ended);
                let error = ended.failure.as_ref().map(|failure| failure.error.as_str());
                assert_eq!((found.status, found.parked), (expected.status, expected.parked), "{file}: {error:?}");
                assert_eq!(found.owed, expected.owed, "{file}");
                assert!(expected.error.as_deref().is_none_or(|expected| error == Some(expected)), "{file}: {error:?}");
                assert_eq!(compensated(&system, &ended.identity.arn).await, expected.compensated, "{file}");
                outcomes.push(found);
            }
            (Played::Refused(refusal), Expectation::Ended(_)) => panic!("{file}: refused: {refusal}"),
            (Played::Ended(_), Expectation::Refused(_)) => panic!("{file}: was not refused"),
        }
    }
    assert_eq!(balance(&outcomes, &effects(&system).await), Vec::<String>::new());
    assert_eq!(system.parked_messages(1), []);
}

#[tokio::test(start_paused = true)]
async fn every_sample_order_ends_as_its_scenario_says() {
    check(None).await;
}

#[tokio::test(start_paused = true)]
async fn every_message_twice_and_in_random_order_changes_nothing_about_it() {
    for seed in 0..5 {
        check(Some(Disorder::twice_and_shuffled(seed))).await;
    }
}
