//! What a Map writes grows with its items and not faster: exact figures, no durations.

#![cfg(test)]

use bench::{MAP_OF_PASSES, MAP_OF_TASKS, echo, items, run_machine};
use embedded::StoreChoice;

async fn check(definition: &str, few: u64) {
    let small = run_machine(echo(StoreChoice::Memory), definition, &items(few)).await.unwrap().journal;
    let large = run_machine(echo(StoreChoice::Memory), definition, &items(10 * few)).await.unwrap().journal;
    assert!(large.entries <= 11 * small.entries, "{large:?} against {small:?}");
    assert!(large.bytes <= 11 * small.bytes, "{large:?} against {small:?}");
    assert!(large.largest_bytes <= 2 * small.largest_bytes, "{large:?} against {small:?}");
}

/// Take out the pages of items or of results (`state/map.rs`): entries then hold what is left and what is done.
#[tokio::test]
async fn ten_thousand_passes_cost_ten_times_what_a_thousand_cost() {
    check(MAP_OF_PASSES, 1_000).await;
}

#[tokio::test]
async fn two_thousand_tasks_cost_ten_times_what_two_hundred_cost() {
    check(MAP_OF_TASKS, 200).await;
}
