//! Parallel and Map: branches and iterations.

use asl::StateKind;
use asl::state::{Amount, Map};
use interpreter::{HistoryEvent, HistoryEventKind, Timestamp};
use serde_json::Value;

use super::failure::{Fault, Handling, shortest};
use super::frame::{Body, Composite, Frame, FrameId, Visit};
use super::model::Model;
use super::obligation::Item;
use super::rule;

impl<'c> Model<'c> {
    /// The visit of a Parallel or Map in a frame.
    fn composite(&self, frame: FrameId) -> Option<(&Visit<'c>, &Composite)> {
        let visit = self.visit(frame)?;
        match &visit.body {
            Body::Composite(composite) => Some((visit, composite)),
            Body::Simple | Body::Task(_) => None,
        }
    }

    fn composite_mut(&mut self, frame: FrameId) -> Option<&mut Composite> {
        match &mut self.visit_mut(frame)?.body {
            Body::Composite(composite) => Some(composite),
            Body::Simple | Body::Task(_) => None,
        }
    }

    pub(super) fn parallel_started(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let frame = self.starting(event, false)?;
        let StateKind::Parallel(parallel) = &self.visit(frame)?.state.kind else { return None };
        for (index, flow) in (0..).zip(&parallel.branches) {
            let flow = self.program.id_of(flow)?;
            self.open(frame, flow, index);
        }
        Some(frame)
    }

    pub(super) fn map_started(&mut self, event: &HistoryEvent, length: u64) -> Option<FrameId> {
        let frame = self.starting(event, true)?;
        self.composite_mut(frame)?.length = length;
        Some(frame)
    }

    fn open(&mut self, parent: FrameId, flow: usize, index: u64) -> FrameId {
        let start = self.program.start_of(flow);
        self.frames.push(Frame::new(flow, Some(parent), index, start));
        let child = self.frames.len() - 1;
        if let Some(composite) = self.composite_mut(parent) {
            composite.children.insert(index, child);
        }
        child
    }

    /// The frame of a Parallel or Map that starts, or starts again: its earlier round is undone by now.
    fn starting(&mut self, event: &HistoryEvent, is_map: bool) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let found = self.climb(from, |model, frame| model.may_start(frame, is_map) && model.goes_on_in(event, frame));
        let Some(frame) = found.filter(|frame| !self.is_closed(*frame)) else {
            let kind = event.kind.type_name();
            self.say(rule::PATH, format!("event {} ({kind}) stands where nothing can start", event.id));
            return None;
        };
        if self.composite(frame).is_some_and(|(_, composite)| composite.started) {
            self.check_round(event, frame);
            self.settle(event, frame, &[None]);
            let children = self.children_of(frame);
            children.into_iter().for_each(|child| self.shut(child));
        }
        let visit = self.visit_mut(frame)?;
        visit.unwinding = None;
        visit.body = Body::Composite(Composite { started: true, ..Composite::default() });
        Some(frame)
    }

    /// Whether what follows a start is within this Parallel or Map. One that was entered and failed of a limit, or is in its backoff, looks as if it
    /// could start where the part around it does.
    fn goes_on_in(&self, event: &HistoryEvent, frame: FrameId) -> bool {
        let Some(visit) = self.visit(frame) else { return false };
        let later = self.case.events.iter().skip_while(|later| later.id <= event.id);
        let mut within = later.filter(|later| later.previous == event.id).map(|later| match (&later.kind, &visit.state.kind) {
            (HistoryEventKind::StateEntered { name, .. }, StateKind::Parallel(parallel)) => {
                Some(parallel.branches.iter().any(|flow| &flow.start_at == name))
            }
            (HistoryEventKind::MapIterationStarted { name, .. }, StateKind::Map(_)) => Some(&visit.state.name == name),
            _ => None,
        });
        within.find_map(|within| within).unwrap_or(true)
    }

    fn may_start(&self, frame: FrameId, is_map: bool) -> bool {
        let Some((visit, composite)) = self.composite(frame) else { return false };
        if matches!(visit.state.kind, StateKind::Map(_)) != is_map {
            return false;
        }
        let retried = !visit.waited_for.is_empty() || !self.retries_of(frame).is_empty();
        !composite.started || visit.told_failed.is_none() && retried
    }

    pub(super) fn retries_of(&self, frame: FrameId) -> Vec<Handling> {
        let mut handlings = self.handlings_of(frame);
        handlings.retain(|handling| matches!(handling, Handling::Retry { .. }));
        handlings
    }

    /// Another round: counted, and not before its backoff is over.
    fn check_round(&mut self, event: &HistoryEvent, frame: FrameId) {
        // A redrive ends a backoff, and retriers begin anew.
        let nothing_since = event.previous < self.redriven_by;
        let waited_for = self.visit_mut(frame).map(|visit| std::mem::take(&mut visit.waited_for)).unwrap_or_default();
        let was_waiting = nothing_since && !waited_for.is_empty();
        let retries = if was_waiting { waited_for } else { self.retries_of(frame) };
        let Some(millis) = shortest(&retries) else { return };
        let silent = self.fault_of(frame) == Some(Fault::Silent);
        let since: Option<Timestamp> = match self.visit(frame).and_then(|visit| visit.unwinding.as_ref()) {
            Some(unwinding) => unwinding.ended_at,
            None => self.time_of(event.previous),
        };
        let Some(visit) = self.visit_mut(frame) else { return };
        let name = visit.state.name.clone();
        let decided_before = was_waiting || visit.unwinding.as_ref().is_some_and(|unwinding| unwinding.redriven);
        if !decided_before {
            visit.retries.count(&retries);
        }
        if !silent && !was_waiting && since.is_some_and(|since| event.at < since.plus_millis(millis)) {
            self.say(rule::BACKOFF, format!("event {} starts `{name}` again before {millis} ms are over", event.id));
        }
    }

    /// A thread is over: nothing of it goes on.
    pub(super) fn shut(&mut self, frame: FrameId) {
        for child in self.children_of(frame) {
            self.shut(child);
        }
        if let Some(frame) = self.frames.get_mut(frame) {
            frame.closed = true;
        }
    }

    pub(super) fn iteration_started(&mut self, event: &HistoryEvent, name: &str, index: u64) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let is_open = |model: &Self, frame: FrameId| {
            model.frames.get(frame).is_some_and(|frame| frame.is_in(name) && !frame.closed)
                && model.composite(frame).is_some_and(|(_, composite)| composite.started && !composite.succeeded)
        };
        let Some(frame) = self.climb(from, is_open) else {
            self.say(rule::PATH, format!("event {} starts an iteration of `{name}`, which has not started", event.id));
            return None;
        };
        let (visit, composite) = self.composite(frame)?;
        let StateKind::Map(map) = &visit.state.kind else { return None };
        let begun = u64::try_from(composite.children.len()).unwrap_or(u64::MAX);
        let ended = u64::try_from(composite.ended.len()).unwrap_or(u64::MAX);
        let length = composite.length;
        let most = self.most_at_a_time(map, visit);
        if index != begun || index >= length {
            self.say(rule::PARTS, format!("event {} starts iteration {index} of `{name}`, {begun} of {length} were", event.id));
        }
        if most.is_some_and(|most| begun.saturating_sub(ended) >= most) {
            self.say(rule::CONCURRENCY, format!("event {} starts more iterations of `{name}` than may run", event.id));
        }
        let flow = self.program.id_of(&map.processor)?;
        Some(self.open(frame, flow, index))
    }

    /// How many iterations may run at a time; none if that cannot be judged.
    fn most_at_a_time(&self, map: &Map, visit: &Visit<'c>) -> Option<u64> {
        let asked = match &map.max_concurrency {
            None => 0,
            Some(Amount::Literal(most)) => *most,
            Some(Amount::Path(path)) => self.found(path, &visit.input).as_ref().and_then(Value::as_u64)?,
            Some(Amount::Expression(_)) => return None,
        };
        let most = u64::from(self.case.limits.map_concurrency);
        Some(if asked == 0 { most } else { asked.min(most) })
    }

    /// How many iterations may fail; none if that cannot be judged.
    fn tolerated(&self, map: &Map, visit: &Visit<'c>, length: u64) -> Option<u64> {
        let amount = |amount: &Option<Amount>| match amount {
            None => Some(None),
            Some(Amount::Literal(amount)) => Some(Some(*amount)),
            Some(Amount::Path(path)) => self.found(path, &visit.input).as_ref().and_then(Value::as_u64).map(Some),
            Some(Amount::Expression(_)) => None,
        };
        let (count, share) = (amount(&map.tolerance.count)?, amount(&map.tolerance.percentage)?);
        let share = share.map(|share| length.saturating_mul(share) / 100);
        Some(count.into_iter().chain(share).min().unwrap_or(0))
    }

    pub(super) fn iteration_ended(&mut self, event: &HistoryEvent, name: &str, index: u64, well: bool) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let is_this = |model: &Self, frame: FrameId| {
            let Some(of) = model.frames.get(frame) else { return false };
            let of_map = of.parent.and_then(|parent| model.frames.get(parent)).is_some_and(|parent| parent.is_in(name));
            of.index == index && of_map && !of.closed
        };
        let Some(child) = self.climb(from, is_this) else {
            self.say(rule::PATH, format!("event {} ends iteration {index} of `{name}`, which does not run", event.id));
            return None;
        };
        let parent = self.frames.get(child)?.parent?;
        let finished = self.frames.get(child)?.may_be_finished();
        let fault = self.uncaught_in(child);
        if well != finished || (!well && fault.is_none()) {
            let how = if well { "well" } else { "badly" };
            self.say(rule::PARTS, format!("event {} ends iteration {index} of `{name}` {how}, which it has not", event.id));
        }
        let (visit, composite) = self.composite(parent)?;
        let StateKind::Map(map) = &visit.state.kind else { return None };
        let failures = 1 + composite.ended.values().filter(|well| !**well).count();
        let tolerated = self.tolerated(map, visit, composite.length);
        let tolerant = map.tolerance != asl::state::Tolerance::default();
        let exceeded = tolerated.is_none_or(|tolerated| u64::try_from(failures).unwrap_or(u64::MAX) > tolerated);
        let mut items = Vec::new();
        if !well && !exceeded {
            items = self.surrender(child);
        }
        let composite = self.composite_mut(parent)?;
        match (well, exceeded) {
            (true, _) => drop(composite.ended.insert(index, true)),
            (false, false) => {
                composite.ended.insert(index, false);
                composite.undoing.insert(index, items);
            }
            (false, true) => {
                let threshold = asl::error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD;
                composite.fault = if tolerant { Some(Fault::Named(threshold.to_owned())) } else { fault };
            }
        }
        Some(child)
    }

    pub(super) fn composite_succeeded(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let is_open = |model: &Self, frame: FrameId| {
            let is_closed = model.is_closed(frame);
            !is_closed && model.composite(frame).is_some_and(|(_, composite)| composite.started && model.has_finished(composite))
        };
        let Some(frame) = self.climb(from, is_open) else {
            let exceeded =
                self.climb(from, |model, frame| model.composite(frame).is_some_and(|(_, composite)| composite.fault.is_some()));
            let kind = event.kind.type_name();
            match exceeded {
                Some(_) => self.say(rule::TOLERANCE, format!("event {} ({kind}) ends well with too many failures", event.id)),
                None => self.say(rule::PARTS, format!("event {} ({kind}) ends what has not finished", event.id)),
            }
            return None;
        };
        let children = self.children_of(frame);
        let undoing: Vec<Vec<Item>> = self.composite(frame)?.1.undoing.values().cloned().collect();
        for items in undoing {
            self.expect_undone(event, &items);
        }
        let mut group = Vec::new();
        for child in children {
            if let Some(child) = self.frames.get_mut(child) {
                group.push(std::mem::take(&mut child.owed));
                child.closed = true;
            }
        }
        self.composite_mut(frame)?.succeeded = true;
        self.frames.get_mut(frame)?.owed.push(Item::Group(group));
        Some(frame)
    }

    /// Whether all branches or iterations have ended, within what is tolerated.
    fn has_finished(&self, composite: &Composite) -> bool {
        let finished = |child: &FrameId| self.frames.get(*child).is_some_and(Frame::may_be_finished);
        let open = |(index, child): (&u64, &FrameId)| finished(child) || composite.ended.get(index) == Some(&false);
        let all = composite.length <= u64::try_from(composite.children.len()).unwrap_or(u64::MAX);
        all && composite.fault.is_none() && composite.children.iter().all(open)
    }

    /// It failed, and nothing caught that.
    pub(super) fn composite_failed(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        let from = self.owner(event.previous);
        let fails = |model: &Self, frame: FrameId| {
            model.composite(frame).is_some_and(|(visit, _)| visit.told_failed.is_none()) && model.uncaught_in(frame).is_some()
        };
        let Some(frame) = self.climb(from, fails).filter(|frame| !self.is_closed(*frame)) else {
            let kind = event.kind.type_name();
            match self.climb(from, Self::tolerates) {
                Some(_) => self.say(rule::TOLERANCE, format!("event {} ({kind}) fails with what is tolerated", event.id)),
                None => {
                    self.say(rule::PATH, format!("event {} ({kind}) fails what nothing failed in, or what is caught", event.id));
                }
            }
            return None;
        };
        let fault = self.uncaught_in(frame);
        self.visit_mut(frame)?.told_failed = fault;
        Some(frame)
    }

    /// Whether a frame is in a Map of which iterations have failed, and no more than may.
    fn tolerates(&self, frame: FrameId) -> bool {
        let failed = |composite: &Composite| composite.fault.is_none() && composite.ended.values().any(|well| !well);
        self.composite(frame).is_some_and(|(_, composite)| failed(composite))
    }
}
