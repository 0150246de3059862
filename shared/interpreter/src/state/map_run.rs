//! A Map Run: the execution that starts an execution for each item of a distributed Map, counts how they end, and collects their results.
//!
//! What a transition costs depends neither on how many items there are nor on how much is done: items stand in pages or are read piece by piece, an
//! execution under way is two numbers, and results fill pages that are sealed once.

use asl::state::{Map, Transformation};
use asl::{Next, State, StateKind, error_name};
use breaks::Break;
use serde_json::{Value, json};

use super::map::pages_of_items;
use super::task::proof;
use crate::advance::Step;
use crate::context_object::insert_item;
use crate::data_flow;
use crate::failing::located;
use crate::halt::Halt;
use crate::limits::{DISTRIBUTED_ITEMS_MAX, INPUT_PAGE_BYTES_MAX, SEALED_PAGES_MAX};
use crate::parent::{child_bits, uuid_of};
use crate::turn::Turn;
use crate::{
    Activity, BatchSpec, Branch, ChildInput, ChildRequest, Command, CommandPlace, EndedChild, Execution, ExecutionId,
    ExecutionStatus, IdempotencyKey, Identity, InputPage, ItemsRequest, MapRunFacts, Needs, OpenPage, Parent, Part, Payload,
    RunProgress, RunResults, RunSpec, RunStage, StateFailure, TaskToken, TransitionError, ValueHash, Visit, WriteRequest,
};

/// The run begins: its visit stands in the Map from the start.
pub(crate) fn begin(turn: &mut Turn<'_>, visit: &mut Visit) -> Result<(), TransitionError> {
    let spec = spec_of(turn, visit)?;
    let items = spec.items.as_ref().map(|items| turn.value(items)).transpose()?;
    let items = items.and_then(|items| items.as_array().cloned()).unwrap_or_default();
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let state = turn.state(&visit.state)?;
    let StateKind::Map(map) = &state.kind else { return Err(turn.corrupt(format!("state `{}` is no Map", state.name))) };
    let unread = spec.reader.is_some();
    let mut facts = MapRunFacts {
        max_concurrency: spec.max_concurrency,
        tolerance: spec.tolerance,
        all_read: !unread,
        ..MapRunFacts::default()
    };
    facts.items.total = total;
    turn.execution.map_run = Some(Box::new(facts));
    visit.entered_event = spec.entered_event;
    visit.activity = Activity::Items(Box::new(RunProgress {
        secret: turn.random_bits(),
        selects: map.item_selector.is_some() || spec.batch.is_some() || unread,
        records: spec.writer.is_some() || shape(map) == Some(Transformation::None),
        items: pages_of_items(turn, items),
        items_offset: 0,
        unread,
        cursor: None,
        items_left: spec.reader.as_ref().and_then(|reader| reader.max_items),
        next_item: 0,
        next_child: 0,
        open: Vec::new(),
        starved: None,
        ended: Vec::new(),
        results: RunResults::default(),
        sealed: Vec::new(),
        result_bytes: 0,
        stage: RunStage::Running,
    }));
    Ok(())
}

/// How a `ResultWriter` shapes the results; none without one.
fn shape(map: &Map) -> Option<Transformation> {
    Some(map.distributed.as_ref()?.writer.as_ref()?.transformation)
}

fn spec_of(turn: &Turn<'_>, visit: &Visit) -> Result<RunSpec, TransitionError> {
    let spec = turn.value(&visit.input)?;
    serde_json::from_value((*spec).clone()).map_err(|error| turn.corrupt(format!("a Map Run has no specification: {error}")))
}

fn facts<'t>(turn: &'t mut Turn<'_>) -> Result<&'t mut MapRunFacts, TransitionError> {
    if turn.execution.map_run.is_none() {
        return Err(turn.corrupt("a Map Run has no counts"));
    }
    let corrupt = turn.corrupt("a Map Run has no counts");
    turn.execution.map_run.as_deref_mut().ok_or(corrupt)
}

/// Goes on where the run stands. Its failure is the run's: the Map's own retriers and catchers are the parent's.
pub(crate) fn resume(
    turn: &mut Turn<'_>,
    _branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
) -> Result<Step, TransitionError> {
    let StateKind::Map(map) = &state.kind else {
        return Err(turn.corrupt(format!("state `{}` is no Map", state.name)));
    };
    let Activity::Items(progress) = std::mem::replace(&mut visit.activity, Activity::Waited) else {
        return Err(turn.corrupt(format!("state `{}` is no Map Run", state.name)));
    };
    let mut progress = *progress;
    let ran = run(turn, visit, &mut progress, state, map);
    visit.activity = Activity::Items(Box::new(progress));
    match ran {
        Ok(None) => Ok(Step::Waiting),
        Ok(Some(output)) => Ok(Step::Exited { output, next: Next::End }),
        Err(Halt::Failure(failure)) => Ok(Step::Failed(located(failure.failure, visit))),
        Err(Halt::Error(error)) => Err(error),
    }
}

/// Answers the output once everything has ended.
fn run(
    turn: &mut Turn<'_>,
    visit: &Visit,
    progress: &mut RunProgress,
    state: &State,
    map: &Map,
) -> Result<Option<Payload>, Halt> {
    progress.starved = None;
    for ended in std::mem::take(&mut progress.ended) {
        count(turn, &ended)?;
        keep(turn, progress, map, &ended)?;
    }
    check_tolerance(turn)?;
    match std::mem::take(&mut progress.stage) {
        RunStage::Running => {}
        writing @ RunStage::Writing { .. } => {
            progress.stage = writing;
            return Ok(None);
        }
        RunStage::Written(Err(failure)) => return Err(failure.into()),
        RunStage::Written(Ok(details)) => return written(turn, visit, &details).map(Some),
    }
    start_more(turn, visit, progress, state, map)?;
    if !progress.open.is_empty() || progress.starved.is_some() {
        return Ok(None);
    }
    check_tolerance(turn)?;
    let spec = spec_of(turn, visit)?;
    if spec.writer.is_some() {
        progress.stage = RunStage::Writing { revision: turn.revision };
        return Ok(None);
    }
    collect(turn, progress, state, map).map(Some)
}

fn count(turn: &mut Turn<'_>, ended: &EndedChild) -> Result<(), TransitionError> {
    let facts = facts(turn)?;
    for (counts, number) in [(&mut facts.items, ended.items), (&mut facts.executions, 1)] {
        counts.running = counts.running.saturating_sub(number);
        match ended.end.status {
            ExecutionStatus::Succeeded => counts.succeeded += number,
            ExecutionStatus::TimedOut => counts.timed_out += number,
            ExecutionStatus::Aborted => counts.aborted += number,
            ExecutionStatus::Failed | ExecutionStatus::Running => counts.failed += number,
        }
    }
    Ok(())
}

/// Whether too much has failed: of a percentage nobody knows before all items are.
fn check_tolerance(turn: &mut Turn<'_>) -> Result<(), Halt> {
    let facts = facts(turn)?;
    let failed = facts.items.unsuccessful();
    let tolerance = facts.tolerance;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 items")]
    let beyond = |percentage: f64| failed as f64 * 100.0 > percentage * facts.items.total as f64;
    let exceeded = match (tolerance.count, tolerance.percentage) {
        (None, None) => failed > 0,
        (count, percentage) => count.is_some_and(|count| failed > count) || facts.all_read && percentage.is_some_and(beyond),
    };
    if !exceeded {
        return Ok(());
    }
    let cause = "The specified tolerated failure threshold was exceeded";
    Err(StateFailure::new(error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD, cause).into())
}

/// Keeps what came of an execution.
fn keep(turn: &mut Turn<'_>, progress: &mut RunProgress, map: &Map, ended: &EndedChild) -> Result<(), TransitionError> {
    let succeeded = ended.end.status == ExecutionStatus::Succeeded;
    let bare = shape(map).is_some_and(|shape| shape != Transformation::None);
    let value = match (succeeded, &ended.end.output) {
        (true, Some(output)) if !progress.records || bare => output.clone(),
        _ if progress.records => record(turn, ended)?,
        _ => return Ok(()),
    };
    let value = turn.seal(value.into());
    progress.result_bytes += value.bytes();
    if succeeded { &mut progress.results.succeeded } else { &mut progress.results.failed }.push((ended.index, value));
    let results = || progress.results.succeeded.iter().chain(&progress.results.failed);
    let inline: u64 = results().filter(|(_, result)| result.hash().is_none()).map(|(_, result)| result.bytes()).sum();
    let limits = turn.surroundings.limits;
    let is_full = inline >= limits.page_bytes || results().count() >= limits.page_items;
    if is_full && !breaks::active(Break::MapResultsNeverSealed) {
        seal(turn, progress)?;
    }
    Ok(())
}

fn seal(turn: &mut Turn<'_>, progress: &mut RunProgress) -> Result<(), TransitionError> {
    let mut page = std::mem::take(&mut progress.results);
    if progress.sealed.len() >= SEALED_PAGES_MAX {
        page.earlier = std::mem::take(&mut progress.sealed);
    }
    let page = serde_json::to_value(&page).map_err(|error| turn.corrupt(error.to_string()))?;
    progress.sealed.push(turn.seal_page(&page));
    Ok(())
}

/// An execution with its result, as a `ResultWriter` writes it.
fn record(turn: &Turn<'_>, ended: &EndedChild) -> Result<Value, TransitionError> {
    let page = turn.value(&turn.page(&ended.inputs))?;
    let page: InputPage =
        serde_json::from_value((*page).clone()).map_err(|error| turn.corrupt(format!("a page of inputs: {error}")))?;
    let input = page.inputs.iter().find(|(index, _)| *index == ended.index);
    let Some((_, input)) = input else { return Err(turn.corrupt("a page of inputs is too short")) };
    let end = &ended.end;
    let mut record = json!({
        "ExecutionArn": end.arn,
        "Input": turn.value(input)?.to_string(),
        "InputDetails": { "Included": true },
        "Name": end.name,
    });
    let mut put = |name: &str, value: Value| drop(record.as_object_mut().map(|record| record.insert(name.to_owned(), value)));
    match &end.output {
        Some(output) => {
            put("Output", json!(output.to_string()));
            put("OutputDetails", json!({ "Included": true }));
        }
        None => {
            let failure = end.failure();
            put("Error", json!(failure.error));
            put("Cause", json!(failure.cause.unwrap_or_default()));
        }
    }
    let redrivable = end.status != ExecutionStatus::Succeeded;
    put("RedriveCount", json!(0));
    put("RedriveStatus", json!(if redrivable { "REDRIVABLE" } else { "NOT_REDRIVABLE" }));
    if !redrivable {
        put("RedriveStatusReason", json!("Execution is SUCCEEDED and cannot be redriven"));
    }
    put("StartDate", json!(end.started_at.to_string()));
    put("StateMachineArn", json!(turn.execution.identity.state_machine_arn()));
    put("Status", json!(end.status.as_str()));
    put("StopDate", json!(end.closed_at.to_string()));
    Ok(record)
}

/// Starts executions while there is room, a bounded number of them.
fn start_more(turn: &mut Turn<'_>, visit: &Visit, progress: &mut RunProgress, state: &State, map: &Map) -> Result<(), Halt> {
    let limit = u64::from(turn.surroundings.limits.distributed_concurrency);
    let asked = facts(turn)?.max_concurrency;
    let concurrency = if asked == 0 { limit } else { asked.min(limit) };
    let running = || progress.open.iter().map(|page| page.open.len()).sum::<usize>();
    let mut running = u64::try_from(running()).unwrap_or(u64::MAX);
    let mut page = InputPage { inputs: Vec::new() };
    let mut open = Vec::new();
    let mut bytes = 0;
    let mut selecting = Selecting { spec: None, map, state };
    while running < concurrency {
        if !has_item(turn, visit, progress)? {
            break;
        }
        if bytes >= INPUT_PAGE_BYTES_MAX || !turn.may_issue_command() {
            progress.starved = Some(turn.revision);
            break;
        }
        let (input, items) = selecting.next(turn, visit, progress)?;
        let input = turn.seal_bounded(input, &|| state.name.clone())?;
        bytes += if input.hash().is_some() { 64 } else { input.bytes() };
        page.inputs.push((progress.next_child, input));
        open.push((progress.next_child, items));
        progress.next_child += 1;
        running += 1;
        let facts = facts(turn)?;
        facts.executions.total += 1;
        facts.executions.running += 1;
        facts.items.running += items;
    }
    if !open.is_empty() {
        let page = serde_json::to_value(&page).map_err(|error| turn.corrupt(error.to_string()))?;
        progress.open.push(OpenPage { revision: turn.revision, inputs: turn.seal_page(&page), open });
    }
    Ok(())
}

/// Whether there is another item, reading on where that is not known.
fn has_item(turn: &mut Turn<'_>, visit: &Visit, progress: &mut RunProgress) -> Result<bool, Halt> {
    while progress.items.is_none() && progress.unread {
        let spec = spec_of(turn, visit)?;
        let reader = serde_json::to_string(&spec.reader).map_err(|error| turn.corrupt(error.to_string()))?;
        let request = ItemsRequest { reader, cursor: progress.cursor.clone() };
        let page = match turn.surroundings.reads.items.get(&request) {
            None => return Err(TransitionError::Missing(Needs::items(request)).into()),
            Some(Err(failure)) => return Err(failure.clone().into()),
            Some(Ok(page)) => page,
        };
        let most = progress.items_left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let items: Vec<&Value> = page.items.iter().take(most).collect();
        let read = u64::try_from(items.len()).unwrap_or(u64::MAX);
        progress.items_left = progress.items_left.map(|left| left.saturating_sub(read));
        progress.cursor.clone_from(&page.next);
        progress.unread = page.next.is_some() && progress.items_left != Some(0);
        if !items.is_empty() {
            progress.items = Some(turn.seal_page(&json!({ "items": items })));
            progress.items_offset = 0;
        }
        let unread = progress.unread;
        let facts = facts(turn)?;
        facts.items.total += read;
        facts.all_read = !unread;
        if facts.items.total > DISTRIBUTED_ITEMS_MAX {
            return Err(StateFailure::new(error_name::ITEM_READER_FAILED, "There are too many items.").into());
        }
    }
    Ok(progress.items.is_some())
}

/// Making inputs of items.
struct Selecting<'s> {
    /// Read where it is needed.
    spec: Option<RunSpec>,
    map: &'s Map,
    state: &'s State,
}

impl Selecting<'_> {
    /// The input of the next execution, and how many items it is made of.
    fn next(&mut self, turn: &mut Turn<'_>, visit: &Visit, progress: &mut RunProgress) -> Result<(Value, u64), Halt> {
        if progress.selects && self.spec.is_none() {
            self.spec = Some(spec_of(turn, visit)?);
        }
        let batch = self.spec.as_ref().and_then(|spec| spec.batch.clone());
        let Some(batch) = batch else { return Ok((self.item(turn, visit, progress)?, 1)) };
        let mut items = Vec::new();
        let most_bytes = batch.max_bytes.unwrap_or(u64::MAX).min(turn.surroundings.limits.payload_bytes);
        let mut bytes = ITEMS_OVERHEAD_BYTES + batch.input.as_ref().map_or(0, |input| input.bytes() + INPUT_OVERHEAD_BYTES);
        while has_item(turn, visit, progress)? {
            let before = (progress.items.clone(), progress.items_offset, progress.next_item);
            let item = self.item(turn, visit, progress)?;
            bytes += u64::try_from(item.to_string().len()).unwrap_or(u64::MAX) + 1;
            if bytes > most_bytes && !items.is_empty() {
                // Of the next batch.
                (progress.items, progress.items_offset, progress.next_item) = before;
                break;
            }
            items.push(item);
            if batch.max_items.is_some_and(|most| u64::try_from(items.len()).unwrap_or(u64::MAX) >= most) {
                break;
            }
        }
        let number = u64::try_from(items.len()).unwrap_or(u64::MAX);
        Ok((batched(turn, &batch, &items)?, number))
    }

    /// The next item, as the selector makes it.
    fn item(&self, turn: &mut Turn<'_>, visit: &Visit, progress: &mut RunProgress) -> Result<Value, Halt> {
        let index = progress.next_item;
        let item = take_item(turn, progress)?;
        let (Some(selector), Some(spec)) = (&self.map.item_selector, &self.spec) else { return Ok(item) };
        let selection = &spec.selection;
        turn.require([&selection.data, &selection.context].into_iter().chain(selection.variables.values()))?;
        let mut context = (*turn.value(&selection.context)?).clone();
        insert_item(&mut context, index, &item);
        let variables = selection.variables.iter().map(|(name, value)| Ok((name.clone(), (*turn.value(value)?).clone())));
        let variables = variables.collect::<Result<_, TransitionError>>()?;
        let data = turn.value(&selection.data)?;
        let seed = turn.evaluation_seed(visit.number) ^ index.rotate_left(32);
        let flow = data_flow::of_run(turn, self.state, context, variables, seed);
        Ok(flow.selected(selector, &data, &mut turn.random)?)
    }
}

/// What stands around the items of a batch: `{"Items":[]}`.
const ITEMS_OVERHEAD_BYTES: u64 = 12;
/// What stands around its input: `"BatchInput":,`.
const INPUT_OVERHEAD_BYTES: u64 = 14;

fn batched(turn: &Turn<'_>, batch: &BatchSpec, items: &[Value]) -> Result<Value, TransitionError> {
    Ok(match &batch.input {
        Some(input) => json!({ "BatchInput": *turn.value(input)?, "Items": items }),
        None => json!({ "Items": items }),
    })
}

/// Takes the next item from its page.
fn take_item(turn: &Turn<'_>, progress: &mut RunProgress) -> Result<Value, TransitionError> {
    let Some(hash) = progress.items.clone() else { return Err(turn.corrupt("a Map Run has lost its items")) };
    let page = turn.value(&turn.page(&hash))?;
    let items = page.get("items").and_then(Value::as_array).ok_or_else(|| turn.corrupt("a page of items has none"))?;
    let item = items.get(progress.items_offset).cloned().ok_or_else(|| turn.corrupt("a page of items is too short"))?;
    progress.items_offset += 1;
    if progress.items_offset >= items.len() {
        progress.items = page.get("next").and_then(Value::as_str).map(|next| ValueHash(next.to_owned()));
        progress.items_offset = 0;
    }
    progress.next_item += 1;
    Ok(item)
}

/// All results, in the order of the items.
fn collect(turn: &mut Turn<'_>, progress: &RunProgress, state: &State, map: &Map) -> Result<Payload, Halt> {
    // Too much to be an output is not even read.
    if progress.result_bytes > turn.surroundings.limits.payload_bytes {
        let what = format!("The state/task '{}' returned a result with a size exceeding", state.name);
        let cause = format!("{what} the maximum number of bytes service limit.");
        return Err(StateFailure::new(error_name::DATA_LIMIT_EXCEEDED, cause).into());
    }
    let RunResults { mut succeeded, mut failed, .. } = progress.results.clone();
    let mut hashes = progress.sealed.clone();
    while !hashes.is_empty() {
        let pages: Vec<Payload> = hashes.iter().map(|hash| turn.page(hash)).collect();
        turn.require(pages.iter())?;
        hashes.clear();
        for page in &pages {
            let page = (*turn.value(page)?).clone();
            let page: RunResults =
                serde_json::from_value(page).map_err(|error| turn.corrupt(format!("a page of results: {error}")))?;
            succeeded.extend(page.succeeded);
            failed.extend(page.failed);
            hashes.extend(page.earlier);
        }
    }
    succeeded.append(&mut failed);
    succeeded.sort_by_key(|(index, _)| *index);
    turn.require(succeeded.iter().map(|(_, result)| result))?;
    let mut results = Vec::with_capacity(succeeded.len());
    for (_, result) in &succeeded {
        match (&*turn.value(result)?, shape(map)) {
            (Value::Array(elements), Some(Transformation::Flatten)) => results.extend(elements.iter().cloned()),
            (value, _) => results.push(value.clone()),
        }
    }
    Ok(turn.seal_bounded(Value::Array(results), &|| state.name.clone())?)
}

/// The output of a run whose results were written.
fn written(turn: &mut Turn<'_>, visit: &Visit, details: &Value) -> Result<Payload, Halt> {
    let map_run_arn = turn.execution.identity.arn.clone();
    let facts = facts(turn)?;
    facts.executions.results_written = facts.executions.succeeded + facts.executions.unsuccessful();
    facts.items.results_written = facts.items.succeeded + facts.items.unsuccessful();
    let output = json!({ "MapRunArn": map_run_arn, "ResultWriterDetails": details });
    Ok(turn.seal_bounded(output, &|| visit.state.clone())?)
}

/// The executions that a run waits for, and the results that it wants written.
pub(crate) fn outstanding(execution: &Execution, visit: &Visit) -> Vec<(CommandPlace, Command)> {
    let Activity::Items(run) = &visit.activity else { return Vec::new() };
    let mut commands: Vec<(CommandPlace, Command)> = Vec::new();
    for page in &run.open {
        commands.extend(page.open.iter().map(|(index, _)| child(execution, visit, run, page, *index)));
    }
    if let RunStage::Writing { revision } = run.stage {
        let write = WriteRequest {
            visit: visit.number,
            revision,
            spec: visit.input.clone(),
            results: run.results.clone(),
            sealed: run.sealed.clone(),
        };
        commands.push((CommandPlace { revision, key: None }, Command::WriteResults(Box::new(write))));
    }
    commands
}

fn child(execution: &Execution, visit: &Visit, run: &RunProgress, page: &OpenPage, index: u64) -> (CommandPlace, Command) {
    let own = &execution.identity;
    let key = IdempotencyKey(format!("{}/{}/{}/{index}", own.id, visit.state, visit.number));
    let bits = child_bits(run.secret, index + 1);
    let name = uuid_of(bits);
    let place = own.arn.replacen(":mapRun:", ":execution:", 1);
    let place = place.rsplit_once(':').map_or(place.as_str(), |(place, _)| place);
    let attempt = u32::try_from(index + 1).unwrap_or(u32::MAX);
    let proof = proof(run.secret, visit.number, attempt);
    let token = TaskToken { execution: own.id.clone(), revision: page.revision, visit: visit.number, attempt, proof };
    let request = ChildRequest {
        identity: Identity {
            id: ExecutionId::from_random(bits),
            arn: format!("{place}:{name}"),
            name,
            machine_name: own.machine_name.clone(),
            // Under which it is listed.
            machine_arn: own.arn.clone(),
            role_arn: own.role_arn.clone(),
            version_arn: own.version_arn.clone(),
            alias_arn: own.alias_arn.clone(),
        },
        parent: Parent { token, arn: own.arn.clone(), part: Part::Item { state: visit.state.clone() } },
        input: ChildInput::Listed { page: page.inputs.clone(), index },
        carried: Vec::new(),
        key: key.clone(),
        stop: false,
    };
    (CommandPlace { revision: page.revision, key: Some(key) }, Command::Child(Box::new(request)))
}
