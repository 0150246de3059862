//! The pivot: before it all is undone, after it the saga only goes forward.

use serde_json::{Value, json};

use super::{Run, catch, compensated, machine, not_published, parallel, success, task};
use crate::{ExecutionStatus, HistoryEventKind, Message, MessageOutcome, Parked, Rejection, Staleness};

/// Reserve, the pivot Ship with these fields, then Tell.
fn saga(pivot: Value) -> Value {
    let mut fields = json!({ "Pivot": true, "Next": "Tell" });
    fields.as_object_mut().unwrap().extend(pivot.as_object().cloned().unwrap());
    machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Ship" })),
        "Ship": task("ship", fields),
        "Tell": task("tell", json!({ "Compensation": "None", "End": true })),
    }))
}

/// The saga with its pivot outside.
fn at_pivot(pivot: Value) -> Run {
    let mut run = Run::start(&saga(pivot), &json!({}));
    run.succeed("Reserve", json!("r"));
    run
}

/// The saga behind its pivot.
fn past_pivot() -> Run {
    let mut run = at_pivot(json!({}));
    run.succeed("Ship", json!("s"));
    run
}

fn parked_forward(run: &Run, status: ExecutionStatus) {
    assert_eq!((run.status(), run.error()), (status, "Backstep.ForwardRecoveryFailed"), "{}", run.cause());
    assert_eq!(run.execution.parked, Some(Parked::Forward));
    assert_eq!(run.count("CompensationScheduled"), 0);
}

#[test]
fn a_pivots_success_discharges_all_that_is_owed_before_it() {
    let run = past_pivot();
    assert!(run.owed().is_empty());
    let passed = run.events.iter().find_map(|event| match &event.kind {
        HistoryEventKind::PivotPassed { state, discharged } => Some((state.as_str(), *discharged)),
        _ => None,
    });
    assert_eq!(passed, Some(("Ship", 1)));
    let mut run = past_pivot();
    run.succeed("Tell", json!("told"));
    assert_eq!((run.status(), run.execution.parked), (ExecutionStatus::Succeeded, None));
}

#[test]
fn a_failure_behind_the_pivot_parks_forward_and_a_redrive_goes_on_there_under_the_same_key() {
    let mut run = past_pivot();
    let first = run.request("Tell");
    run.fail("Tell", "Boom");
    parked_forward(&run, ExecutionStatus::Failed);
    assert_eq!(run.cause(), "the saga is past its pivot and did not reach its end: `Boom`: because");
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    let second = run.request("Tell");
    assert_eq!((second.key, second.attempt), (first.key, 2));
    run.succeed("Tell", json!("told"));
    assert_eq!((run.status(), run.output(), run.execution.parked), (ExecutionStatus::Succeeded, json!("told"), None));
    assert_eq!(run.count("LambdaFunctionSucceeded"), 3, "nothing before was done again");
}

#[test]
fn a_stop_behind_the_pivot_parks_forward_as_aborted() {
    let mut run = past_pivot();
    run.stop();
    parked_forward(&run, ExecutionStatus::Aborted);
    run.send(Message::Redrive);
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn the_machines_timeout_behind_the_pivot_parks_forward_as_timed_out() {
    let mut definition = saga(json!({}));
    definition["TimeoutSeconds"] = json!(60);
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!({}));
    run.succeed("Ship", json!({}));
    run.pass_seconds(60);
    parked_forward(&run, ExecutionStatus::TimedOut);
    run.pass_seconds(3_600);
    run.send(Message::Redrive);
    assert_eq!(run.status(), ExecutionStatus::Running, "its time counts anew");
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn a_pivot_of_unknown_outcome_is_retried_beyond_its_max_attempts_until_it_is_known() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 7, "MaxAttempts": 1 }]);
    let mut run = at_pivot(json!({ "Retry": retry, "Catch": catch("Tell") }));
    let key = run.request("Ship").key;
    let mut delays = Vec::new();
    for attempt in 1..=13 {
        assert_eq!((run.request("Ship").key.clone(), run.request("Ship").attempt), (key.clone(), attempt));
        run.fail("Ship", "Boom");
        let failed_at = run.now;
        while run.outside().is_empty() {
            run.pass_seconds(1);
        }
        delays.push(run.now.since(failed_at).as_secs());
    }
    assert_eq!(delays, [7, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    run.succeed("Ship", json!({}));
    assert_eq!(run.outside(), ["Tell"]);
}

#[test]
fn a_refusal_makes_a_pivot_known_and_the_saga_unwinds() {
    let mut run = at_pivot(json!({ "TimeoutSeconds": 10 }));
    run.pass_seconds(10);
    run.pass_seconds(1);
    assert_eq!(run.request("Ship").attempt, 2);
    run.refuse("Ship", "NoSuchAddress");
    assert_eq!(run.undo_all(), ["Reserve"]);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "NoSuchAddress"));
}

#[test]
fn a_refused_pivot_is_not_retried_beyond_its_retriers() {
    let mut run = at_pivot(json!({ "Refusals": ["NoSuchAddress"] }));
    run.fail("Ship", "NoSuchAddress");
    assert_eq!(run.outside(), ["undo Reserve"]);
}

#[test]
fn a_request_that_was_never_sent_does_not_make_an_earlier_attempt_known() {
    let mut run = at_pivot(json!({ "TimeoutSeconds": 10 }));
    run.pass_seconds(10);
    run.pass_seconds(1);
    not_published(&mut run, "Ship", true);
    assert!(run.outside().is_empty(), "the first attempt may have shipped");
    run.pass_seconds(2);
    assert_eq!(run.request("Ship").attempt, 3);

    let mut run = at_pivot(json!({}));
    not_published(&mut run, "Ship", true);
    assert_eq!(run.outside(), ["undo Reserve"], "here it was the only one");
}

#[test]
fn a_pivot_whose_result_cannot_be_used_has_happened_all_the_same() {
    let mut run = at_pivot(json!({}));
    run.succeed("Ship", json!("x".repeat(300_000)));
    parked_forward(&run, ExecutionStatus::Failed);
    let mut run = at_pivot(json!({ "OutputPath": "$.missing" }));
    run.succeed("Ship", json!({}));
    parked_forward(&run, ExecutionStatus::Failed);
}

// Found by the simulator. Fails if a pivot that has happened counts as unknown again when a redrive's attempt fails (`used`): it was tried beyond its retriers.
#[test]
fn a_pivot_that_has_happened_stays_known_after_a_redrive_repro() {
    let mut run = at_pivot(json!({ "OutputPath": "$.missing" }));
    run.succeed("Ship", json!({}));
    parked_forward(&run, ExecutionStatus::Failed);
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    run.fail("Ship", "Boom");
    parked_forward(&run, ExecutionStatus::Failed);
}

#[test]
fn a_further_attempt_that_cannot_be_made_leaves_the_pivot_unknown() {
    let parameters = json!({ "x.$": "States.ArrayGetItem(States.Array(1), $$.State.RetryCount)" });
    let retry = json!([{ "ErrorEquals": ["States.Timeout"], "MaxAttempts": 1 }]);
    let mut run = at_pivot(json!({ "TimeoutSeconds": 10, "Parameters": parameters, "Retry": retry }));
    let token = run.request("Ship").token;
    run.pass_seconds(10);
    run.pass_seconds(100);
    assert_eq!((run.status(), run.outside().len()), (ExecutionStatus::Running, 0), "nothing is undone");
    assert_eq!(run.send(success(&token, json!("s"))), MessageOutcome::Applied, "the first attempt's answer may still come");
    assert_eq!(run.outside(), ["Tell"]);
}

/// What a stop makes of a pivot in this situation, once it is known.
fn check_stopped(prepare: impl Fn(&mut Run), known: impl Fn(&mut Run), status: ExecutionStatus, error: &str, undone: &[&str]) {
    let mut run = at_pivot(json!({ "TimeoutSeconds": 10 }));
    prepare(&mut run);
    assert_eq!(run.stop(), MessageOutcome::Applied);
    assert_eq!(run.status(), ExecutionStatus::Running, "it waits for the pivot");
    assert_eq!(run.count("CompensationScheduled"), 0);
    assert_eq!(run.stop(), MessageOutcome::Stale { reason: Staleness::AlreadyEnding, publish_since: 0 });
    known(&mut run);
    run.undo_all();
    assert_eq!((run.status(), run.error(), run.undone()), (status, error, undone.to_vec()));
}

#[test]
fn a_stop_waits_for_the_outcome_of_the_pivot() {
    let in_flight = |_: &mut Run| {};
    let unknown = |run: &mut Run| run.pass_seconds(10);
    let succeed = |run: &mut Run| {
        while run.outside().is_empty() {
            run.pass_seconds(1);
        }
        run.succeed("Ship", json!({}));
    };
    let refuse = |run: &mut Run| {
        while run.outside().is_empty() {
            run.pass_seconds(1);
        }
        run.refuse("Ship", "No");
    };
    let late = |run: &mut Run| {
        run.fail("Ship", "Boom");
        succeed(run);
    };
    check_stopped(in_flight, succeed, ExecutionStatus::Aborted, "Backstep.ForwardRecoveryFailed", &[]);
    check_stopped(in_flight, refuse, ExecutionStatus::Aborted, "Stopped", &["Reserve"]);
    check_stopped(in_flight, late, ExecutionStatus::Aborted, "Backstep.ForwardRecoveryFailed", &[]);
    check_stopped(unknown, succeed, ExecutionStatus::Aborted, "Backstep.ForwardRecoveryFailed", &[]);
    check_stopped(unknown, refuse, ExecutionStatus::Aborted, "Stopped", &["Reserve"]);
}

#[test]
fn a_stop_that_waited_is_carried_out_where_the_refused_pivot_has_retriers_and_catchers() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"] }]);
    let mut run = at_pivot(json!({ "Retry": retry, "Catch": catch("Tell") }));
    run.stop();
    run.refuse("Ship", "No");
    assert_eq!(run.outside(), ["undo Reserve"]);
}

#[test]
fn a_stop_parks_forward_where_the_pivot_happened_and_its_output_cannot_be_made() {
    let mut run = at_pivot(json!({ "OutputPath": "$.missing" }));
    run.stop();
    run.succeed("Ship", json!({}));
    parked_forward(&run, ExecutionStatus::Aborted);
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
}

#[test]
fn a_stop_before_the_pivot_is_scheduled_or_after_a_refusal_alone_unwinds_at_once() {
    let mut run = Run::start(&saga(json!({})), &json!({}));
    run.stop();
    assert_eq!(run.outside(), ["undo Reserve"]);
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }]);
    let mut run = at_pivot(json!({ "Retry": retry }));
    run.refuse("Ship", "Busy");
    run.stop();
    assert_eq!(run.outside(), ["undo Reserve"]);
}

#[test]
fn the_machines_timeout_waits_for_the_outcome_of_the_pivot() {
    let mut definition = saga(json!({}));
    definition["TimeoutSeconds"] = json!(60);
    let timed_out = || {
        let mut run = Run::start(&definition, &json!({}));
        run.succeed("Reserve", json!({}));
        run.pass_seconds(100);
        assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["Ship".to_owned()]));
        run
    };
    let mut run = timed_out();
    run.succeed("Ship", json!({}));
    parked_forward(&run, ExecutionStatus::TimedOut);
    let mut run = timed_out();
    run.refuse("Ship", "No");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::TimedOut, "States.Timeout"));
}

#[test]
fn a_stop_that_waited_for_a_pivot_with_nothing_behind_it_finds_the_saga_complete() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Ship" })),
        "Ship": task("ship", json!({ "Pivot": true, "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!({}));
    run.stop();
    run.succeed("Ship", json!("shipped"));
    assert_eq!((run.status(), run.output(), run.error()), (ExecutionStatus::Succeeded, json!("shipped"), ""));
}

/// Behind the pivot: a Parallel that is caught, in which one branch owes something.
fn part_behind() -> Run {
    let mut label = compensated("label", json!({ "Next": "Print" }));
    label["Compensation"]["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 0 }]);
    let branch = machine(json!({ "Label": label, "Print": task("print", json!({ "Compensation": "None", "End": true })) }));
    let beside = machine(json!({ "Mail": compensated("mail", json!({ "End": true })) }));
    let mut run = Run::start(
        &machine(json!({
            "Reserve": compensated("reserve", json!({ "Next": "Ship" })),
            "Ship": task("ship", json!({ "Pivot": true, "Next": "Both" })),
            "Both": parallel(json!([branch, beside]), json!({ "Catch": catch("Tell"), "Next": "Tell" })),
            "Tell": task("tell", json!({ "Compensation": "None", "End": true })),
        })),
        &json!({}),
    );
    for state in ["Reserve", "Ship", "Label"] {
        run.succeed(state, json!({}));
    }
    run
}

#[test]
fn a_part_behind_the_pivot_that_fails_and_is_caught_unwinds_its_own() {
    let mut run = part_behind();
    run.fail("Print", "Boom");
    assert_eq!(run.outside(), ["undo Label", "undo Mail"]);
    run.undo_all();
    assert_eq!(run.outside(), ["Tell"]);
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn a_part_behind_the_pivot_that_fails_for_good_stays_as_it_is_for_a_redrive() {
    let leaf = |name: &str| machine(json!({ (name): compensated(name, json!({ "End": true })) }));
    let definition = machine(json!({
        "Ship": task("ship", json!({ "Pivot": true, "Next": "Both" })),
        "Both": parallel(json!([leaf("A"), leaf("B"), leaf("C")]), json!({ "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Ship", json!({}));
    run.succeed("A", json!("a"));
    let keys = ["B", "C"].map(|state| run.request(state).key);
    run.fail("B", "Boom");
    parked_forward(&run, ExecutionStatus::Failed);
    run.send(Message::Redrive);
    assert_eq!((run.outside(), ["B", "C"].map(|state| run.request(state).key)), (vec!["B".to_owned(), "C".to_owned()], keys));
    run.succeed("C", json!("c"));
    run.succeed("B", json!("b"));
    assert_eq!((run.status(), run.output()), (ExecutionStatus::Succeeded, json!(["a", "b", "c"])));
}

#[test]
fn an_attempt_that_a_stop_interrupted_is_unknown_after_a_redrive() {
    let definition = machine(json!({
        "Ship": task("ship", json!({ "Pivot": true, "Next": "Label" })),
        "Label": compensated("label", json!({ "Catch": catch("Tell"), "Next": "Tell" })),
        "Tell": task("tell", json!({ "Compensation": "None", "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Ship", json!({}));
    run.stop();
    run.send(Message::Redrive);
    run.refuse("Label", "No");
    assert_eq!(run.outside(), ["undo Label"], "the second attempt was refused, the first one was not");
}

#[test]
fn a_compensation_behind_the_pivot_that_fails_for_good_parks_in_place_and_a_redrive_goes_on_there() {
    let mut run = part_behind();
    run.fail("Print", "Boom");
    let key = run.request("undo Label").key;
    run.fail("undo Label", "Broken");
    assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["undo Mail".to_owned()]));
    run.succeed("undo Mail", json!({}));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.CompensationFailed"));
    assert_eq!(run.cause(), "still owed: `Label` (Broken); unwinding because of `Boom`: because");
    assert_eq!((run.execution.parked, run.owed()), (Some(Parked::Unwinding), vec!["Label"]));
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    assert_eq!((run.request("undo Label").key, run.request("undo Label").attempt), (key, 2));
    run.succeed("undo Label", json!({}));
    run.succeed("Tell", json!({}));
    assert_eq!((run.status(), run.execution.parked), (ExecutionStatus::Succeeded, None));
}

#[test]
fn a_compensation_that_was_in_flight_when_a_stop_parked_it_is_asked_for_again_by_a_redrive() {
    let mut run = part_behind();
    run.fail("Print", "Boom");
    let first = run.request("undo Label");
    run.stop();
    parked_with_compensations(&run);
    assert!(matches!(run.send(success(&first.token, json!({}))), MessageOutcome::Stale { reason: Staleness::Ended, .. }));
    run.send(Message::Redrive);
    let since = run.execution.revision;
    let again: Vec<_> = run.requests_since(since).into_iter().map(|request| (request.key, request.attempt)).collect();
    assert!(again.contains(&(first.key, 2)), "created by the redrive, so that it is published then: {again:?}");
    run.undo_all();
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

fn parked_with_compensations(run: &Run) {
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Aborted, "Backstep.ForwardRecoveryFailed"));
}

#[test]
fn a_saga_that_reached_its_end_behind_the_pivot_is_not_redrivable() {
    let mut run = past_pivot();
    run.succeed("Tell", json!({}));
    assert!(matches!(run.send(Message::Redrive), MessageOutcome::Rejected(Rejection::NotRedrivable { .. })));
}

#[test]
fn a_state_behind_the_pivot_that_begins_again_after_a_redrive_is_a_new_visit() {
    // Its catcher's ResultPath cannot be applied to an array: the state itself fails, after its task was answered.
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Done" }]);
    let definition = machine(json!({
        "Ship": task("ship", json!({ "Pivot": true, "Next": "Tell" })),
        "Tell": compensated("tell", json!({ "Catch": catch, "Next": "Done" })),
        "Done": { "Type": "Succeed" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Ship", json!([1]));
    let first = run.request("Tell");
    run.fail("Tell", "Boom");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.ForwardRecoveryFailed"));
    run.send(Message::Redrive);
    let again = run.request("Tell");
    assert_ne!(again.key, first.key, "the first one's key was revoked by its compensation");
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}
