//! How often each arm of the transition tables was taken: what the simulation never came to proves nothing.
//!
//! [`crate::arms`] has all arms there are, so that what is never taken is told, and those that cannot be, so that taking one is noticed.

use std::sync::Arc;

use interpreter::{
    Activity, Branch, EndingStage, Execution, ExecutionStatus, IdempotencyKey, IterationStage, Parked, TaskPhase, TaskProgress,
    TaskToken, Timestamp, UndoPhase,
};
use store::{Entry, LedgerEntry, LedgerState};

use super::Checks;
use super::traffic::{Meaning, text_of};
use crate::world::{Asking, Handling};

impl Checks {
    fn took(&mut self, arm: String) {
        if let Some(why) = crate::arms::impossible(&arm) {
            self.violated("arm", format!("`{arm}` was taken, though {why}"));
        }
        *self.arms.entry(arm).or_default() += 1;
    }

    /// A coordinator that handles messages has read the latest entry.
    pub(crate) fn coordinator_read(&mut self, entry: &Entry, handling: &Arc<Handling>, now: Timestamp) {
        let execution = &entry.execution;
        for delivery in &handling.deliveries {
            let Some(meaning) = self.meanings.get(text_of(&delivery.body)) else { continue };
            if meaning.execution() != Some(&execution.identity.id) {
                continue;
            }
            let arm = match meaning {
                Meaning::Answer(token, said) => format!("answer: {}: {}", said.name(), met_by(execution, token)),
                Meaning::Request { token, .. } => format!("dead letter: {}", met_by(execution, token)),
                Meaning::Timer(_, due, revision) => {
                    let is_armed = execution.armed.is_some_and(|armed| (armed.due, armed.revision) == (*due, *revision));
                    let armed = if is_armed { "armed" } else { "another armed" };
                    let early = if *due > now { "early" } else { "due" };
                    format!("hint: {}: {armed}, {early}", stage(execution))
                }
                Meaning::Wake(_, false) => format!("wake: {}: begins", stage(execution)),
                Meaning::Wake(_, true) => format!("wake: {}: goes on", stage(execution)),
                Meaning::Renew(_) | Meaning::Newer | Meaning::Nothing | Meaning::Forged => continue,
            };
            self.took(arm);
        }
    }

    /// Whoever answers a call of the API has read the latest entry.
    pub(crate) fn api_read(&mut self, entry: &Entry, asking: &Asking) {
        let execution = &entry.execution;
        let arm = match asking {
            Asking::Success(token) => format!("SendTaskSuccess: {}", met_by(execution, token)),
            Asking::Failure(token) => format!("SendTaskFailure: {}", met_by(execution, token)),
            Asking::Heartbeat(token) => format!("SendTaskHeartbeat: {}", met_by(execution, token)),
            Asking::Stop => format!("StopExecution: {}", stage(execution)),
            Asking::Redrive => format!("RedriveExecution: {}", stage(execution)),
            Asking::Other(_) => return,
        };
        self.took(arm);
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
            let Some(Meaning::Request { token, key: own, undoes, callback, .. }) = self.meanings.get(text_of(&delivery.body))
            else {
                continue;
            };
            let state = state_of(entry, now);
            if own == key {
                let kind = match (undoes, callback) {
                    (Some(_), _) => "compensation",
                    (None, true) => "callback",
                    (None, false) => "action",
                };
                let arm = format!("ledger: {state}{}: {kind}", attempts(token.attempt, entry));
                self.took(arm);
            } else if undoes.as_ref() == Some(key) {
                self.took(format!("ledger of the action: {state}: compensation"));
            }
        }
    }

    /// Somebody has a lease now.
    pub(crate) fn lease_held(&mut self, after: &LedgerEntry) {
        if let LedgerState::InProgress { owner, .. } = &after.state {
            self.holders.insert(owner.clone());
        }
    }

    /// Whoever holds a lease, or held one, wants it to last longer: the table of heartbeats in `worker`'s documentation.
    pub(crate) fn lease_asked_for(&mut self, before: Option<&LedgerEntry>, after: &LedgerEntry, now: Timestamp) {
        let LedgerState::InProgress { owner, .. } = &after.state else { return };
        if !self.holders.contains(owner) || after.heartbeat_at.is_none() {
            return;
        }
        let owned = match before.map(|before| &before.state) {
            Some(LedgerState::InProgress { owner: holder, .. }) if holder == owner => ", its own",
            Some(LedgerState::InProgress { .. }) => ", another's",
            _ => "",
        };
        self.took(format!("lease extended: {}{owned}{}", state_of(before, now), attempts(after.attempt, before)));
    }

    /// An entry stands that did not before.
    pub(super) fn took_events(&mut self, entry: &Entry) {
        for event in &entry.events {
            self.took(format!("event: {}", event.kind.type_name()));
        }
        let execution = &entry.execution;
        if execution.status != ExecutionStatus::Running {
            let parked = match execution.parked {
                None => "",
                Some(Parked::Unwinding) => ", parked with something owed",
                Some(Parked::Forward) => ", parked behind its pivot",
            };
            self.took(format!("end: {}{parked}", execution.status.as_str()));
        }
    }
}

fn attempts(attempt: u32, entry: Option<&LedgerEntry>) -> &'static str {
    match entry {
        None => "",
        Some(entry) if attempt < entry.attempt => ", lower attempt",
        Some(entry) if attempt == entry.attempt => ", same attempt",
        Some(_) => ", higher attempt",
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
        return format!("action {}: {}", task_phase(&progress.phase), attempt(progress.attempt));
    }
    for owed in execution.owed_tasks() {
        if owed.visit == token.visit {
            let begun = if owed.undo.visit == 0 { "not yet undone" } else { "being undone" };
            return format!("action stopped: {begun}");
        }
        if owed.undo.visit == token.visit && token.visit != 0 {
            return format!("compensation {}: {}", undo_phase(&owed.undo.phase), attempt(owed.undo.attempt));
        }
    }
    "visit over".to_owned()
}

fn task_phase(phase: &TaskPhase) -> &'static str {
    match phase {
        TaskPhase::Due { .. } => "due",
        TaskPhase::InFlight(attempt) if attempt.submitted => "in flight and submitted",
        TaskPhase::InFlight(_) => "in flight",
        TaskPhase::Backoff { .. } => "in backoff",
        TaskPhase::Ended(_) => "answered",
        TaskPhase::Failed(_) => "failed",
    }
}

fn undo_phase(phase: &UndoPhase) -> &'static str {
    match phase {
        UndoPhase::Registered => "registered",
        UndoPhase::Due { .. } => "due",
        UndoPhase::InFlight(_) => "in flight",
        UndoPhase::Backoff { .. } => "in backoff",
        UndoPhase::Ended(_) => "answered",
        UndoPhase::Spent(_) => "spent",
    }
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
