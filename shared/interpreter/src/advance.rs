//! Running a branch on until it waits for something outside, has finished, or has failed.

use asl::{Next, State, StateKind};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::data_flow::{Assigning, DataFlow, Field};
use crate::halt::Halt;
use crate::history::{HistoryEventKind, StateType};
use crate::scope::{Scope, Variables};
use crate::turn::Turn;
use crate::unwind::{Unwound, unwind};
use crate::{Activity, Branch, MapItem, Payload, StateFailure, TransitionError, Visit, failing, scope, state};

/// Where a branch stands in the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    /// The innermost Map iteration around it.
    pub(crate) item: Option<&'p MapItem>,
    /// Whether it is the execution's outermost branch.
    pub(crate) outermost: bool,
    /// The variables of the branches around it.
    pub(crate) scope: Option<&'p Scope<'p>>,
}

/// How far a branch came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Progress {
    /// It waits for something outside, or for the next transition.
    Waiting,
    /// It has finished with this output.
    Finished(Payload),
    /// It has failed and nothing in it catches that. It stands as it was when it failed.
    Failed(StateFailure),
    /// A part of it failed with this, and a compensation of that part failed for good: nothing may use the failure.
    Stuck(StateFailure),
}

/// How far one state came.
#[derive(Debug)]
pub(crate) enum Step {
    /// It waits.
    Waiting,
    /// Its activity has changed: look again.
    Changed,
    /// It is left.
    Exited {
        /// Its output.
        output: Payload,
        /// Where it leads.
        next: Next,
    },
    /// See [`Progress::Failed`].
    Failed(StateFailure),
    /// See [`Progress::Stuck`].
    Stuck(StateFailure),
}

/// A visit of a state that is about to be entered.
pub(crate) fn visit(turn: &mut Turn<'_>, state: &str, input: Payload) -> Visit {
    Visit {
        state: state.to_owned(),
        number: turn.next_visit(),
        input,
        entered_at: turn.now,
        entered_event: 0,
        retries: Vec::new(),
        activity: Activity::Runnable { revision: turn.revision },
    }
}

/// Runs a branch on.
pub(crate) fn advance(turn: &mut Turn<'_>, branch: &mut Branch, place: Place<'_>) -> Result<Progress, TransitionError> {
    loop {
        let Some(mut current) = branch.visit.take() else {
            return branch
                .output
                .clone()
                .map(Progress::Finished)
                .ok_or_else(|| turn.corrupt("a branch has neither state nor output"));
        };
        if place.outermost && turn.is_to_end_behind_the_pivot() {
            branch.visit = Some(current);
            return Ok(Progress::Waiting);
        }
        let step = step(turn, branch, &mut current, place)?;
        match step {
            Step::Changed => branch.visit = Some(current),
            Step::Exited { output, next: Next::State(name) } => branch.visit = Some(visit(turn, &name, output)),
            Step::Exited { output, next: Next::End } => branch.output = Some(output),
            Step::Waiting => {
                branch.visit = Some(current);
                return Ok(Progress::Waiting);
            }
            Step::Failed(failure) => {
                branch.visit = Some(current);
                return Ok(Progress::Failed(failure));
            }
            Step::Stuck(failure) => {
                branch.visit = Some(current);
                return Ok(Progress::Stuck(failure));
            }
        }
    }
}

/// Takes a visit one step on.
fn step(turn: &mut Turn<'_>, branch: &mut Branch, visit: &mut Visit, place: Place<'_>) -> Result<Step, TransitionError> {
    let state = turn.state(&visit.state)?;
    let stepped = match &visit.activity {
        Activity::Runnable { .. } => {
            if !turn.may_visit_state() {
                visit.activity = Activity::Runnable { revision: turn.revision };
                return Ok(Step::Waiting);
            }
            enter(turn, branch, visit, state, place)
        }
        Activity::Waiting { .. } | Activity::Backoff { .. } => return Ok(Step::Waiting),
        Activity::Waited => state::wait::waited(turn, branch, visit, state, place),
        Activity::Task(_) => state::task::resume(turn, branch, visit, state, place),
        Activity::Parallel(_) => state::parallel::resume(turn, branch, visit, state, place),
        Activity::Map(_) => state::map::resume(turn, branch, visit, state, place),
        Activity::MapRun(_) => state::distributed::resume(turn, branch, visit, state, place),
        Activity::Items(_) => return state::map_run::resume(turn, branch, visit, state),
        Activity::Unwinding { .. } => return unwinding(turn, branch, visit, place),
        Activity::Failed(failure) => return Ok(Step::Failed(failure.clone())),
    };
    match stepped {
        Ok(step) => Ok(step),
        Err(Halt::Failure(failure)) => {
            let failure = failing::told(turn, branch, visit, failure);
            failing::failed(turn, branch, visit, state, place, failure)
        }
        Err(Halt::Error(error)) => Err(error),
    }
}

/// Enters a state: its entered event once per visit, then what its type does.
fn enter(turn: &mut Turn<'_>, branch: &mut Branch, visit: &mut Visit, state: &State, place: Place<'_>) -> Result<Step, Halt> {
    if visit.entered_event == 0 {
        visit.entered_at = turn.now;
        let (state_type, name, input) = (StateType::of(state), state.name.clone(), visit.input.clone());
        visit.entered_event = turn.emit(branch.last_event, HistoryEventKind::StateEntered { state_type, name, input });
        branch.last_event = visit.entered_event;
    }
    match &state.kind {
        StateKind::Pass(pass) => state::pass::enter(turn, branch, visit, state, pass, place),
        StateKind::Choice(choice) => state::choice::enter(turn, branch, visit, state, choice, place),
        StateKind::Succeed(_) => state::succeed::enter(turn, branch, visit, state, place),
        StateKind::Fail(fail) => state::fail::enter(turn, branch, visit, state, fail, place),
        StateKind::Wait(wait) => state::wait::enter(turn, branch, visit, state, wait, place),
        StateKind::Task(task) => state::task::enter(turn, branch, visit, state, task, place),
        StateKind::Parallel(parallel) => state::parallel::enter(turn, branch, visit, state, parallel, place),
        StateKind::Map(map) => match &map.distributed {
            None => state::map::enter(turn, branch, visit, state, map, place),
            Some(distributed) => state::distributed::enter(turn, branch, visit, state, (map, distributed), place),
        },
    }
}

/// What a state with a result makes of it: its output, and the variables that it assigns.
pub(crate) fn leaving(
    turn: &mut Turn<'_>,
    flow: &dyn DataFlow,
    raw: &Value,
    result: Value,
    state: &State,
    scope: Scope<'_>,
    random: Option<&mut ChaCha8Rng>,
) -> Result<(Payload, Variables), Halt> {
    let mut own = turn.random.clone();
    let drawn_elsewhere = random.is_some();
    let random = random.unwrap_or(&mut own);
    let result = flow.result(result, random)?;
    let assign = &state.data().assign;
    let assigned = if assign.is_empty() {
        Vec::new()
    } else {
        let by = Assigning { field: Field::State, raw, data: &result, result: Some(&result), error_output: None };
        flow.assigned(assign, by, random)?
    };
    if !drawn_elsewhere {
        turn.random = own;
    }
    let output = flow.output(raw, result)?;
    let output = turn.seal_bounded(output, &|| state.name.clone())?;
    Ok((output, scope::seal(turn, assigned, scope, state)?))
}

/// Leaves a state: its exited event, its output, the variables that it assigns.
pub(crate) fn exit(
    turn: &mut Turn<'_>,
    branch: &mut Branch,
    state: &State,
    output: Payload,
    assigned: Variables,
    next: Next,
) -> Step {
    let (state_type, name) = (StateType::of(state), state.name.clone());
    branch.variables.extend(assigned.clone());
    let exited = HistoryEventKind::StateExited { state_type, name, output: output.clone(), assigned };
    branch.last_event = turn.emit(branch.last_event, exited);
    Step::Exited { output, next }
}

/// A part that has failed and is being unwound before its failure is used.
fn unwinding(turn: &mut Turn<'_>, branch: &mut Branch, visit: &mut Visit, place: Place<'_>) -> Result<Step, TransitionError> {
    let Activity::Unwinding { owed, failure, then } = &mut visit.activity else {
        return Err(turn.corrupt("only a part that is unwinding unwinds"));
    };
    match unwind(turn, owed)? {
        Unwound::Waiting => Ok(Step::Waiting),
        Unwound::Stuck => Ok(Step::Stuck(failure.clone())),
        Unwound::Done => {
            let (failure, then) = (failure.clone(), *then);
            let ended = HistoryEventKind::UnwindingEnded { state: Some(visit.state.clone()), owed: 0 };
            branch.last_event = turn.emit(branch.last_event, ended);
            failing::use_failure(turn, branch, visit, place, &failure, then)
        }
    }
}
