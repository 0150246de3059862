//! The auditor: judges an execution by its definition, its history, what the workers did, and what the API answers.
//!
//! A model of its own, made of the rules (ARCHITECTURE.md, "Invariants"; DESIGN of compensation): it walks the history through the program, keeps what
//! is owed by its own reckoning, and compares. It never looks at the interpreter's state. Where a history cannot tell (a typed
//! refusal shows its error's name and nothing else; a data-flow error leaves no event) the auditor takes what is possible, and the book
//! of effects decides.
//!
//! [`audit`] may be asked of an execution that runs: then it judges what there is so far.

mod arguments;
mod choice;
mod composite;
mod effects;
mod ending;
mod evaluation;
mod failure;
mod frame;
mod model;
mod numbering;
mod obligation;
mod path;
mod program;
mod task;
#[cfg(test)]
mod tests;
mod unwinding;

use std::sync::Arc;

use asl::Definition;
use interpreter::{ExecutionStatus, HistoryEvent, Limits, Payload, StateFailure, Timestamp};
use serde_json::Value;

use crate::effect::Effect;
use crate::workload::machine::NO_STOCK;

/// What a task fails with whose request can never be published.
const UNDELIVERABLE: &str = "Backstep.Undeliverable";

/// An execution to be judged.
#[derive(Clone, Copy)]
pub struct Case<'c> {
    /// The definition that it is pinned to.
    pub definition: &'c Definition,
    /// All its history events, in the order of its journal.
    pub events: &'c [HistoryEvent],
    /// The value of a payload; none if it cannot be had any more, which then is not judged.
    pub value: &'c dyn Fn(&Payload) -> Option<Arc<Value>>,
    /// The effects that were had for it, in their order.
    pub effects: &'c [&'c Effect],
    /// When it was started, as the API tells it: the head is written first, the first event a while later. The machine's time counts from here.
    pub started_at: Timestamp,
    /// Its status as the API tells it.
    pub status: ExecutionStatus,
    /// Its error and cause as the API tells them.
    pub failure: Option<&'c StateFailure>,
    /// Whether an error may be a worker's typed refusal. Random workers: [`may_refuse`].
    pub may_refuse: &'c dyn Fn(&str) -> bool,
    /// Whether somebody may have stopped it.
    pub stopped: bool,
    /// The limits that it runs under.
    pub limits: &'c Limits,
}

/// Whether an error may be a typed refusal of a random worker.
pub fn may_refuse(error: &str) -> bool {
    // A request that was withdrawn is answered so, where somebody else got it through.
    error == NO_STOCK || error == UNDELIVERABLE
}

/// A rule that an execution broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: one of [`rule`].
    pub rule: &'static str,
    /// What happened, with the event's id or the key.
    pub text: String,
}

/// The rules.
pub mod rule {
    /// Events are numbered from 1 without a gap, each leads from an earlier one, and time never goes back.
    pub const NUMBERING: &str = "numbering";
    /// A history begins with its start and has one end, which is its last event; only a redrive goes on behind it.
    pub const ONE_END: &str = "one end";
    /// What the API answers is what the history says.
    pub const ANSWER: &str = "answer";
    /// States follow each other as the definition says.
    pub const PATH: &str = "path";
    /// What a state leaves is what the next one enters with.
    pub const DATA: &str = "data";
    /// Attempts are as many as retriers allow, and a catcher takes what no retrier does.
    pub const RETRY: &str = "retry";
    /// Nothing is tried again before its backoff is over.
    pub const BACKOFF: &str = "backoff";
    /// A Wait is not left early.
    pub const WAIT: &str = "wait";
    /// A timeout is not reported early.
    pub const TIMEOUT: &str = "timeout";
    /// What is overdue comes in the order in which it was due.
    pub const OVERDUE: &str = "overdue";
    /// No success is taken from an attempt whose time is over.
    pub const LATE_SUCCESS: &str = "late success";
    /// All branches and iterations are started and ended.
    pub const PARTS: &str = "parts";
    /// Not more iterations at a time than `MaxConcurrency` says, nor more branches undone than the limit.
    pub const CONCURRENCY: &str = "concurrency";
    /// Not more failures are tolerated than the definition says, and not fewer.
    pub const TOLERANCE: &str = "tolerance";
    /// Only what is owed is undone.
    pub const NOT_OWED: &str = "not owed";
    /// Last first: what came later is undone before, and a part is undone before its failure is used.
    pub const ORDER: &str = "order";
    /// A compensation is called with what the definition says.
    pub const ARGUMENTS: &str = "arguments";
    /// What is owed is undone before the failure is used, or the execution ends, or named as owed.
    pub const LEFT_BEHIND: &str = "left behind";
    /// A pivot's past is never undone, and behind it an execution is parked forward.
    pub const PIVOT: &str = "pivot";
    /// An effect is had once per key.
    pub const ONCE: &str = "once";
    /// No action takes effect after its compensation.
    pub const AFTER_UNDONE: &str = "after undone";
    /// One key per visit: the same for all attempts, another for another visit.
    pub const KEY: &str = "key";
    /// What succeeded has its effect, and what is undone has that.
    pub const NO_EFFECT: &str = "no effect";
    /// All or nothing: of an execution that was unwound nothing stays, of one that succeeded nothing is undone but what failed.
    pub const ALL_OR_NOTHING: &str = "all or nothing";
}

/// After so many violations the rest is not looked for: one slip leads to others.
const VIOLATIONS_MAX: usize = 20;

/// What is wrong with an execution; empty if nothing is.
pub fn audit(case: &Case<'_>) -> Vec<Violation> {
    let mut violations = numbering::audit(case);
    if !violations.is_empty() {
        // Without sound links between the events nothing else can be said.
        violations.extend(effects::of_keys(case));
        return violations;
    }
    let mut model = model::Model::new(case);
    for event in case.events {
        model.take(event);
    }
    model.close();
    violations.extend(effects::of_keys(case));
    violations.extend(effects::of_visits(case, &model));
    violations.splice(0..0, model.found);
    violations.truncate(VIOLATIONS_MAX);
    violations
}
