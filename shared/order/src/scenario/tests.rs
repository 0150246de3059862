//! Every sample order has its scenario, is what its scenario says, and speaks of states that there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::*;
use crate::admit;
use crate::definition::{Substitutions, definitions};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/orders")
}

fn scenarios() -> Vec<Scenario> {
    parse(&std::fs::read_to_string(folder().join(SCENARIOS_FILE)).unwrap()).unwrap()
}

fn body(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap()
}

#[test]
fn every_order_has_one_scenario_and_every_scenario_an_order() {
    let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let orders: BTreeSet<String> = names.filter(|name| name != SCENARIOS_FILE).collect();
    let told: Vec<String> = scenarios().into_iter().map(|scenario| scenario.file).collect();
    assert_eq!(told.iter().cloned().collect::<BTreeSet<_>>(), orders);
    assert_eq!(told.len(), orders.len());
    assert!(orders.len() >= 18, "{}", orders.len());
}

#[test]
fn an_order_is_admitted_unless_its_scenario_says_why_not() {
    let mut admitted = BTreeMap::<String, (String, Value)>::new();
    for scenario in scenarios() {
        let answer = admit(&body(&scenario.file));
        match (answer, scenario.expect) {
            (Ok(order), Expectation::Ended(_)) => {
                let earlier = admitted.insert(order.execution_name, (scenario.file.clone(), order.input));
                assert_eq!(earlier, None, "{}", scenario.file);
            }
            (Ok(order), Expectation::Refused(_)) => {
                let (file, input) = &admitted[&order.execution_name];
                assert_eq!(Some(file), scenario.after.as_ref(), "{}", scenario.file);
                assert_ne!(*input, order.input, "{}", scenario.file);
            }
            (Err(refusal), Expectation::Refused(expected)) => {
                assert!(refusal.reason.contains(&expected.refused), "{}: {refusal}", scenario.file);
            }
            (Err(refusal), Expectation::Ended(_)) => panic!("{}: {refusal}", scenario.file),
        }
    }
}

#[test]
fn scenarios_speak_of_machines_states_and_files_that_there_are() {
    let machines: BTreeMap<&str, String> = definitions(&Substitutions::demo().unwrap()).unwrap().into_iter().collect();
    let files: BTreeSet<String> = scenarios().into_iter().map(|scenario| scenario.file).collect();
    for scenario in scenarios() {
        let (definition, _) = asl::parse(&machines[scenario.machine.as_str()]).unwrap();
        let expected = match &scenario.expect {
            Expectation::Ended(end) => end.compensated.iter().chain(&end.owed).collect(),
            Expectation::Refused(_) => Vec::new(),
        };
        for state in scenario.stop_after.iter().chain(expected) {
            assert!(definition.state(state).is_some(), "{}: there is no state `{state}`", scenario.file);
        }
        assert!(scenario.after.iter().all(|after| files.contains(after)), "{}", scenario.file);
        assert!(!scenario.shows.is_empty(), "{}", scenario.file);
    }
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    let check = |text: &str, expected: &str| {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("[{}]", "missing field `file`");
    check(r#"[{ "file": "a", "shows": "b", "expect": { "refused": "c" }, "tims": 2 }]"#, "unknown field `tims`");
    check(r#"[{ "file": "a", "shows": "b", "expect": { "status": "DONE" } }]"#, "line 1");
}

#[test]
fn an_order_without_a_scenario_is_submitted_once_and_approved() {
    let plain = Scenario::plain("mine.json");
    assert_eq!((plain.times, plain.review, plain.machine.as_str()), (1, Some(Decision::Approved), ORDER_FULFILLMENT));
}
