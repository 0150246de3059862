//! How often each arm of the transition tables was taken: what the simulation never came to proves nothing.

use std::sync::Arc;

use interpreter::{
    Activity, Branch, EndingStage, Execution, ExecutionStatus, IdempotencyKey, IterationStage, TaskPhase, TaskProgress,
    TaskToken, Timestamp, UndoPhase,
};
use store::{Entry, LedgerEntry, LedgerState};

use super::Checks;
use super::traffic::{Meaning, text_of};
use crate::world::Handling;

impl Checks {
    fn took(&mut self, arm: String) {
        *self.arms.entry(arm).or_default() += 1;
    }

    /// A coordinator that handles messages has read the latest entry.
    pub(crate) fn coordinator_read(&mut self, entry: &Entry, handling: &Arc<Handling>) {
        let execution = &entry.execution;
        for delivery in &handling.deliveries {
            let Some(meaning) = self.meanings.get(text_of(&delivery.body)) else { continue };
            if meaning.execution() != Some(&execution.identity.id) {
                continue;
            }
            let arm = match meaning {
                Meaning::Answer(token, said) => format!("answer: {}: {}", said.name(), met_by(execution, token)),
                Meaning::Timer(_, due, _) => format!(
                    "hint: {}: {}",
                    stage(execution),
                    if *due > execution.updated_at { "for later than the latest entry" } else { "for before it" }
                ),
                Meaning::Wake(_) => format!("wake: {}", stage(execution)),
                Meaning::Request { .. } | Meaning::Newer | Meaning::Nothing => continue,
            };
            self.took(arm);
        }
    }

    /// A worker that handles a request has read the ledger: the tables of `worker`'s documentation.
    pub(crate) fn ledger_read(
        &mut self,
        key: &IdempotencyKey,
        entry: Option<&LedgerEntry>,
        handling: &Arc<Handling>,
        now: Timestamp,
    ) {
        for delivery in &handling.deliveries {
            let Some(Meaning::Request { token, key: own, undoes, .. }) = self.meanings.get(text_of(&delivery.body)) else {
                continue;
            };
            let state = state_of(entry, now);
            if own == key {
                let attempts = match entry {
                    None => "",
                    Some(entry) if token.attempt < entry.attempt => ", lower attempt",
                    Some(entry) if token.attempt == entry.attempt => ", same attempt",
                    Some(_) => ", higher attempt",
                };
                let kind = if undoes.is_some() { "compensation" } else { "action" };
                self.took(format!("ledger: {state}{attempts}: {kind}"));
            } else if undoes.as_ref() == Some(key) {
                self.took(format!("ledger: action {state}: compensation that undoes it"));
            }
        }
    }
}

/// Where an execution stands.
fn stage(execution: &Execution) -> &'static str {
    match (execution.status, execution.ending.as_ref().map(|ending| &ending.stage)) {
        (ExecutionStatus::Running, None) => "running",
        (ExecutionStatus::Running, Some(EndingStage::AwaitingPivot)) => "awaiting its pivot",
        (ExecutionStatus::Running, Some(EndingStage::Unwinding(_))) => "unwinding",
        (_, _) if execution.parked.is_some() => "parked",
        (_, _) => "ended",
    }
}

/// What an answer meets: the tables at the head of `state/task.rs` and `unwind.rs` of the interpreter.
fn met_by(execution: &Execution, token: &TaskToken) -> String {
    if execution.status != ExecutionStatus::Running {
        return stage(execution).to_owned();
    }
    let attempt = |current: u32| if token.attempt == current { "this attempt" } else { "another attempt" };
    if let Some(progress) = task_of(&execution.root, token.visit) {
        let phase = match &progress.phase {
            TaskPhase::Due { .. } => "due",
            TaskPhase::InFlight(attempt) if attempt.submitted => "in flight, submitted",
            TaskPhase::InFlight(_) => "in flight",
            TaskPhase::Backoff { .. } => "backoff",
            TaskPhase::Ended(_) => "ended",
            TaskPhase::Failed(_) => "failed",
        };
        return format!("action {phase}: {}", attempt(progress.attempt));
    }
    for owed in execution.owed_tasks() {
        if owed.visit == token.visit {
            let begun = if owed.undo.visit == 0 { "not yet undone" } else { "being undone" };
            return format!("action that was stopped, {begun}");
        }
        if owed.undo.visit == token.visit && token.visit != 0 {
            let phase = match &owed.undo.phase {
                UndoPhase::Registered => "registered",
                UndoPhase::Due { .. } => "due",
                UndoPhase::InFlight(_) => "in flight",
                UndoPhase::Backoff { .. } => "backoff",
                UndoPhase::Ended(_) => "ended",
                UndoPhase::Spent(_) => "spent",
            };
            return format!("compensation {phase}: {}", attempt(owed.undo.attempt));
        }
    }
    "visit over".to_owned()
}

/// The Task that is in this visit.
fn task_of(branch: &Branch, number: u64) -> Option<&TaskProgress> {
    let visit = branch.visit.as_ref()?;
    match &visit.activity {
        Activity::Task(progress) => (visit.number == number).then_some(&**progress),
        Activity::Parallel(branches) => branches.iter().find_map(|branch| task_of(branch, number)),
        Activity::Map(map) => map.active.iter().find_map(|iteration| match &iteration.stage {
            IterationStage::Running(branch) => task_of(branch, number),
            IterationStage::Unwinding { .. } => None,
        }),
        _ => None,
    }
}

fn state_of(entry: Option<&LedgerEntry>, now: Timestamp) -> &'static str {
    match entry.map(|entry| &entry.state) {
        None => "absent",
        Some(LedgerState::InProgress { lease_until, .. }) if *lease_until > now => "live",
        Some(LedgerState::InProgress { .. }) => "expired",
        Some(LedgerState::Failed { .. }) => "failed",
        Some(LedgerState::Succeeded { .. }) => "succeeded",
        Some(LedgerState::Revoked) => "revoked",
        Some(LedgerState::HeardOf) => "heard of",
    }
}
