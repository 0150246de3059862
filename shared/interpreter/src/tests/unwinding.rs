//! Unwinding: of parts before their failure is used, of the execution before it ends, and what is parked (docs/adr/0009).
//!
//! Longer than 600 lines because its cases share one saga and are read beside each other.

use serde_json::{Value, json};

use super::{Run, catch, catch_compensating, compensated, machine, map, order, parallel, success, task};
use crate::{ExecutionStatus, HistoryEventKind, Limits, Message, MessageOutcome, Parked, Rejection, Staleness};

#[test]
fn the_execution_unwinds_last_first_one_at_a_time() {
    let mut run = Run::start(&order(json!({})), &json!({}));
    run.succeed("Reserve", json!("r"));
    run.succeed("Charge", json!("c"));
    let charge_key = run.execution.owed_tasks()[1].key.clone();
    run.fail("Ship", "Boom");
    assert_eq!(run.outside(), ["undo Charge"]);
    let undo = run.request("undo Charge");
    assert_eq!(undo.undoes, Some(charge_key.clone()));
    assert_eq!((undo.key, undo.attempt), (charge_key.of_compensation(), 1));
    run.succeed("undo Charge", json!({}));
    assert_eq!(run.outside(), ["undo Reserve"]);
    assert_eq!(run.status(), ExecutionStatus::Running);
    run.succeed("undo Reserve", json!({}));
    assert_eq!((run.status(), run.error(), run.cause()), (ExecutionStatus::Failed, "Boom", "because"));
    assert_eq!(run.undone(), ["Charge", "Reserve"]);
    let tail: Vec<String> = run.history().into_iter().skip(14).collect();
    assert_eq!(
        tail,
        [
            "15<14 LambdaFunctionFailed",
            "16<15 UnwindingStarted",
            "17<0 CompensationScheduled",
            "18<17 CompensationSucceeded",
            "19<0 CompensationScheduled",
            "20<19 CompensationSucceeded",
            "21<16 UnwindingEnded",
            "22<21 ExecutionFailed",
        ]
    );
}

#[test]
fn an_execution_that_was_unwound_to_the_end_is_not_redrivable() {
    let mut run = Run::start(&order(json!({})), &json!({}));
    run.refuse("Reserve", "OutOfStock");
    assert_eq!(run.status(), ExecutionStatus::Failed);
    assert!(matches!(run.send(Message::Redrive), MessageOutcome::Rejected(Rejection::NotRedrivable { .. })));
    let mut run = Run::start(&order(json!({})), &json!({}));
    run.fail("Reserve", "Boom");
    run.undo_all();
    assert!(matches!(run.send(Message::Redrive), MessageOutcome::Rejected(Rejection::NotRedrivable { .. })));
}

#[test]
fn a_task_unwinds_before_its_failure_is_caught() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Charge" })),
        "Charge": compensated("charge", json!({ "Catch": catch("Tell"), "End": true })),
        "Tell": task("tell", json!({ "Compensation": "None", "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.fail("Charge", "Boom");
    assert_eq!(run.outside(), ["undo Charge"], "before anybody is told");
    run.succeed("undo Charge", json!({}));
    assert_eq!(run.outside(), ["Tell"]);
    assert_eq!(run.owed(), ["Reserve"], "what stands outside the part stays owed");
    run.succeed("Tell", json!("told"));
    assert_eq!((run.status(), run.output()), (ExecutionStatus::Succeeded, json!("told")));
}

#[test]
fn a_tasks_own_retry_goes_first_under_the_same_key() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
    let mut run = Run::start(&order(json!({ "Retry": retry })), &json!({}));
    run.succeed("Reserve", json!("r"));
    let first = run.request("Charge");
    run.fail("Charge", "Boom");
    run.pass_seconds(1);
    let second = run.request("Charge");
    assert_eq!((second.key, second.attempt), (first.key, 2));
    assert_eq!(run.count("CompensationScheduled"), 0);
    run.succeed("Charge", json!("c"));
    run.succeed("Ship", json!("s"));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

/// Two branches with two tasks each.
fn two_branches(fields: Value) -> Value {
    let branch = |name: &str| {
        let (first, second) = (format!("{name}1"), format!("{name}2"));
        machine(json!({
            (first.clone()): compensated(&first, json!({ "Next": second })),
            (second.clone()): compensated(&second, json!({ "End": true })),
        }))
    };
    parallel(json!([branch("A"), branch("B")]), fields)
}

#[test]
fn a_parallel_unwinds_before_its_failure_is_caught_and_siblings_in_flight_count_as_unknown() {
    let definition = machine(json!({
        "Before": compensated("before", json!({ "Next": "Both" })),
        "Both": two_branches(json!({ "Catch": catch("After"), "Next": "After" })),
        "After": { "Type": "Succeed" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Before", json!({}));
    run.succeed("A1", json!("a1"));
    run.succeed("B1", json!("b1"));
    run.refuse("B2", "No");
    assert_eq!(run.outside(), ["undo A2", "undo B1"], "A2 stopped in flight is unknown, B2 was refused");
    assert_eq!(run.input_of("undo A2"), json!({ "input": "a1", "result": null }));
    run.succeed("undo A2", json!({}));
    assert_eq!(run.outside(), ["undo A1", "undo B1"], "branches beside each other, each last first");
    run.undo_all();
    assert_eq!((run.status(), run.owed()), (ExecutionStatus::Succeeded, vec!["Before"]));
    assert_eq!(run.output(), json!({ "Error": "No", "Cause": "because" }));
}

#[test]
fn a_parallel_unwinds_before_its_outer_retry_which_uses_new_keys() {
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1 }]);
    let mut run = Run::start(&machine(json!({ "Both": two_branches(json!({ "Retry": retry, "End": true })) })), &json!({}));
    let before: Vec<_> = run.requests().into_iter().map(|request| request.key).collect();
    run.refuse("A1", "No");
    assert_eq!(run.outside(), ["undo B1"]);
    run.pass_seconds(5);
    assert_eq!(run.outside(), ["undo B1"], "the delay counts from the end of unwinding");
    run.succeed("undo B1", json!({}));
    run.pass_seconds(1);
    assert!(run.outside().is_empty());
    run.pass_seconds(1);
    assert_eq!(run.outside(), ["A1", "B1"]);
    assert!(run.requests().iter().all(|request| !before.contains(&request.key) && request.attempt == 1));
    assert_eq!(run.count("ParallelStateStarted"), 2);
    assert_eq!(run.count("ParallelStateEntered"), 1);
}

#[test]
fn an_iteration_unwinds_before_its_failure_is_tolerated() {
    let processor = machine(json!({
        "First": compensated("first", json!({ "Next": "Second" })),
        "Second": compensated("second", json!({ "End": true })),
    }));
    let each = map(processor, json!({ "ToleratedFailureCount": 1, "MaxConcurrency": 1, "End": true }));
    let mut run = Run::start(&machine(json!({ "Each": each })), &json!([1, 2]));
    run.succeed("First", json!("f1"));
    run.fail("Second", "Boom");
    assert_eq!(run.outside(), ["undo Second"], "the next iteration waits for it");
    run.succeed("undo Second", json!({}));
    run.succeed("undo First", json!({}));
    assert_eq!((run.count("UnwindingStarted"), run.count("UnwindingEnded")), (1, 1));
    assert_eq!(run.outside(), ["First"]);
    run.succeed("First", json!("f2"));
    run.succeed("Second", json!("s2"));
    assert_eq!((run.status(), run.output()), (ExecutionStatus::Succeeded, json!(["s2"])));
    assert_eq!(run.owed(), ["First", "Second"], "of the second iteration");
}

#[test]
fn a_map_unwinds_finished_iterations_too() {
    let processor = machine(json!({ "Item": compensated("item", json!({ "End": true })) }));
    let each = map(processor, json!({ "MaxConcurrency": 1, "Catch": catch("After"), "Next": "After" }));
    let mut run = Run::start(&machine(json!({ "Each": each, "After": { "Type": "Succeed" } })), &json!(["a", "b", "c"]));
    run.succeed("Item", json!("A"));
    run.succeed("Item", json!("B"));
    run.refuse("Item", "No");
    assert_eq!(run.outside(), ["undo Item", "undo Item"]);
    let mut inputs: Vec<Value> = run.requests().iter().map(|request| run.value(&request.input)["input"].clone()).collect();
    inputs.sort_by_key(ToString::to_string);
    assert_eq!(inputs, [json!("a"), json!("b")]);
    run.undo_all();
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn a_catcher_can_widen_unwinding_to_all_that_is_owed_so_far() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Charge" })),
        "Charge": compensated("charge", json!({ "Catch": catch_compensating("Tell", "Execution"), "End": true })),
        "Tell": task("tell", json!({ "Compensation": "None", "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.fail("Charge", "Boom");
    assert_eq!(run.outside(), ["undo Charge"]);
    assert_eq!(run.undo_all(), ["Charge", "Reserve"]);
    assert_eq!((run.outside(), run.owed().len()), (vec!["Tell".to_owned()], 0));
    run.succeed("Tell", json!({}));
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn a_catcher_can_suppress_unwinding_and_what_the_part_owes_stays_owed_in_its_place() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Charge" })),
        "Charge": compensated("charge", json!({ "Catch": catch_compensating("Ship", "None"), "End": true })),
        "Ship": compensated("ship", json!({ "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.fail("Charge", "Boom");
    assert_eq!(run.outside(), ["Ship"]);
    assert_eq!(run.owed(), ["Reserve", "Charge"]);
    run.fail("Ship", "Boom");
    assert_eq!(run.undo_all(), ["Ship", "Charge", "Reserve"]);
}

/// A Parallel whose catcher suppresses unwinding; in its first branch a failed Task that unwinds and backs off.
fn suppressed(after: Value) -> Value {
    let unwinding = machine(json!({
        "Inner": compensated("inner", json!({ "Catch": catch("Rest"), "Next": "Rest" })),
        "Rest": { "Type": "Pass", "End": true },
    }));
    let quick = machine(json!({ "Quick": task("quick", json!({ "Compensation": "None", "End": true })) }));
    let both = parallel(json!([unwinding, quick]), json!({ "Catch": catch_compensating("After", "None"), "Next": "After" }));
    machine(json!({ "Both": both, "After": after }))
}

#[test]
fn a_compensation_that_backs_off_rests_where_a_catcher_suppresses_unwinding() {
    let mut run = Run::start(&suppressed(task("after", json!({ "Compensation": "None", "End": true }))), &json!({}));
    run.fail("Inner", "Boom");
    let first = run.request("undo Inner");
    run.fail("undo Inner", "Busy");
    run.fail("Quick", "No");
    assert_eq!(run.outside(), ["After"]);
    run.pass_seconds(600);
    assert_eq!(run.owed(), ["Inner"]);
    run.fail("After", "No");
    let second = run.request("undo Inner");
    assert_eq!((second.key, second.attempt), (first.key, 2), "it goes on under its key");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "No"));
}

#[test]
fn a_compensation_in_flight_goes_on_where_a_catcher_suppresses_unwinding() {
    let mut run = Run::start(&suppressed(task("after", json!({ "Compensation": "None", "End": true }))), &json!({}));
    run.fail("Inner", "Boom");
    run.fail("Quick", "No");
    assert_eq!(run.outside(), ["After", "undo Inner"]);
    run.succeed("undo Inner", json!({}));
    assert_eq!(run.outside(), ["After"]);
    run.fail("After", "No");
    assert_eq!((run.status(), run.undone()), (ExecutionStatus::Failed, vec!["Inner"]), "it was undone once");
}

#[test]
fn a_stop_is_committed_at_once_and_the_execution_is_running_until_it_is_unwound() {
    let mut run = Run::start(&order(json!({})), &json!({}));
    run.succeed("Reserve", json!("r"));
    assert_eq!(run.stop(), MessageOutcome::Applied);
    assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["undo Charge".to_owned()]));
    let before = run.execution.clone();
    assert_eq!(run.stop(), MessageOutcome::Stale { reason: Staleness::AlreadyEnding, publish_since: 0 });
    assert_eq!(run.execution, before, "a stop during unwinding changes nothing");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Aborted, "Stopped"));
    assert_eq!(run.undone(), ["Charge", "Reserve"]);
}

#[test]
fn the_machines_timeout_unwinds() {
    let mut definition = order(json!({}));
    definition["TimeoutSeconds"] = json!(30);
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.pass_seconds(30);
    assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["undo Charge".to_owned()]));
    run.pass_seconds(3_600);
    assert_eq!(run.status(), ExecutionStatus::Running, "unwinding takes as long as it takes");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::TimedOut, "States.Timeout"));
    assert_eq!(run.count("ExecutionTimedOut"), 1);
}

#[test]
fn the_machines_timeout_during_unwinding_changes_nothing() {
    let mut definition = order(json!({}));
    definition["TimeoutSeconds"] = json!(30);
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.fail("Charge", "Boom");
    run.pass_seconds(60);
    assert_eq!(run.outside(), ["undo Charge"]);
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Boom"));
}

#[test]
fn a_stop_while_a_part_unwinds_goes_on_with_the_compensation_that_is_in_flight() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "Charge" })),
        "Charge": compensated("charge", json!({ "Catch": catch("After"), "Next": "After" })),
        "After": { "Type": "Succeed" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    run.fail("Charge", "Boom");
    let undo = run.request("undo Charge");
    run.stop();
    assert_eq!(run.requests(), [undo], "the same request, not another one");
    run.undo_all();
    assert_eq!((run.status(), run.undone()), (ExecutionStatus::Aborted, vec!["Charge", "Reserve"]));
}

#[test]
fn a_fail_state_unwinds() {
    let definition = machine(json!({
        "Reserve": compensated("reserve", json!({ "Next": "No" })),
        "No": { "Type": "Fail", "Error": "Refused" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Reserve", json!("r"));
    assert_eq!(run.undo_all(), ["Reserve"]);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Refused"));
}

#[test]
fn success_unwinds_nothing() {
    let mut run = Run::start(&order(json!({})), &json!({}));
    run.succeed("Reserve", json!("r"));
    run.succeed("Charge", json!("c"));
    run.succeed("Ship", json!("s"));
    assert_eq!((run.status(), run.outside().len()), (ExecutionStatus::Succeeded, 0));
}

#[test]
fn a_compensation_is_retried_from_one_second_to_five_minutes_apart_for_a_day() {
    let mut run = Run::start(&machine(json!({ "Charge": compensated("charge", json!({ "End": true })) })), &json!({}));
    run.fail("Charge", "Boom");
    let (key, since) = (run.request("undo Charge").key, run.now);
    let mut delays = Vec::new();
    while run.status() == ExecutionStatus::Running {
        run.fail("undo Charge", "Busy");
        let failed_at = run.now;
        while run.status() == ExecutionStatus::Running && run.outside().is_empty() {
            run.pass_seconds(1);
        }
        if run.status() == ExecutionStatus::Running {
            assert_eq!(run.request("undo Charge").key, key);
            delays.push(run.now.since(failed_at).as_secs());
        }
    }
    assert_eq!(delays[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    assert!(delays[11..].iter().all(|delay| *delay == 300));
    let spent = run.now.since(since).as_secs();
    assert!((86_100..=86_400).contains(&spent), "given up after {spent} s");
    assert_eq!((run.error(), run.execution.parked), ("Backstep.CompensationFailed", Some(Parked::Unwinding)));
}

/// Tasks whose compensations are tried once more after a second, and then given up.
fn impatient(function: &str, fields: Value) -> Value {
    let mut state = compensated(function, fields);
    state["Compensation"]["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
    state
}

fn spend(run: &mut Run, undo: &str) {
    run.fail(undo, "Broken");
    run.pass_seconds(1);
    run.fail(undo, "Broken");
}

/// Three branches; the first has two tasks and the second's fails for good to be undone.
fn parked() -> Run {
    let first = machine(json!({ "A1": impatient("A1", json!({ "Next": "A2" })), "A2": impatient("A2", json!({ "End": true })) }));
    let second =
        machine(json!({ "B1": impatient("B1", json!({ "Next": "B2" })), "B2": impatient("B2", json!({ "End": true })) }));
    let definition = machine(json!({
        "Before": impatient("before", json!({ "Next": "Both" })),
        "Both": parallel(json!([first, second]), json!({ "Next": "After" })),
        "After": task("after", json!({ "Compensation": "None", "End": true })),
    }));
    let mut run = Run::start(&definition, &json!({}));
    for state in ["Before", "A1", "A2", "B1", "B2"] {
        run.succeed(state, json!(state));
    }
    run.fail("After", "Boom");
    spend(&mut run, "undo A2");
    run
}

#[test]
fn a_compensation_that_is_spent_stops_its_own_branch_alone() {
    let mut run = parked();
    assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["undo B2".to_owned()]));
    run.succeed("undo B2", json!({}));
    run.succeed("undo B1", json!({}));
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.CompensationFailed"));
    assert_eq!(run.owed(), ["Before", "A1", "A2"]);
    assert_eq!(run.cause(), "still owed: `Before`, `A1`, `A2` (Broken); unwinding because of `Boom`: because");
    assert_eq!(run.execution.parked, Some(Parked::Unwinding));
    assert_eq!(run.undone(), ["B2", "B1"]);
    let spent = run.events.iter().filter(|event| matches!(event.kind, HistoryEventKind::CompensationFailed { spent: true, .. }));
    assert_eq!(spent.count(), 1);
}

#[test]
fn a_redrive_of_what_is_parked_keeps_every_key_and_ends_as_was_decided() {
    let mut run = parked();
    let key = run.execution.owed_tasks()[2].key.clone();
    run.undo_all();
    run.pass_seconds(3_600);
    assert_eq!(run.send(Message::Redrive), MessageOutcome::Applied);
    assert_eq!((run.status(), run.execution.parked), (ExecutionStatus::Running, None));
    let again = run.request("undo A2");
    assert_eq!((again.key, again.undoes, again.attempt), (key.of_compensation(), Some(key), 3));
    spend(&mut run, "undo A2");
    assert_eq!(run.error(), "Backstep.CompensationFailed", "its retries were new ones, and spent again");
    run.send(Message::Redrive);
    assert_eq!(run.undo_all(), ["A2", "A1", "Before"]);
    assert_eq!((run.status(), run.error(), run.cause()), (ExecutionStatus::Failed, "Boom", "because"));
    assert!(run.owed().is_empty());
    assert!(matches!(run.send(Message::Redrive), MessageOutcome::Rejected(Rejection::NotRedrivable { .. })));
}

#[test]
fn a_stopped_execution_that_parked_is_aborted_once_a_redrive_has_unwound_it() {
    let definition = machine(json!({ "Charge": impatient("charge", json!({ "End": true })) }));
    let mut run = Run::start(&definition, &json!({}));
    run.stop();
    spend(&mut run, "undo Charge");
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.CompensationFailed"));
    run.send(Message::Redrive);
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Aborted, "Stopped"));
}

#[test]
fn a_spent_compensation_that_succeeds_late_is_undone_after_all() {
    let mut run = parked();
    let late = {
        let mut token = None;
        for event in &run.events {
            if let HistoryEventKind::CompensationScheduled { state, .. } = &event.kind
                && state == "A2"
            {
                token = Some(state.clone());
            }
        }
        assert!(token.is_some());
        let owed = run.execution.owed_tasks().into_iter().find(|owed| owed.state == "A2").cloned().unwrap();
        let proof = crate::state::task::proof(owed.secret, owed.undo.visit, 2);
        crate::TaskToken { execution: run.execution.identity.id.clone(), revision: 1, visit: owed.undo.visit, attempt: 2, proof }
    };
    assert_eq!(run.send(success(&late, json!({}))), MessageOutcome::Applied);
    assert_eq!(run.outside(), ["undo A1", "undo B2"], "its branch goes on");
    run.undo_all();
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Boom"));
}

#[test]
fn a_part_that_cannot_be_undone_is_not_caught_and_the_rest_is_unwound() {
    let stuck = machine(json!({
        "Inner": impatient("inner", json!({ "Catch": catch("Rest"), "Next": "Rest" })),
        "Rest": { "Type": "Pass", "End": true },
    }));
    let other = machine(json!({ "Other": impatient("other", json!({ "End": true })) }));
    let definition = machine(json!({
        "Before": impatient("before", json!({ "Next": "Both" })),
        "Both": parallel(json!([stuck, other]), json!({ "Catch": catch("After"), "Next": "After" })),
        "After": { "Type": "Succeed" },
    }));
    let mut run = Run::start(&definition, &json!({}));
    run.succeed("Before", json!({}));
    run.fail("Inner", "Boom");
    spend(&mut run, "undo Inner");
    assert_eq!((run.status(), run.outside()), (ExecutionStatus::Running, vec!["undo Other".to_owned()]));
    run.undo_all();
    assert_eq!((run.error(), run.owed()), ("Backstep.CompensationFailed", vec!["Before", "Inner"]));
    run.send(Message::Redrive);
    assert_eq!(run.undo_all(), ["Inner", "Before"]);
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Boom"));
}

fn lease_deadline(end: impl Fn(&mut Run)) -> Option<u64> {
    let mut charge = compensated("charge", json!({ "Next": "Ship" }));
    charge["Compensation"]["TimeoutSeconds"] = json!(10);
    let definition = machine(json!({ "Charge": charge, "Ship": task("ship", json!({ "End": true })) }));
    let mut run = Run::start(&definition, &json!({}));
    run.route("charge", 60);
    end(&mut run);
    run.request("undo Charge").deadline.map(|deadline| deadline.since(run.now).as_secs())
}

#[test]
fn a_compensations_deadline_counts_from_the_latest_end_of_the_actions_lease() {
    assert_eq!(
        lease_deadline(|run| run.fail("Charge", "Lambda.Unknown")),
        Some(75),
        "its lease may last, and its host's clock be behind"
    );
    assert_eq!(
        lease_deadline(|run| {
            run.succeed("Charge", json!({}));
            run.fail("Ship", "Boom");
        }),
        Some(10),
        "what has succeeded holds no lease"
    );
}

#[test]
fn a_compensation_that_times_out_is_tried_again() {
    let mut charge = compensated("charge", json!({ "End": true }));
    charge["Compensation"]["TimeoutSeconds"] = json!(10);
    let mut run = Run::start(&machine(json!({ "Charge": charge })), &json!({}));
    run.fail("Charge", "Boom");
    let first = run.request("undo Charge");
    run.pass_seconds(10);
    assert!(run.outside().is_empty());
    run.pass_seconds(1);
    let second = run.request("undo Charge");
    assert_eq!((second.key, second.attempt), (first.key, 2));
    assert_eq!(run.send(success(&first.token, json!({}))), MessageOutcome::Applied, "any attempt's success undoes");
    assert_eq!((run.status(), run.undone()), (ExecutionStatus::Failed, vec!["Charge"]));
}

/// A Parallel of a Map of two items of Parallels of two tasks, beside one more task.
fn nested() -> Value {
    let leaf = |name: &str| machine(json!({ (name): compensated(name, json!({ "End": true })) }));
    let inner = parallel(json!([leaf("X"), leaf("Y")]), json!({ "End": true }));
    let each = map(machine(json!({ "Inner": inner })), json!({ "End": true }));
    let outer = parallel(json!([machine(json!({ "Each": each })), leaf("Z")]), json!({ "Next": "No" }));
    machine(json!({ "Outer": outer, "No": { "Type": "Fail", "Error": "No" } }))
}

#[test]
fn parallel_within_map_within_parallel_is_unwound_a_bounded_number_at_once() {
    for (concurrency, expected) in [(10, 5), (1, 1), (2, 5)] {
        let limits = Limits { unwinding_concurrency: concurrency, ..Limits::default() };
        let mut run = Run::start_within(&nested(), &json!([1, 2]), limits);
        for state in ["X", "X", "Y", "Y", "Z"] {
            run.succeed(state, json!({}));
        }
        assert_eq!(run.outside().len(), expected, "with {concurrency} of a group at a time");
        let mut undone = run.undo_all();
        undone.sort();
        assert_eq!(undone, ["X", "X", "Y", "Y", "Z"]);
        assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "No"));
    }
}

/// Two branches, each a failed Task that unwinds, beside a third that fails the whole.
fn interrupted(limits: Limits) -> Run {
    let unwinding = |name: &str| {
        let rest = format!("{name}Rest");
        machine(json!({
            (name): compensated(name, json!({ "Catch": catch(&rest), "Next": rest })),
            (rest.clone()): { "Type": "Pass", "End": true },
        }))
    };
    let quick = machine(json!({ "Quick": task("quick", json!({ "Compensation": "None", "End": true })) }));
    let first = machine(json!({ "First": compensated("First", json!({ "End": true })) }));
    let both =
        parallel(json!([first, unwinding("A"), unwinding("B"), quick]), json!({ "Catch": catch("After"), "Next": "After" }));
    let mut run = Run::start_within(&machine(json!({ "Both": both, "After": { "Type": "Succeed" } })), &json!({}), limits);
    run.fail("A", "Boom");
    run.fail("B", "Boom");
    run
}

#[test]
fn a_compensation_in_flight_goes_on_with_its_key_when_the_enclosing_part_fails() {
    let mut run = interrupted(Limits::default());
    let before = [run.request("undo A"), run.request("undo B")];
    run.fail("Quick", "No");
    assert_eq!([run.request("undo A"), run.request("undo B")], before, "the same requests");
    assert_eq!(run.outside(), ["undo A", "undo B", "undo First"]);
    run.undo_all();
    assert_eq!((run.status(), run.count("CompensationScheduled")), (ExecutionStatus::Succeeded, 3));
    assert_eq!(run.output(), json!({ "Error": "No", "Cause": "because" }));
}

#[test]
fn compensations_that_were_under_way_do_not_wait_for_room_in_the_enclosing_part() {
    let mut run = interrupted(Limits { unwinding_concurrency: 1, ..Limits::default() });
    run.fail("undo B", "Busy");
    run.fail("Quick", "No");
    assert_eq!(run.outside(), ["undo A"], "First waits for room");
    run.pass_seconds(1);
    assert_eq!(run.outside(), ["undo A", "undo B"], "the backoff is over");
    run.pass_seconds(30);
    run.undo_all();
    assert_eq!(run.status(), ExecutionStatus::Succeeded);
}

#[test]
fn compensations_beyond_the_commands_of_a_transition_go_out_later() {
    let limits = Limits { commands_per_transition: 3, ..Limits::default() };
    let processor = machine(json!({ "Item": compensated("item", json!({ "End": true })) }));
    let each = map(processor, json!({ "Next": "No" }));
    let definition = machine(json!({ "Each": each, "No": { "Type": "Fail" } }));
    let mut run = Run::start_within(&definition, &json!([1, 2, 3, 4, 5, 6, 7]), limits);
    run.settle();
    for _ in 0..7 {
        run.succeed("Item", json!({}));
    }
    assert_eq!(run.outside().len(), 3);
    run.settle();
    assert_eq!(run.outside().len(), 7);
    assert_eq!(run.undo_all().len(), 7);
    assert_eq!(run.status(), ExecutionStatus::Failed);
}
