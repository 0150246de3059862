//! Definitions with one value changed: whatever is taken is sound, and whatever is refused is refused with an error.

use serde_json::{Value, json};

use crate::{Definition, Flow, Next, Severity, StateKind, parse};

const SAMPLES: [&str; 3] =
    [include_str!("samples/order.asl.json"), include_str!("samples/poll.asl.json"), include_str!("samples/lines.asl.json")];

/// Every pointer of a value, its own included.
fn pointers(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| pointers(member, &format!("{pointer}/{name}"), found)),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, element)| pointers(element, &format!("{pointer}/{i}"), found));
        }
        _ => {}
    }
}

/// The definition with the value at the pointer replaced, or with the member removed.
fn mutated(definition: &Value, pointer: &str, replacement: Option<&Value>) -> Value {
    let mut definition = definition.clone();
    match (replacement, pointer.rsplit_once('/')) {
        (Some(replacement), _) => *definition.pointer_mut(pointer).unwrap() = replacement.clone(),
        (None, Some((parent, name))) => match definition.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.shift_remove(name)),
            Value::Array(elements) => drop(elements.remove(name.parse().unwrap())),
            _ => unreachable!("a parent is an object or an array"),
        },
        (None, None) => definition = Value::Null,
    }
    definition
}

/// Panics unless every name in the tree leads to a state of its own flow.
fn assert_sound(definition: &Definition) {
    let mut counted = 0;
    assert_flow_is_sound(definition, &definition.flow, &mut counted);
    assert_eq!(counted, definition.states.len());
}

fn assert_flow_is_sound(definition: &Definition, flow: &Flow, counted: &mut usize) {
    assert!(flow.states.contains(&flow.start_at));
    for name in &flow.states {
        *counted += 1;
        let state = definition.state(name).unwrap();
        let mut targets: Vec<&String> = state.catchers().iter().map(|catcher| &catcher.next).collect();
        match &state.kind {
            StateKind::Choice(choice) => targets.extend(choice.rules.iter().map(|rule| &rule.next).chain(&choice.default)),
            StateKind::Parallel(parallel) => {
                parallel.branches.iter().for_each(|branch| assert_flow_is_sound(definition, branch, counted));
            }
            StateKind::Map(map) => assert_flow_is_sound(definition, &map.processor, counted),
            _ => {}
        }
        let next = match &state.kind {
            StateKind::Task(task) => Some(&task.next),
            StateKind::Parallel(parallel) => Some(&parallel.next),
            StateKind::Map(map) => Some(&map.next),
            StateKind::Wait(wait) => Some(&wait.next),
            StateKind::Pass(pass) => Some(&pass.next),
            StateKind::Choice(_) | StateKind::Succeed(_) | StateKind::Fail(_) => None,
        };
        if let Some(Next::State(next)) = next {
            targets.push(next);
        }
        assert!(targets.iter().all(|target| flow.states.contains(target)), "{name}: {targets:?}");
    }
}

#[test]
fn one_changed_value_leaves_a_sound_definition_or_an_error() {
    let replacements =
        [json!(null), json!(true), json!(-1), json!(1.5), json!("$"), json!("x"), json!([]), json!({}), json!([{}])];
    let (mut taken, mut refused) = (0, 0);
    for sample in SAMPLES {
        let definition: Value = serde_json::from_str(sample).unwrap();
        let mut found = Vec::new();
        pointers(&definition, "", &mut found);
        for pointer in found {
            for replacement in replacements.iter().map(Some).chain([None]) {
                match parse(&mutated(&definition, &pointer, replacement).to_string()) {
                    Ok((definition, warnings)) => {
                        assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
                        assert_sound(&definition);
                        taken += 1;
                    }
                    Err(diagnostics) => {
                        assert!(diagnostics.iter().any(|found| found.severity == Severity::Error), "{pointer} {replacement:?}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(taken > 100 && refused > 1_000, "{taken} taken, {refused} refused");
}
