//! What an execution says is to be done outside now: derived, never stored (ARCHITECTURE.md, invariant 10).

use breaks::Break;
use serde::{Deserialize, Serialize};

use crate::walk::{Node, walk};
use crate::{
    Activity, ChildRequest, EndOfChild, Execution, ExecutionStatus, IdempotencyKey, MapRunPhase, OwedTask, Payload, RunStage,
    TaskAttempt, TaskPhase, TaskToken, Timestamp, UndoPhase, Visit, WriteRequest, state,
};

/// Something to be done outside. Everything may be done twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Publish a request to a worker.
    Perform(Box<TaskRequest>),
    /// Revoke a key: its request is not to be executed any more.
    Revoke {
        /// The key.
        key: IdempotencyKey,
        /// Whether a success of an earlier attempt is to be revoked as well: of a task that hands tokens out.
        callback: bool,
    },
    /// Send a timer hint.
    Timer {
        /// When something is due.
        due: Timestamp,
        /// The revision that armed it: a hint that comes too late says what may not have been published.
        revision: u64,
    },
    /// Tell the head how the execution ended.
    Report(EndReport),
    /// Start an execution that this one waits for, or stop it.
    Child(Box<ChildRequest>),
    /// Tell the parent how the execution ended: before the head, whose report says that nothing is outstanding any more.
    AnswerParent(Box<EndOfChild>),
    /// Write the results of a Map Run.
    WriteResults(Box<WriteRequest>),
}

/// A request to a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRequest {
    /// The attempt's token; the answer brings it back.
    pub token: TaskToken,
    /// The name of the function that serves it; [`crate::Routes`] know its queue.
    pub function: String,
    /// The state, for logs.
    pub state: String,
    /// What the handler receives.
    pub input: Payload,
    /// The attempt's number, from 1.
    pub attempt: u32,
    /// When the attempt times out.
    pub deadline: Option<Timestamp>,
    /// Seconds within which a heartbeat is to come.
    pub heartbeat_seconds: Option<u64>,
    /// Whether it hands a task token out: then each attempt has a token of its own, which nobody else can hand out for it.
    pub callback: bool,
    /// The idempotency key.
    pub key: IdempotencyKey,
    /// The key of the action that this compensates.
    pub undoes: Option<IdempotencyKey>,
    /// The revision that scheduled the attempt.
    pub revision: u64,
    /// When the state was entered: tasks of an activity are given out in this order.
    pub entered_at: Timestamp,
}

impl TaskRequest {
    /// The activity whose workers ask for it, if it is one's. (No function's name has a colon.)
    pub fn activity(&self) -> Option<&str> {
        self.function.contains(":activity:").then_some(self.function.as_str())
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct EndReport {
    /// Its status.
    pub status: ExecutionStatus,
    /// When.
    pub closed_at: Timestamp,
}

/// Where a command stands among what is outstanding: in the order of creation and, of one revision, by key. As long as the command is outstanding
/// its place is the same, whatever happens to others; what is attempted anew is created anew, hence further on. So whoever goes through in pages
/// misses nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandPlace {
    /// The revision that created it.
    pub revision: u64,
    /// The key of the task, or the key that is revoked; none for the hint and the report, of which there is one each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
}

/// What is outstanding and was created at or after revision `since`, in the order of its creation.
///
/// Of an execution that has ended that is the report of its end, and of one that is open its tasks (a callback task whose request was delivered asks
/// for nothing more), revocations and the timer hint that was armed last. A branch that was left runnable is a hint that is due at once.
pub fn outstanding(execution: &Execution, since: u64) -> Vec<Command> {
    let mut commands = placed(execution);
    commands.retain(|(place, _)| place.revision >= since);
    commands.sort_by_key(|(place, _)| place.revision);
    commands.into_iter().map(|(_, command)| command).collect()
}

/// All that is outstanding, as [`outstanding`] has it since the beginning, each with its place, in the order of places.
pub fn outstanding_by_place(execution: &Execution) -> Vec<(CommandPlace, Command)> {
    let mut commands = placed(execution);
    commands.sort_by(|(place, _), (other, _)| place.cmp(other));
    commands
}

fn placed(execution: &Execution) -> Vec<(CommandPlace, Command)> {
    let mut commands = Vec::new();
    if execution.status == ExecutionStatus::Running {
        if let Some(ending) = execution.ending.as_ref().filter(|_| breaks::active(Break::EndReportedWhileUnwinding)) {
            let report = EndReport { status: ending.status, closed_at: execution.updated_at };
            commands.push((CommandPlace { revision: execution.revision, key: None }, Command::Report(report)));
        }
        walk(execution, &mut |node| match node {
            Node::Visit(visit) => {
                commands.extend(of_visit(execution, visit));
                commands.extend(state::distributed::outstanding(execution, visit));
                commands.extend(state::map_run::outstanding(execution, visit));
            }
            Node::Owed(owed) => commands.extend(of_compensation(execution, owed)),
            Node::Map(_) => {}
        });
        commands.extend(execution.armed.map(|armed| {
            let place = CommandPlace { revision: armed.revision, key: None };
            (place, Command::Timer { due: armed.due, revision: armed.revision })
        }));
    } else if let (Some(revision), Some(closed_at)) = (execution.ended_in, execution.closed_at) {
        let report = EndReport { status: execution.status, closed_at };
        commands.push((CommandPlace { revision, key: None }, Command::Report(report)));
        commands.extend(of_child(execution, revision, closed_at));
        // What was left open in the tree is stopped, whatever ended the execution.
        walk(execution, &mut |node| {
            if let Node::Visit(visit) = node {
                let open = state::distributed::outstanding(execution, visit);
                let open = open.into_iter().chain(state::map_run::outstanding(execution, visit));
                commands.extend(open.filter_map(|(place, command)| stopped(revision, place, command)));
            }
        });
    }
    commands.extend(execution.stopping.iter().map(|stopping| state::distributed::stop(execution, stopping)));
    commands.extend(execution.revocations.iter().map(|revocation| {
        let place = CommandPlace { revision: revocation.revision, key: Some(revocation.key.clone()) };
        (place, Command::Revoke { key: revocation.key.clone(), callback: revocation.callback })
    }));
    commands
}

/// The end of an execution that somebody waits for.
fn of_child(execution: &Execution, revision: u64, closed_at: Timestamp) -> Option<(CommandPlace, Command)> {
    let parent = execution.parent.as_deref()?.clone();
    let end = EndOfChild {
        parent,
        status: execution.status,
        output: execution.output.clone(),
        failure: execution.failure.clone(),
        started_at: execution.started_at,
        closed_at,
    };
    Some((CommandPlace { revision, key: None }, Command::AnswerParent(Box::new(end))))
}

/// The stop of a child that an execution left open when it ended in this revision.
fn stopped(revision: u64, place: CommandPlace, command: Command) -> Option<(CommandPlace, Command)> {
    let Command::Child(request) = command else { return None };
    Some((CommandPlace { revision, ..place }, Command::Child(Box::new(ChildRequest { stop: true, ..*request }))))
}

fn of_visit(execution: &Execution, visit: &Visit) -> Option<(CommandPlace, Command)> {
    let Activity::Task(progress) = &visit.activity else { return None };
    let TaskPhase::InFlight(attempt) = &progress.phase else { return None };
    if attempt.submitted {
        return None;
    }
    let numbers = Numbers { visit: visit.number, attempt: progress.attempt, secret: progress.secret };
    let mut key = progress.key.clone();
    if breaks::active(Break::KeyOfTheAttempt) {
        key.0.push_str(&format!("/{}", progress.attempt));
    }
    Some(request(execution, attempt, (&visit.state, visit.entered_at), numbers, key, None))
}

fn of_compensation(execution: &Execution, owed: &OwedTask) -> Option<(CommandPlace, Command)> {
    let UndoPhase::InFlight(attempt) = &owed.undo.phase else { return None };
    let numbers = Numbers { visit: owed.undo.visit, attempt: owed.undo.attempt, secret: owed.secret };
    let undoes = Some(owed.key.clone());
    let shared = breaks::active(Break::CompensationUnderTheActionsKey);
    let key = if shared { owed.key.clone() } else { owed.key.of_compensation() };
    Some(request(execution, attempt, (&owed.state, owed.entered_at), numbers, key, undoes))
}

/// What the token of an attempt is made of.
#[derive(Clone, Copy)]
struct Numbers {
    visit: u64,
    attempt: u32,
    secret: u128,
}

fn request(
    execution: &Execution,
    attempt: &TaskAttempt,
    (state, entered_at): (&str, Timestamp),
    numbers: Numbers,
    key: IdempotencyKey,
    undoes: Option<IdempotencyKey>,
) -> (CommandPlace, Command) {
    let Numbers { visit, attempt: number, secret } = numbers;
    let proof = state::task::proof(secret, visit, number);
    let token = TaskToken { execution: execution.identity.id.clone(), revision: attempt.revision, visit, attempt: number, proof };
    let place = CommandPlace { revision: attempt.revision, key: Some(key.clone()) };
    let task = TaskRequest {
        token,
        function: attempt.function.clone(),
        state: state.to_owned(),
        input: attempt.input.clone(),
        attempt: number,
        deadline: attempt.deadline,
        heartbeat_seconds: attempt.heartbeat_seconds,
        callback: attempt.callback,
        key,
        undoes,
        revision: attempt.revision,
        entered_at,
    };
    (place, Command::Perform(Box::new(task)))
}

/// What is outstanding, for deciding when an execution has to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Outlook {
    /// Whether a branch, a task or iterations were left for the next transition.
    pub(crate) runnable: bool,
    /// Whether a request is outside that a lost message would lose.
    pub(crate) requested: bool,
    /// Branches of Parallel and Map that are open.
    pub(crate) open_branches: u32,
}

impl Outlook {
    /// Of an execution.
    pub(crate) fn of(execution: &Execution) -> Self {
        let mut outlook = Self { requested: !execution.stopping.is_empty(), ..Self::default() };
        walk(execution, &mut |node| match node {
            Node::Visit(visit) => outlook.visit(visit),
            Node::Owed(owed) => match owed.undo.phase {
                UndoPhase::Due { .. } => outlook.runnable = true,
                UndoPhase::InFlight(_) => outlook.requested = true,
                UndoPhase::Registered | UndoPhase::Backoff { .. } | UndoPhase::Ended(_) | UndoPhase::Spent(_) => {}
            },
            Node::Map(map) => {
                outlook.runnable |= map.starved.is_some();
                outlook.open(map.active.len());
            }
        });
        outlook
    }

    fn visit(&mut self, visit: &Visit) {
        match &visit.activity {
            Activity::Runnable { .. } => self.runnable = true,
            Activity::Parallel(branches) => self.open(branches.len()),
            Activity::MapRun(run) => self.requested |= run.phase == MapRunPhase::Open,
            Activity::Items(run) => {
                self.runnable |= run.starved.is_some();
                self.requested |= !run.open.is_empty() || matches!(run.stage, RunStage::Writing { .. });
            }
            Activity::Task(progress) => match &progress.phase {
                TaskPhase::Due { .. } => self.runnable = true,
                TaskPhase::InFlight(attempt) => self.requested |= !attempt.submitted,
                TaskPhase::Backoff { .. } | TaskPhase::Ended(_) | TaskPhase::Failed(_) => {}
            },
            Activity::Waiting { .. }
            | Activity::Waited
            | Activity::Map(_)
            | Activity::Backoff { .. }
            | Activity::Unwinding { .. }
            | Activity::Failed(_) => {}
        }
    }

    fn open(&mut self, count: usize) {
        self.open_branches = self.open_branches.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }
}
