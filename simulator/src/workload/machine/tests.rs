//! What random definitions are like.

use std::collections::BTreeSet;

use asl::state::{Amount, Compensate, Compensation, Text};
use asl::{Definition, Integration, StateKind};

use super::{Machine, machine, routes};
use crate::random::{Random, Stream};

const DRAWN: u64 = 3_000;

fn drawn() -> impl Iterator<Item = Machine> {
    (0..DRAWN).map(|number| machine(&mut Random::numbered(1, Stream::Workload, number)))
}

fn parsed(machine: &Machine) -> Definition {
    match asl::parse(&machine.definition) {
        Ok((definition, _)) => definition,
        Err(problems) => panic!("{problems:?}\n{}", machine.definition),
    }
}

#[test]
fn every_definition_is_valid_and_every_function_is_served() {
    let routes = routes();
    for machine in drawn() {
        let definition = parsed(&machine);
        serde_json::from_str::<serde_json::Value>(&machine.input).unwrap();
        for state in definition.states.values() {
            if let StateKind::Task(task) = &state.kind
                && let Integration::Function { name } = &task.resource.integration
            {
                assert!(routes.of(name).is_some(), "{name}");
            }
        }
    }
}

#[test]
fn a_definition_is_its_random_numbers() {
    let draw = || machine(&mut Random::new(7, Stream::Workload));
    assert_eq!(draw(), draw());
    assert_ne!(draw(), machine(&mut Random::new(8, Stream::Workload)));
}

#[test]
fn everything_of_the_language_and_the_extension_occurs() {
    let mut seen = BTreeSet::new();
    for machine in drawn() {
        let definition = parsed(&machine);
        if machine.input.len() > 4_096 {
            seen.insert("large input");
        }
        if definition.timeout_seconds.is_some() {
            seen.insert("machine timeout");
        }
        if definition.states.len() > 30 {
            seen.insert("wide");
        }
        for state in definition.states.values() {
            seen.insert(state.type_name());
            seen.extend(features(state));
        }
    }
    for feature in FEATURES {
        assert!(seen.contains(feature), "{feature} does not occur");
    }
}

const FEATURES: [&str; 33] = [
    "Task",
    "Choice",
    "Parallel",
    "Map",
    "Wait",
    "Pass",
    "Succeed",
    "Fail",
    "large input",
    "machine timeout",
    "wide",
    "retry",
    "jitter",
    "catch",
    "catch widening",
    "catch suppressing",
    "compensation",
    "compensation by default arguments",
    "compensation with retry",
    "compensation with timeout",
    "compensation none",
    "refusals",
    "pivot",
    "timeout",
    "heartbeat",
    "callback",
    "invoke",
    "concurrency",
    "concurrency found",
    "timeout found",
    "heartbeat found",
    "compensation with timeout found",
    "failure found",
];

fn features(state: &asl::State) -> Vec<&'static str> {
    let mut seen = Vec::new();
    let mut note = |feature: &'static str, holds: bool| {
        if holds {
            seen.push(feature);
        }
    };
    note("retry", !state.retriers().is_empty());
    note("jitter", state.retriers().iter().any(|retrier| retrier.jitter == asl::state::JitterStrategy::Full));
    note("catch", state.catchers().iter().any(|catcher| catcher.compensate.is_none()));
    note("catch widening", state.catchers().iter().any(|catcher| catcher.compensate == Some(Compensate::Execution)));
    note("catch suppressing", state.catchers().iter().any(|catcher| catcher.compensate == Some(Compensate::Nothing)));
    match &state.kind {
        StateKind::Task(task) => {
            note("refusals", !task.refusals.is_empty());
            note("pivot", task.pivot);
            note("timeout", task.timeout.is_some());
            note("timeout found", matches!(task.timeout, Some(Amount::Path(_))));
            note("heartbeat found", matches!(task.heartbeat, Some(Amount::Path(_))));
            note("heartbeat", task.heartbeat.is_some());
            note("callback", task.resource.integration == (Integration::LambdaInvoke { wait_for_task_token: true }));
            note("invoke", task.resource.integration == (Integration::LambdaInvoke { wait_for_task_token: false }));
            match &task.compensation {
                Some(Compensation::Nothing) => note("compensation none", true),
                Some(Compensation::Action(action)) => {
                    note("compensation", true);
                    note("compensation by default arguments", action.parameters.is_none());
                    note("compensation with retry", action.retry.is_some());
                    note("compensation with timeout", action.timeout.is_some());
                    note("compensation with timeout found", matches!(action.timeout, Some(Amount::Path(_))));
                }
                None => {}
            }
        }
        StateKind::Map(map) => {
            note("concurrency", map.max_concurrency.is_some());
            note("concurrency found", matches!(map.max_concurrency, Some(Amount::Path(_))));
        }
        StateKind::Fail(fail) => note("failure found", matches!(fail.error, Some(Text::Path(_)))),
        _ => {}
    }
    seen
}

#[test]
fn most_definitions_are_small() {
    let sizes: Vec<usize> = drawn().map(|machine| machine.definition.len()).collect();
    let large = sizes.iter().filter(|size| **size > 12_000).count();
    assert!(large * 10 < sizes.len(), "{large} of {} are above 12,000 bytes", sizes.len());
}
