//! Queues that do what nobody hopes for.

use messages::Disorder;
use serde_json::json;

use super::world::{assert_done, jumping, start};
use crate::{Options, System};

/// How many executions each case starts.
const EXECUTIONS: usize = 40;

async fn check(disorder: Disorder) {
    let system = System::start(Options { disorder: Some(disorder), ..jumping() }).unwrap();
    let mut started = Vec::new();
    for number in 0..EXECUTIONS {
        let input = if number % 2 == 0 { json!({ "pauseSeconds": 1 }) } else { json!({ "pauseSeconds": 1, "refuse": true }) };
        started.push((start(&system, &format!("e{number}"), input).await, number % 2 == 1));
    }
    for (execution, refused) in started {
        assert_done(&system, &system.ended(&execution).await.unwrap(), refused).await;
    }
    assert_eq!(system.parked_messages(1), []);
}

#[tokio::test(start_paused = true)]
async fn every_message_twice_and_in_random_order_has_each_effect_once() {
    for seed in 0..10 {
        check(Disorder::twice_and_shuffled(seed)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn queues_that_often_fail_lose_nothing() {
    for seed in 0..10 {
        check(Disorder {
            failed_entries_per_mille: 200,
            unavailable_per_mille: 100,
            lost_answers_per_mille: 100,
            ..Disorder::twice_and_shuffled(seed)
        })
        .await;
    }
}
