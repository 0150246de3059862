//! Executions that only go round in circles end.

use serde_json::{Value, json};

use super::{Run, catch, compensated, machine, not_published, task};
use crate::{ExecutionStatus, Limits, Message, MessageOutcome};

const LIMIT: u32 = 50;

fn start(definition: &Value) -> Run {
    let limits = Limits { transitions_without_progress: LIMIT, states_per_transition: 10, ..Limits::default() };
    Run::start_within(definition, &json!({}), limits)
}

/// Sends the execution's own hints for as long as one is due at once, and answers how many there were.
fn run_on(run: &mut Run) -> u32 {
    let mut transitions = 0;
    while let Some(armed) = run.execution.armed.filter(|armed| armed.due <= run.now && run.status() == ExecutionStatus::Running) {
        assert_eq!(run.send(Message::Timer { due: armed.due, revision: armed.revision }), MessageOutcome::Applied);
        transitions += 1;
        assert!(transitions <= 10 * LIMIT, "it goes round in circles for ever");
    }
    transitions
}

/// A Choice that never goes on to C.
fn back_to(state: &str) -> Value {
    json!({ "Type": "Choice", "Choices": [{ "Variable": "$", "IsNull": true, "Next": "C" }], "Default": state })
}

fn assert_runaway(run: &Run) {
    assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.NoProgress"));
    assert_eq!(run.cause(), "50 transitions in a row in which no task succeeded and no time was waited for");
}

// Fails if nothing counts, or if a hint that finds a runnable branch, or a Wait that waits for nothing, counts as progress.
#[test]
fn a_circle_of_states_that_wait_for_nothing_ends_with_a_named_error() {
    for between in [json!({ "Type": "Pass", "Next": "B" }), json!({ "Type": "Wait", "Seconds": 0, "Next": "B" })] {
        let definition = machine(json!({ "A": between, "B": back_to("A"), "C": { "Type": "Succeed" } }));
        let mut run = start(&definition);
        assert_eq!(run_on(&mut run), LIMIT);
        assert_runaway(&run);
        assert_eq!(run.count("ExecutionFailed"), 1);
    }
}

// Fails if failures that are caught at once count as progress; and if what is owed were not undone.
#[test]
fn a_task_that_fails_and_is_caught_for_ever_ends_and_is_undone() {
    let definition = machine(json!({
        "A": compensated("reserve", json!({ "Next": "B" })),
        "B": task("work", json!({ "Compensation": "None", "Catch": catch("B"), "End": true })),
    }));
    let mut run = start(&definition);
    run.succeed("A", json!({}));
    for failures in 1..=LIMIT {
        assert!(run.execution.ending.is_none(), "after {failures}");
        run.fail("B", "Boom");
    }
    assert_eq!(run.undo_all().len(), 1);
    assert_runaway(&run);
}

// Fails if a request that no queue takes counts as progress.
#[test]
fn a_task_that_nobody_can_be_asked_for_ends_though_it_is_caught() {
    let mut run = start(&machine(json!({ "A": task("work", json!({ "Catch": catch("A"), "End": true })) })));
    for _ in 0..LIMIT {
        not_published(&mut run, "A", true);
    }
    assert_runaway(&run);
}

// Fails if successes, or time that was waited for, do not count as progress.
#[test]
fn a_circle_that_gets_on_may_go_on_for_ever() {
    let mut works =
        start(&machine(json!({ "A": task("work", json!({ "Next": "B" })), "B": back_to("A"), "C": { "Type": "Succeed" } })));
    let mut waits = start(&machine(
        json!({ "A": { "Type": "Wait", "Seconds": 1, "Next": "B" }, "B": back_to("A"), "C": { "Type": "Succeed" } }),
    ));
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 99_999_999, "BackoffRate": 1 }]);
    let mut fails = start(&machine(json!({ "A": task("work", json!({ "Retry": retry, "End": true })) })));
    for _ in 0..3 * LIMIT {
        works.succeed("A", json!({}));
        waits.pass_seconds(1);
        fails.fail("A", "Boom");
        fails.pass_seconds(1);
    }
    for run in [works, waits, fails] {
        assert_eq!((run.status(), run.execution.without_progress < LIMIT), (ExecutionStatus::Running, true));
    }
}

// Fails if the execution ends while its pivot is under way: undone, with its charge.
#[test]
fn a_pivot_that_is_under_way_decides_how_a_runaway_ends() {
    for charged in [true, false] {
        let definition = machine(json!({
            "A": compensated("reserve", json!({ "Next": "B" })),
            "B": task("charge", json!({ "Pivot": true, "Catch": catch("B"), "Next": "C" })),
            "C": { "Type": "Succeed" },
        }));
        let mut run = start(&definition);
        run.succeed("A", json!({}));
        for _ in 0..LIMIT {
            run.refuse("B", "CardDeclined");
        }
        assert_eq!((run.status(), run.undone().len()), (ExecutionStatus::Running, 0), "the last attempt is on its way");
        if charged {
            run.succeed("B", json!({}));
            assert_eq!((run.status(), run.error()), (ExecutionStatus::Failed, "Backstep.ForwardRecoveryFailed"));
            assert!(run.undone().is_empty() && run.execution.pivot_passed);
        } else {
            run.refuse("B", "CardDeclined");
            assert_eq!(run.undo_all().len(), 1);
            assert_runaway(&run);
        }
    }
}
