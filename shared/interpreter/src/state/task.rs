//! Task: work done outside (States Language specification, "Task State").
//!
//! | phase       | success               | failure of this attempt | of another attempt | deadline      |
//! |-------------|-----------------------|-------------------------|--------------------|---------------|
//! | due         | accepted (same key)   | stale                   | stale              | -             |
//! | in flight   | accepted              | accepted                | stale              | attempt fails |
//! | backoff     | accepted (same key)   | stale                   | stale              | next attempt  |
//! | ended       | (used in the same transition, never met by a message)                                |
//! | failed      | (the execution has ended)                                                            |
//!
//! `answer.rs` holds the table's left half, `deadline.rs` its right column; here is what follows from each.

use asl::state::Task;
use asl::{Integration, Pattern, Resource, State, StateKind, error_name};
use breaks::Break;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;

use crate::advance::{Place, Step, exit, leaving};
use crate::context_object::StateContext;
use crate::data_flow::{self, DataFlow};
use crate::failing::{context, failed, told};
use crate::halt::Halt;
use crate::history::{ErrorDetails, HistoryEventKind, TaskDetails};
use crate::scope::{Scope, Variables};
use crate::turn::Turn;
use crate::{
    Activity, AttemptEnd, Branch, IdempotencyKey, Owed, OwedTask, Routes, StateFailure, TaskAttempt, TaskOutcome, TaskPhase,
    TaskProgress, TaskToken, TransitionError, Undo, Visit, compensation, limits, retry,
};

/// Enters the state: a key for the visit, and its first attempt.
pub(crate) fn enter(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    task: &Task,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let iteration = place.item.map(|item| item.index);
    let key = IdempotencyKey::of_action(&turn.execution.identity.id, &state.name, visit.number, iteration);
    let mut progress = TaskProgress {
        key,
        secret: turn.random_bits(),
        arguments: None,
        function: String::new(),
        compensation: None,
        variables: Variables::new(),
        attempt: 0,
        misfit_attempt: 0,
        unknown: false,
        pivot_retries: 0,
        phase: TaskPhase::Due { revision: turn.revision },
    };
    let scheduled = schedule(turn, branch, visit, &mut progress, state, task, place);
    visit.activity = Activity::Task(Box::new(progress));
    scheduled
}

/// Goes on where the task stands.
pub(crate) fn resume(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    state: &State,
    place: Place<'_>,
) -> Result<Step, Halt> {
    let StateKind::Task(task) = &state.kind else {
        return Err(turn.corrupt(format!("state `{}` is no Task", state.name)).into());
    };
    let Activity::Task(progress) = std::mem::replace(&mut visit.activity, Activity::Waited) else {
        return Err(turn.corrupt(format!("state `{}` has no task in progress", state.name)).into());
    };
    let mut progress = *progress;
    let phase = std::mem::replace(&mut progress.phase, TaskPhase::Due { revision: turn.revision });
    let resumed = match phase {
        TaskPhase::Due { .. } => match schedule(turn, branch, visit, &mut progress, state, task, place) {
            // That another attempt cannot be made does not make a pivot's outcome known.
            Err(Halt::Failure(failure)) if task.pivot && progress.unknown => {
                let failure = told(turn, branch, visit, failure);
                used(turn, branch, visit, &mut progress, state, task, place, failure)
            }
            other => other,
        },
        TaskPhase::Ended(end) => ended(turn, branch, visit, &mut progress, state, task, place, end),
        phase @ (TaskPhase::InFlight(_) | TaskPhase::Backoff { .. }) => {
            progress.phase = phase;
            Ok(Step::Waiting)
        }
        TaskPhase::Failed(failure) => {
            progress.phase = TaskPhase::Failed(failure.clone());
            Ok(Step::Failed(failure))
        }
    };
    // Where a failure was decided on, the visit is what that made of it.
    if matches!(visit.activity, Activity::Waited) {
        visit.activity = Activity::Task(Box::new(progress));
    }
    resumed
}

/// Schedules the next attempt; left due where this transition's bound is reached.
fn schedule(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &Visit,
    progress: &mut TaskProgress,
    state: &State,
    task: &Task,
    place: Place<'_>,
) -> Result<Step, Halt> {
    if !turn.may_issue_command() {
        progress.phase = TaskPhase::Due { revision: turn.revision };
        return Ok(Step::Waiting);
    }
    let number = progress.attempt + 1;
    let token = token(turn, turn.revision, visit.number, number, progress.secret);
    let text = is_callback(task).then(|| token.to_string());
    let raw = turn.value(&visit.input)?;
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    let context = StateContext { seed: seed_of(progress.secret), ..context(turn, scope, visit, place, text.as_deref()) };
    let flow = data_flow::of_state(turn, state, context)?;
    let mut random = random_of(progress.secret);
    let input = flow.input(&raw)?;
    let timeout_seconds = task.timeout.as_ref().map(|amount| flow.amount(amount, "TimeoutSeconds", &input)).transpose()?;
    let heartbeat_seconds = task.heartbeat.as_ref().map(|amount| flow.amount(amount, "HeartbeatSeconds", &input)).transpose()?;
    let parameters = flow.arguments(input, &mut random)?;
    let (function, payload) = invocation(turn, &task.resource, parameters.clone())?;
    if let Some(action) = compensation::declared(task)
        && progress.compensation.is_none()
    {
        let evaluated = compensation::evaluate(turn, &*flow, action, &payload, &Value::Null, &mut random);
        progress.variables = compensation::captured(action, scope);
        let anyway = breaks::active(Break::ScheduledThoughArgumentsFail);
        progress.compensation = if anyway { evaluated.ok() } else { Some(evaluated?) };
    }
    let what = || state.name.clone();
    let (parameters, payload) = (turn.seal_bounded(parameters, &what)?, turn.seal_bounded(payload, &what)?);
    progress.attempt = number;
    progress.function.clone_from(&function);
    progress.arguments = Some(payload.clone());
    for event in scheduled_events(turn, task, parameters, timeout_seconds, heartbeat_seconds) {
        branch.last_event = turn.emit(branch.last_event, event);
    }
    // An activity's time begins when a worker asks for the task (Developer Guide, "Task workflow state": TimeoutSeconds, HeartbeatSeconds).
    let (begins, waits) = if is_activity(task) { (None, timeout_seconds) } else { (Some(turn.now), None) };
    let within = |seconds: Option<u64>| Some(begins?.plus_seconds(seconds?));
    progress.phase = TaskPhase::InFlight(TaskAttempt {
        revision: turn.revision,
        function,
        input: payload,
        deadline: within(timeout_seconds),
        heartbeat_seconds,
        heartbeat_deadline: within(heartbeat_seconds),
        callback: is_callback(task),
        submitted: false,
        timeout_seconds: waits,
    });
    Ok(Step::Waiting)
}

/// An attempt has ended.
#[expect(clippy::too_many_arguments, reason = "what every step of a state takes, and how the attempt ended")]
fn ended(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    progress: &mut TaskProgress,
    state: &State,
    task: &Task,
    place: Place<'_>,
    end: AttemptEnd,
) -> Result<Step, Halt> {
    let (failure, effect, event) = match end {
        AttemptEnd::Answered(TaskOutcome::Succeeded { result }) => {
            let result = compensation::raw_result(task, &progress.function, result, is_callback(task));
            match turn.seal_bounded((*result).clone(), &|| task.resource.provider().to_owned()) {
                Ok(sealed) => {
                    branch.last_event = turn.emit(branch.last_event, succeeded_event(task, sealed));
                    return match succeeded(turn, branch, visit, progress, state, task, place, &result) {
                        // It has happened, whatever the state makes of it: owed, like an unknown outcome.
                        Err(Halt::Failure(failure)) => {
                            progress.misfit_attempt = progress.attempt;
                            progress.unknown = !task.pivot && !breaks::active(Break::FailedEvaluationForgetsTheAction);
                            let failure = told(turn, branch, visit, failure);
                            used(turn, branch, visit, progress, state, task, place, failure)
                        }
                        other => other,
                    };
                }
                // As recorded from AWS, a result that is too large is the task's failure.
                Err(failure) => {
                    progress.misfit_attempt = progress.attempt;
                    let event = failed_event(task, ErrorDetails::of(&failure));
                    (failure, Effect::Certain, event)
                }
            }
        }
        AttemptEnd::Answered(TaskOutcome::Failed { failure, refusal }) => {
            if breaks::active(Break::TaskFailureIsAnError) {
                return Err(turn.corrupt("a task has failed").into());
            }
            let failure = failure.cut();
            let listed = task.refusals.contains(&failure.error) && !breaks::active(Break::RefusalsIgnored);
            let refused = (refusal || listed) && !breaks::active(Break::RefusedActionOwed);
            let event = failed_event(task, ErrorDetails::of(&failure));
            (failure, if refused { Effect::Refused } else { Effect::Unknown }, event)
        }
        AttemptEnd::TimedOut => timed_out(task, error_name::TIMEOUT),
        AttemptEnd::HeartbeatLost => timed_out(task, error_name::HEARTBEAT_TIMEOUT),
        AttemptEnd::NotPublished { failure, refusal } => {
            let event = not_published_event(task, ErrorDetails::of(&failure));
            (failure, if refusal { Effect::NeverSent } else { Effect::Unknown }, event)
        }
    };
    branch.last_event = turn.emit(branch.last_event, event);
    progress.unknown = match (effect, task.pivot) {
        (Effect::Certain, true) => {
            pass_pivot(turn, branch, state);
            false
        }
        (Effect::Unknown, _) | (Effect::Certain, false) => true,
        // The provider knows the key: that it refuses now proves that no earlier attempt took effect.
        (Effect::Refused, true) => progress.unknown && breaks::active(Break::PivotsRefusalNotTaken),
        (Effect::Refused, false) | (Effect::NeverSent, _) => progress.unknown && !breaks::active(Break::RefusalForgetsUnknown),
    };
    used(turn, branch, visit, progress, state, task, place, failure)
}

/// What an attempt that did not succeed says of its effect.
enum Effect {
    /// It was answered that there is none.
    Refused,
    /// It has none: its request was seen by nobody. Of earlier attempts that says nothing.
    NeverSent,
    /// It may have one.
    Unknown,
    /// It has one: only its result is of no use.
    Certain,
}

/// What a failed attempt leads to: the state's own retriers first, under the same key.
#[expect(clippy::too_many_arguments, reason = "what every step of a state takes, and the failure")]
fn used(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    progress: &mut TaskProgress,
    state: &State,
    task: &Task,
    place: Place<'_>,
    failure: StateFailure,
) -> Result<Step, Halt> {
    // One that has happened, and is attempted again by a redrive for its result alone, is known whatever becomes of that.
    let unknown_pivot = task.pivot && progress.unknown && !turn.execution.pivot_passed && !breaks::active(Break::PivotGivesUp);
    if turn.execution.ending.is_some() && !unknown_pivot {
        // A stop or timeout waited for this: what it decided is done now, whatever retriers and catchers there are.
        progress.phase = TaskPhase::Failed(failure.clone());
        return Ok(Step::Failed(failure));
    }
    let mut delay = retry::next_delay(&task.retry, &mut visit.retries, &failure, true, &mut turn.random)
        .filter(|_| !breaks::active(Break::OwnRetryIgnored));
    if delay.is_none() && unknown_pivot {
        let (first, longest) = (limits::PIVOT_RETRY_SECONDS_MIN, limits::PIVOT_RETRY_SECONDS_MAX);
        delay = Some(retry::doubling_seconds(first, longest, progress.pivot_retries) * 1_000);
        progress.pivot_retries += 1;
    }
    if let Some(delay_millis) = delay {
        progress.phase = TaskPhase::Backoff { until: turn.now.plus_millis(delay_millis) };
        return Ok(Step::Waiting);
    }
    // The part is surrendered from the visit, so the visit must hold it.
    visit.activity = Activity::Task(Box::new(progress.clone()));
    Ok(failed(turn, branch, visit, state, place, failure)?)
}

/// The task has succeeded: what it owes is registered, or all before it discharged, and the state is left.
#[expect(clippy::too_many_arguments, reason = "what every step of a state takes, and the result")]
fn succeeded(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    visit: &mut Visit,
    progress: &mut TaskProgress,
    state: &State,
    task: &Task,
    place: Place<'_>,
    result: &Value,
) -> Result<Step, Halt> {
    let raw = turn.value(&visit.input)?;
    if task.pivot {
        pass_pivot(turn, branch, state);
    }
    let scope = Scope { variables: &branch.variables, outer: place.scope };
    // Others than for its arguments: what was drawn for them must not be drawn again.
    let secret = !progress.secret;
    let context = StateContext { seed: seed_of(secret), ..context(turn, scope, visit, place, None) };
    let flow = data_flow::of_state(turn, state, context)?;
    let mut random = random_of(secret);
    if let Some(action) = compensation::declared(task).filter(|_| !breaks::active(Break::ArgumentsNotEvaluatedAgain)) {
        let received = progress.arguments.as_ref().map(|arguments| turn.value(arguments)).transpose()?;
        let received = received.as_deref().unwrap_or(&Value::Null);
        progress.compensation = Some(compensation::evaluate(turn, &*flow, action, received, result, &mut random)?);
    }
    let (output, assigned) = leaving(turn, &*flow, &raw, result.clone(), state, scope, Some(&mut random))?;
    if let Some(owed) = owed(visit, progress, state, place, true) {
        branch.owed.push(Owed::Task(Box::new(owed)));
    }
    Ok(exit(turn, branch, state, output, assigned, task.next.clone()))
}

/// The pivot has succeeded: all that is owed before it is discharged.
fn pass_pivot(turn: &mut Turn<'_>, branch: &mut Branch, state: &State) {
    if turn.execution.pivot_passed || breaks::active(Break::PivotForgotten) {
        return;
    }
    turn.execution.pivot_passed = true;
    let kept = breaks::active(Break::PivotDischargesNothing);
    let discharged = if kept { 0 } else { crate::failing::count(&std::mem::take(&mut branch.owed)) };
    branch.last_event = turn.emit(branch.last_event, HistoryEventKind::PivotPassed { state: state.name.clone(), discharged });
}

/// The record of what this task owes; none if it declares no compensation.
pub(crate) fn owed(visit: &Visit, progress: &TaskProgress, state: &State, place: Place<'_>, succeeded: bool) -> Option<OwedTask> {
    Some(OwedTask {
        state: state.name.clone(),
        visit: visit.number,
        key: progress.key.clone(),
        secret: progress.secret,
        attempts: progress.attempt,
        succeeded,
        entered_at: visit.entered_at,
        action_input: progress.arguments.clone()?,
        action_function: progress.function.clone(),
        compensation: progress.compensation.clone()?,
        iteration: place.item.cloned(),
        variables: progress.variables.clone(),
        undo: Undo::default(),
    })
}

/// Whether the outcome of a task that is to be stopped now may be an effect.
pub(crate) fn may_have_had_effect(progress: &TaskProgress) -> bool {
    progress.unknown || matches!(progress.phase, TaskPhase::InFlight(_))
}

/// The token of an attempt.
pub(crate) fn token(turn: &Turn<'_>, revision: u64, visit: u64, attempt: u32, secret: u128) -> TaskToken {
    TaskToken { execution: turn.execution.identity.id.clone(), revision, visit, attempt, proof: proof(secret, visit, attempt) }
}

/// The proof of an attempt's token: only whoever knows the visit's secret can make it, and one attempt's does not tell another's.
pub(crate) fn proof(secret: u128, visit: u64, attempt: u32) -> u128 {
    use sha2::Digest;
    if breaks::active(Break::ProofGuessable) {
        return 0;
    }
    let mut digest = sha2::Sha256::new();
    digest.update(secret.to_be_bytes());
    digest.update(visit.to_be_bytes());
    digest.update(attempt.to_be_bytes());
    let mut proof = [0; 16];
    for (place, byte) in proof.iter_mut().zip(digest.finalize()) {
        *place = byte;
    }
    u128::from_be_bytes(proof)
}

/// The random numbers of a visit: all its attempts draw the same ones, because the same key must ask for the same thing.
pub(crate) fn random_of(secret: u128) -> ChaCha8Rng {
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(secret.to_be_bytes()) {
        *place = byte;
    }
    ChaCha8Rng::from_seed(seed)
}

/// What evaluations of a visit draw from, for the same reason.
fn seed_of(secret: u128) -> u64 {
    (secret >> 64) as u64
}

/// Whether the task's answer comes by SendTaskSuccess or SendTaskFailure.
pub(crate) fn is_callback(task: &Task) -> bool {
    task.resource.integration.is_callback()
}

/// Whether a worker asks for the task.
pub(crate) fn is_activity(task: &Task) -> bool {
    task.resource.integration == Integration::Activity
}

/// Who is asked, and what for: a worker of ours by its function's name, with the payload; the dispatcher, where there is one, by the name of the
/// service's action, with all the arguments, or by a function's ARN, with the payload.
pub(crate) fn invocation(turn: &Turn<'_>, resource: &Resource, arguments: Value) -> Result<(String, Value), StateFailure> {
    let routes = turn.surroundings.routes;
    // Without a dispatcher a function that nobody serves is named in the failure.
    let is_ours = |name: &str| routes.has(name) || !routes.has(Routes::ANY);
    match &resource.integration {
        Integration::Function { name } if is_ours(name) => Ok((name.clone(), arguments)),
        Integration::Function { .. } | Integration::Activity => Ok((resource.arn.clone(), arguments)),
        Integration::LambdaInvoke { wait_for_task_token } => {
            let name = arguments.get("FunctionName").and_then(Value::as_str).and_then(function_name);
            let name = name.ok_or_else(no_function_name)?;
            if !is_ours(&name) {
                let pattern = if *wait_for_task_token { Pattern::WaitForTaskToken } else { Pattern::RequestResponse };
                return Ok((format!("{LAMBDA_INVOKE}{}", pattern.suffix()), arguments));
            }
            let payload = match arguments {
                Value::Object(mut arguments) => arguments.swap_remove("Payload"),
                _ => None,
            };
            Ok((name, payload.unwrap_or_else(|| serde_json::json!({}))))
        }
        Integration::Service(call) => Ok((call.function(), arguments)),
    }
}

/// What the dispatcher is asked for by `lambda:invoke`: its answer is the Lambda API's, and not a function's alone.
const LAMBDA_INVOKE: &str = "lambda:invoke";

/// Whether what was asked answers as the service's API does.
pub(crate) fn answers_as_api(function: &str) -> bool {
    function.starts_with(LAMBDA_INVOKE)
}

fn no_function_name() -> StateFailure {
    StateFailure::new(error_name::RUNTIME, "The field 'FunctionName' is required but was missing")
}

/// The function's name in a name or ARN, with or without qualifier.
fn function_name(text: &str) -> Option<String> {
    let name = match text.strip_prefix("arn:") {
        Some(_) => text.split(':').nth(6),
        None => text.split(':').next(),
    };
    name.filter(|name| !name.is_empty()).map(ToOwned::to_owned)
}

fn details(task: &Task) -> Option<TaskDetails> {
    let (resource_type, resource) = match &task.resource.integration {
        Integration::Function { .. } | Integration::Activity => return None,
        Integration::LambdaInvoke { wait_for_task_token: false } => ("lambda", "invoke".to_owned()),
        Integration::LambdaInvoke { wait_for_task_token: true } => ("lambda", "invoke.waitForTaskToken".to_owned()),
        Integration::Service(call) => (call.resource_type.as_str(), call.resource()),
    };
    Some(TaskDetails { resource_type: resource_type.to_owned(), resource })
}

/// The events of a scheduled attempt. When a function's worker starts is not reported, so "started" stands beside "scheduled".
fn scheduled_events(
    turn: &Turn<'_>,
    task: &Task,
    parameters: crate::Payload,
    timeout_seconds: Option<u64>,
    heartbeat_seconds: Option<u64>,
) -> Vec<HistoryEventKind> {
    match details(task) {
        None if is_activity(task) => {
            let resource = task.resource.arn.clone();
            vec![HistoryEventKind::ActivityScheduled { resource, input: parameters, timeout_seconds, heartbeat_seconds }]
        }
        None => {
            let resource = task.resource.arn.clone();
            let scheduled = HistoryEventKind::LambdaFunctionScheduled { resource, input: parameters, timeout_seconds };
            vec![scheduled, HistoryEventKind::LambdaFunctionStarted]
        }
        Some(task) => {
            let region = turn.execution.identity.arn.split(':').nth(3).unwrap_or_default().to_owned();
            let started = HistoryEventKind::TaskStarted { task: task.clone() };
            vec![HistoryEventKind::TaskScheduled { task, region, parameters, timeout_seconds, heartbeat_seconds }, started]
        }
    }
}

fn succeeded_event(task: &Task, output: crate::Payload) -> HistoryEventKind {
    match details(task) {
        None if is_activity(task) => HistoryEventKind::ActivitySucceeded { output },
        None => HistoryEventKind::LambdaFunctionSucceeded { output },
        Some(task) => HistoryEventKind::TaskSucceeded { task, output },
    }
}

fn failed_event(task: &Task, details_of_error: ErrorDetails) -> HistoryEventKind {
    match details(task) {
        None if is_activity(task) => HistoryEventKind::ActivityFailed(details_of_error),
        None => HistoryEventKind::LambdaFunctionFailed(details_of_error),
        Some(task) => HistoryEventKind::TaskFailed { task, details: details_of_error },
    }
}

fn not_published_event(task: &Task, details_of_error: ErrorDetails) -> HistoryEventKind {
    match details(task) {
        None if is_activity(task) => HistoryEventKind::ActivityScheduleFailed(details_of_error),
        None => HistoryEventKind::LambdaFunctionScheduleFailed(details_of_error),
        Some(task) => HistoryEventKind::TaskSubmitFailed { task, details: details_of_error },
    }
}

fn timed_out(task: &Task, error: &str) -> (StateFailure, Effect, HistoryEventKind) {
    let failure = StateFailure::named(error);
    let shown = ErrorDetails::of(&failure);
    let event = match details(task) {
        None if is_activity(task) => HistoryEventKind::ActivityTimedOut(shown),
        None => HistoryEventKind::LambdaFunctionTimedOut(shown),
        Some(task) => HistoryEventKind::TaskTimedOut { task, details: shown },
    };
    let refused = error == error_name::TIMEOUT && breaks::active(Break::TimeoutIsARefusal)
        || error == error_name::HEARTBEAT_TIMEOUT && breaks::active(Break::LostHeartbeatIsARefusal);
    (failure, if refused { Effect::Refused } else { Effect::Unknown }, event)
}

/// The event of a callback task whose request was delivered.
pub(crate) fn submitted_event(task: &Task, output: crate::Payload) -> Option<HistoryEventKind> {
    details(task).map(|task| HistoryEventKind::TaskSubmitted { task, output })
}

/// The flow of a task that has been stopped, for evaluating its compensation again.
pub(crate) fn flow_of_owed<'s>(
    turn: &Turn<'_>,
    state: &'s State,
    owed: &OwedTask,
) -> Result<Box<dyn DataFlow + 's>, TransitionError> {
    let context = StateContext {
        name: &owed.state,
        entered_at: owed.entered_at,
        retry_count: Some(0),
        item: owed.iteration.as_ref(),
        token: None,
        scope: Scope { variables: &owed.variables, outer: None },
        seed: seed_of(owed.secret),
    };
    data_flow::of_state(turn, state, context)
}
