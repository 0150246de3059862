//! Map, distributed: its items are executions of their own, which a Map Run starts and counts (Step Functions Developer Guide, "Using Map state in
//! Distributed mode"; docs/adr/0024).
//!
//! Here is the Map's side: what is evaluated in the state, the start of its Map Run, and what the run's end leads to. `map_run.rs` is the run's.
//!
//! | phase  | the run ends                 | the Map fails or is stopped                    |
//! |--------|------------------------------|------------------------------------------------|
//! | open   | accepted                     | the run is stopped, until it tells its end     |
//! | ended  | (used in the same transition, never met by a message)                        |
//! | failed | stale                        | -                                              |

use asl::mention::Mention;
use asl::state::{Distributed, InputType, ItemReader, ItemSource, Map, ResultWriter};
use asl::template::Template;
use asl::{State, StateKind, error_name};
use serde_json::{Value, json};

use super::map::tolerance;
use super::task::proof;
use crate::advance::{Place, Step, exit, leaving};
use crate::data_flow::{self, DataFlow};
use crate::failing::{context, failed};
use crate::halt::{FlowFailure, Halt};
use crate::history::{ErrorDetails, HistoryEventKind};
use crate::parent::{child_bits, uuid_of};
use crate::scope::Scope;
use crate::turn::Turn;
use crate::{
    Activity, BatchSpec, Branch, ChildEnd, ChildInput, ChildRequest, Command, CommandPlace, DefinitionHash, Execution,
    ExecutionId, ExecutionStatus, IdempotencyKey, Identity, MapRun, MapRunPhase, Parent, Part, ReaderInput, ReaderSource,
    ReaderSpec, RunSpec, Selection, StateFailure, StoppingRun, TaskToken, Visit, WriterSpec, context_object,
};

/// Starts a Map Run.
pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    (map, distributed): (&Map, &Distributed),
    place: Place<'_>,
) -> Result<Step, Halt> {
    if branch.last_event != visit.entered_event {
        // An outer retry is a visit of its own.
        visit.number = turn.next_visit();
    }
    let raw = turn.value(&visit.input)?;
    let variables = branch.variables.clone();
    let scope = Scope { variables: &variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let input = flow.input(&raw)?;
    let items = match distributed.reader {
        None => Some(flow.items(map, &input)?),
        Some(_) => None,
    };
    let max_concurrency = map.max_concurrency.as_ref().map(|amount| flow.amount(amount, "MaxConcurrency", &input)).transpose()?;
    let length = items.as_ref().map_or(0, Vec::len);
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::MapStateStarted { length });
    // Recorded from AWS: a tolerance that is none fails the Map once it has started.
    let tolerance = tolerance(&map.tolerance, &*flow, &input)?;
    let evaluating = Evaluating { flow: &*flow, input: &input };
    let label = distributed.label.clone().unwrap_or_else(|| label_of(&turn.execution.definition, state));
    let spec = RunSpec {
        label,
        entered_event: visit.entered_event,
        reader: distributed.reader.as_ref().map(|reader| evaluating.reader(turn, reader)).transpose()?,
        max_concurrency: max_concurrency.unwrap_or_default(),
        tolerance,
        batch: batch(turn, &evaluating, distributed)?,
        writer: distributed.writer.as_ref().map_or(Ok(None), |writer| evaluating.writer(turn, writer))?,
        items: items.map(|items| turn.seal(Value::Array(items).into())),
        selection: selection(turn, &evaluating, map, state, context(turn, scope, visit, place, None))?,
    };
    let carried = spec.carried();
    let text = serde_json::to_value(&spec).map_err(|error| turn.corrupt(error.to_string()))?;
    let secret = turn.random_bits();
    let identity = identity_of_run(&turn.execution.identity, &spec.label, secret);
    let map_run_arn = identity.arn.clone();
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::MapRunStarted { map_run_arn });
    visit.activity = Activity::MapRun(Box::new(MapRun {
        secret,
        revision: turn.revision,
        identity,
        spec: turn.seal(text.into()),
        carried,
        phase: MapRunPhase::Open,
    }));
    Ok(Step::Waiting)
}

/// The fields of a distributed Map are evaluated over the state's effective input.
struct Evaluating<'e> {
    flow: &'e dyn DataFlow,
    input: &'e Value,
}

impl Evaluating<'_> {
    fn template(&self, turn: &mut Turn<'_>, template: Option<&Template>, field: &str) -> Result<Value, FlowFailure> {
        match template {
            Some(template) => self.flow.evaluated(template, field, self.input, &mut turn.random),
            None => Ok(json!({})),
        }
    }

    fn reader(&self, turn: &mut Turn<'_>, reader: &ItemReader) -> Result<ReaderSpec, FlowFailure> {
        let parameters = self.template(turn, reader.parameters.as_ref(), "ItemReader/Arguments")?;
        let most = |amount| self.flow.amount(amount, "MaxItems", self.input);
        Ok(ReaderSpec {
            max_items: reader.max_items.as_ref().map(most).transpose()?.filter(|most| *most > 0),
            source: match reader.source {
                ItemSource::Object => ReaderSource::Object,
                ItemSource::List => ReaderSource::List,
            },
            parameters,
            input_type: match reader.input_type {
                InputType::Json => ReaderInput::Json,
                InputType::Jsonl => ReaderInput::Jsonl,
                InputType::Csv => ReaderInput::Csv,
                InputType::Manifest => ReaderInput::Manifest,
            },
            csv_headers: reader.csv_headers.clone(),
            csv_delimiter: reader.csv_delimiter,
            items_pointer: reader.items_pointer.clone(),
        })
    }

    fn writer(&self, turn: &mut Turn<'_>, writer: &ResultWriter) -> Result<Option<WriterSpec>, FlowFailure> {
        let Some(parameters) = &writer.parameters else { return Ok(None) };
        let found = self.template(turn, Some(parameters), "ResultWriter/Arguments")?;
        let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(bucket) = text("Bucket") else {
            let cause = "The field 'Bucket' of the ResultWriter is required but was missing";
            return Err(StateFailure::new(error_name::RESULT_WRITER_FAILED, cause).into());
        };
        Ok(Some(WriterSpec { bucket, prefix: text("Prefix").unwrap_or_default(), lines: writer.lines }))
    }
}

fn batch(turn: &mut Turn<'_>, evaluating: &Evaluating<'_>, distributed: &Distributed) -> Result<Option<BatchSpec>, Halt> {
    let Some(batcher) = &distributed.batcher else { return Ok(None) };
    let amount = |amount: &Option<asl::state::Amount>, field: &str| {
        amount.as_ref().map(|amount| evaluating.flow.amount(amount, field, evaluating.input)).transpose()
    };
    let max_items = amount(&batcher.max_items, "MaxItemsPerBatch")?;
    let max_bytes = amount(&batcher.max_bytes, "MaxInputBytesPerBatch")?;
    let input = match &batcher.input {
        Some(input) => Some(evaluating.template(turn, Some(input), "ItemBatcher/BatchInput")?),
        None => None,
    };
    let input = input.map(|input| turn.seal(input.into()));
    Ok(Some(BatchSpec { max_items: max_items.filter(|most| *most > 0), max_bytes: max_bytes.filter(|most| *most > 0), input }))
}

/// What the selector will see, of what it mentions.
fn selection(
    turn: &mut Turn<'_>,
    evaluating: &Evaluating<'_>,
    map: &Map,
    state: &State,
    context: context_object::StateContext<'_>,
) -> Result<Selection, Halt> {
    let mention = map.item_selector.as_ref().map(Mention::by_template).unwrap_or_default();
    let scope = context.scope;
    let built = match mention.context {
        true => context_object::build(turn, context, mention.execution_input)?,
        false => json!({}),
    };
    let data = if mention.data { evaluating.input.clone() } else { Value::Null };
    let variables = mention.variables.iter().filter_map(|name| Some(((*name).to_owned(), scope.find(name)?.clone())));
    let variables = variables.collect();
    let what = || state.name.clone();
    Ok(Selection { data: turn.seal_bounded(data, &what)?, context: turn.seal(built.into()), variables })
}

/// The label of a Map that was given none: the same whenever it is visited.
fn label_of(definition: &DefinitionHash, state: &State) -> String {
    let seed = definition.0.bytes().fold(0u128, |bits, byte| bits.rotate_left(5) ^ u128::from(byte));
    uuid_of(child_bits(seed, state.name.bytes().fold(0u64, |bits, byte| bits.rotate_left(7) ^ u64::from(byte))))
}

fn identity_of_run(parent: &Identity, label: &str, secret: u128) -> Identity {
    let bits = child_bits(secret, 0);
    let name = uuid_of(bits);
    // `arn:PARTITION:states:REGION:ACCOUNT`.
    let place = parent.arn.split(':').take(5).collect::<Vec<_>>().join(":");
    Identity {
        id: ExecutionId::from_random(bits),
        arn: format!("{place}:mapRun:{}/{label}:{name}", parent.machine_name),
        name,
        machine_name: parent.machine_name.clone(),
        // Under which it is listed.
        machine_arn: parent.arn.clone(),
        role_arn: parent.role_arn.clone(),
        version_arn: parent.version_arn.clone(),
        alias_arn: parent.alias_arn.clone(),
    }
}

/// Goes on where the run stands.
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
    let Activity::MapRun(run) = &visit.activity else {
        return Err(turn.corrupt(format!("state `{}` has no Map Run", state.name)).into());
    };
    match run.phase.clone() {
        MapRunPhase::Open => Ok(Step::Waiting),
        MapRunPhase::Failed(failure) => Ok(Step::Failed(failure)),
        MapRunPhase::Ended(end) => match (&end.status, &end.output) {
            (ExecutionStatus::Succeeded, Some(output)) => succeeded(turn, branch, visit, state, map, place, output),
            _ => run_failed(turn, branch, visit, state, place, &end),
        },
    }
}

fn succeeded(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    map: &Map,
    place: Place<'_>,
    result: &Value,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let flow = data_flow::of_state(turn, state, context(turn, scope, visit, place, None))?;
    let (output, assigned) = leaving(turn, &*flow, &raw, result.clone(), state, scope, None)?;
    // Recorded from AWS since the end of 2024: what follows links to the run's start.
    let run_succeeded = turn.emit(branch.last_event, HistoryEventKind::MapRunSucceeded);
    turn.emit(run_succeeded, HistoryEventKind::MapStateSucceeded);
    Ok(exit(turn, branch, state, output, assigned, map.next.clone()))
}

fn run_failed(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
    end: &ChildEnd,
) -> Result<Step, Halt> {
    let failure = end.failure();
    let told = match end.status {
        ExecutionStatus::Aborted => HistoryEventKind::MapRunAborted,
        _ => HistoryEventKind::MapRunFailed(ErrorDetails::of(&failure)),
    };
    branch.last_event = turn.emit(branch.last_event, told);
    Ok(failed(turn, branch, visit, state, place, failure)?)
}

/// The Map Run that a visit waits for.
pub(crate) fn outstanding(execution: &Execution, visit: &Visit) -> Option<(CommandPlace, Command)> {
    let Activity::MapRun(run) = &visit.activity else { return None };
    let is_open = run.phase == MapRunPhase::Open;
    is_open.then(|| request(execution, (&visit.state, visit.number, run.revision), run, false))
}

/// The stop of a Map Run.
pub(crate) fn stop(execution: &Execution, stopping: &StoppingRun) -> (CommandPlace, Command) {
    request(execution, (&stopping.state, stopping.visit, stopping.revision), &stopping.run, true)
}

fn request(
    execution: &Execution,
    (state, visit, revision): (&str, u64, u64),
    run: &MapRun,
    stop: bool,
) -> (CommandPlace, Command) {
    let key = IdempotencyKey(format!("{}/{state}/{visit}/run", execution.identity.id));
    let proof = proof(run.secret, visit, 1);
    let token = TaskToken { execution: execution.identity.id.clone(), revision: run.revision, visit, attempt: 1, proof };
    let child = ChildRequest {
        identity: run.identity.clone(),
        parent: Parent { token, arn: execution.identity.arn.clone(), part: Part::MapRun { state: state.to_owned() } },
        input: ChildInput::Whole(run.spec.clone()),
        carried: run.carried.clone(),
        key: key.clone(),
        stop,
    };
    (CommandPlace { revision, key: Some(key) }, Command::Child(Box::new(child)))
}
