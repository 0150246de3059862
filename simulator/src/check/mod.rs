//! Checkers: whoever watches each step of the world, and says what is wrong at once.
//!
//! They see what the ports do, and the state that was committed; they share no code with what they check beyond the types. What can be judged at an
//! execution's end only is the auditor's ([`crate::auditor`]) and the balance's (`order::balance`).

mod acknowledged;
mod arms;
mod bounds;
mod forged;
mod heartbeat;
mod journal;
mod kept;
mod lease;
mod ledger;
mod overrun;
mod published;
mod refused;
mod sent;
mod surrender;
mod told;
mod traffic;
mod waits;
mod woken;

use std::collections::{BTreeMap, BTreeSet};

use interpreter::{Execution, ExecutionId, HistoryEventKind, IdempotencyKey, Limits, Seed, Timestamp};

use crate::effect::EffectKind;
use crate::options::Options;
use crate::world::World;

pub(crate) use bounds::output_text;
pub(crate) use forged::FORGED;
pub(crate) use traffic::Meaning;

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule, by a short name.
    pub rule: String,
    /// What was seen.
    pub text: String,
}

/// The journal of one execution, as it was seen being written.
#[derive(Debug, Clone)]
struct Journal {
    revision: u64,
    /// Who wrote it.
    by: Option<crate::executor::TaskNumber>,
    /// Of each revision.
    seeds: BTreeMap<u64, Seed>,
    latest: Execution,
}

/// What whoever watches has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    violations: Vec<Violation>,
    limits: Limits,
    journals: BTreeMap<ExecutionId, Journal>,
    /// What messages say, by their text without what differs when they are sent again.
    meanings: BTreeMap<String, Meaning>,
    /// How many copies of a message are on their way, in a queue, or being handled.
    live: BTreeMap<String, i64>,
    /// How many copies of answers to a task's attempt.
    live_answers: BTreeMap<(ExecutionId, u64, u32), i64>,
    /// Attempts whose answer was lost with its queue.
    lost_answers: BTreeSet<(ExecutionId, u64, u32)>,
    /// When a copy of a message was lost with its queue, last.
    purged_at: BTreeMap<String, Timestamp>,
    /// The entries that a message led to, while a copy of it is live.
    causes: BTreeMap<String, BTreeMap<(ExecutionId, u64), published::Cause>>,
    /// Entries whose message somebody else was done with, who had it at the same time.
    left_to_others: Vec<(String, (ExecutionId, u64), published::Cause)>,
    /// When an execution was redriven last.
    redriven: BTreeMap<ExecutionId, Timestamp>,
    /// Messages one of which led to an entry, each handled by itself.
    handled_apart: BTreeSet<String>,
    /// The attempts whose requests a queue has taken.
    sent_requests: BTreeSet<(ExecutionId, u64, u32)>,
    /// Keys of tasks whose requests hand a token out.
    callbacks: BTreeSet<IdempotencyKey>,
    /// The timer hints that a queue has taken.
    sent_hints: BTreeSet<(ExecutionId, Timestamp, u64)>,
    /// When a task was heard of last, by what the ledger was told.
    heard_of: BTreeMap<IdempotencyKey, Timestamp>,
    /// What was sent to the parking queue.
    parked: BTreeSet<String>,
    /// Executions that somebody tried to stop.
    stopped: BTreeSet<String>,
    /// Actions whose compensation took effect.
    undone: BTreeSet<IdempotencyKey>,
    /// Keys that had an effect.
    had: BTreeSet<(IdempotencyKey, EffectKind)>,
    /// What was seen of wakes.
    wakes: woken::Wakes,
    /// Keys of tasks that somebody outside answers by a token.
    called_back: BTreeSet<IdempotencyKey>,
    /// Who sent a message under this deduplication id.
    deduplicated: BTreeMap<String, Option<crate::executor::TaskNumber>>,
    /// The page that was sent under this deduplication id.
    pages: BTreeMap<String, String>,
    /// Requests above this many bytes of input travel by reference.
    request_inline_bytes: u64,
    /// When a callback was heard of, as its owner was told.
    told_heard: BTreeMap<(ExecutionId, u64), heartbeat::Heard>,
    /// Who has held a lease.
    holders: BTreeSet<String>,
    /// What was asked for with an attempt: when it times out, and how often it is to be heard of, in seconds.
    asked: BTreeMap<(IdempotencyKey, u32), (Option<Timestamp>, Option<u64>)>,
    /// The keys of attempts.
    keys: BTreeMap<(ExecutionId, u64, u32), IdempotencyKey>,
    /// When keys were revoked.
    revoked_at: BTreeMap<IdempotencyKey, Timestamp>,
    /// Executions that their clients gave up on before they were told that they exist.
    given_up: BTreeSet<String>,
    /// Attempts whose request was refused at its first try, and who tried.
    refused_first: BTreeMap<(ExecutionId, u64, u32), Option<crate::executor::TaskNumber>>,
    /// How often each arm of the transition tables was taken.
    arms: BTreeMap<String, u64>,
    /// How many entries were committed.
    transitions: u64,
}

impl Checks {
    /// Nothing seen yet.
    pub(crate) fn new(options: &Options) -> Self {
        let request_inline_bytes = options.bounds.request_inline_bytes;
        Self { limits: options.limits.clone(), request_inline_bytes, ..Self::default() }
    }

    /// Notes a violation.
    pub(crate) fn violated(&mut self, rule: &str, text: String) {
        self.violations.push(Violation { rule: rule.to_owned(), text });
    }

    /// What was found.
    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How often each arm of the transition tables was taken.
    pub(crate) fn arms(&self) -> &BTreeMap<String, u64> {
        &self.arms
    }

    /// How many entries were committed.
    pub(crate) fn transitions(&self) -> u64 {
        self.transitions
    }

    /// The executions that were seen, as they stand.
    pub(crate) fn executions(&self) -> impl Iterator<Item = &Execution> {
        self.journals.values().map(|journal| &journal.latest)
    }

    /// How an execution stands.
    pub(crate) fn latest(&self, execution: &ExecutionId) -> Option<&Execution> {
        self.journals.get(execution).map(|journal| &journal.latest)
    }
}

/// The name of a history event, for traces: short, with its state.
pub(crate) fn event_name(kind: &HistoryEventKind) -> String {
    let name = kind.type_name();
    match kind {
        HistoryEventKind::StateEntered { name: state, .. }
        | HistoryEventKind::StateExited { name: state, .. }
        | HistoryEventKind::CompensationScheduled { state, .. }
        | HistoryEventKind::CompensationSucceeded { state }
        | HistoryEventKind::CompensationFailed { state, .. }
        | HistoryEventKind::PivotPassed { state, .. } => format!("{name}({state})"),
        HistoryEventKind::MapIterationStarted { index, .. }
        | HistoryEventKind::MapIterationSucceeded { index, .. }
        | HistoryEventKind::MapIterationFailed { index, .. }
        | HistoryEventKind::MapIterationAborted { index, .. } => format!("{name}({index})"),
        _ => name,
    }
}

/// The head of an execution, as the store has it.
fn head_of(world: &World, execution: &ExecutionId) -> Option<store::Head> {
    use futures::FutureExt;
    store::ExecutionStore::head_of(&world.store, execution).now_or_never()?.ok()?
}
