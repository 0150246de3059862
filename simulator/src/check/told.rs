//! Invariants 14 and 16: what a client was told is so.

use coordinator::{Novelty, Started};
use interpreter::{Command, EndingStage, ExecutionStatus, TaskPhase, TaskToken, UndoPhase, outstanding};

use super::Checks;
use super::traffic::{Meaning, attempt_of};
use super::waits::Waits;
use crate::random::mixed;
use crate::world::World;

impl Checks {
    /// A client was told that its execution exists.
    pub(crate) fn told_started(&mut self, world: &World, started: &Started, input: &str) {
        let name = &started.identity.name;
        let Some(head) = super::head_of(world, &started.identity.id) else {
            self.violated("told", format!("`{name}` is told to be started, and has no head"));
            return;
        };
        let is_same = head.input_hash == interpreter::ValueHash::of(input);
        if is_same == matches!(started.novelty, Novelty::OtherInput { .. }) {
            self.violated(
                "names",
                format!(
                    "`{name}` is told as {:?}, and has the {} input",
                    started.novelty,
                    if is_same { "same" } else { "other" }
                ),
            );
        }
        if is_same && self.latest(&started.identity.id).is_none() {
            self.violated("told", format!("`{name}` is told to be started, and has no journal"));
        }
        let twins: Vec<String> = self
            .executions()
            .filter(|execution| execution.identity.arn == started.identity.arn && execution.identity.id != started.identity.id)
            .map(|execution| execution.identity.id.to_string())
            .collect();
        if !twins.is_empty() {
            self.violated("names", format!("there are several executions named `{name}`: {}", twins.join(", ")));
        }
    }

    /// A client asks for an execution to be stopped.
    pub(crate) fn stop_asked(&mut self, arn: &str) {
        self.stopped.insert(arn.to_owned());
    }

    /// Whether anybody asked for an execution to be stopped.
    pub(crate) fn was_stopped(&self, arn: &str) -> bool {
        self.stopped.contains(arn)
    }

    /// A client was told that an execution is stopped.
    pub(crate) fn told_stopped(&mut self, arn: &str) {
        let goes_on = self
            .executions()
            .find(|execution| execution.identity.arn == arn)
            .is_none_or(|execution| execution.status == ExecutionStatus::Running && execution.ending.is_none());
        if goes_on {
            self.violated("told", format!("`{arn}` is told to be stopped, and goes on"));
        }
    }

    /// A client was told that an execution is redriven.
    pub(crate) fn told_redriven(&mut self, arn: &str) {
        let redriven = self.executions().any(|execution| execution.identity.arn == arn && execution.redrive_count > 0);
        if !redriven {
            self.violated("told", format!("`{arn}` is told to be redriven, and is not"));
        }
    }

    /// A client was told that its answer to a callback is taken.
    pub(crate) fn told_answered(&mut self, token: &TaskToken, awaited: bool) {
        if !awaited {
            self.violated("told", format!("the answer to {token} is told to be taken, and nobody waited for it"));
        }
        let waits = self.latest(&token.execution).is_some_and(|latest| {
            let attempt = attempt_of(token);
            outstanding(latest, 0)
                .iter()
                .any(|command| matches!(command, Command::Perform(task) if attempt_of(&task.token) == attempt))
        });
        if waits {
            self.violated("told", format!("the answer to {token} is told to be taken, and the task waits still"));
        }
    }

    /// Whether an answer to a callback can be taken: its attempt is the current one of a task that goes on. Once it is not, it never is again.
    pub(crate) fn awaits(&self, token: &TaskToken) -> bool {
        self.latest(&token.execution).is_some_and(|latest| {
            let stage = latest.ending.as_ref().map(|ending| &ending.stage);
            let goes_on = matches!(stage, None | Some(EndingStage::AwaitingPivot));
            let waits = Waits::of(latest);
            let is_current = |visit: u64, attempt: u32| (visit, attempt) == (token.visit, token.attempt);
            let is_ahead = token.revision > latest.revision;
            is_ahead
                || latest.status == ExecutionStatus::Running
                    && goes_on
                    && waits.tasks.iter().any(|(visit, task)| is_current(*visit, task.attempt))
        })
    }

    /// Whether an answer would be applied to a task that goes on: a success answers all attempts of its visit, also between two of them.
    pub(super) fn would_succeed(&self, token: &TaskToken) -> bool {
        let Some(latest) = self.latest(&token.execution) else { return false };
        if latest.status != ExecutionStatus::Running || latest.ending.is_some() {
            return false;
        }
        let waits = Waits::of(latest);
        let task = waits.tasks.iter().find(|(visit, _)| *visit == token.visit);
        task.is_some_and(|(_, task)| {
            let goes_on = matches!(task.phase, TaskPhase::Backoff { .. } | TaskPhase::InFlight(_) | TaskPhase::Due { .. });
            // One that failed its state was used; a copy of it says nothing new.
            let is_used = token.attempt <= task.misfit_attempt;
            goes_on && task.attempt >= token.attempt && !is_used && !self.called_back.contains(&task.key)
        })
    }

    /// Whether an answer would give a compensation its arguments: the action was stopped, and its compensation is not scheduled.
    pub(super) fn would_supply(&self, token: &TaskToken) -> bool {
        let Some(latest) = self.latest(&token.execution).filter(|latest| latest.status == ExecutionStatus::Running) else {
            return false;
        };
        let owed = latest.owed_tasks();
        owed.iter().any(|owed| {
            let waits = owed.visit == token.visit && owed.undo.visit == 0 && !owed.succeeded;
            waits && matches!(owed.undo.phase, UndoPhase::Registered) && !self.called_back.contains(&owed.key)
        })
    }

    /// A client gave up on what it has started.
    pub(crate) fn gives_up(&mut self, arn: &str) {
        self.given_up.insert(arn.to_owned());
    }

    /// Whether a client gave up on what it has started.
    pub(crate) fn gave_up(&self, arn: &str) -> bool {
        self.given_up.contains(arn)
    }

    /// Whether a parked execution could be redriven: it was parked, and nobody has redriven it since.
    pub(crate) fn parked_at(&self, arn: &str) -> Option<u64> {
        let mut executions = self.executions();
        executions.find(|execution| execution.identity.arn == arn && execution.parked.is_some()).map(|parked| parked.revision)
    }

    /// A token that was sent, chosen by these bits.
    pub(crate) fn some_token(&self, bits: u64) -> Option<TaskToken> {
        // Mostly of what is under way, and mostly of what people answer: there it would help.
        let under_way: Vec<&TaskToken> =
            self.meanings.values().filter_map(|meaning| self.token_under_way(meaning, bits)).collect();
        if !bits.is_multiple_of(4) && !under_way.is_empty() {
            let count = u64::try_from(under_way.len()).unwrap_or(1);
            return under_way.get(usize::try_from(mixed(bits) % count).unwrap_or(0)).map(|token| (*token).clone());
        }
        let tokens = self.meanings.values().filter_map(|meaning| match meaning {
            Meaning::Request { token, .. } => Some(token),
            _ => None,
        });
        let count = u64::try_from(self.sent_requests.len()).unwrap_or(0).max(1);
        tokens.cycle().nth(usize::try_from(mixed(bits) % count).unwrap_or(0)).cloned()
    }

    fn token_under_way<'m>(&self, meaning: &'m Meaning, bits: u64) -> Option<&'m TaskToken> {
        let Meaning::Request { token, callback, .. } = meaning else { return None };
        let is_wanted = *callback || bits.is_multiple_of(3);
        (is_wanted && self.awaits(token)).then_some(token)
    }
}
