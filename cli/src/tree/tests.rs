//! Trees of histories as the interpreter writes them.

use std::collections::BTreeMap;

use interpreter::history::{ErrorDetails, StateType};
use interpreter::{HistoryEvent, HistoryEventKind as Kind, Payload, Timestamp};

use super::{build, draw};
use crate::terminal::{ColorChoice, Terminal};

/// Events with their previous ids, a second apart, drawn.
fn check(events: Vec<(u64, Kind)>, expected: &str) {
    let events: Vec<HistoryEvent> = (1..)
        .zip(events)
        .map(|(id, (previous, kind))| HistoryEvent {
            id,
            previous,
            at: Timestamp::from_millis(i64::try_from(id).unwrap() * 1_000),
            kind,
        })
        .collect();
    assert_eq!(draw(&build(&events), &Terminal::new(ColorChoice::Never), ""), expected);
}

fn nothing() -> Payload {
    Payload::inline("{}")
}

fn entered(state_type: StateType, name: &str) -> Kind {
    Kind::StateEntered { state_type, name: name.to_owned(), input: nothing() }
}

fn exited(state_type: StateType, name: &str) -> Kind {
    Kind::StateExited { state_type, name: name.to_owned(), output: nothing(), assigned: BTreeMap::new() }
}

fn scheduled() -> Kind {
    Kind::LambdaFunctionScheduled { resource: String::new(), input: nothing(), timeout_seconds: None }
}

fn details(error: &str) -> ErrorDetails {
    ErrorDetails { error: Some(error.to_owned()), cause: None }
}

#[test]
fn attempts_and_compensations_stand_with_what_they_failed_of() {
    check(
        vec![
            (0, Kind::ExecutionStarted { input: nothing() }),
            (0, entered(StateType::Task, "Charge")),
            (2, scheduled()),
            (3, Kind::LambdaFunctionFailed(details("Busy"))),
            (4, scheduled()),
            (5, Kind::LambdaFunctionTimedOut(details("States.Timeout"))),
            (6, Kind::UnwindingStarted { state: None }),
            (
                0,
                Kind::CompensationScheduled { state: "Charge".to_owned(), resource: String::new(), input: nothing(), attempt: 1 },
            ),
            (8, Kind::CompensationFailed { state: "Charge".to_owned(), spent: false, details: details("Down") }),
            (
                9,
                Kind::CompensationScheduled { state: "Charge".to_owned(), resource: String::new(), input: nothing(), attempt: 2 },
            ),
            (10, Kind::CompensationSucceeded { state: "Charge".to_owned() }),
        ],
        "✗ Charge  2 attempts  Busy, States.Timeout\n↩ Charge undone  3.0 s, 2 attempts  Down\n",
    );
}

#[test]
fn a_state_that_was_left_by_a_catcher_has_failed() {
    check(
        vec![
            (0, entered(StateType::Task, "Reserve")),
            (1, scheduled()),
            (2, Kind::LambdaFunctionFailed(details("Busy"))),
            (3, scheduled()),
            (4, Kind::LambdaFunctionFailed(details("OutOfStock"))),
            (5, exited(StateType::Task, "Reserve")),
            (6, entered(StateType::Fail, "Sorry")),
        ],
        "✗ Reserve  5.0 s, 2 attempts  Busy, OutOfStock\n✗ Sorry\n",
    );
}

#[test]
fn branches_and_iterations_stand_under_their_state_and_the_next_state_behind_it() {
    check(
        vec![
            (0, entered(StateType::Parallel, "Both")),
            (1, Kind::ParallelStateStarted),
            (2, entered(StateType::Pass, "Left")),
            (2, entered(StateType::Map, "Right")),
            (3, exited(StateType::Pass, "Left")),
            (4, Kind::MapStateStarted { length: 1 }),
            (6, Kind::MapIterationStarted { name: "Right".to_owned(), index: 0 }),
            (7, entered(StateType::Pass, "Item")),
            (8, exited(StateType::Pass, "Item")),
            (9, Kind::MapIterationSucceeded { name: "Right".to_owned(), index: 0 }),
            (9, Kind::MapStateSucceeded),
            (11, exited(StateType::Map, "Right")),
            (12, Kind::ParallelStateSucceeded),
            (13, exited(StateType::Parallel, "Both")),
            (14, entered(StateType::Succeed, "Done")),
            (15, exited(StateType::Succeed, "Done")),
        ],
        "✓ Both  13.0 s\n  [0]\n    ✓ Left  2.0 s\n  [1]\n    ✓ Right  8.0 s\n      [0]\n        ✓ Item  1.0 s\n✓ Done  1.0 s\n",
    );
}
