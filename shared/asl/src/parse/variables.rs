//! `Assign`, and which variables may be assigned where.
//!
//! Step Functions Developer Guide, "Passing data between states with variables": a state of an inner flow reads the variables of the flows
//! around it, and cannot assign one that has the same name.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Fields;
use super::report::Report;
use super::{scalar, template};
use crate::code;
use crate::definition::Definition;
use crate::limits::MAX_VARIABLE_NAME_CHARACTERS;
use crate::raw::{Content, Member, Value};
use crate::state::Assign;

/// Reads the field `Assign` of a state, a Choice rule or a catcher.
pub(super) fn read(fields: &mut Fields<'_>, report: &mut Report) -> Assign {
    let Some(member) = fields.take("Assign") else { return Assign::new() };
    let Content::Object(members) = &member.value.content else {
        return scalar::wrong_type(member, "an object of variables", report).unwrap_or_default();
    };
    let mut names = BTreeSet::new();
    let mut assign = Assign::new();
    for member in members {
        let (name, value) = template::of_variable(member, report);
        check_name(&name, member, report);
        if !names.insert(name.clone()) {
            let message = format!("the variable `{name}` is assigned twice");
            report.error(code::EXCLUSIVE_FIELDS, &member.place, message, "keep one of them");
        }
        assign.push((name, value));
    }
    assign
}

/// A variable's name is an identifier (Unicode Standard Annex #31), and not `states`.
fn check_name(name: &str, member: &Member, report: &mut Report) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let begins = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let why = if name == "states" {
        "`states` is reserved".to_owned()
    } else if name.chars().count() > MAX_VARIABLE_NAME_CHARACTERS {
        format!("a variable's name has at most {MAX_VARIABLE_NAME_CHARACTERS} characters: `{name}`")
    } else if !begins || !name.chars().all(is_part) {
        format!("`{name}` cannot be a variable's name")
    } else {
        return;
    };
    report.error(code::BAD_VARIABLE_NAME, &member.place, why, "write letters, digits and `_`, a letter first");
}

/// Checks the variables of all flows.
pub(super) fn check(root: &Value, definition: Option<&Definition>, report: &mut Report) {
    check_flow(root, &BTreeSet::new(), report);
    if let Some(definition) = definition {
        warn_of_unassigned(root, definition, report);
    }
}

fn check_flow<'a>(flow: &'a Value, outer: &BTreeSet<&'a str>, report: &mut Report) {
    let mut known = outer.clone();
    for state in states(flow) {
        for variable in assigned(&state.value) {
            let name = name_of(variable);
            if outer.contains(name) {
                let message = format!("the variable `{name}` belongs to a flow around this one, where it is assigned");
                let hint = "inside of a branch or a processor it can be read only; choose another name";
                report.error(code::OUTER_VARIABLE, &variable.place, message, hint);
            }
            known.insert(name);
        }
    }
    for state in states(flow) {
        for inner in super::transitions::inner_flows(&state.value) {
            check_flow(inner, &known, report);
        }
    }
}

/// A reference to what nothing assigns is nothing but a slip; AWS takes it, and it fails when it is evaluated.
fn warn_of_unassigned(root: &Value, definition: &Definition, report: &mut Report) {
    let mut all = BTreeSet::new();
    let mut places = BTreeMap::new();
    collect(root, &mut all, &mut places);
    for (state, variables) in definition.references() {
        for variable in variables.iter().filter(|variable| !all.contains(variable.as_str())) {
            let Some(member) = places.get(state.as_str()) else { continue };
            let message = format!("the state `{state}` refers to the variable `${variable}`, which nothing assigns");
            report.warning(code::UNASSIGNED_VARIABLE, &member.place, message, "assign it by `Assign` in a state before this one");
        }
    }
}

fn collect<'a>(flow: &'a Value, all: &mut BTreeSet<&'a str>, places: &mut BTreeMap<&'a str, &'a Member>) {
    for state in states(flow) {
        places.insert(&state.name, state);
        all.extend(assigned(&state.value).map(name_of));
        for inner in super::transitions::inner_flows(&state.value) {
            collect(inner, all, places);
        }
    }
}

fn states(flow: &Value) -> &[Member] {
    flow.member("States").map_or(&[], |states| states.value.members())
}

/// The members of every `Assign` of a state itself.
fn assigned(state: &Value) -> impl Iterator<Item = &Member> {
    let rules = state.member("Choices").map_or(&[][..], |choices| choices.value.elements());
    let catchers = state.member("Catch").map_or(&[][..], |catch| catch.value.elements());
    let owners = std::iter::once(state).chain(rules).chain(catchers);
    owners.filter_map(|owner| owner.member("Assign")).flat_map(|assign| assign.value.members())
}

fn name_of(variable: &Member) -> &str {
    variable.name.strip_suffix(".$").unwrap_or(&variable.name)
}
