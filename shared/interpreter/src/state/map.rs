//! Map, inline: one flow per item of an array (States Language specification, "Map State").
//!
//! What a transition costs does not grow with the number of items: they stand in pages, each of which names the next; results fill a page
//! that is sealed once (ARCHITECTURE.md, invariant 7).

use asl::mention::Mention;
use asl::state::{Amount, Map, Tolerance};
use asl::{State, StateKind, error_name};
use breaks::Break;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::parallel::open_branches;
use crate::advance::{Place, Progress, Step, advance, exit, leaving, visit as new_visit};
use crate::data_flow::{self, DataFlow};
use crate::failing::{context, failed};
use crate::halt::{FlowFailure, Halt};
use crate::history::HistoryEventKind;
use crate::limits::SEALED_PAGES_MAX;
use crate::scope::Scope;
use crate::surrender::{group_of, surrender};
use crate::turn::Turn;
use crate::unwind::{Unwound, unwind};
use crate::{
    Activity, Branch, Iteration, IterationStage, MapItem, MapProgress, OwedBranch, Payload, RunTolerance, StateFailure,
    TransitionError, ValueHash, Visit, aborted,
};

/// A sealed page of results: the results of iterations by index, and the pages before it that it took over.
#[derive(Serialize, Deserialize)]
struct ResultPage {
    results: Vec<(u64, Payload)>,
    earlier: Vec<ValueHash>,
}

/// Starts a Map.
pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    map: &Map,
    place: Place<'_>,
) -> Result<Step, Halt> {
    if branch.last_event != visit.entered_event {
        // An outer retry is a visit of its own.
        visit.number = turn.next_visit();
    }
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let items = flow.items(map, &input)?;
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let limit = turn.surroundings.limits.map_concurrency;
    let concurrency = map.max_concurrency.as_ref().map(|amount| flow.amount(amount, "MaxConcurrency", &input)).transpose()?;
    let concurrency = concurrency.filter(|asked| *asked > 0).and_then(|asked| u32::try_from(asked).ok());
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::MapStateStarted { length: total });
    // Recorded from AWS: a tolerance that is none fails the Map once it has started.
    let tolerated_failures = tolerated(tolerance(&map.tolerance, &*flow, &input)?, total);
    visit.activity = Activity::Map(Box::new(MapProgress {
        total,
        items: pages_of_items(turn, items),
        items_offset: 0,
        next_index: 0,
        max_concurrency: concurrency.unwrap_or(limit).min(limit),
        tolerated_failures,
        tolerant: map.tolerance != Tolerance::default(),
        failures: 0,
        active: Vec::new(),
        starved: None,
        results: Vec::new(),
        sealed: Vec::new(),
        owed: Vec::new(),
    }));
    Ok(Step::Changed)
}

/// How many of `total` iterations may fail: the stricter of count and percentage, none where neither is given.
fn tolerated(tolerance: RunTolerance, total: u64) -> u64 {
    let by_percentage = tolerance.percentage.map(|percentage| {
        #[expect(clippy::cast_precision_loss, reason = "items of a payload: far below 2^52")]
        let share = (total as f64 * percentage / 100.0).floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and `total`")]
        let share = share as u64;
        share
    });
    tolerance.count.into_iter().chain(by_percentage).min().unwrap_or(0)
}

/// How much may fail, evaluated.
pub(super) fn tolerance(tolerance: &Tolerance, flow: &dyn DataFlow, input: &Value) -> Result<RunTolerance, FlowFailure> {
    let count = match &tolerance.count {
        None => None,
        Some(Amount::Literal(count)) => Some(*count),
        Some(amount) => Some(tolerated_count(&flow.found(amount, "ToleratedFailureCount", input)?, amount)?),
    };
    let percentage = match &tolerance.percentage {
        None => None,
        Some(Amount::Literal(percentage)) => Some(f64::from(u32::try_from(*percentage).unwrap_or(100))),
        Some(amount) => Some(tolerated_percentage(&flow.found(amount, "ToleratedFailurePercentage", input)?, amount)?),
    };
    Ok(RunTolerance { count, percentage })
}

/// The causes here are recorded from AWS.
fn tolerated_count(found: &Value, amount: &Amount) -> Result<u64, StateFailure> {
    if found.as_f64().is_some_and(|number| number < 0.0) {
        return Err(StateFailure::new(error_name::RUNTIME, "ToleratedFailureCount cannot be negative."));
    }
    // Recorded from AWS: a text is read as a number.
    found.as_u64().or_else(|| found.as_str().and_then(|text| text.parse().ok())).ok_or_else(|| {
        let what = format!("refers to value {found} which is not a valid integer");
        let cause = format!("The ToleratedFailureCountPath field {what}: {}", source(amount));
        StateFailure::new(error_name::RUNTIME, cause)
    })
}

fn tolerated_percentage(found: &Value, amount: &Amount) -> Result<f64, StateFailure> {
    let Some(percentage) = found.as_f64().or_else(|| found.as_str().and_then(|text| text.parse().ok())) else {
        let what = format!("refers to value {found} which is not a valid float");
        let cause = format!("The ToleratedFailurePercentagePath field {what}: {}", source(amount));
        return Err(StateFailure::new(error_name::RUNTIME, cause));
    };
    if !(0.0..=100.0).contains(&percentage) {
        return Err(StateFailure::new(error_name::RUNTIME, "ToleratedFailurePercentage must be between 0 and 100."));
    }
    Ok(percentage)
}

/// Where a number is from, as written.
fn source(amount: &Amount) -> String {
    match amount {
        Amount::Literal(number) => number.to_string(),
        Amount::Path(path) => path.text.clone(),
        Amount::Expression(expression) => expression.text().to_owned(),
    }
}

/// Items in pages, each of which names the next one; answers the first.
pub(super) fn pages_of_items(turn: &mut Turn<'_>, items: Vec<Value>) -> Option<ValueHash> {
    let limits = turn.surroundings.limits;
    let mut pages: Vec<Vec<Value>> = Vec::new();
    let mut bytes = u64::MAX;
    for item in items {
        let length = u64::try_from(item.to_string().len()).unwrap_or(u64::MAX);
        bytes = bytes.saturating_add(length);
        match pages.last_mut() {
            Some(page) if bytes <= limits.page_bytes && page.len() < limits.page_items => page.push(item),
            _ => {
                bytes = length;
                pages.push(vec![item]);
            }
        }
    }
    pages
        .into_iter()
        .rev()
        .fold(None, |next: Option<ValueHash>, page| Some(turn.seal_page(&json!({ "items": page, "next": next }))))
}

/// Runs the iterations on, and starts new ones as there is room.
pub(crate) fn resume(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let StateKind::Map(map) = &state.kind else {
        return Err(turn.corrupt(format!("state `{}` is no Map", state.name)).into());
    };
    let Activity::Map(progress) = std::mem::replace(&mut visit.activity, Activity::Waited) else {
        return Err(turn.corrupt(format!("state `{}` has no iterations", state.name)).into());
    };
    let mut progress = *progress;
    let ran = run(turn, branch, visit, &mut progress, state, map, place);
    visit.activity = Activity::Map(Box::new(progress));
    match ran? {
        Ran::Waiting => Ok(Step::Waiting),
        Ran::Stuck(failure) => Ok(Step::Stuck(failure)),
        Ran::Failed(failure) => Ok(failed(turn, branch, visit, state, place, failure)?),
        Ran::Finished { .. } => succeeded(turn, branch, visit, state, map, place),
    }
}

/// How far the iterations came.
enum Ran {
    Waiting,
    /// `told` is the event that tells of it.
    Finished {
        told: Option<u64>,
    },
    Failed(StateFailure),
    Stuck(StateFailure),
}

fn run(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    progress: &mut MapProgress,
    state: &State,
    map: &Map,
    place: Place<'_>,
) -> Result<Ran, Halt> {
    progress.starved = None;
    let variables = branch.variables.clone();
    let scope = Scope { variables: &variables, outer: place.scope };
    // Iterations that were left under way go on first; each that finishes makes room for the next item.
    let mut at = 0;
    let mut stuck = None;
    loop {
        while let Some(iteration) = progress.active.get_mut(at) {
            match run_iteration(turn, branch, iteration, state, &scope)? {
                Ran::Waiting => at += 1,
                Ran::Stuck(failure) => {
                    stuck.get_or_insert(failure);
                    at += 1;
                }
                Ran::Finished { told } => {
                    let iteration = progress.active.remove(at);
                    turn.close_branches(1);
                    finish(turn, progress, iteration)?;
                    if let Some(told) = told.filter(|_| progress.active.is_empty() && progress.next_index >= progress.total) {
                        // Recorded from AWS: the end of the Map links to the last iteration's, the start of an iteration to the last event inside.
                        branch.last_event = told;
                    }
                }
                Ran::Failed(failure) => match tolerate(turn, branch, progress, at, state, failure)? {
                    None => {}
                    Some(failure) => return Ok(Ran::Failed(failure)),
                },
            }
        }
        if let Some(failure) = stuck {
            return Ok(Ran::Stuck(failure));
        }
        let room = u64::from(progress.max_concurrency) > u64::try_from(progress.active.len()).unwrap_or(u64::MAX);
        if progress.next_index >= progress.total {
            return Ok(if progress.active.is_empty() { Ran::Finished { told: None } } else { Ran::Waiting });
        }
        if !room && !breaks::active(Break::MapConcurrencyUnlimited) {
            return Ok(Ran::Waiting);
        }
        if !turn.may_visit_state() {
            progress.starved = Some(turn.revision);
            return Ok(Ran::Waiting);
        }
        start(turn, branch, visit, progress, state, map, place)?;
    }
}

/// Runs one iteration on.
fn run_iteration(
    turn: &mut Turn<'_>,
    outer: &mut Branch,
    iteration: &mut Iteration,
    state: &State,
    scope: &Scope<'_>,
) -> Result<Ran, TransitionError> {
    let index = iteration.item.index;
    match &mut iteration.stage {
        IterationStage::Running(branch) => {
            let place = Place { item: Some(&iteration.item), outermost: false, scope: Some(scope) };
            match advance(turn, branch, place)? {
                Progress::Waiting => Ok(Ran::Waiting),
                Progress::Finished(_) => {
                    outer.last_event = branch.last_event;
                    let succeeded = HistoryEventKind::MapIterationSucceeded { name: state.name.clone(), index };
                    Ok(Ran::Finished { told: Some(turn.emit(branch.last_event, succeeded)) })
                }
                Progress::Failed(failure) => {
                    outer.last_event = branch.last_event;
                    turn.emit(branch.last_event, HistoryEventKind::MapIterationFailed { name: state.name.clone(), index });
                    Ok(Ran::Failed(failure))
                }
                Progress::Stuck(failure) => {
                    outer.last_event = branch.last_event;
                    Ok(Ran::Stuck(failure))
                }
            }
        }
        IterationStage::Unwinding { owed, .. } if owed.is_empty() => Ok(Ran::Finished { told: None }),
        IterationStage::Unwinding { owed, failure, .. } => match unwind(turn, owed)? {
            Unwound::Waiting => Ok(Ran::Waiting),
            Unwound::Stuck => Ok(Ran::Stuck(failure.clone())),
            Unwound::Done => {
                let ended = HistoryEventKind::UnwindingEnded { state: Some(state.name.clone()), owed: 0 };
                outer.last_event = turn.emit(outer.last_event, ended);
                Ok(Ran::Finished { told: None })
            }
        },
    }
}

/// An iteration has failed: tolerated, once what it owes is undone, or the failure of the Map.
fn tolerate(
    turn: &mut Turn<'_>,
    outer: &mut Branch,
    progress: &mut MapProgress,
    at: usize,
    state: &State,
    failure: StateFailure,
) -> Result<Option<StateFailure>, TransitionError> {
    progress.failures += 1;
    if progress.failures > progress.tolerated_failures {
        return Ok(Some(match progress.tolerant {
            false => failure,
            true => StateFailure::new(
                error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD,
                "The specified tolerated failure threshold was exceeded",
            ),
        }));
    }
    let Some(iteration) = progress.active.get_mut(at) else { return Err(turn.corrupt("an iteration has gone")) };
    let place = Place { item: Some(&iteration.item), outermost: false, scope: None };
    let IterationStage::Running(branch) = &mut iteration.stage else {
        return Err(turn.corrupt("an iteration fails only while it runs"));
    };
    let last_event = branch.last_event;
    aborted::report_branch(turn, branch, last_event)?;
    let mut owed = surrender(turn, branch, place)?;
    if breaks::active(Break::ToleratedIterationNotUnwound) {
        owed.clear();
    }
    if !owed.is_empty() {
        outer.last_event = turn.emit(last_event, HistoryEventKind::UnwindingStarted { state: Some(state.name.clone()) });
    }
    iteration.stage = IterationStage::Unwinding { owed, last_event, failure };
    Ok(None)
}

/// An iteration has finished: its result, and what it owes. One that failed and was tolerated leaves neither.
fn finish(turn: &mut Turn<'_>, progress: &mut MapProgress, iteration: Iteration) -> Result<(), TransitionError> {
    let index = iteration.item.index;
    let IterationStage::Running(branch) = iteration.stage else { return Ok(()) };
    let Some(output) = branch.output else { return Err(turn.corrupt("an iteration finished without output")) };
    if !branch.owed.is_empty() {
        progress.owed.push(OwedBranch { index, owed: branch.owed });
    }
    progress.results.push((index, output));
    let limits = turn.surroundings.limits;
    let bytes: u64 =
        progress.results.iter().filter(|(_, result)| result.hash().is_none()).map(|(_, result)| result.bytes()).sum();
    let is_full = bytes >= limits.page_bytes || progress.results.len() >= limits.page_items;
    if is_full && !breaks::active(Break::MapResultsNeverSealed) {
        seal(turn, progress)?;
    }
    Ok(())
}

fn seal(turn: &mut Turn<'_>, progress: &mut MapProgress) -> Result<(), TransitionError> {
    let full = progress.sealed.len() >= SEALED_PAGES_MAX;
    let earlier = if full { std::mem::take(&mut progress.sealed) } else { Vec::new() };
    let page = ResultPage { results: std::mem::take(&mut progress.results), earlier };
    let page = serde_json::to_value(&page).map_err(|error| turn.corrupt(error.to_string()))?;
    progress.sealed.push(turn.seal_page(&page));
    Ok(())
}

/// Starts the next iteration.
fn start(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    progress: &mut MapProgress,
    state: &State,
    map: &Map,
    place: Place<'_>,
) -> Result<(), Halt> {
    let index = progress.next_index;
    let (value, rest) = next_item(turn, progress)?;
    let item = MapItem { index, value: turn.seal(std::sync::Arc::new(value.clone())) };
    let input = match &map.item_selector {
        None => item.value.clone(),
        Some(selector) => {
            let scope = Scope { variables: &branch.variables, outer: place.scope };
            let place = Place { item: Some(&item), ..place };
            let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
            // The Map's own input may be large: it is read only by selectors that ask for it.
            let data = match Mention::by_template(selector).data {
                true => flow.input(&*turn.value(&visit.input)?)?,
                false => Value::Null,
            };
            let selected = flow.selected(selector, &data, &mut turn.random)?;
            turn.seal_bounded(selected, &|| state.name.clone())?
        }
    };
    open_branches(turn, 1)?;
    let started = turn.emit(branch.last_event, HistoryEventKind::MapIterationStarted { name: state.name.clone(), index });
    let inner = Branch { visit: Some(new_visit(turn, &map.processor.start_at, input)), last_event: started, ..Branch::default() };
    progress.next_index += 1;
    (progress.items, progress.items_offset) = rest;
    progress.active.push(Iteration { item, stage: IterationStage::Running(Box::new(inner)) });
    Ok(())
}

/// The next item, and where the one after it stands: page and place in it. It is taken only once its iteration has started, so that a
/// selector which fails does not lose it.
fn next_item(turn: &Turn<'_>, progress: &MapProgress) -> Result<(Value, (Option<ValueHash>, usize)), TransitionError> {
    let Some(hash) = &progress.items else { return Err(turn.corrupt("a Map has lost its items")) };
    let page = turn.value(&turn.page(hash))?;
    let items = page.get("items").and_then(Value::as_array).ok_or_else(|| turn.corrupt("a page of items has none"))?;
    let item = items.get(progress.items_offset).cloned().ok_or_else(|| turn.corrupt("a page of items is too short"))?;
    let rest = match progress.items_offset + 1 {
        offset if offset < items.len() => (Some(hash.clone()), offset),
        _ => (page.get("next").and_then(Value::as_str).map(|next| ValueHash(next.to_owned())), 0),
    };
    Ok((item, rest))
}

/// All iterations have finished: their outputs in the order of the items are the result.
fn succeeded(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    map: &Map,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let Activity::Map(progress) = &visit.activity else {
        return Err(turn.corrupt(format!("state `{}` has no iterations", state.name)).into());
    };
    let results = collect(turn, progress)?;
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let (output, assigned) = leaving(turn, &*flow, &raw, Value::Array(results), state, scope, None)?;
    branch.owed.extend(group_of(state, progress.owed.clone()));
    turn.emit(branch.last_event, HistoryEventKind::MapStateSucceeded);
    Ok(exit(turn, branch, state, output, assigned, map.next.clone()))
}

/// All results, in the order of the items.
fn collect(turn: &Turn<'_>, progress: &MapProgress) -> Result<Vec<Value>, TransitionError> {
    let mut results = progress.results.clone();
    let mut hashes = progress.sealed.clone();
    while !hashes.is_empty() {
        let pages: Vec<Payload> = hashes.iter().map(|hash| turn.page(hash)).collect();
        turn.require(pages.iter())?;
        hashes.clear();
        for page in &pages {
            let page = (*turn.value(page)?).clone();
            let page: ResultPage =
                serde_json::from_value(page).map_err(|error| turn.corrupt(format!("a page of results: {error}")))?;
            results.extend(page.results);
            hashes.extend(page.earlier);
        }
    }
    results.sort_by_key(|(index, _)| *index);
    turn.require(results.iter().map(|(_, result)| result))?;
    results.iter().map(|(_, result)| Ok((*turn.value(result)?).clone())).collect()
}

/// It fails and nothing catches that: reported, but left as it is for a redrive.
pub(crate) fn abort(turn: &mut Turn<'_>, branch: &mut Branch, visit: &Visit) -> Result<(), TransitionError> {
    aborted::report_inside(turn, visit, branch.last_event)?;
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::MapStateFailed);
    Ok(())
}
