//! How an execution ends, and goes on after a redrive.

use asl::{StateKind, error_name};
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind, Timestamp};

use super::failure::{Fault, Handling};
use super::frame::{Body, FrameId};
use super::model::{Model, Parked};
use super::numbering::end_of;
use super::obligation::{Item, Phase};
use super::rule;

impl Model<'_> {
    /// The execution as a whole unwinds: everything that is under way is stopped.
    pub(super) fn unwinds(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        if self.pivot_passed {
            self.say(rule::PIVOT, format!("event {} unwinds the execution behind its pivot", event.id));
        }
        if self.ending.is_some() {
            self.say(rule::PATH, format!("event {} unwinds what is being unwound", event.id));
            return None;
        }
        self.check_overtaken(event);
        self.given_up(event);
        self.ending = Some(self.surrender(0));
        Some(0)
    }

    /// The execution will end otherwise than well: why, and whether its pivot may be given up.
    fn given_up(&mut self, event: &HistoryEvent) {
        self.reason = self.uncaught_in(0).or_else(|| self.stuck(event));
        if let Some(task) = self.task_in(0)
            && self.tasks.get(task).is_some_and(|of| of.task.pivot)
        {
            self.check_pivot_given_up(event, task);
        }
    }

    /// The failure of a part of which a compensation has failed for good: nothing may use it, and the execution ends with it.
    fn stuck(&self, event: &HistoryEvent) -> Option<Fault> {
        let is_stuck = |model: &Self, frame: FrameId| {
            let unwinding = model.visit(frame).and_then(|visit| visit.unwinding.as_ref());
            unwinding.is_some_and(|unwinding| model.has_spent(&unwinding.items))
        };
        let told = self.climb(self.owner(event.previous), is_stuck).and_then(|frame| self.fault_of(frame));
        // Which one it was of several, or which iteration, is not told otherwise.
        let any = self.obligations.0.iter().any(|obligation| obligation.phase == Phase::Spent);
        told.or_else(|| any.then_some(Fault::Silent))
    }

    fn has_spent(&self, items: &[Item]) -> bool {
        let left = self.obligations.left(items);
        left.iter().filter_map(|id| self.obligations.get(*id)).any(|obligation| obligation.phase == Phase::Spent)
    }

    /// Where the machine's time is over, what was due before that has come first.
    fn check_overtaken(&mut self, event: &HistoryEvent) {
        // That the time is over comes from nothing that failed.
        let comes_from = self.comes_from.take();
        self.check_due(event);
        self.comes_from = comes_from;
    }

    fn check_due(&mut self, event: &HistoryEvent) {
        let ends = self.case.events.iter().filter(|other| other.id >= event.id).find_map(|other| end_of(&other.kind));
        let times_out = ends.is_some_and(|(status, _)| status == ExecutionStatus::TimedOut);
        let due = self.case.definition.timeout_seconds.map(|seconds| self.case.started_at.plus_seconds(seconds));
        let Some(due) = due.filter(|_| times_out && self.segment == 0) else { return };
        let open = (0..self.frames.len()).filter(|frame| !self.is_closed(*frame) && !self.may_be_stopped(*frame));
        let overtaken = open.filter(|frame| self.due_in(*frame).is_some_and(|before| before < due && before <= event.at));
        let names: Vec<&str> = overtaken.filter_map(|frame| self.visit(frame)).map(|visit| visit.state.name.as_str()).collect();
        if !names.is_empty() {
            let text = format!("event {} tells that the machine's time is over before that of {}", event.id, names.join(", "));
            self.say(rule::OVERDUE, text);
        }
    }

    /// Whether a frame stands in a Parallel or Map that may have failed, and waits for its next round.
    fn may_be_stopped(&self, frame: FrameId) -> bool {
        let around = self.frames.get(frame).and_then(|frame| frame.parent);
        around.and_then(|around| self.climb(around, |model, frame| model.fault_of(frame).is_some())).is_some()
    }

    /// When what a frame is in comes due by itself, where that can be told.
    fn due_in(&self, frame: FrameId) -> Option<Timestamp> {
        let visit = self.visit(frame)?;
        match (&visit.body, &visit.state.kind) {
            (Body::Task(task), _) => {
                let of = self.tasks.get(*task).filter(|of| of.is_in_flight() && of.task.heartbeat.is_none())?;
                let attempt = of.attempts.last()?;
                Some(attempt.at.plus_seconds(attempt.timeout_seconds?))
            }
            (_, StateKind::Wait(wait)) => self.wait_ends(visit, &wait.until),
            _ => None,
        }
    }

    pub(super) fn unwinding_ended(&mut self, event: &HistoryEvent, owed: u64) -> Option<FrameId> {
        let items = self.ending.clone().unwrap_or_default();
        let left = self.obligations.left(&items);
        let certain = self.obligations.certain(&left).count();
        let owed = usize::try_from(owed).unwrap_or(usize::MAX);
        if !(certain..=left.len()).contains(&owed) {
            let text = format!("event {} says that {owed} are owed, it is {certain} to {}", event.id, left.len());
            self.say(rule::LEFT_BEHIND, text);
        }
        let mut turn = Vec::new();
        self.obligations.next(&items, &mut turn);
        let possible: Vec<&str> = self.obligations.certain(&turn).collect();
        let begun = left
            .iter()
            .filter_map(|id| self.obligations.get(*id))
            .find(|obligation| obligation.phase == Phase::Begun && !obligation.rested);
        if let Some(state) = possible.first().copied().or(begun.map(|obligation| obligation.state)) {
            self.say(rule::LEFT_BEHIND, format!("event {} ends unwinding while `{state}` could be undone", event.id));
        }
        if owed == 0 {
            self.obligations.release(&left);
        }
        self.unwound = true;
        Some(0)
    }

    pub(super) fn ended(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let (status, details) = end_of(&event.kind)?;
        let error = details.and_then(|details| details.error.clone()).unwrap_or_default();
        if let HistoryEventKind::ExecutionSucceeded { output } = &event.kind {
            let root = self.frames.first();
            let finished =
                self.ending.is_none() && root.is_some_and(|root| root.may_be_finished() && root.data.as_ref() == Some(output));
            if !finished {
                self.say(rule::PATH, format!("event {} succeeds before the end", event.id));
            }
            self.parked = Parked::No;
            return None;
        }
        if self.ending.is_none() {
            self.check_overtaken(event);
        }
        self.check_reason(event, status, &error);
        self.parked = match error.as_str() {
            error_name::COMPENSATION_FAILED => self.parked_unwinding(event, details.and_then(|details| details.cause.as_deref())),
            error_name::FORWARD_RECOVERY_FAILED => self.parked_forward(event),
            _ => self.over(event),
        };
        None
    }

    /// Whether it may end so.
    fn check_reason(&mut self, event: &HistoryEvent, status: ExecutionStatus, error: &str) {
        let started = self.case.started_at;
        let is_plain = !matches!(error, error_name::COMPENSATION_FAILED | error_name::FORWARD_RECOVERY_FAILED);
        match status {
            ExecutionStatus::TimedOut => {
                let due = self.case.definition.timeout_seconds.map(|seconds| started.plus_seconds(seconds));
                if due.is_none_or(|due| event.at < due) {
                    self.say(rule::TIMEOUT, format!("event {} times the execution out early", event.id));
                }
            }
            ExecutionStatus::Aborted if !self.case.stopped => {
                self.say(rule::PATH, format!("event {} aborts what nobody stopped", event.id));
            }
            ExecutionStatus::Failed if is_plain && self.segment == 0 => {
                let reason = if self.ending.is_some() { self.reason.clone() } else { self.uncaught_in(0) };
                match reason {
                    None => self.say(rule::PATH, format!("event {} fails what nothing failed in", event.id)),
                    Some(fault) if !fault.may_be(error) => {
                        self.say(rule::PATH, format!("event {} fails with `{error}`, it was {fault:?}", event.id));
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }

    /// Ended without being parked: nothing is left of what was before the pivot.
    fn over(&mut self, event: &HistoryEvent) -> Parked {
        if self.pivot_passed {
            self.say(rule::PIVOT, format!("event {} ends the execution behind its pivot and does not park it", event.id));
            return Parked::Forward;
        }
        if !self.case.definition.uses_compensation() {
            return Parked::Forward;
        }
        if self.ending.is_none() {
            self.given_up(event);
            self.ending = Some(self.surrender(0));
        } else if !self.unwound {
            self.say(rule::LEFT_BEHIND, format!("event {} ends the execution before its unwinding has", event.id));
        }
        let items = self.ending.clone().unwrap_or_default();
        self.expect_undone(event, &items);
        Parked::No
    }

    fn parked_forward(&mut self, event: &HistoryEvent) -> Parked {
        if !self.pivot_passed {
            self.say(rule::PIVOT, format!("event {} parks it forward, and no pivot has succeeded", event.id));
        }
        Parked::Forward
    }

    /// Parked with something owed: exactly that is named.
    fn parked_unwinding(&mut self, event: &HistoryEvent, cause: Option<&str>) -> Parked {
        let in_place = self.ending.is_none();
        if in_place && !self.pivot_passed {
            self.say(rule::LEFT_BEHIND, format!("event {} parks it without having unwound it", event.id));
        }
        let items = self.ending.clone().unwrap_or_else(|| self.all_owed());
        let left = self.obligations.left(&items);
        let mut named = names(cause.unwrap_or_default());
        let mut unnamed: Vec<&str> = Vec::new();
        // Those owed without doubt take the names first.
        for state in self.obligations.certain(&left) {
            match named.iter().position(|name| *name == state) {
                Some(at) => drop(named.remove(at)),
                None => unnamed.push(state),
            }
        }
        let mut doubtful = self.obligations.doubtful(&left);
        named.retain(|name| match doubtful.iter().position(|state| state == name) {
            Some(at) => doubtful.swap_remove(at).is_empty(),
            None => true,
        });
        if !named.is_empty() || !unnamed.is_empty() {
            let text = format!("event {} names {named:?} too many and {unnamed:?} too few as owed", event.id);
            self.say(rule::LEFT_BEHIND, text);
        }
        let spent = left.iter().filter_map(|id| self.obligations.get(*id)).any(|obligation| obligation.phase == Phase::Spent);
        if !spent {
            self.say(rule::LEFT_BEHIND, format!("event {} parks it, and no compensation has failed for good", event.id));
        }
        if in_place { Parked::Forward } else { Parked::Unwinding }
    }

    /// All that is owed anywhere, behind the pivot.
    fn all_owed(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for frame in self.frames.iter().filter(|frame| !frame.closed) {
            items.extend(frame.owed.iter().cloned());
            let Some(visit) = &frame.visit else { continue };
            items.extend(visit.unwinding.iter().flat_map(|unwinding| unwinding.items.iter().cloned()));
            if let Body::Composite(composite) = &visit.body
                && visit.unwinding.is_none()
            {
                items.extend(composite.undoing.values().flatten().cloned());
            }
        }
        items
    }

    pub(super) fn redriven(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        if self.parked == Parked::No {
            self.say(rule::ONE_END, format!("event {} redrives what was over", event.id));
        }
        self.segment += 1;
        self.redriven_by = event.id;
        self.parked = Parked::No;
        self.unwound = false;
        let waiting: Vec<Vec<Handling>> = (0..self.frames.len()).map(|frame| self.waited_for(frame)).collect();
        for (frame, waits) in self.frames.iter_mut().zip(waiting).filter(|(frame, _)| !frame.closed) {
            if let Some(visit) = &mut frame.visit {
                visit.waited_for = waits;
                visit.told_failed = None;
                visit.retries.clear();
                if let Some(unwinding) = &mut visit.unwinding {
                    unwinding.redriven = true;
                }
                if let Body::Composite(composite) = &mut visit.body {
                    composite.fault = None;
                }
            }
        }
        // What is undone by then stays so; the others are asked for again, under their keys.
        for obligation in self.obligations.0.iter_mut().filter(|obligation| obligation.phase == Phase::Spent) {
            obligation.phase = Phase::Begun;
        }
        None
    }

    /// The retries that a Parallel or Map may be waiting for.
    fn waited_for(&self, frame: FrameId) -> Vec<Handling> {
        let waits = self.visit(frame).is_some_and(|visit| {
            let started = matches!(&visit.body, Body::Composite(composite) if composite.started);
            let unwound = visit.unwinding.as_ref().is_none_or(|unwinding| unwinding.ended_at.is_some());
            started && unwound && visit.told_failed.is_none()
        });
        if waits { self.retries_of(frame) } else { Vec::new() }
    }

    /// All events are taken.
    pub(super) fn close(&mut self) {
        if let Some(success) = self.pivot_due.take() {
            self.say(rule::PIVOT, format!("the pivot succeeded in event {success} and is not passed"));
        }
    }
}

/// The names in backticks of what is owed, as the cause lists them.
fn names(cause: &str) -> Vec<String> {
    let owed = cause.split("; unwinding because").next().unwrap_or_default();
    owed.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}
