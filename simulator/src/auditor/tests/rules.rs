//! Each rule: nothing is found in an execution as it should be, and what was spoiled in it is found.

use interpreter::history::ErrorDetails;
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind as Kind, IdempotencyKey, Limits, Payload, Timestamp};
use serde_json::json;

use super::driver::{Deed, Run};
use super::stories::{self, act, machine, redefine, row, start, undone};
use crate::auditor::rule;
use crate::effect::EffectKind;

/// Nothing is found in `run`; once it is spoiled, a violation of `rule` is.
#[track_caller]
fn check(rule: &str, mut run: Run, spoil: impl FnOnce(&mut Run)) {
    assert_eq!(run.audit(), [], "{}", run.told());
    spoil(&mut run);
    let found = run.audit();
    assert!(found.iter().any(|violation| violation.rule == rule), "{found:#?}\n{}", run.told());
}

/// The place of the first event of which something holds.
fn place(run: &Run, holds: impl Fn(&Kind) -> bool) -> usize {
    run.events.iter().position(|event| holds(&event.kind)).unwrap()
}

fn entered(run: &Run, state: &str) -> usize {
    place(run, |kind| matches!(kind, Kind::StateEntered { name, .. } if name == state))
}

fn of_type(run: &Run, type_name: &str) -> usize {
    place(run, |kind| kind.type_name() == type_name)
}

fn undoing(run: &Run, of: &str) -> usize {
    place(run, |kind| matches!(kind, Kind::CompensationScheduled { state, .. } if state == of))
}

/// Takes events out; those that came from them come from what they came from.
fn cut(run: &mut Run, places: &[usize]) {
    let events = std::mem::take(&mut run.events);
    let mut renamed = vec![0_u64];
    for (place, event) in events.into_iter().enumerate() {
        let previous = renamed[usize::try_from(event.previous).unwrap()];
        if places.contains(&place) {
            renamed.push(previous);
        } else {
            let id = u64::try_from(run.events.len()).unwrap() + 1;
            renamed.push(id);
            run.events.push(HistoryEvent { id, previous, ..event });
        }
    }
}

fn cut_undoing(run: &mut Run, of: &str) {
    let scheduled = undoing(run, of);
    let succeeded = place(run, |kind| matches!(kind, Kind::CompensationSucceeded { state } if state == of));
    cut(run, &[scheduled, succeeded]);
}

fn later(at: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_millis(at.millis() + millis)
}

#[test]
fn events_are_numbered_linked_and_in_time() {
    check(rule::NUMBERING, stories::well(), |run| run.events[4].id += 1);
    check(rule::NUMBERING, stories::well(), |run| drop(run.events.remove(3)));
    check(rule::NUMBERING, stories::well(), |run| run.events[4].previous = run.events[4].id);
    check(rule::NUMBERING, stories::well(), |run| run.events[9].at = later(run.events[9].at, -5_000));
}

#[test]
fn a_history_has_one_end_and_only_a_redrive_goes_on() {
    check(rule::ONE_END, stories::well(), |run| drop(run.events.pop()));
    check(rule::ONE_END, stories::well(), |run| {
        let id = u64::try_from(run.events.len()).unwrap() + 1;
        run.events.push(HistoryEvent { id, ..run.events.last().cloned().unwrap() });
    });
    check(rule::ONE_END, stories::unwound(), |run| {
        let end = run.events.last().cloned().unwrap();
        let redriven = Kind::ExecutionRedriven { redrive_count: 1 };
        run.events.push(HistoryEvent { id: end.id + 1, previous: 0, kind: redriven, ..end.clone() });
        run.events.push(HistoryEvent { id: end.id + 2, ..end });
    });
}

#[test]
fn the_api_answers_what_the_history_says() {
    check(rule::ANSWER, stories::unwound(), |run| run.execution.status = ExecutionStatus::TimedOut);
    check(rule::ANSWER, stories::unwound(), |run| run.execution.failure.as_mut().unwrap().cause = None);
}

#[test]
fn states_follow_each_other_as_the_definition_says() {
    check(rule::PATH, stories::well(), |run| {
        let place = entered(run, "Two");
        let Kind::StateEntered { name, .. } = &mut run.events[place].kind else { unreachable!() };
        "Three".clone_into(name);
    });
    check(rule::PATH, stories::waited(), |run| {
        redefine(
            run,
            &machine(
                json!({ "Wait": { "Type": "Wait", "Seconds": 5, "Next": "Two" }, "Two": act("Two", json!({ "End": true })), }),
            ),
        );
    });
    check(rule::PATH, stories::unwound(), |run| {
        let details = ErrorDetails { error: Some("Another".to_owned()), cause: None };
        run.events.last_mut().unwrap().kind = Kind::ExecutionFailed(details);
        run.execution.failure = Some(interpreter::StateFailure::named("Another"));
    });
}

/// The execution fails with another error.
fn fail_with(run: &mut Run, error: &str) {
    run.events.last_mut().unwrap().kind = Kind::ExecutionFailed(ErrorDetails { error: Some(error.to_owned()), cause: None });
    run.execution.failure = Some(interpreter::StateFailure::named(error));
}

// Fails if the branch that failed is guessed (`may_be_told_of`), where more than one may have.
#[test]
fn of_branches_that_may_have_failed_the_last_event_tells_which_did() {
    check(rule::PATH, stories::failed_beside_a_retry(), |run| fail_with(run, "States.Timeout"));
}

// Fails if a retry that the limit of open branches used up without an event (`retries_used`) is thought to be left for what fails then.
#[test]
fn a_retry_may_be_used_up_by_the_limit_of_branches() {
    let run = stories::caught_behind_the_limit();
    assert!(run.events.iter().any(|event| matches!(&event.kind, Kind::StateEntered { name, .. } if name == "Late")));
    check(rule::RETRY, run, |run| run.limits.active_branches = 1_000);
    check(rule::PATH, stories::caught_behind_the_limit(), |run| {
        let place = entered(run, "Late");
        let Kind::StateEntered { name, .. } = &mut run.events[place].kind else { unreachable!() };
        "Crowd".clone_into(name);
    });
}

// Fails if what is tried again can fail only of what it failed of before, or (`Fault::may_be`) of anything.
#[test]
fn what_is_tried_again_may_meet_the_limit_of_branches_and_nothing_else() {
    let limit = asl::error_name::LIMIT_EXCEEDED;
    for (retried, wrong) in [("Boom", "Boom"), ("Boom", "Broken"), ("States.ALL", "Broken")] {
        let run = stories::tried_again_in_a_crowd(retried);
        assert_eq!(run.execution.failure.as_ref().unwrap().error, limit, "{}", run.told());
        check(rule::PATH, run, |run| fail_with(run, wrong));
    }
}

#[test]
fn a_choice_leads_where_its_conditions_say() {
    let choice = |less: u64| {
        machine(json!({
            "Choice": { "Type": "Choice", "Choices": [{ "Variable": "$.n", "NumericLessThan": less, "Next": "One" }], "Default": "Two" },
            "One": { "Type": "Succeed" },
            "Two": { "Type": "Pass", "End": true },
        }))
    };
    check(rule::PATH, start(&choice(1)), |run| redefine(run, &choice(0)));
}

#[test]
fn what_is_left_is_what_the_next_state_enters_with() {
    check(rule::DATA, stories::well(), |run| {
        let place = entered(run, "Two");
        let Kind::StateEntered { input, .. } = &mut run.events[place].kind else { unreachable!() };
        *input = Payload::inline("{}");
    });
}

#[test]
fn attempts_are_as_many_as_retriers_allow() {
    check(rule::RETRY, stories::retried(), |run| redefine(run, &stories::retrying(0, 2)));
    check(rule::RETRY, stories::caught(), |run| {
        let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
        let mut states = serde_json::Map::new();
        states.insert("One".to_owned(), undone("One", json!({ "Next": "Both" })));
        let branch = |name: &str| machine(json!({ name: undone(name, json!({ "End": true })) }));
        let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Four" }]);
        states.insert(
            "Both".to_owned(),
            json!({ "Type": "Parallel", "Branches": [branch("Two"), branch("Three")], "Retry": retry, "Catch": catch, "End": true }),
        );
        states.insert("Four".to_owned(), undone("Four", json!({ "End": true })));
        redefine(run, &machine(states.into()));
    });
    check(rule::RETRY, stories::parked_unwinding(), |run| {
        let place = of_type(run, "CompensationFailed");
        let Kind::CompensationFailed { spent, .. } = &mut run.events[place].kind else { unreachable!() };
        *spent = false;
    });
}

#[test]
fn nothing_is_tried_again_before_its_backoff_is_over() {
    check(rule::BACKOFF, stories::retried(), |run| redefine(run, &stories::retrying(1, 3)));
}

#[test]
fn a_wait_is_not_left_early() {
    check(rule::WAIT, stories::waited(), |run| redefine(run, &stories::patient(6, 10)));
}

#[test]
fn a_timeout_is_not_reported_early() {
    check(rule::TIMEOUT, stories::timed_out(), |run| {
        redefine(run, &stories::patient(5, 11));
        let place = of_type(run, "LambdaFunctionScheduled");
        let Kind::LambdaFunctionScheduled { timeout_seconds, .. } = &mut run.events[place].kind else { unreachable!() };
        *timeout_seconds = Some(11);
    });
    check(rule::TIMEOUT, stories::waited(), |run| redefine(run, &stories::patient(5, 20)));
    check(rule::TIMEOUT, stories::unwound(), |run| {
        run.execution.status = ExecutionStatus::TimedOut;
        let Kind::ExecutionFailed(details) = run.events.last().unwrap().kind.clone() else { unreachable!() };
        run.events.last_mut().unwrap().kind = Kind::ExecutionTimedOut(details);
    });
}

#[test]
fn the_undoing_of_what_may_be_at_work_is_given_the_time_of_that() {
    check(rule::TIMEOUT, stories::undone_late(true), |run| redefine(run, &stories::hurried(6)));
    check(rule::TIMEOUT, stories::undone_late(false), |run| {
        let place = of_type(run, "CompensationFailed");
        run.events[place].at = later(run.events[place].at, -8_000);
    });
}

#[test]
fn what_is_overdue_comes_in_its_order() {
    check(rule::OVERDUE, stories::overslept(), |run| redefine(run, &stories::beside(3, 2)));
    check(rule::OVERDUE, stories::machine_timed_out(), |run| {
        redefine(run, &stories::timed(5, 3));
        let place = of_type(run, "LambdaFunctionScheduled");
        let Kind::LambdaFunctionScheduled { timeout_seconds, .. } = &mut run.events[place].kind else { unreachable!() };
        *timeout_seconds = Some(3);
    });
}

#[test]
fn no_success_is_taken_from_an_attempt_whose_time_is_over() {
    check(rule::LATE_SUCCESS, stories::waited(), |run| {
        redefine(run, &stories::patient(5, 3));
        let place = of_type(run, "LambdaFunctionScheduled");
        let Kind::LambdaFunctionScheduled { timeout_seconds, .. } = &mut run.events[place].kind else { unreachable!() };
        *timeout_seconds = Some(3);
    });
}

#[test]
fn all_branches_and_iterations_are_started_and_ended() {
    check(rule::PARTS, stories::mapped(), |run| {
        let place = of_type(run, "MapStateStarted");
        run.events[place].kind = Kind::MapStateStarted { length: 4 };
    });
    check(rule::PARTS, stories::mapped(), |run| {
        let place = of_type(run, "MapIterationStarted");
        run.events[place].kind = Kind::MapIterationStarted { name: "Each".to_owned(), index: 1 };
    });
    check(rule::PARTS, stories::overslept(), |run| {
        let place = place(run, |kind| matches!(kind, Kind::StateExited { name, .. } if name == "Other"));
        cut(run, &[place]);
    });
}

#[test]
fn no_more_iterations_run_at_a_time_than_may() {
    check(rule::CONCURRENCY, stories::mapped(), |run| redefine(run, &stories::map(json!({ "MaxConcurrency": 1 }))));
    check(rule::CONCURRENCY, stories::intolerant(), |run| {
        run.limits = Limits { unwinding_concurrency: 1, ..Limits::default() };
    });
}

#[test]
fn as_many_failures_are_tolerated_as_the_definition_says() {
    check(rule::TOLERANCE, stories::tolerated(), |run| redefine(run, &stories::map(json!({}))));
    check(rule::TOLERANCE, stories::intolerant(), |run| redefine(run, &stories::map(json!({ "ToleratedFailureCount": 1 }))));
}

#[test]
fn only_what_is_owed_is_undone() {
    check(rule::NOT_OWED, stories::unwound(), |run| {
        redefine(run, &row(undone("Three", json!({ "Refusals": ["Broken"], "End": true }))));
    });
    check(rule::NOT_OWED, stories::unwound(), |run| {
        redefine(run, &row(act("Three", json!({ "Compensation": "None", "End": true }))))
    });
    check(rule::NOT_OWED, stories::well(), |run| {
        let mut effect = run.effects[0].clone();
        effect.kind = EffectKind::Undone;
        effect.undoes = Some(effect.key.clone());
        effect.key = effect.key.of_compensation();
        run.effects.push(effect);
    });
    check(rule::NOT_OWED, stories::caught(), |run| {
        let place = place(run, |kind| matches!(kind, Kind::UnwindingStarted { state: Some(_) }));
        run.events[place].kind = Kind::UnwindingStarted { state: Some("Both".to_owned()) };
        let place = undoing(run, "Three");
        let Kind::CompensationScheduled { state, .. } = &mut run.events[place].kind else { unreachable!() };
        "One".clone_into(state);
    });
}

#[test]
fn what_came_last_is_undone_first() {
    check(rule::ORDER, stories::unwound(), |run| {
        let (first, second) = (undoing(run, "Two"), undoing(run, "One"));
        let kind = run.events[first].kind.clone();
        run.events[first].kind = std::mem::replace(&mut run.events[second].kind, kind);
    });
}

#[test]
fn a_compensation_is_called_with_what_the_definition_says() {
    check(rule::ARGUMENTS, stories::unwound(), |run| {
        let place = undoing(run, "Two");
        let Kind::CompensationScheduled { input, .. } = &mut run.events[place].kind else { unreachable!() };
        *input = Payload::inline(r#"{"input":{"state":"Two","at":"e","n":0},"result":null}"#);
    });
    check(rule::ARGUMENTS, stories::unwound(), |run| {
        let parameters = json!({ "what.$": "$.input" });
        let compensation =
            json!({ "Resource": "arn:aws:lambda:us-east-1:123456789012:function:undo-outside", "Parameters": parameters });
        redefine(run, &row(undone("Three", json!({ "Compensation": compensation, "End": true }))));
    });
}

#[test]
fn what_is_owed_is_undone_before_the_execution_ends() {
    check(rule::LEFT_BEHIND, stories::unwound(), |run| cut_undoing(run, "One"));
    check(rule::LEFT_BEHIND, stories::unwound(), |run| {
        let place = of_type(run, "UnwindingEnded");
        run.events[place].kind = Kind::UnwindingEnded { state: None, owed: 1 };
    });
    check(rule::LEFT_BEHIND, stories::tolerated(), |run| cut_undoing(run, "One"));
    check(rule::LEFT_BEHIND, stories::caught(), |run| cut_undoing(run, "Three"));
}

#[test]
fn what_is_parked_names_exactly_what_is_owed() {
    check(rule::LEFT_BEHIND, stories::parked_unwinding(), |run| {
        let details =
            ErrorDetails { error: Some("Backstep.CompensationFailed".to_owned()), cause: Some("still owed: ".to_owned()) };
        run.execution.failure = Some(interpreter::StateFailure::new("Backstep.CompensationFailed", "still owed: "));
        run.events.last_mut().unwrap().kind = Kind::ExecutionFailed(details);
    });
    let mut redriven = stories::parked_unwinding();
    redriven.redrive();
    redriven.answer("undo One", Deed::Succeeds);
    check(rule::LEFT_BEHIND, redriven, |run| {
        let last = run.events.len() - 2;
        let succeeded = of_type(run, "CompensationSucceeded");
        assert!(succeeded < last);
        cut(run, &[succeeded]);
    });
}

#[test]
fn a_pivots_past_is_never_undone() {
    check(rule::PIVOT, stories::parked_forward(), |run| {
        let place = of_type(run, "PivotPassed");
        cut(run, &[place]);
    });
    check(rule::PIVOT, stories::parked_forward(), |run| {
        let place = of_type(run, "PivotPassed");
        run.events[place].kind = Kind::PivotPassed { state: "Pivot".to_owned(), discharged: 0 };
    });
    check(rule::PIVOT, stories::parked_forward(), |run| {
        let details = ErrorDetails { error: Some("Broken".to_owned()), cause: None };
        run.execution.failure = Some(interpreter::StateFailure::named("Broken"));
        run.events.last_mut().unwrap().kind = Kind::ExecutionFailed(details);
    });
    check(rule::PIVOT, stories::unwound(), |run| {
        redefine(
            run,
            &machine(json!({
                "One": undone("One", json!({ "Next": "Two" })),
                "Two": undone("Two", json!({ "Next": "Three" })),
                "Three": act("Three", json!({ "Pivot": true, "End": true })),
            })),
        );
    });
}

#[test]
fn an_effect_is_had_once_per_key() {
    check(rule::ONCE, stories::well(), |run| run.effects.push(run.effects[1].clone()));
    check(rule::ONCE, stories::unwound(), |run| run.effects.push(run.effects.last().cloned().unwrap()));
}

#[test]
fn no_action_takes_effect_after_its_compensation() {
    check(rule::AFTER_UNDONE, stories::unwound(), |run| {
        let action = run.effects.remove(0);
        run.effects.push(action);
    });
}

#[test]
fn each_visit_has_a_key_of_its_own() {
    check(rule::KEY, stories::well(), |run| {
        let mut another = run.effects[0].clone();
        another.key = IdempotencyKey(format!("{}x", another.key));
        run.effects.push(another);
    });
    check(rule::KEY, stories::well(), |run| run.effects[1].input = json!({ "state": "Two", "at": "elsewhere", "n": 0 }));
    check(rule::KEY, stories::unwound(), |run| {
        let undone = run.effects.last_mut().unwrap();
        undone.key = undone.undoes.clone().unwrap();
    });
    check(rule::KEY, stories::well(), |run| {
        let first = of_type(run, "LambdaFunctionSucceeded");
        let Kind::LambdaFunctionSucceeded { output } = run.events[first].kind.clone() else { unreachable!() };
        for event in &mut run.events {
            if let Kind::LambdaFunctionSucceeded { output: other } = &mut event.kind {
                *other = output.clone();
            }
        }
    });
    check(rule::KEY, stories::retried(), |run| {
        let places = run.events.iter().rposition(|event| matches!(event.kind, Kind::LambdaFunctionScheduled { .. }));
        let Kind::LambdaFunctionScheduled { input, .. } = &mut run.events[places.unwrap()].kind else { unreachable!() };
        *input = Payload::inline("{}");
    });
}

#[test]
fn what_succeeded_has_its_effect() {
    check(rule::NO_EFFECT, stories::well(), |run| drop(run.effects.remove(1)));
    check(rule::NO_EFFECT, stories::unwound(), |run| drop(run.effects.pop()));
}

#[test]
fn all_or_nothing() {
    check(rule::ALL_OR_NOTHING, stories::well(), |run| {
        let mut effect = run.effects[0].clone();
        effect.kind = EffectKind::Undone;
        effect.undoes = Some(effect.key.clone());
        effect.key = effect.key.of_compensation();
        run.effects.push(effect);
    });
    check(rule::ALL_OR_NOTHING, stories::unwound(), |run| run.effects.retain(|effect| effect.kind == EffectKind::Done));
    // It said that there was no effect.
    check(rule::ALL_OR_NOTHING, stories::refused(), |run| {
        let mut effect = run.effects[1].clone();
        effect.state = "Three".to_owned();
        effect.key = IdempotencyKey("00000000000000000000000000000007/Three/3".to_owned());
        effect.input = json!({ "state": "Three", "at": "e", "n": 0 });
        run.effects.insert(2, effect);
    });
}

#[test]
fn an_execution_that_runs_is_judged_so_far() {
    let mut run = start(&row(undone("Three", json!({ "End": true }))));
    assert_eq!(run.audit(), []);
    run.answer("One", Deed::Succeeds);
    assert_eq!(run.audit(), []);
    check(rule::NO_EFFECT, run, |run| run.effects.clear());
}
