//! Where the states lead: unknown targets, states that nothing leads to, flows that never end, names that stand twice.
//!
//! Works on the tree as written, so that a state which is otherwise broken still leads somewhere. AWS refuses the same:
//! `MISSING_TRANSITION_TARGET` for an unknown target and for an unreachable state of any flow, `MISSING_END_STATE` for the
//! outermost flow only, `DUPLICATE_STATE_NAME` over all flows.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Report;
use crate::code;
use crate::raw::{Content, Member, Value};

/// Checks the transitions of the machine and of every flow in it.
pub(super) fn check(root: &Value, report: &mut Report) {
    let mut names = BTreeMap::new();
    collect_names(root, &mut names, report);
    check_flow(root, true, &names, report);
}

/// The line of every state by its name; a name that comes again is reported.
fn collect_names<'a>(flow: &'a Value, names: &mut BTreeMap<&'a str, usize>, report: &mut Report) {
    for state in states(flow) {
        if let Some(line) = names.get(state.name.as_str()) {
            let message = format!("the state `{}` stands already at line {line}", state.name);
            let hint = "a state's name is unique in the whole machine, nested flows included; rename one of them";
            report.error(code::DUPLICATE_STATE, &state.place, message, hint);
        } else {
            names.insert(&state.name, state.place.line);
        }
        for inner in inner_flows(&state.value) {
            collect_names(inner, names, report);
        }
    }
}

fn check_flow(flow: &Value, outermost: bool, names: &BTreeMap<&str, usize>, report: &mut Report) {
    let own: BTreeMap<&str, &Value> = states(flow).iter().map(|state| (state.name.as_str(), &state.value)).collect();
    if own.is_empty() {
        return;
    }
    let start = flow.member("StartAt").and_then(|start| resolve(start, &own, names, report));
    let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for state in states(flow) {
        let targets = targets(&state.value).into_iter().filter_map(|target| resolve(target, &own, names, report));
        edges.entry(&state.name).or_default().extend(targets);
    }
    if let Some(start) = start {
        report_unreachable(flow, &reachable(start, &edges), report);
    }
    report_endless(flow, outermost, report);
    for state in states(flow) {
        for inner in inner_flows(&state.value) {
            check_flow(inner, false, names, report);
        }
    }
}

/// The state that a transition leads to. An unknown one is reported; what was probably meant counts as reached, so that one
/// slip is one problem.
fn resolve<'a>(
    target: &'a Member,
    own: &BTreeMap<&'a str, &Value>,
    names: &BTreeMap<&str, usize>,
    report: &mut Report,
) -> Option<&'a str> {
    let name = target.value.text()?;
    if let Some((name, _)) = own.get_key_value(name) {
        return Some(name);
    }
    let near = report.suggest(name, own.keys().copied());
    let hint = match (names.get(name), near) {
        (Some(line), _) => format!(
            "`{name}` (line {line}) is a state of another flow, and no transition leads into or out of a branch or a processor"
        ),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => "name a state of the same flow".to_owned(),
    };
    report.error(code::UNKNOWN_STATE, &target.value.place, format!("there is no state `{name}` in this flow"), hint);
    near
}

fn reachable<'a>(start: &'a str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        for target in edges.get(name).into_iter().flatten() {
            if reached.insert(target) {
                open.push(target);
            }
        }
    }
    reached
}

fn report_unreachable(flow: &Value, reached: &BTreeSet<&str>, report: &mut Report) {
    for state in states(flow).iter().filter(|state| !reached.contains(state.name.as_str())) {
        let message = format!("no state leads to `{}`", state.name);
        report.error(code::UNREACHABLE_STATE, &state.place, message, "lead to it by `Next`, `Default` or `Catch`, or remove it");
    }
}

/// A nested loop is ended by its surroundings, and AWS takes it; an outermost one can only fail or be stopped.
fn report_endless(flow: &Value, outermost: bool, report: &mut Report) {
    if states(flow).iter().any(|state| is_terminal(&state.value)) {
        return;
    }
    let Some(member) = flow.member("States") else { return };
    let message = "no state of this flow ends it";
    let hint = "write `\"End\": true` on a state, or add a Succeed or Fail state";
    if outermost {
        report.error(code::NO_TERMINAL_STATE, &member.place, message, hint);
    } else {
        report.warning(code::NO_TERMINAL_STATE, &member.place, message, hint);
    }
}

/// Whether a state ends its flow. A state whose transitions are broken is given the benefit of the doubt: that is reported
/// already.
fn is_terminal(state: &Value) -> bool {
    let kind = state.member("Type").and_then(|kind| kind.value.text());
    let ends = state.member("End").is_some_and(|end| end.value.content != Content::Bool(false));
    let targets = targets(state);
    let leads = !targets.is_empty() && targets.iter().all(|target| target.value.text().is_some());
    ends || matches!(kind, Some("Succeed" | "Fail")) || !leads
}

fn states(flow: &Value) -> &[Member] {
    flow.member("States").map_or(&[], |states| states.value.members())
}

/// Every field of a state that names another.
fn targets(state: &Value) -> Vec<&Member> {
    let own = [state.member("Next"), state.member("Default")].into_iter().flatten();
    let rules = state.member("Choices").map_or(&[][..], |choices| choices.value.elements());
    let catchers = state.member("Catch").map_or(&[][..], |catch| catch.value.elements());
    own.chain(rules.iter().chain(catchers).filter_map(|element| element.member("Next"))).collect()
}

/// The flows directly inside a state.
pub(super) fn inner_flows(state: &Value) -> impl Iterator<Item = &Value> {
    let branches = state.member("Branches").map_or(&[][..], |branches| branches.value.elements());
    let processor = state.member("ItemProcessor").or_else(|| state.member("Iterator"));
    branches.iter().chain(processor.map(|processor| &processor.value))
}
