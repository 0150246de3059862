//! What a handler's ends come to in the ledger and in the answer.

use std::time::Duration;

use interpreter::{TaskOutcome, ValueHash};
use messages::{Disposition, InputBody, RequestBody};
use serde_json::{Value, json};
use store::{Condition, ExecutionStore, Fault, FaultPlan, LedgerState, LedgerStore, Operation};

use super::bench::{
    Act, Bench, FUNCTION, FUNCTION_SECONDS, PROVIDER, START, action_key, bench, compensation, declined, delivery, failed,
    failure_entry, give_back_seconds, item_key, live, put, request, settings, succeeded, success_entry,
};
use crate::{Effect, HarnessSettings};

const BOTH: [Effect; 2] = [Effect::Table, Effect::Outside];

async fn check(effect: Effect, act: Act, outcome: TaskOutcome) {
    let bench = bench(effect, [act.clone()]);
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done, "{act:?}");
    assert_eq!(bench.answers().await, [(1, outcome.clone())], "{act:?}");
    let expected = match outcome.clone() {
        TaskOutcome::Succeeded { result } => LedgerState::Succeeded { result },
        TaskOutcome::Failed { failure, refusal } => LedgerState::Failed { failure, refusal },
    };
    assert_eq!(bench.ledger_state(&action_key()).await, Some(expected), "{act:?}");
    // Delivered again, it is answered again and not performed.
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done, "{act:?}");
    assert_eq!((bench.answers().await, bench.calls()), (vec![(1, outcome)], 1), "{act:?}");
}

fn timed_out() -> TaskOutcome {
    failed("States.Timeout", "the handler did not end in time", false)
}

#[tokio::test]
async fn what_a_handler_says_is_answered() {
    for effect in BOTH {
        check(effect, Act::Complete(json!({"charge": 1})), succeeded(json!({"charge": 1}))).await;
        check(effect, Act::Refuse, declined(true)).await;
        check(effect, Act::Fail, failed("ProviderDown", "no answer", false)).await;
    }
}

#[tokio::test]
async fn a_panic_and_a_handler_that_overruns_are_unknown_outcomes() {
    for effect in BOTH {
        check(effect, Act::Panic, failed("Lambda.Unknown", "the handler panicked", false)).await;
        check(effect, Act::Work(Duration::from_secs(FUNCTION_SECONDS + 1)), timed_out()).await;
    }
}

#[tokio::test]
async fn a_handler_sees_the_task_as_it_was_requested() {
    let bench = bench(Effect::Table, []);
    bench.handle(&compensation(2)).await;
    let seen = bench.handler.seen.lock().unwrap().remove(0);
    assert_eq!(seen.input, json!({"amount": 1250}));
    assert_eq!((seen.attempt, seen.undoes), (2, Some(action_key())));
    assert_eq!((seen.now, seen.deadline), (START, START.plus_seconds(FUNCTION_SECONDS)));
    assert_eq!((seen.state.as_str(), seen.execution_name.as_str()), ("ChargePayment", "order-1"));
}

/// When a handler that never ends is stopped, and until when its lease was: seconds from the start.
async fn check_time(task_seconds: Option<u64>, invocation_seconds: u64, stopped_after: f64, lease_seconds: u64) {
    let bench = bench(Effect::Table, [Act::Hang]);
    let request = RequestBody { deadline: task_seconds.map(|seconds| START.plus_seconds(seconds)), ..request(1) };
    let handling = bench.harness.handle(vec![delivery(request.encode(), 1)], START.plus_seconds(invocation_seconds));
    let looking = async {
        bench.handler.hanging.notified().await;
        bench.ledger_state(&action_key()).await
    };
    let (disposition, state) = bench.with_time(futures::future::join(handling, looking)).await;
    let Some(LedgerState::InProgress { lease_until, .. }) = state else { panic!("no lease: {state:?}") };
    assert_eq!(lease_until, START.plus_seconds(lease_seconds));
    assert_eq!(bench.now().since(START).as_secs_f64(), stopped_after);
    assert_eq!(disposition, [Disposition::Done]);
    assert_eq!(bench.answers().await, [(1, timed_out())]);
}

#[tokio::test]
async fn a_handler_is_stopped_by_the_earliest_of_three_deadlines() {
    check_time(None, 600, 30.0, 30).await;
    check_time(Some(600), 600, 30.0, 30).await;
    check_time(Some(20), 600, 20.0, 20).await;
    // What is left of the invocation is needed to write and to answer.
    check_time(Some(600), 20, 19.0, 20).await;
}

#[tokio::test]
async fn with_no_time_left_in_the_invocation_nothing_is_begun() {
    let bench = bench(Effect::Table, []);
    let deliveries = vec![delivery(request(1).encode(), 1)];
    let dispositions = bench.with_time(bench.harness.handle(deliveries, START.plus_seconds(1))).await;
    assert!((0.5..=1.0).contains(&give_back_seconds(dispositions[0])));
    assert_eq!((bench.calls(), bench.ledger(&action_key()).await), (0, None));
}

fn too_large(who: &str) -> TaskOutcome {
    let cause =
        format!("The state/task '{who}' returned a result with a size exceeding the maximum number of bytes service limit.");
    failed("States.DataLimitExceeded", &cause, false)
}

async fn check_size(result: Value, fits: bool) {
    let bench = bench(Effect::Table, [Act::Complete(result.clone())]);
    bench.handle(&request(1)).await;
    let answers = bench.answers().await;
    if fits {
        assert_eq!(answers, [(1, succeeded(result))]);
        return;
    }
    assert_eq!(answers, [(1, too_large(PROVIDER))]);
    assert_eq!(bench.effects(&action_key()).await, 0);
}

// Fails if the cause names anything but what the request says, or nothing for a request of a release that did not say it.
#[tokio::test]
async fn the_cause_of_a_result_over_the_limit_names_who_the_program_called() {
    let result = json!("x".repeat(usize::try_from(settings().payload_bytes).unwrap()));
    for (provider, who) in [(Some("lambda"), "lambda"), (None, FUNCTION)] {
        let bench = bench(Effect::Table, [Act::Complete(result.clone())]);
        bench.handle(&RequestBody { provider: provider.map(str::to_owned), ..request(1) }).await;
        assert_eq!(bench.answers().await, [(1, too_large(who))]);
    }
}

#[tokio::test]
async fn a_result_over_the_limit_is_an_unknown_outcome() {
    let HarnessSettings { payload_bytes, payload_depth, .. } = settings();
    let bytes = |bytes: u64| json!("x".repeat(usize::try_from(bytes).unwrap() - 2));
    let deep = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    check_size(bytes(payload_bytes), true).await;
    check_size(bytes(payload_bytes + 1), false).await;
    check_size(deep(payload_depth), true).await;
    check_size(deep(payload_depth + 1), false).await;
}

#[tokio::test]
async fn not_now_gives_the_lease_up_and_comes_again_later_and_later() {
    for effect in BOTH {
        let bench = bench(effect, [Act::NotNow, Act::NotNow, Act::NotNow]);
        for (receive_count, seconds) in [(1, 0.5..=1.0), (2, 1.0..=2.0), (20, 150.0..=300.0)] {
            let again = give_back_seconds(bench.handle_received(&request(1), receive_count).await);
            assert!(seconds.contains(&again), "{receive_count}: {again} s");
        }
        assert_eq!(bench.answers().await, []);
        // No time has passed: the lease that was given up does not keep the next delivery, of whatever attempt, from running.
        assert_eq!(bench.handle(&request(2)).await, Disposition::Done);
        assert_eq!(bench.effects(&action_key()).await, 1);
    }
}

/// A refusal after a delivery of the same attempt that died half-way.
async fn check_refusal_after_a_crash(effect: Effect, still_a_refusal: bool) {
    let bench = bench(effect, [Act::Refuse]);
    bench.write_ledger(&action_key(), 1, live(START)).await;
    bench.handle(&request(1)).await;
    assert_eq!(bench.answers().await, [(1, declined(still_a_refusal))], "{effect:?}");
}

#[tokio::test]
async fn a_refusal_proves_nothing_when_the_same_attempt_was_begun_before() {
    check_refusal_after_a_crash(Effect::Outside, false).await;
    // In the table the first delivery can no longer commit: its lease is lost.
    check_refusal_after_a_crash(Effect::Table, true).await;
}

#[tokio::test]
async fn the_doubt_of_a_crash_survives_not_now() {
    let bench = bench(Effect::Outside, [Act::NotNow, Act::Refuse]);
    bench.write_ledger(&action_key(), 1, live(START)).await;
    bench.handle(&request(1)).await;
    bench.handle(&request(1)).await;
    assert_eq!(bench.answers().await, [(1, declined(false))]);
}

#[tokio::test]
async fn a_refusal_after_not_now_is_a_refusal() {
    let bench = bench(Effect::Outside, [Act::NotNow, Act::Refuse]);
    bench.handle(&request(1)).await;
    bench.handle(&request(1)).await;
    assert_eq!(bench.answers().await, [(1, declined(true))]);
}

#[tokio::test]
async fn a_handler_whose_conditions_do_not_hold_is_asked_again() {
    let unmet = || Act::Write(vec![put("stock", json!({}), Condition::Version(9))]);
    let bench = bench(Effect::Table, [unmet(), unmet(), Act::Refuse]);
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done);
    assert_eq!((bench.calls(), bench.answers().await), (3, vec![(1, declined(true))]));
    assert_eq!(bench.store.inner().item(&item_key("stock"), START).await.unwrap(), None);
}

#[tokio::test]
async fn a_handler_whose_conditions_never_hold_is_given_back() {
    let unmet = Act::Write(vec![put("stock", json!({}), Condition::Version(9))]);
    let performances = settings().performances;
    let bench = bench(Effect::Table, std::iter::repeat_n(unmet, usize::try_from(performances).unwrap()));
    give_back_seconds(bench.handle(&request(1)).await);
    assert_eq!((bench.calls(), bench.answers().await), (performances, vec![]));
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done, "the lease was given up");
}

/// One call of the store fails; the request is still done in the same delivery, its effect once.
async fn check_fault(bench: &Bench, operation: Operation, nth: u64, fault: Fault) {
    bench.store.follow(FaultPlan::none().at(operation, nth, fault));
    assert_eq!(bench.handle(&request(1)).await, Disposition::Done, "{operation:?} {nth} {fault:?}");
    assert_eq!(bench.store.faults().len(), 1, "{operation:?} {nth} {fault:?} did not happen");
    assert_eq!(bench.effects(&action_key()).await, 1, "{operation:?} {nth} {fault:?}");
    assert_eq!(bench.answers().await, [(1, succeeded(Value::Null))], "{operation:?} {nth} {fault:?}");
}

#[tokio::test]
async fn a_store_that_fails_once_is_asked_again_and_nothing_happens_twice() {
    for fault in [Fault::Unavailable, Fault::LostAnswer, Fault::Conflict] {
        check_fault(&bench(Effect::Table, []), Operation::Ledger, 1, fault).await;
        check_fault(&bench(Effect::Table, []), Operation::PutLedger, 1, fault).await;
        check_fault(&bench(Effect::Table, []), Operation::Transact, 1, fault).await;
        check_fault(&bench(Effect::Outside, []), Operation::PutLedger, 2, fault).await;
    }
}

#[tokio::test]
async fn a_store_that_stays_away_is_never_a_business_answer() {
    for operation in [Operation::Ledger, Operation::PutLedger, Operation::Transact] {
        let bench = bench(Effect::Table, []);
        bench.store.follow(FaultPlan::none().always(operation, Fault::Unavailable));
        give_back_seconds(bench.handle(&request(1)).await);
        assert!(bench.now() <= START.plus_seconds(60), "it was given back before the invocation's end");
        assert_eq!(bench.answers().await, [], "{operation:?}");
        bench.store.follow(FaultPlan::none());
        assert_eq!(bench.handle(&request(1)).await, Disposition::Done, "{operation:?}");
        assert_eq!(bench.effects(&action_key()).await, 1, "{operation:?}");
    }
}

#[tokio::test]
async fn writes_that_no_store_takes_are_given_back_without_an_answer() {
    let twice = vec![put("same", json!({}), Condition::Always), put("same", json!({}), Condition::Always)];
    let bench = bench(Effect::Table, [Act::Write(twice)]);
    give_back_seconds(bench.handle(&request(1)).await);
    assert_eq!(bench.answers().await, []);
}

#[tokio::test]
async fn who_was_overtaken_outside_answers_what_the_ledger_says() {
    let bench = bench(Effect::Outside, [Act::Hang]);
    let overtaking = async {
        bench.handler.hanging.notified().await;
        bench.write_ledger(&action_key(), 1, success_entry()).await;
        bench.handler.go_on.notify_one();
    };
    let handling = async { bench.handle(&request(1)).await };
    let (disposition, ()) = futures::join!(handling, overtaking);
    assert_eq!(disposition, Disposition::Done);
    assert_eq!(bench.answers().await, [(1, succeeded(json!("earlier")))]);
    assert_eq!(bench.calls(), 1);
}

#[tokio::test]
async fn an_input_that_travels_by_reference_is_read() {
    let text = json!({"lines": [1, 2, 3]}).to_string();
    let hash = ValueHash::of(&text);
    let by_reference = RequestBody { input: InputBody::InputRef(hash.clone()), ..request(1) };

    let bench = bench(Effect::Table, []);
    give_back_seconds(bench.handle(&by_reference).await);
    assert_eq!((bench.calls(), bench.ledger(&action_key()).await), (0, None), "nothing is begun without its input");

    bench.store.put_values(&by_reference.execution, &[(hash, text.into())]).await.unwrap();
    assert_eq!(bench.handle(&by_reference).await, Disposition::Done);
    assert_eq!(bench.handler.seen.lock().unwrap()[0].input, json!({"lines": [1, 2, 3]}));
}

/// Performed outside, then overtaken before the ledger knew of it, then refused: the refusal is of the second call, and proves nothing of the first.
#[tokio::test]
async fn a_refusal_proves_nothing_when_an_earlier_call_was_overtaken() {
    let bench = bench(Effect::Outside, [Act::Hang, Act::Complete(Value::Null), Act::Refuse]);
    let overtaking = async {
        bench.handler.hanging.notified().await;
        bench.write_ledger(&action_key(), 1, failure_entry()).await;
        bench.handler.go_on.notify_one();
    };
    let handling = async { bench.handle(&request(2)).await };
    let (disposition, ()) = futures::join!(handling, overtaking);
    assert_eq!(disposition, Disposition::Done);
    assert_eq!(bench.answers().await, [(2, declined(false))]);
    assert_eq!(bench.effects(&action_key()).await, 1);
}
