//! From state to state.

use asl::state::{Amount, Compensate, InputPath, WaitUntil};
use asl::{State, StateKind, error_name};
use interpreter::history::StateType;
use interpreter::{HistoryEvent, Payload, Timestamp};
use serde_json::Value;

use super::choice;
use super::evaluation::{Partial, find};
use super::failure::{Fault, Handling, Retries, handlings, retries_the_limit};
use super::frame::{Body, Composite, FrameId, Goal, TaskVisit, Visit};
use super::model::Model;
use super::program::undoing;
use super::rule;

/// Limits of branches that are met: larger ones are not.
const BRANCHES_MET: u32 = 40;

impl<'c> Model<'c> {
    pub(super) fn entered(
        &mut self,
        event: &HistoryEvent,
        state_type: StateType,
        name: &str,
        input: &Payload,
    ) -> Option<FrameId> {
        let Some((state, flow)) = self.program.state(name).zip(self.program.flow_of(name)) else {
            self.say(rule::PATH, format!("event {} enters `{name}`, which is not in the definition", event.id));
            return None;
        };
        if StateType::of(state) != state_type {
            self.say(rule::PATH, format!("event {} enters `{name}` as a {}", event.id, state_type.as_str()));
        }
        let from = self.owner(event.previous);
        let below = self.children_of(from).into_iter().find(|child| self.flow_of(*child) == Some(flow));
        let Some(frame) = self.climb(from, |model, frame| model.flow_of(frame) == Some(flow)).or(below) else {
            self.say(rule::PATH, format!("event {} enters `{name}` from where nothing leads to it", event.id));
            return None;
        };
        self.check_entry(event, frame, state, input);
        let body = match &state.kind {
            StateKind::Task(task) => {
                let segment = self.segment;
                let visit = TaskVisit {
                    state: &state.name,
                    task,
                    attempts: Vec::new(),
                    result: None,
                    result_of: 0,
                    succeeded: false,
                    obligation: None,
                    segment,
                };
                self.tasks.push(visit);
                Body::Task(self.tasks.len() - 1)
            }
            StateKind::Parallel(_) | StateKind::Map(_) => Body::Composite(Composite::default()),
            _ => Body::Simple,
        };
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.next.clear();
            frame.visit = Some(Visit {
                state,
                entered_at: event.at,
                input: input.clone(),
                retries: Retries::default(),
                body,
                unwinding: None,
                told_failed: None,
                waited_for: Vec::new(),
            });
        }
        Some(frame)
    }

    fn flow_of(&self, frame: FrameId) -> Option<usize> {
        self.frames.get(frame).map(|frame| frame.flow)
    }

    /// The branches of what a frame is in.
    pub(super) fn children_of(&self, frame: FrameId) -> Vec<FrameId> {
        match self.visit(frame).map(|visit| &visit.body) {
            Some(Body::Composite(composite)) => composite.children.values().copied().collect(),
            _ => Vec::new(),
        }
    }

    fn check_entry(&mut self, event: &HistoryEvent, frame: FrameId, state: &'c State, input: &Payload) {
        let Some(of) = self.frames.get(frame) else { return };
        let name = &state.name;
        if of.closed {
            self.say(rule::PATH, format!("event {} enters `{name}` in a part that is over", event.id));
        } else if let Some(visit) = &of.visit {
            let text = format!("event {} enters `{name}` while `{}` is not left", event.id, visit.state.name);
            self.say(rule::PATH, text);
        } else if !of.next.contains(&Goal::State(name)) {
            let text = format!("event {} enters `{name}`, expected were {:?}", event.id, of.next);
            self.say(rule::PATH, text);
        } else if of.data.as_ref().is_some_and(|data| data != input) {
            self.say(rule::DATA, format!("event {} enters `{name}` with something else than what was left", event.id));
        }
    }

    pub(super) fn exited(&mut self, event: &HistoryEvent, name: &str, output: &Payload) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let found = self.climb(from, |model, frame| model.frames.get(frame).is_some_and(|frame| frame.is_in(name)));
        let Some(frame) = found.filter(|frame| !self.is_closed(*frame)) else {
            self.say(rule::PATH, format!("event {} leaves `{name}`, which nothing is in", event.id));
            return None;
        };
        let visit = self.visit(frame)?.clone();
        let next = match self.fault_of(frame) {
            _ if visit.unwinding.is_some() => self.caught(event, frame, &visit),
            Some(Fault::Named(_) | Fault::NamedOrLimit(_)) => self.caught(event, frame, &visit),
            fault => match &visit.body {
                Body::Simple => self.passed(event, &visit),
                Body::Task(task) if self.tasks.get(*task).is_some_and(|task| task.succeeded) => {
                    self.task_left(frame, &visit, *task)
                }
                Body::Composite(composite) if composite.succeeded => self.composite_left(&visit),
                Body::Task(_) | Body::Composite(_) if fault.is_some() => self.caught(event, frame, &visit),
                Body::Task(_) | Body::Composite(_) => {
                    self.say(rule::PATH, format!("event {} leaves `{name}`, which has not ended", event.id));
                    Vec::new()
                }
            },
        };
        let of = self.frames.get_mut(frame)?;
        of.visit = None;
        of.next = next;
        of.data = Some(output.clone());
        Some(frame)
    }

    /// Where a state leads that does nothing outside.
    fn passed(&mut self, event: &HistoryEvent, visit: &Visit<'c>) -> Vec<Goal<'c>> {
        match &visit.state.kind {
            StateKind::Pass(pass) => vec![Goal::of(&pass.next)],
            StateKind::Succeed(_) => vec![Goal::End],
            StateKind::Wait(wait) => {
                self.check_wait(event, visit, &wait.until);
                vec![Goal::of(&wait.next)]
            }
            StateKind::Choice(choice) => self.chosen(visit, choice).into_iter().map(Goal::State).collect(),
            _ => {
                self.say(rule::PATH, format!("event {} leaves `{}`, which has no end", event.id, visit.state.name));
                Vec::new()
            }
        }
    }

    fn chosen(&self, visit: &Visit<'c>, choice: &'c asl::state::Choice) -> Vec<&'c str> {
        let input = (self.case.value)(&visit.input).filter(|_| choice.data.input_path == InputPath::Whole);
        match input {
            Some(input) => choice::targets(choice, &input),
            None => choice.rules.iter().map(|rule| rule.next.as_str()).chain(choice.default.as_deref()).collect(),
        }
    }

    /// When a Wait is over, where that can be told.
    pub(super) fn wait_ends(&self, visit: &Visit<'c>, until: &WaitUntil) -> Option<Timestamp> {
        let seconds = match until {
            WaitUntil::Seconds(Amount::Literal(seconds)) => Some(*seconds),
            WaitUntil::Seconds(Amount::Path(path)) => self.found(path, &visit.input).as_ref().and_then(Value::as_u64),
            WaitUntil::Seconds(Amount::Expression(_)) => None,
            WaitUntil::Timestamp(_) | WaitUntil::TimestampPath(_) | WaitUntil::TimestampExpression(_) => None,
        };
        Some(visit.entered_at.plus_seconds(seconds?))
    }

    fn check_wait(&mut self, event: &HistoryEvent, visit: &Visit<'c>, until: &WaitUntil) {
        let Some(due) = self.wait_ends(visit, until) else { return };
        if event.at < due {
            self.say(rule::WAIT, format!("event {} leaves `{}` early", event.id, visit.state.name));
        }
        self.fires(event, due);
    }

    /// What a path finds in a payload, where both can be judged.
    pub(super) fn found(&self, path: &asl::path::Path, data: &Payload) -> Option<Value> {
        let data = Partial::Known((*(self.case.value)(data)?).clone());
        match find(path, &data) {
            Ok(Partial::Known(value)) => Some(value),
            _ => None,
        }
    }

    /// A task that has succeeded is left: what it owes is registered. The state may have failed for all that, without an event, and have been caught.
    fn task_left(&mut self, frame: FrameId, visit: &Visit<'c>, task: usize) -> Vec<Goal<'c>> {
        let StateKind::Task(of) = &visit.state.kind else { return Vec::new() };
        if let Some(item) = self.owed_by(task)
            && let Some(frame) = self.frames.get_mut(frame)
        {
            frame.owed.push(item);
        }
        let mut next = vec![Goal::of(&of.next)];
        let silent = handlings(visit.state, &visit.retries, &Fault::Silent);
        let caught = silent.iter().filter_map(|handling| self.catch_target(visit.state, *handling));
        // With something owed, a catcher would have unwound it first, unless it suppresses that.
        next.extend(
            caught
                .filter(|(_, compensate)| undoing(of).is_none() || *compensate == Some(Compensate::Nothing))
                .map(|(goal, _)| goal),
        );
        next
    }

    fn catch_target(&self, state: &'c State, handling: Handling) -> Option<(Goal<'c>, Option<Compensate>)> {
        let Handling::Catch(index) = handling else { return None };
        state.catchers().get(index).map(|catcher| (Goal::State(catcher.next.as_str()), catcher.compensate))
    }

    fn composite_left(&self, visit: &Visit<'c>) -> Vec<Goal<'c>> {
        match &visit.state.kind {
            StateKind::Parallel(parallel) => vec![Goal::of(&parallel.next)],
            StateKind::Map(map) => vec![Goal::of(&map.next)],
            _ => Vec::new(),
        }
    }

    /// A failure is taken by a catcher: what the part owes is undone by now.
    fn caught(&mut self, event: &HistoryEvent, frame: FrameId, visit: &Visit<'c>) -> Vec<Goal<'c>> {
        let fault = self.fault_of(frame).unwrap_or(Fault::Silent);
        let handlings = self.handlings_of(frame);
        let targets: Vec<_> = handlings.iter().filter_map(|handling| self.catch_target(visit.state, *handling)).collect();
        let name = &visit.state.name;
        if let Some(Handling::Retry { .. }) = handlings.first().filter(|_| handlings.len() == 1) {
            self.say(rule::RETRY, format!("event {} leaves `{name}` though a retrier has attempts left", event.id));
        } else if targets.is_empty() {
            self.say(rule::PATH, format!("event {} leaves `{name}`, whose {fault:?} nothing catches", event.id));
        }
        if let Body::Task(task) = visit.body {
            self.check_pivot_given_up(event, task);
        }
        let scopes: Vec<Option<Compensate>> = targets.iter().map(|(_, compensate)| *compensate).collect();
        self.settle(event, frame, &scopes);
        targets.into_iter().map(|(goal, _)| goal).collect()
    }

    /// What may become of the failure of what a frame is in.
    pub(super) fn handlings_of(&self, frame: FrameId) -> Vec<Handling> {
        let Some(visit) = self.visit(frame) else { return Vec::new() };
        let mut found = match (&visit.unwinding, self.fault_of(frame)) {
            (Some(unwinding), _) => unwinding.handlings.clone(),
            (None, Some(fault)) => handlings(visit.state, &visit.retries, &fault),
            (None, None) => Vec::new(),
        };
        let is_retry = |handling: &Handling| matches!(handling, Handling::Retry { .. });
        if found.iter().any(is_retry) && self.may_meet_the_limit(visit) {
            let retries = self.retries_used(visit);
            let limit = Fault::Named(error_name::LIMIT_EXCEEDED.to_owned());
            // Tried again it may have met the limit; or it had done so before, and no attempt is left.
            for fault in std::iter::once(limit).chain(self.fault_of(frame)) {
                let further = handlings(visit.state, &retries, &fault);
                found.extend(further.into_iter().filter(|handling| !is_retry(handling)));
            }
        }
        found
    }

    /// Whether a Parallel or Map may find, whenever it begins, that no more branches may be open: no event tells.
    fn may_meet_the_limit(&self, visit: &Visit<'c>) -> bool {
        self.case.limits.active_branches <= BRANCHES_MET && matches!(visit.body, Body::Composite(_))
    }

    /// How often retriers were used. One that met the limit when its backoff was over has used one more, without an event.
    fn retries_used(&self, visit: &Visit<'c>) -> Retries {
        let mut retries = visit.retries.clone();
        if self.may_meet_the_limit(visit) && retries_the_limit(visit.state) {
            retries.doubt();
        }
        retries
    }

    /// How what a frame is in may have failed; none if it cannot have.
    pub(super) fn fault_of(&self, frame: FrameId) -> Option<Fault> {
        let visit = self.visit(frame)?;
        if visit.told_failed.is_some() {
            return visit.told_failed.clone();
        }
        if let Some(unwinding) = &visit.unwinding {
            return Some(unwinding.fault.clone());
        }
        match &visit.body {
            Body::Simple => match &visit.state.kind {
                StateKind::Fail(fail) => Some(match (&fail.error, &fail.cause) {
                    (Some(asl::state::Text::Literal(error)), Some(asl::state::Text::Literal(_)) | None) => {
                        Fault::Named(error.clone())
                    }
                    (None, Some(asl::state::Text::Literal(_)) | None) => Fault::Named(String::new()),
                    _ => Fault::Silent,
                }),
                _ => Some(Fault::Silent),
            },
            Body::Task(task) => {
                let task = self.tasks.get(*task)?;
                match task.latest_end() {
                    _ if task.succeeded || task.attempts.is_empty() => Some(Fault::Silent),
                    Some((end, _)) => Some(end.fault()),
                    None => None,
                }
            }
            Body::Composite(composite) => self.fault_of_composite(frame, composite).or_else(|| self.limit_met(visit)),
        }
    }

    /// A Map in the middle of its iterations may find that no more branches may be open; no event tells.
    fn limit_met(&self, visit: &Visit<'c>) -> Option<Fault> {
        let is_met = self.case.limits.active_branches <= BRANCHES_MET && matches!(visit.state.kind, StateKind::Map(_));
        is_met.then_some(Fault::Silent)
    }

    fn fault_of_composite(&self, frame: FrameId, composite: &Composite) -> Option<Fault> {
        if !composite.started || composite.succeeded {
            return Some(Fault::Silent);
        }
        if composite.fault.is_some() {
            return composite.fault.clone();
        }
        let open = || composite.children.values().copied().filter(|child| !self.is_closed(*child));
        let failed = open().filter(|child| self.may_be_told_of(frame, *child)).filter_map(|child| self.uncaught_in(child));
        let faults: Vec<Fault> = failed.collect();
        let named = faults.iter().find(|fault| **fault != Fault::Silent).cloned();
        let over = open().all(|child| self.frames.get(child).is_some_and(super::frame::Frame::may_be_finished));
        named.or_else(|| faults.first().cloned()).or_else(|| over.then_some(Fault::Silent))
    }

    /// Whether the event at hand may tell of the failure of this branch of what `frame` is in: what comes of a branch's failure comes from its last event.
    fn may_be_told_of(&self, frame: FrameId, child: FrameId) -> bool {
        let is_around = |from: FrameId, of: FrameId| self.climb(from, |_, at| at == of).is_some();
        self.comes_from.is_none_or(|from| is_around(from, child) || !is_around(from, frame))
    }

    /// How a thread may have failed as a whole; none if it cannot have.
    pub(super) fn uncaught_in(&self, frame: FrameId) -> Option<Fault> {
        let visit = self.visit(frame)?;
        let fault = self.fault_of(frame)?;
        if visit.told_failed.is_some() {
            return Some(fault);
        }
        let retries = self.retries_used(visit);
        let handled = |fault: &Fault| handlings(visit.state, &retries, fault);
        let uncaught = |fault: &Fault| handled(fault).contains(&Handling::Uncaught);
        let tried_again = handled(&fault).iter().any(|handling| matches!(handling, Handling::Retry { .. }));
        let limit = Fault::Named(error_name::LIMIT_EXCEEDED.to_owned());
        let meets_the_limit = tried_again && self.may_meet_the_limit(visit) && uncaught(&limit);
        match (uncaught(&fault), meets_the_limit, fault) {
            (true, true, Fault::Named(error)) => Some(Fault::NamedOrLimit(error)),
            (true, _, fault) => Some(fault),
            (false, true, _) => Some(limit),
            (false, false, _) => None,
        }
    }
}
