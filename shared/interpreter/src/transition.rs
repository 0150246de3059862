//! The transition: from an execution and its messages to the next execution and its new history events.

use std::sync::Arc;

use asl::Definition;
use breaks::Break;
use serde::{Deserialize, Serialize};

use crate::history::HistoryEventKind;
use crate::outstanding::Outlook;
use crate::runaway::Effort;
use crate::turn::Turn;
use crate::{
    Armed, DefinitionHash, Execution, ExecutionStatus, HistoryEvent, Identity, Limits, Message, MessageOutcome, Needs, OwedTask,
    Part, Payload, Reads, Routes, Staleness, StateFailure, Timestamp, ValueHash, advance, answer, child, deadline, ending,
    redrive, runaway, state, walk,
};

/// Randomness for one commit; recorded in its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub [u8; 16]);

/// What a transition works with besides the execution.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The execution's pinned definition.
    pub definition: &'a Definition,
    /// The routes of the day.
    pub routes: &'a Routes,
    /// The limits.
    pub limits: &'a Limits,
    /// What was loaded.
    pub reads: &'a Reads,
}

/// What came of the messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The next execution, to be committed at its revision; `None` if nothing changed and there is nothing to commit.
    pub execution: Option<Execution>,
    /// The new history events.
    pub events: Vec<HistoryEvent>,
    /// New value items, to be written before the entry: hash and JSON text.
    pub values: Vec<(ValueHash, Arc<str>)>,
    /// What became of each message, in their order.
    pub outcomes: Vec<MessageOutcome>,
}

/// Why there is no transition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransitionError {
    /// Something has to be read first; call again with it.
    #[error("{} values, {} leases and {} pages of items are to be read first", .0.values.len(), .0.heartbeats.len(), .0.items.len())]
    Missing(Needs),
    /// The execution does not fit its definition.
    #[error("execution `{execution}` is corrupt: {reason}")]
    Corrupt {
        /// Its id.
        execution: String,
        /// What does not fit.
        reason: String,
    },
}

impl Execution {
    /// An execution that is to begin: revision 0, for the first [`Message::Start`].
    pub fn new(identity: Identity, definition: DefinitionHash, input: Payload, started_at: Timestamp) -> Self {
        Self {
            identity,
            definition,
            status: crate::ExecutionStatus::Running,
            revision: 0,
            started_at,
            updated_at: started_at,
            closed_at: None,
            input,
            output: None,
            failure: None,
            deadline: None,
            next_event: 1,
            next_visit: 1,
            root: crate::Branch::default(),
            pivot_passed: false,
            ending: None,
            parked: None,
            armed: None,
            wake_at: started_at,
            redrive_count: 0,
            redriven_at: None,
            revocations: Vec::new(),
            ended_in: None,
            without_progress: 0,
            parent: None,
            map_run: None,
            stopping: Vec::new(),
        }
    }

    /// What is owed at this moment and has not been undone, groups opened up, in the order of the program.
    pub fn owed_tasks(&self) -> Vec<&OwedTask> {
        let mut owed = Vec::new();
        walk::walk(self, &mut |node| {
            if let walk::Node::Owed(task) = node {
                owed.push(task);
            }
        });
        owed
    }
}

/// Applies messages to an execution. Overdue deadlines fire first, in their order, then the messages in theirs.
///
/// Pure: `now` is the clock's time (an execution's time never runs backwards: the later of it and the latest entry's counts), `seed` all the
/// randomness there is.
///
/// # Errors
///
/// [`TransitionError::Missing`] if a value or lease item has to be read first; [`TransitionError::Corrupt`] if the execution does
/// not fit its definition.
pub fn transition(
    surroundings: Surroundings<'_>,
    execution: &Execution,
    messages: &[Message],
    now: Timestamp,
    seed: Seed,
) -> Result<Transition, TransitionError> {
    let latest = if breaks::active(Break::TimeRunsBackwards) { now } else { execution.updated_at };
    let now = advanced(messages, now.max(latest), surroundings.limits.timer_skew_millis);
    let mut turn = Turn::new(surroundings, execution.clone(), now, seed);
    let outlook = Outlook::of(execution);
    turn.open_branches = outlook.open_branches;
    let mut changed = false;
    let mut efforts = Vec::with_capacity(messages.len() + 2);
    let idle = breaks::active(Break::WakeSkipsOverdue) && messages.contains(&Message::Wake);
    if is_open(&turn) && execution.revision > 0 && !idle {
        if outlook.runnable {
            ending::run(&mut turn)?;
            changed = true;
            efforts.push(Effort::None);
        }
        if runaway::has_waited(execution, &turn) {
            efforts.push(Effort::Progress);
        }
        if !messages_first(messages) {
            changed |= fire_overdue(&mut turn)?;
        }
    }
    let mut outcomes = Vec::with_capacity(messages.len());
    for message in messages {
        let applied = |outcome: &MessageOutcome| *outcome == MessageOutcome::Applied;
        if breaks::active(Break::StaleMessageTakesItsBatchAlong) && !outcomes.iter().all(applied) {
            outcomes.push(MessageOutcome::Stale { reason: Staleness::NothingDue, publish_since: u64::MAX });
            continue;
        }
        let outcome = apply(&mut turn, message, changed)?;
        if outcome == MessageOutcome::Applied {
            changed = true;
            ending::run(&mut turn)?;
            fire_overdue(&mut turn)?;
        }
        efforts.push(runaway::effort_of(message, &outcome));
        outcomes.push(outcome);
    }
    if !changed {
        return Ok(Transition { execution: None, events: Vec::new(), values: Vec::new(), outcomes });
    }
    runaway::count(&mut turn, &efforts)?;
    let woken = messages.iter().any(|message| matches!(message, Message::Wake));
    // Of an execution that had ended the head was due at no time.
    let redriven = turn.execution.redrive_count > execution.redrive_count;
    plan(&mut turn, woken || redriven);
    let made = turn.finish();
    Ok(Transition { execution: Some(made.execution), events: made.events, values: made.values, outcomes })
}

/// Whether a break has the messages applied before what is overdue.
fn messages_first(messages: &[Message]) -> bool {
    let by_callback = |message: &Message| matches!(message, Message::Answer(answer) if answer.by_callback);
    breaks::active(Break::MessagesBeforeDeadlines)
        || breaks::active(Break::CallbackAfterItsDeadline) && messages.iter().any(by_callback)
}

/// A hint may be ahead of this clock by the skew between hosts: then it is right and the clock is behind.
fn advanced(messages: &[Message], now: Timestamp, skew_millis: u64) -> Timestamp {
    let dues = messages.iter().filter_map(|message| match message {
        Message::Timer { due, .. } => Some(*due),
        _ => None,
    });
    let is_near = |due: &Timestamp| *due <= now.plus_millis(skew_millis) || breaks::active(Break::EarlyHintFires);
    dues.filter(is_near).fold(now, Timestamp::max)
}

fn is_open(turn: &Turn<'_>) -> bool {
    turn.execution.status == ExecutionStatus::Running
}

/// Fires all deadlines that have passed, running the execution on behind each. Ends: a deadline that is made on the way was made by visiting a
/// state, of which there is a bounded number.
fn fire_overdue(turn: &mut Turn<'_>) -> Result<bool, TransitionError> {
    let mut fired = false;
    while is_open(turn) && deadline::fire_next(turn)? {
        fired = true;
        ending::run(turn)?;
    }
    Ok(fired)
}

/// Applies one message. `fired` says whether this transition has already done something that was due.
fn apply(turn: &mut Turn<'_>, message: &Message, fired: bool) -> Result<MessageOutcome, TransitionError> {
    let stale = |reason, publish_since| Ok(MessageOutcome::Stale { reason, publish_since });
    let open = is_open(turn);
    match message {
        Message::Start if turn.execution.revision == 0 && turn.execution.next_event == 1 => start(turn),
        Message::Start => stale(Staleness::AlreadyStarted, 1),
        _ if turn.execution.next_event == 1 => Err(turn.corrupt("a message came before the start")),
        Message::Answer(answered) => answer::answer(turn, answered),
        Message::Poll(poll) => answer::polled(turn, poll),
        Message::PublishFailed(failed) => Ok(answer::publish_failed(turn, failed)),
        Message::ChildEnded { token, end } => child::ended(turn, token, end),
        Message::ResultsWritten { visit, revision, outcome } => Ok(child::written(turn, *visit, *revision, outcome)),
        Message::UpdateMapRun(update) => Ok(child::updated(turn, update)),
        Message::Timer { due, revision } if open && *due > turn.now => {
            Ok(MessageOutcome::Early { due: *due, revision: *revision })
        }
        Message::Timer { .. } | Message::Wake if fired => Ok(MessageOutcome::Applied),
        Message::Timer { revision, .. } if !open => stale(Staleness::Ended, *revision),
        // What the armed hint was for is over. It is spent all the same: a later deadline needs a hint of its own.
        Message::Timer { due, revision } if turn.execution.armed == Some(Armed { due: *due, revision: *revision }) => {
            Ok(MessageOutcome::Applied)
        }
        Message::Timer { revision, .. } => stale(Staleness::NothingDue, *revision),
        Message::Wake if open && !breaks::active(Break::WakeSkipsOverdue) => Ok(MessageOutcome::Applied),
        Message::Wake => stale(Staleness::Ended, 0),
        Message::Stop { .. } if !open => stale(Staleness::Ended, 0),
        Message::Stop { .. } if turn.execution.ending.is_some() && !breaks::active(Break::StopDuringUnwindingCounts) => {
            stale(Staleness::AlreadyEnding, 0)
        }
        Message::Stop { error, cause } => {
            let failure = StateFailure { error: error.clone().unwrap_or_default(), cause: cause.clone() };
            ending::end_by(turn, ExecutionStatus::Aborted, failure)?;
            Ok(MessageOutcome::Applied)
        }
        Message::Redrive => Ok(redrive::redrive(turn)),
    }
}

/// The longest that an execution of an express machine may take (Step Functions Developer Guide, "Quotas").
const EXPRESS_SECONDS_MAX: u64 = 300;

/// The execution begins.
fn start(turn: &mut Turn<'_>) -> Result<MessageOutcome, TransitionError> {
    let definition = turn.surroundings.definition;
    let input = turn.execution.input.clone();
    turn.emit(0, HistoryEventKind::ExecutionStarted { input: input.clone() });
    let part = turn.execution.parent.as_ref().map(|parent| parent.part.clone()).unwrap_or_default();
    if part == Part::Machine {
        let longest = turn.execution.identity.is_express().then_some(EXPRESS_SECONDS_MAX);
        let timeout_seconds = definition.timeout_seconds.into_iter().chain(longest).min();
        turn.execution.deadline = timeout_seconds.map(|seconds| turn.execution.started_at.plus_seconds(seconds));
    }
    let Some(start_at) = part.start_at(definition) else {
        return Err(turn.corrupt(format!("its definition has no part {part:?}")));
    };
    let mut visit = advance::visit(turn, start_at, input);
    if let Part::MapRun { .. } = part {
        state::map_run::begin(turn, &mut visit)?;
    }
    turn.execution.root.visit = Some(visit);
    Ok(MessageOutcome::Applied)
}

/// When the execution has to be looked at again: the timer hint and the head's `wake_at` (ARCHITECTURE.md, invariants 12 and 13).
fn plan(turn: &mut Turn<'_>, woken: bool) {
    let (now, revision, limits) = (turn.now, turn.revision, turn.surroundings.limits);
    turn.execution.revision = revision;
    turn.execution.updated_at = now;
    if !is_open(turn) {
        // Until its head is told, the end is outstanding as a request is.
        turn.execution.wake_at = turn.execution.wake_at.min(now.plus_seconds(limits.wake_within_seconds));
        return;
    }
    let outlook = Outlook::of(&turn.execution);
    let runnable = outlook.runnable && !breaks::active(Break::RunnableBranchForgotten);
    let requested = outlook.requested && !breaks::active(Break::RequestNotLookedAfter);
    let earliest = if runnable { Some(now) } else { deadline::earliest(&turn.execution) };
    // A hint whose time has come is spent: published again it would only come back at once, for nothing.
    let armed = turn.execution.armed.filter(|armed| armed.due > now);
    turn.execution.armed = match earliest.filter(|due| *due <= now.plus_seconds(limits.timer_horizon_seconds)) {
        // One that is on its way for something earlier will see to this.
        Some(due) => armed
            .filter(|armed| armed.due <= due || breaks::active(Break::EarlierDeadlineNotArmed))
            .or(Some(Armed { due: due.max(now), revision })),
        None => armed,
    };
    let earliest = earliest.filter(|_| !breaks::active(Break::DeadlineNotLookedAfter));
    let within = match requested || runnable {
        true => now.plus_seconds(limits.wake_within_seconds),
        false => now.plus_seconds(limits.wake_at_least_seconds).min(earliest.unwrap_or(Timestamp(i64::MAX))),
    };
    turn.execution.wake_at = if woken { within } else { turn.execution.wake_at.min(within) };
}
