//! What the book says: each effect once per key, none after it was undone, and in the end all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use interpreter::{ExecutionStatus, IdempotencyKey};
use serde_json::Value;

use super::evaluation::Partial;
use super::frame::TaskVisit;
use super::model::Model;
use super::obligation::{Phase, owes};
use super::{Case, Violation, rule};
use crate::effect::{Effect, EffectKind};
use crate::workload::machine::{ACT_OUTSIDE, ACT_TABLE};

/// What holds of the book alone.
pub(super) fn of_keys(case: &Case<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |rule, text: String| found.push(Violation { rule, text });
    let mut first: BTreeMap<(&IdempotencyKey, EffectKind), &Effect> = BTreeMap::new();
    let mut undone_by: BTreeMap<&IdempotencyKey, &IdempotencyKey> = BTreeMap::new();
    for effect in case.effects {
        let key = &effect.key;
        if let Some(before) = first.insert((key, effect.kind), effect) {
            say(rule::ONCE, format!("`{key}` had its effect twice"));
            if (&before.state, &before.input) != (&effect.state, &effect.input) {
                say(rule::KEY, format!("`{key}` stands for two different things"));
            }
        }
        match (effect.kind, &effect.undoes) {
            (EffectKind::Done, _) if undone_by.contains_key(key) => {
                say(rule::AFTER_UNDONE, format!("`{key}` took effect after it was undone"));
            }
            (EffectKind::Done, _) => {}
            (EffectKind::Undone, None) => say(rule::KEY, format!("`{key}` undoes nothing that it names")),
            (EffectKind::Undone, Some(action)) => {
                if action == key || undone_by.insert(action, key).is_some_and(|before| before != key) {
                    say(rule::KEY, format!("`{action}` is undone under several keys, or its own"));
                }
            }
        }
    }
    found
}

/// The visits that asked for the same thing, and the keys under which it was done.
#[derive(Default)]
struct Asked<'m> {
    visits: Vec<&'m TaskVisit<'m>>,
    /// The keys, and whether each is undone.
    done: BTreeMap<&'m IdempotencyKey, bool>,
}

/// What holds of the book and the history together.
pub(super) fn of_visits(case: &Case<'_>, model: &Model<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |rule, text: String| found.push(Violation { rule, text });
    let asked = grouped(case, model, &mut say);
    for ((state, _), asked) in &asked {
        of_group(case, model, state, asked, &mut say);
    }
    of_results(case, model, &mut say);
    of_compensations(case, model, &mut say);
    found
}

fn grouped<'m>(
    case: &'m Case<'m>,
    model: &'m Model<'m>,
    say: &mut dyn FnMut(&'static str, String),
) -> BTreeMap<(&'m str, String), Asked<'m>> {
    let mut asked: BTreeMap<(&str, String), Asked<'_>> = BTreeMap::new();
    for (id, visit) in model.tasks.iter().enumerate().filter(|(_, visit)| !visit.attempts.is_empty()) {
        let Partial::Known(input) = model.received(id, 0) else { continue };
        let function = model.function_of(id);
        if function.is_some_and(|function| function == ACT_TABLE || function == ACT_OUTSIDE) {
            asked.entry((visit.state, input.to_string())).or_default().visits.push(visit);
        }
    }
    let undone: BTreeSet<&IdempotencyKey> = case.effects.iter().filter_map(|effect| effect.undoes.as_ref()).collect();
    for effect in case.effects.iter().filter(|effect| effect.kind == EffectKind::Done) {
        match asked.get_mut(&(effect.state.as_str(), effect.input.to_string())) {
            Some(asked) => drop(asked.done.insert(&effect.key, undone.contains(&effect.key))),
            None => say(rule::KEY, format!("`{}` had an effect that nothing in the history asked for", effect.key)),
        }
    }
    asked
}

/// What becomes of a visit's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It stays.
    Kept,
    /// It is undone, or was never had.
    Gone,
    /// It may stay or not: nobody knows, or nobody has to undo it.
    Open,
}

fn fate(model: &Model<'_>, visit: &TaskVisit<'_>) -> Fate {
    let phase = visit.obligation.and_then(|id| model.obligations.get(id)).map(|obligation| obligation.phase);
    match (phase, visit.result.is_some()) {
        (Some(Phase::Undone | Phase::Released), _) => Fate::Gone,
        (Some(Phase::Begun | Phase::Spent | Phase::Discharged { begun: true }), _) => Fate::Open,
        (Some(Phase::Registered | Phase::Discharged { begun: false }) | None, true) => Fate::Kept,
        (Some(Phase::Registered | Phase::Discharged { begun: false }), false) => Fate::Open,
        // Refused for sure, or with nothing declared that would undo it.
        (None, false) if super::program::undoing(visit.task).is_some() && owes(visit, model.case.may_refuse).is_none() => {
            Fate::Gone
        }
        (None, false) => Fate::Open,
    }
}

fn of_group(case: &Case<'_>, model: &Model<'_>, state: &str, asked: &Asked<'_>, say: &mut dyn FnMut(&'static str, String)) {
    let (visits, keys) = (asked.visits.len(), asked.done.len());
    if keys > visits {
        say(rule::KEY, format!("`{state}` was visited {visits} times for the same and done under {keys} keys"));
    }
    let succeeded = asked.visits.iter().filter(|visit| visit.result.is_some()).count();
    if succeeded > keys {
        say(rule::NO_EFFECT, format!("`{state}` succeeded {succeeded} times and had {keys} effects"));
    }
    if case.status == ExecutionStatus::Running {
        return;
    }
    let fates: Vec<Fate> = asked.visits.iter().map(|visit| fate(model, visit)).collect();
    let count = |wanted: Fate| fates.iter().filter(|fate| **fate == wanted).count();
    let (kept, open) = (count(Fate::Kept), count(Fate::Open));
    let stays = asked.done.values().filter(|undone| !**undone).count();
    if stays < kept {
        say(rule::ALL_OR_NOTHING, format!("`{state}` has {stays} effects where {kept} are to stay"));
    }
    if stays > kept + open {
        say(rule::ALL_OR_NOTHING, format!("`{state}` has {stays} effects where at most {} may stay", kept + open));
    }
}

/// Results of random workers say whose they are: each visit's is another's, and was done.
fn of_results(case: &Case<'_>, model: &Model<'_>, say: &mut dyn FnMut(&'static str, String)) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for visit in &model.tasks {
        let Some(result) = visit.result.as_ref().and_then(|result| (case.value)(result)) else { continue };
        let result = result.get("Payload").unwrap_or(&result);
        let Some(key) = result.get("of").and_then(Value::as_str) else { continue };
        if let Some(before) = seen.insert(key.to_owned(), visit.state) {
            say(rule::KEY, format!("`{key}` answered visits of `{before}` and `{}`", visit.state));
        }
    }
}

/// What was undone was asked to be undone, and the other way round.
fn of_compensations(case: &Case<'_>, model: &Model<'_>, say: &mut dyn FnMut(&'static str, String)) {
    let mut asked: BTreeMap<(&str, String), (usize, usize)> = BTreeMap::new();
    for obligation in &model.obligations.0 {
        let Some(input) = obligation.input.as_ref().and_then(|input| (case.value)(input)) else { continue };
        let (_, undone) = asked.entry((obligation.state, input.to_string())).or_default();
        *undone += usize::from(obligation.phase == Phase::Undone);
    }
    let mut books = false;
    for effect in case.effects.iter().filter(|effect| effect.kind == EffectKind::Undone) {
        books = true;
        match asked.get_mut(&(effect.state.as_str(), effect.input.to_string())) {
            Some((effects, _)) => *effects += 1,
            None => say(rule::NOT_OWED, format!("`{}` undid something that nothing in the history asked to undo", effect.key)),
        }
    }
    for ((state, _), (effects, undone)) in asked.into_iter().filter(|_| books) {
        if undone > effects {
            say(rule::NO_EFFECT, format!("`{state}` was undone {undone} times and had {effects} effects of that"));
        }
    }
}
