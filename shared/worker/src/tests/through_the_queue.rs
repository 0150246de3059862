//! Requests through a real queue and a pump: late, twice, in any order.

use std::sync::Arc;
use std::time::Duration;

use messages::{Disorder, MessageQueue, Outgoing, PumpSettings, RequestBody, pump};
use serde_json::Value;
use store::LedgerState;

use super::bench::{Bench, REQUESTS, action_key, bench, compensation, request, succeeded};
use crate::Effect;

/// Pumps requests into the harness until the queue is empty.
async fn pump_until_empty(bench: &Bench) {
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let (harness, clock) = (bench.harness.clone(), Arc::clone(&bench.clock));
    let handle = move |deliveries| {
        let harness = harness.clone();
        let deadline = interpreter::Timestamp::from_millis(clock::Clock::now_millis(clock.as_ref())).plus_seconds(60);
        async move { harness.handle(deliveries, deadline).await }
    };
    let settings = PumpSettings::new(REQUESTS, 3);
    let pumping = pump(Arc::clone(&bench.queue) as _, Arc::clone(&bench.clock) as _, settings, stopped, handle);
    let stopping = async {
        use clock::Clock;
        while bench.queue.depths(REQUESTS).unwrap().total() > 0 {
            bench.clock.sleep(Duration::from_secs(1)).await;
        }
        stop.send_replace(true);
    };
    bench.with_time(futures::future::join(pumping, stopping)).await;
}

#[tokio::test]
async fn an_action_delayed_until_after_its_compensation_ran_has_no_effect() {
    for effect in [Effect::Table, Effect::Outside] {
        let bench = bench(effect, []);
        let late = Outgoing::delayed(request(1).encode(), Duration::from_secs(600));
        let messages = [late, Outgoing::standard(compensation(1).encode())];
        bench.queue.send(REQUESTS, &messages).await.unwrap();
        pump_until_empty(&bench).await;
        assert_eq!(bench.effects(&action_key()).await, 0, "{effect:?}");
        assert_eq!(bench.effects(&action_key().of_compensation()).await, 1, "{effect:?}");
        assert_eq!(bench.ledger_state(&action_key()).await, Some(LedgerState::Revoked), "{effect:?}");
        assert_eq!(bench.answers().await, [(1, succeeded(Value::Null))], "only the compensation is answered: {effect:?}");
    }
}

/// Twice and in random order: the action runs before its compensation or never, and each of them at most once.
#[tokio::test]
async fn an_action_and_its_compensation_twice_in_any_order_end_undone() {
    for seed in 0..50 {
        let effect = if seed % 2 == 0 { Effect::Table } else { Effect::Outside };
        let bench = bench(effect, []);
        bench
            .queue
            .set_disorder(Some(Disorder { duplicate_delay: Duration::from_secs(300), ..Disorder::twice_and_shuffled(seed) }));
        let requests: [RequestBody; 3] = [request(1), request(2), compensation(1)];
        for request in &requests {
            bench.send(request).await;
        }
        pump_until_empty(&bench).await;
        assert!(bench.effects(&action_key()).await <= 1, "seed {seed}");
        assert_eq!(bench.effects(&action_key().of_compensation()).await, 1, "seed {seed}");
        assert_eq!(bench.ledger_state(&action_key()).await, Some(LedgerState::Revoked), "seed {seed}");
        let calls: Vec<bool> = bench.handler.seen.lock().unwrap().iter().map(|task| task.undoes.is_some()).collect();
        let undone = calls.iter().position(|is_undo| *is_undo).unwrap();
        assert!(calls[undone..].iter().all(|is_undo| *is_undo), "seed {seed}: an action began after its compensation: {calls:?}");
    }
}
