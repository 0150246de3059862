//! The table "what a request meets": a row per cell, for an action and for a compensation.

use std::time::Duration;

use interpreter::{IdempotencyKey, TaskOutcome};
use messages::{Disposition, RequestBody};
use serde_json::{Value, json};
use store::LedgerState;

use super::bench::{
    START, action_key, bench, compensation, failed, failure_entry, give_back_seconds, live, request, succeeded, success_entry,
};
use crate::{Effect, HarnessSettings};

/// What a request comes to.
#[derive(Debug)]
enum Expected {
    /// The handler is called, and the request answered with what it completes with.
    Runs,
    /// It is answered with the result that the ledger has.
    AnswersSuccess,
    /// It is answered with the failure that the ledger has.
    AnswersFailure,
    /// It comes again when the lease has ended.
    Waits,
    /// It is acknowledged without an answer.
    Dropped,
}

use Expected::{AnswersFailure, AnswersSuccess, Dropped, Runs, Waits};

/// The attempt that the ledger's entry is of.
const ENTRY_ATTEMPT: u32 = 5;
const LOWER: u32 = 4;
const SAME: u32 = 5;
const HIGHER: u32 = 6;

fn live_entry() -> Option<LedgerState> {
    Some(live(START.plus_seconds(100)))
}

fn expired_entry() -> Option<LedgerState> {
    Some(live(START))
}

async fn check(effect: Effect, request: &RequestBody, entry: Option<LedgerState>, expected: Expected) {
    let row = format!("{effect:?}, attempt {}, undoes {:?}: {entry:?} -> {expected:?}", request.attempt, request.undoes);
    let bench = bench(effect, []);
    if let Some(state) = &entry {
        bench.write_ledger(&request.key, ENTRY_ATTEMPT, state.clone()).await;
    }
    let disposition = bench.handle(request).await;
    let answer: Option<TaskOutcome> = match expected {
        Runs => Some(succeeded(Value::Null)),
        AnswersSuccess => Some(succeeded(json!("earlier"))),
        AnswersFailure => Some(failed("Earlier", "failed", false)),
        Waits | Dropped => None,
    };
    let runs = matches!(expected, Runs);
    assert_eq!(bench.calls(), u32::from(runs), "{row}");
    assert_eq!(bench.effects(&request.key).await, i64::from(runs), "{row}");
    let answers: Vec<(u32, TaskOutcome)> = answer.map(|outcome| (request.attempt, outcome)).into_iter().collect();
    assert_eq!(bench.answers().await, answers, "{row}");
    if let Waits = expected {
        assert_eq!(give_back_seconds(disposition), 100.0, "{row}");
    } else {
        assert_eq!(disposition, Disposition::Done, "{row}");
    }
    let after = bench.ledger(&request.key).await;
    if runs {
        let after = after.expect("its own entry");
        assert_eq!((after.attempt, after.state), (request.attempt, LedgerState::Succeeded { result: Value::Null }), "{row}");
    } else {
        assert_eq!(after.map(|after| after.state), entry, "{row}");
    }
}

// Found by the simulator. Fails if a success answers the later attempts of a request that hands a token out: nobody would ever have the later
// attempt's token, and its task would wait for ever.
#[tokio::test]
async fn each_attempt_hands_out_a_token_of_its_own_repro() {
    let callback = |attempt| RequestBody { callback: true, ..request(attempt) };
    check(Effect::Table, &callback(LOWER), Some(success_entry()), Dropped).await;
    check(Effect::Table, &callback(SAME), Some(success_entry()), AnswersSuccess).await;
    check(Effect::Table, &callback(HIGHER), Some(success_entry()), Runs).await;
}

/// Every cell of the table, for requests made by `request`.
async fn check_all(effect: Effect, request: fn(u32) -> RequestBody) {
    let check = |attempt: u32, entry: Option<LedgerState>, expected: Expected| {
        let request = request(attempt);
        async move { check(effect, &request, entry, expected).await }
    };
    check(LOWER, None, Runs).await;
    check(SAME, None, Runs).await;
    check(HIGHER, None, Runs).await;

    check(LOWER, live_entry(), Dropped).await;
    check(SAME, live_entry(), Waits).await;
    check(HIGHER, live_entry(), Waits).await;

    check(LOWER, expired_entry(), Dropped).await;
    check(SAME, expired_entry(), Runs).await;
    check(HIGHER, expired_entry(), Runs).await;

    check(LOWER, Some(failure_entry()), Dropped).await;
    check(SAME, Some(failure_entry()), AnswersFailure).await;
    check(HIGHER, Some(failure_entry()), Runs).await;

    check(LOWER, Some(success_entry()), AnswersSuccess).await;
    check(SAME, Some(success_entry()), AnswersSuccess).await;
    check(HIGHER, Some(success_entry()), AnswersSuccess).await;

    check(LOWER, Some(LedgerState::Revoked), Dropped).await;
    check(SAME, Some(LedgerState::Revoked), Dropped).await;
    check(HIGHER, Some(LedgerState::Revoked), Dropped).await;
}

#[tokio::test]
async fn an_action_does_what_the_table_says() {
    check_all(Effect::Table, request).await;
    check_all(Effect::Outside, request).await;
}

#[tokio::test]
async fn a_compensation_does_what_the_table_says() {
    check_all(Effect::Table, compensation).await;
    check_all(Effect::Outside, compensation).await;
}

#[tokio::test]
async fn an_entry_that_only_records_heartbeats_is_as_none() {
    let bench = bench(Effect::Table, []);
    bench.write_ledger(&action_key(), 0, LedgerState::HeardOf).await;
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done);
    assert_eq!(bench.answers().await, [(1, succeeded(Value::Null))]);
}

#[tokio::test]
async fn a_lease_that_ends_far_in_the_future_gives_back_for_as_long_as_a_queue_keeps_it() {
    let bench = bench(Effect::Table, []);
    bench.write_ledger(&action_key(), 1, live(START.plus_seconds(100_000))).await;
    let seconds = give_back_seconds(bench.handle(&request(1)).await);
    assert!((36_000.0..43_200.0).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn after_its_deadline_a_request_is_not_executed_but_a_known_answer_is_given() {
    let check = |request: RequestBody, entry: Option<LedgerState>, answers: usize| async move {
        let late = RequestBody { deadline: Some(START), ..request };
        let bench = bench(Effect::Table, []);
        if let Some(state) = entry {
            bench.write_ledger(&late.key, 1, state).await;
        }
        assert_eq!(bench.handle(&late).await, Disposition::Done);
        assert_eq!((bench.calls(), bench.answers().await.len()), (0, answers), "{late:?}");
    };
    check(request(1), None, 0).await;
    check(compensation(1), None, 0).await;
    check(request(1), Some(live(START)), 0).await;
    check(request(1), Some(success_entry()), 1).await;
    check(request(1), Some(failure_entry()), 1).await;
}

#[tokio::test]
async fn every_lease_has_an_owner_of_its_own() {
    let bench = bench(Effect::Outside, [super::bench::Act::Hang]);
    let handling = bench.harness.handle(
        vec![super::bench::delivery(request(1).encode(), 1), super::bench::delivery(request(1).encode(), 1)],
        START.plus_seconds(60),
    );
    let letting_go = async {
        bench.handler.hanging.notified().await;
        // The duplicate beside it finds a live lease that is not its own.
        super::bench::settle().await;
        bench.handler.go_on.notify_one();
    };
    let (mut dispositions, ()) = futures::join!(handling, letting_go);
    dispositions.sort_by_key(|disposition| *disposition != Disposition::Done);
    assert_eq!(dispositions[0], Disposition::Done);
    assert_eq!(give_back_seconds(dispositions[1]), 60.0);
    assert_eq!(bench.calls(), 1);
    let key: IdempotencyKey = action_key();
    assert_eq!(bench.effects(&key).await, 1);
}

// Found by the simulator. Fails if the ledger says of an effect outside that its lease ends when its handler is stopped (`Lease::stopped_by`): a host whose clock
// is ahead would undo it while it may still happen.
#[tokio::test]
async fn an_effect_outside_is_over_by_every_clock_when_its_lease_is_repro() {
    for (effect, seconds) in [(Effect::Outside, 65.0), (Effect::Table, 30.0)] {
        let bench = bench(effect, [super::bench::Act::Hang]);
        let harness = bench.harness_with(HarnessSettings { clock_skew: Duration::from_secs(5), ..super::bench::settings() });
        let deliveries = vec![super::bench::delivery(request(1).encode(), 1), super::bench::delivery(request(1).encode(), 1)];
        let handling = harness.handle(deliveries, START.plus_seconds(60));
        let letting_go = async {
            bench.handler.hanging.notified().await;
            super::bench::settle().await;
            bench.handler.go_on.notify_one();
        };
        let (mut dispositions, ()) = futures::join!(handling, letting_go);
        dispositions.sort_by_key(|disposition| *disposition != Disposition::Done);
        assert_eq!(give_back_seconds(dispositions[1]), seconds, "{effect:?}");
    }
}

// Found by the simulator. Fails if a lease for an effect outside ends in the ledger before the platform stops the invocation (`Lease::stopped_by`), be it with the
// task's deadline or with a heartbeat: a process that stood still went on with its effect after another had undone it.
#[tokio::test]
async fn an_effect_outside_is_not_undone_before_its_invocation_is_stopped_repro() {
    let check = async |effect: Effect, heartbeat_seconds: Option<u64>, seconds: f64| {
        let bench = bench(effect, [super::bench::Act::Hang]);
        let deadline = Some(START.plus_seconds(8));
        let action = RequestBody { deadline, heartbeat_seconds, ..request(1) };
        let handling = bench.harness.handle(vec![super::bench::delivery(action.encode(), 1)], START.plus_seconds(20));
        let undoing = async {
            bench.handler.hanging.notified().await;
            let undo = vec![super::bench::delivery(super::bench::compensation(1).encode(), 1)];
            let dispositions = bench.harness.handle(undo, START.plus_seconds(60)).await;
            bench.handler.go_on.notify_one();
            dispositions
        };
        let (_, dispositions) = futures::join!(handling, undoing);
        assert_eq!(give_back_seconds(dispositions[0]), seconds, "{effect:?} {heartbeat_seconds:?}");
    };
    check(Effect::Outside, None, 20.0).await;
    check(Effect::Outside, Some(3), 20.0).await;
    check(Effect::Table, None, 8.0).await;
    check(Effect::Table, Some(3), 3.0).await;
}
