//! Undoing: of parts, and of the execution as a whole.

use asl::state::{Amount, Compensate};
use interpreter::history::ErrorDetails;
use interpreter::{HistoryEvent, Payload};

use super::evaluation::shows_result;
use super::failure::{Failing, Fault, Handling, handlings, retryings};
use super::frame::{Body, FrameId, Unwinding};
use super::model::Model;
use super::obligation::{Item, Phase};
use super::program::undoing;
use super::rule;
use crate::workload::machine::routes;

/// A compensation that says nothing of its own is retried for a day, from 1 s to 5 min apart.
const RETRY_SECONDS_IN_ALL: u64 = 86_400;
const RETRY_SECONDS_MAX: u64 = 300;

/// A compensation has no heartbeats.
const UNDOING: Failing = Failing::Task { hears: false };

impl<'c> Model<'c> {
    /// Stops a thread and answers what it owes, in the order of the program.
    pub(super) fn surrender(&mut self, frame: FrameId) -> Vec<Item> {
        let Some(of) = self.frames.get_mut(frame) else { return Vec::new() };
        of.closed = true;
        let mut items = std::mem::take(&mut of.owed);
        items.extend(self.part_of(frame));
        items
    }

    /// What the state that a frame is in owes: what is left of its unwinding, or all that stands in it, stopped.
    pub(super) fn part_of(&mut self, frame: FrameId) -> Vec<Item> {
        let Some(visit) = self.visit(frame) else { return Vec::new() };
        if let Some(unwinding) = &visit.unwinding {
            let items = unwinding.items.clone();
            self.obligations.interrupt(&items);
            return items;
        }
        match &visit.body {
            Body::Simple => Vec::new(),
            Body::Task(task) => {
                let task = *task;
                self.owed_by(task).into_iter().collect()
            }
            Body::Composite(composite) => {
                let (undoing, succeeded) = (composite.undoing.clone(), composite.succeeded);
                if succeeded {
                    return Vec::new();
                }
                let mut group: Vec<Vec<Item>> = undoing.into_values().collect();
                group.iter().for_each(|items| self.obligations.interrupt(items));
                for child in self.children_of(frame) {
                    let closed = self.is_closed(child);
                    if !closed {
                        group.push(self.surrender(child));
                    }
                }
                vec![Item::Group(group)]
            }
        }
    }

    /// A part is unwound before its failure is used.
    pub(super) fn part_unwinds(&mut self, event: &HistoryEvent, state: &str) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let found =
            self.climb(from, |model, frame| model.frames.get(frame).is_some_and(|frame| frame.is_in(state) && !frame.closed));
        let Some(frame) = found else {
            self.say(rule::PATH, format!("event {} unwinds `{state}`, which nothing is in", event.id));
            return None;
        };
        if self.is_tolerating(frame, event) {
            return Some(frame);
        }
        let visit = self.visit(frame)?;
        let Some(fault) = self.fault_of(frame) else {
            self.say(rule::NOT_OWED, format!("event {} unwinds `{state}`, which has not failed", event.id));
            return Some(frame);
        };
        let handlings = handlings(visit.state, &visit.retries, &fault);
        let scopes: Vec<Option<Compensate>> = handlings.iter().filter_map(|handling| scope(visit.state, *handling)).collect();
        if scopes.iter().all(|scope| *scope == Some(Compensate::Nothing)) {
            self.say(
                rule::NOT_OWED,
                format!("event {} unwinds `{state}`, whose failure is used without that, or not at all", event.id),
            );
        }
        let part = self.part_of(frame);
        let mut items = Vec::new();
        if scopes.contains(&Some(Compensate::Execution)) {
            items = self.frames.get_mut(frame).map(|frame| std::mem::take(&mut frame.owed)).unwrap_or_default();
        }
        let before = items.len();
        items.extend(part);
        self.visit_mut(frame)?.unwinding = Some(Unwinding { items, before, fault, handlings, redriven: false, ended_at: None });
        Some(frame)
    }

    /// Whether what is unwound in a Map is an iteration that is tolerated, which the event comes from, and not the Map.
    fn is_tolerating(&self, map: FrameId, event: &HistoryEvent) -> bool {
        let Some(Body::Composite(composite)) = self.visit(map).map(|visit| &visit.body) else { return false };
        let is_iteration = |model: &Self, frame: FrameId| model.frames.get(frame).is_some_and(|of| of.parent == Some(map));
        let Some(iteration) = self.climb(self.owner(event.previous), is_iteration) else { return false };
        let items = self.frames.get(iteration).and_then(|of| composite.undoing.get(&of.index));
        composite.fault.is_none() && items.is_some_and(|items| !self.obligations.left(items).is_empty())
    }

    pub(super) fn part_unwound(&mut self, event: &HistoryEvent, state: &str) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let frame =
            self.climb(from, |model, frame| model.frames.get(frame).is_some_and(|frame| frame.is_in(state) && !frame.closed))?;
        let items = self.visit(frame)?.unwinding.as_ref().map(|unwinding| unwinding.items.clone()).unwrap_or_default();
        let before = self.visit(frame)?.unwinding.as_ref().map_or(0, |unwinding| unwinding.before);
        // Whether what was owed before is undone too shows when the failure is used.
        self.expect_undone(event, items.get(before..).unwrap_or_default());
        if let Some(unwinding) = &mut self.visit_mut(frame)?.unwinding {
            unwinding.ended_at = Some(event.at);
        }
        Some(frame)
    }

    /// Nothing of these may be left. What was doubtful was not owed.
    pub(super) fn expect_undone(&mut self, event: &HistoryEvent, items: &[Item]) {
        let left = self.obligations.left(items);
        let certain: Vec<&str> = self.obligations.certain(&left).collect();
        if !certain.is_empty() {
            self.say(rule::LEFT_BEHIND, format!("at event {} is left to be undone: {}", event.id, certain.join(", ")));
        }
        self.obligations.release(&left);
    }

    /// A failure is used, in one of these ways: what the part owes must be undone, or stays owed where that is suppressed.
    pub(super) fn settle(&mut self, event: &HistoryEvent, frame: FrameId, scopes: &[Option<Compensate>]) {
        let suppressed = scopes.contains(&Some(Compensate::Nothing));
        let widened = !scopes.is_empty() && scopes.iter().all(|scope| *scope == Some(Compensate::Execution));
        let unwinding = self.visit(frame).and_then(|visit| visit.unwinding.clone());
        let (before, part) = match unwinding {
            Some(Unwinding { mut items, before, .. }) => {
                let part = items.split_off(before.min(items.len()));
                (items, part)
            }
            None => (Vec::new(), self.part_of(frame)),
        };
        let mut stays = before;
        if suppressed {
            self.obligations.rest(&part);
            stays.extend(part);
        } else {
            self.expect_undone(event, &part);
        }
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.owed.extend(stays);
        }
        let owed = self.frames.get(frame).map(|frame| frame.owed.clone()).unwrap_or_default();
        if widened {
            self.expect_undone(event, &owed);
        } else if !suppressed && let Some(begun) = self.first_begun(&owed) {
            self.say(rule::NOT_OWED, format!("at event {} `{begun}` is being undone, which is not in the failed part", event.id));
        }
    }

    /// One of these whose undoing has begun, suppressed ones apart.
    fn first_begun(&self, items: &[Item]) -> Option<&'c str> {
        let left = self.obligations.left(items);
        let begun = left.iter().filter_map(|id| self.obligations.get(*id)).find(|obligation| obligation.phase == Phase::Begun);
        begun.filter(|_| !self.suppresses()).map(|obligation| obligation.state)
    }

    /// Whether any catcher of the definition suppresses unwinding: then what had begun in its part may stand among what is owed.
    fn suppresses(&self) -> bool {
        let mut catchers = self.case.definition.states.values().flat_map(asl::State::catchers);
        catchers.any(|catcher| catcher.compensate == Some(Compensate::Nothing))
    }

    /// All that is being unwound now, each list for itself.
    fn scopes(&self) -> Vec<&[Item]> {
        if let Some(ending) = &self.ending {
            return vec![ending];
        }
        let mut scopes: Vec<&[Item]> = Vec::new();
        for frame in self.frames.iter().filter(|frame| !frame.closed) {
            let Some(visit) = &frame.visit else { continue };
            scopes.extend(visit.unwinding.as_ref().map(|unwinding| unwinding.items.as_slice()));
            if let Body::Composite(composite) = &visit.body
                && visit.unwinding.is_none()
            {
                scopes.extend(composite.undoing.values().map(Vec::as_slice));
            }
        }
        scopes
    }

    pub(super) fn compensating(&mut self, event: &HistoryEvent, state: &str, input: &Payload, attempt: u32) -> Option<FrameId> {
        let id = match self.chains.get(&event.previous) {
            Some(id) => {
                let id = *id;
                self.check_again(event, id, input);
                id
            }
            None => self.first_attempt(event, state, input)?,
        };
        self.chains.insert(event.id, id);
        let segment = self.segment;
        let obligation = self.obligations.get_mut(id)?;
        let (expected, is_new) = (obligation.attempts + 1, obligation.segment < segment || obligation.since.is_none());
        obligation.attempts = attempt;
        obligation.begun_at = Some(event.at);
        obligation.phase = Phase::Begun;
        obligation.input = Some(input.clone());
        if is_new {
            obligation.since = Some(event.at);
            obligation.retries.clear();
        }
        obligation.segment = segment;
        if attempt != expected {
            self.say(rule::RETRY, format!("event {} is attempt {attempt} to undo `{state}`, not {expected}", event.id));
        }
        None
    }

    /// What is begun to be undone: it must be its turn.
    fn first_attempt(&mut self, event: &HistoryEvent, state: &str, input: &Payload) -> Option<usize> {
        let mut turn = Vec::new();
        for scope in self.scopes() {
            self.obligations.next(scope, &mut turn);
        }
        turn.retain(|id| self.obligations.get(*id).is_some_and(|obligation| obligation.state == state));
        let fitting = turn.iter().copied().find(|id| self.fits(*id, input));
        if let Some(id) = fitting {
            self.check_room(event, id);
            return fitting;
        }
        if let Some(id) = turn.first() {
            self.say(
                rule::ARGUMENTS,
                format!("event {} undoes `{state}` with other arguments than the definition says", event.id),
            );
            return Some(*id);
        }
        let waits =
            self.obligations.0.iter().position(|obligation| obligation.state == state && obligation.phase == Phase::Registered);
        let in_scope: Vec<usize> = self.scopes().into_iter().flat_map(|scope| self.obligations.left(scope)).collect();
        let is_due = |id: &usize| in_scope.contains(id);
        let discharged = |obligation: &super::obligation::Obligation<'_>| {
            obligation.state == state && matches!(obligation.phase, Phase::Discharged { .. })
        };
        match waits {
            Some(id) if is_due(&id) => {
                self.say(rule::ORDER, format!("event {} undoes `{state}` before what came after it", event.id));
                return Some(id);
            }
            _ if self.obligations.0.iter().any(discharged) => {
                self.say(rule::PIVOT, format!("event {} undoes `{state}`, which the pivot discharged", event.id));
            }
            _ => self.say(rule::NOT_OWED, format!("event {} undoes `{state}`, which is not owed, or not now", event.id)),
        }
        None
    }

    /// Branches beside each other are undone a bounded number at a time; what had begun before may be more.
    fn check_room(&mut self, event: &HistoryEvent, id: usize) {
        let most = usize::try_from(self.case.limits.unwinding_concurrency).unwrap_or(usize::MAX);
        let full = self.scopes().into_iter().any(|scope| self.obligations.is_beside(scope, id, most, self.segment));
        if full {
            self.say(rule::CONCURRENCY, format!("event {} undoes more branches at a time than may be", event.id));
        }
    }

    /// Another attempt to undo.
    fn check_again(&mut self, event: &HistoryEvent, id: usize, input: &Payload) {
        let Some(obligation) = self.obligations.get(id) else { return };
        let state = obligation.state;
        if obligation.input.as_ref() != Some(input) {
            self.say(rule::ARGUMENTS, format!("event {} undoes `{state}` with other arguments than before", event.id));
        }
        let Some(obligation) = self.obligations.get(id) else { return };
        let redriven = obligation.segment < self.segment;
        match (&obligation.failed, obligation.phase) {
            _ if redriven => {}
            (_, Phase::Undone | Phase::Released | Phase::Discharged { .. }) => {
                self.say(rule::NOT_OWED, format!("event {} undoes `{state}` again", event.id));
            }
            (_, Phase::Spent) => self.say(rule::RETRY, format!("event {} undoes `{state}`, which was given up", event.id)),
            (None, _) => self.say(rule::RETRY, format!("event {} undoes `{state}` while an attempt is under way", event.id)),
            (Some((error, failed_at)), _) => {
                let due = failed_at.plus_millis(self.delay_of(id, error).unwrap_or(0));
                if event.at < due && !obligation.rested {
                    self.say(rule::BACKOFF, format!("event {} undoes `{state}` again too early", event.id));
                }
            }
        }
        if let Some(obligation) = self.obligations.get_mut(id) {
            obligation.rested = false;
            let retried = obligation.failed.take().map(|(error, _)| error);
            if let Some(error) = retried.filter(|_| !redriven) {
                self.count_retry(id, &error);
            }
        }
    }

    /// The least delay before a compensation that failed so is tried again; none if it is not.
    fn delay_of(&self, id: usize, error: &str) -> Option<u64> {
        let obligation = self.obligations.get(id)?;
        let action = undoing(self.tasks.get(obligation.task)?.task)?;
        let spent = obligation.retries.used(0);
        match &action.retry {
            Some(retriers) => {
                match retryings(retriers, &obligation.retries, &Fault::Named(error.to_owned()), UNDOING).0.first() {
                    Some(Handling::Retry { millis, .. }) => Some(*millis),
                    _ => None,
                }
            }
            None => Some(2_u64.saturating_pow(u32::try_from(spent).unwrap_or(u32::MAX)).min(RETRY_SECONDS_MAX) * 1_000),
        }
    }

    fn count_retry(&mut self, id: usize, error: &str) {
        let Some(obligation) = self.obligations.get(id) else { return };
        let action = self.tasks.get(obligation.task).and_then(|of| undoing(of.task));
        let used = match action.and_then(|action| action.retry.as_ref()) {
            Some(retriers) => retryings(retriers, &obligation.retries, &Fault::Named(error.to_owned()), UNDOING).0,
            None => vec![Handling::Retry { retrier: 0, millis: 0 }],
        };
        if let Some(obligation) = self.obligations.get_mut(id) {
            obligation.retries.count(&used);
        }
    }

    pub(super) fn compensated(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let Some(id) = self.chains.get(&event.previous).copied() else {
            self.say(rule::NOT_OWED, format!("event {} says that something is undone which was not begun", event.id));
            return None;
        };
        self.chains.insert(event.id, id);
        let obligation = self.obligations.get_mut(id)?;
        let (state, phase) = (obligation.state, obligation.phase);
        obligation.phase = Phase::Undone;
        match phase {
            Phase::Begun | Phase::Spent => {}
            Phase::Discharged { .. } => {
                self.say(rule::PIVOT, format!("event {} undoes `{state}`, which the pivot discharged", event.id));
            }
            Phase::Registered | Phase::Undone | Phase::Released => {
                self.say(rule::NOT_OWED, format!("event {} undoes `{state}` again", event.id));
            }
        }
        None
    }

    pub(super) fn not_compensated(&mut self, event: &HistoryEvent, spent: bool, details: &ErrorDetails) -> Option<FrameId> {
        let Some(id) = self.chains.get(&event.previous).copied() else {
            self.say(rule::NOT_OWED, format!("event {} says that something is not undone which was not begun", event.id));
            return None;
        };
        self.chains.insert(event.id, id);
        let error = details.error.clone().unwrap_or_default();
        let delay = self.delay_of(id, &error);
        // A worker that was too slow says so with a cause; a deadline has none.
        if error == asl::error_name::TIMEOUT && details.cause.is_none() {
            self.check_undo_timeout(event, id);
        }
        let obligation = self.obligations.get_mut(id)?;
        let (state, is_default) = (obligation.state, delay.is_some());
        let since = obligation.since.unwrap_or(event.at);
        obligation.failed = Some((error, event.at));
        obligation.phase = if spent { Phase::Spent } else { Phase::Begun };
        let own = self
            .tasks
            .get(self.obligations.get(id)?.task)
            .and_then(|of| undoing(of.task))
            .is_some_and(|action| action.retry.is_some());
        let given_up = match delay {
            None => true,
            Some(delay) => !own && event.at.plus_millis(delay) > since.plus_seconds(RETRY_SECONDS_IN_ALL),
        };
        if spent != given_up {
            let how = if spent { "gives up" } else { "does not give up" };
            self.say(rule::RETRY, format!("event {} {how} to undo `{state}` (tries left: {is_default})", event.id));
        }
        None
    }

    /// A compensation's deadline counts from the latest end of its action's lease, by whatever clock, unless that is known to be over.
    fn check_undo_timeout(&mut self, event: &HistoryEvent, id: usize) {
        let Some(obligation) = self.obligations.get(id) else { return };
        let Some(of) = self.tasks.get(obligation.task) else { return };
        let (state, begun_at) = (obligation.state, obligation.begun_at.unwrap_or(event.at));
        let seconds = match undoing(of.task).and_then(|action| action.timeout.as_ref()) {
            Some(Amount::Literal(seconds)) => *seconds,
            Some(Amount::Path(_) | Amount::Expression(_)) => return,
            None => {
                self.say(rule::TIMEOUT, format!("event {} times the undoing of `{state}` out, which has no deadline", event.id));
                return;
            }
        };
        let parameters = undoing(of.task).and_then(|action| action.parameters.as_ref());
        let is_told = !shows_result(parameters) || obligation.input.as_ref().is_some_and(|input| self.holds_result(id, input));
        let lease = self.function_of(obligation.task).filter(|_| of.result.is_none() && !is_told);
        let over = lease.and_then(|function| {
            let lease_seconds = routes().of(&function)?.function_timeout_seconds;
            Some(begun_at.plus_seconds(lease_seconds).plus_millis(self.case.limits.timer_skew_millis))
        });
        if event.at < over.unwrap_or(begun_at).plus_seconds(seconds) {
            self.say(rule::TIMEOUT, format!("event {} times the undoing of `{state}` out early", event.id));
        }
    }
}

/// What is unwound before a failure is used so; none if it is not used here.
fn scope(state: &asl::State, handling: Handling) -> Option<Option<Compensate>> {
    match handling {
        Handling::Retry { .. } => Some(None),
        Handling::Catch(index) => state.catchers().get(index).map(|catcher| catcher.compensate),
        Handling::Uncaught => None,
    }
}
