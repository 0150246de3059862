//! The model: one event after the other, walked through the program.
//!
//! An event's `previous` says in which thread of control it stands. Branches and iterations have threads of their own, whose first event comes from the one
//! that started them; what goes on behind them comes from their last.

use std::collections::BTreeMap;

use interpreter::{HistoryEvent, HistoryEventKind, Timestamp};

use super::failure::Fault;
use super::frame::{Body, Frame, FrameId, TaskVisit, Visit};
use super::obligation::{Item, Obligations};
use super::program::Program;
use super::{Case, Violation, rule};

/// How an execution ended that can be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parked {
    /// Not at all.
    No,
    /// As a plain machine, or behind its pivot: it goes on where it stood.
    Forward,
    /// While it unwound.
    Unwinding,
}

/// What the auditor knows of an execution.
pub(super) struct Model<'c> {
    pub(super) case: &'c Case<'c>,
    pub(super) program: Program<'c>,
    pub(super) frames: Vec<Frame<'c>>,
    pub(super) tasks: Vec<TaskVisit<'c>>,
    pub(super) obligations: Obligations<'c>,
    /// The frame of each event, by its id less 1.
    owners: Vec<FrameId>,
    /// The frame that the event at hand comes from: of several branches that may have failed it tells which one did. None where none is told of.
    pub(super) comes_from: Option<FrameId>,
    /// The time of each event, by its id less 1.
    times: Vec<Timestamp>,
    /// The obligation of each event of a compensation.
    pub(super) chains: BTreeMap<u64, usize>,
    /// What the execution as a whole is unwinding.
    pub(super) ending: Option<Vec<Item>>,
    /// What the execution unwinds because of, where the history tells.
    pub(super) reason: Option<Fault>,
    /// Whether unwinding as a whole has ended in this segment.
    pub(super) unwound: bool,
    /// How often it was redriven.
    pub(super) segment: u32,
    /// The event of the latest redrive.
    pub(super) redriven_by: u64,
    pub(super) parked: Parked,
    pub(super) pivot_passed: bool,
    /// The event of a pivot's success, until what it discharges is told.
    pub(super) pivot_due: Option<u64>,
    /// The latest deadline that was told of, and when.
    fired: Option<(Timestamp, Timestamp)>,
    pub(super) found: Vec<Violation>,
}

impl<'c> Model<'c> {
    pub(super) fn new(case: &'c Case<'c>) -> Self {
        let program = Program::new(case.definition);
        let root = Frame::new(0, None, 0, program.start_of(0));
        Self {
            case,
            program,
            frames: vec![root],
            tasks: Vec::new(),
            obligations: Obligations::default(),
            owners: Vec::new(),
            comes_from: None,
            times: Vec::new(),
            chains: BTreeMap::new(),
            ending: None,
            reason: None,
            unwound: false,
            segment: 0,
            redriven_by: 0,
            parked: Parked::No,
            pivot_passed: false,
            pivot_due: None,
            fired: None,
            found: Vec::new(),
        }
    }

    pub(super) fn say(&mut self, rule: &'static str, text: impl Into<String>) {
        self.found.push(Violation { rule, text: text.into() });
    }

    /// The frame that an event stands in.
    pub(super) fn owner(&self, event: u64) -> FrameId {
        index_of(event).and_then(|index| self.owners.get(index)).copied().unwrap_or(0)
    }

    pub(super) fn time_of(&self, event: u64) -> Option<Timestamp> {
        index_of(event).and_then(|index| self.times.get(index)).copied()
    }

    /// The innermost frame, from this one outwards, of which something holds.
    pub(super) fn climb(&self, from: FrameId, holds: impl Fn(&Self, FrameId) -> bool) -> Option<FrameId> {
        let mut at = Some(from);
        while let Some(frame) = at {
            if holds(self, frame) {
                return Some(frame);
            }
            at = self.frames.get(frame).and_then(|frame| frame.parent);
        }
        None
    }

    pub(super) fn visit(&self, frame: FrameId) -> Option<&Visit<'c>> {
        self.frames.get(frame).and_then(|frame| frame.visit.as_ref())
    }

    pub(super) fn visit_mut(&mut self, frame: FrameId) -> Option<&mut Visit<'c>> {
        self.frames.get_mut(frame).and_then(|frame| frame.visit.as_mut())
    }

    pub(super) fn is_closed(&self, frame: FrameId) -> bool {
        self.frames.get(frame).is_none_or(|frame| frame.closed)
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: &HistoryEvent) {
        self.pivot_follows(event);
        let inherited = self.owner(event.previous);
        self.comes_from = (event.previous > 0).then_some(inherited);
        let goes_on = is_forward(&event.kind);
        let owner = if goes_on && self.ending.is_some() {
            self.say(rule::PATH, format!("event {} goes on while the execution unwinds", event.id));
            inherited
        } else {
            self.dispatch(event).unwrap_or(inherited)
        };
        self.owners.push(owner);
        self.times.push(event.at);
    }

    /// The frame that the event stands in, where it is not that of the event it comes from.
    fn dispatch(&mut self, event: &HistoryEvent) -> Option<FrameId> {
        use HistoryEventKind as Kind;
        match &event.kind {
            Kind::ExecutionStarted { input } => {
                if let Some(root) = self.frames.first_mut() {
                    root.data = Some(input.clone());
                }
                None
            }
            Kind::StateEntered { state_type, name, input } => self.entered(event, *state_type, name, input),
            Kind::StateExited { name, output, .. } => self.exited(event, name, output),
            Kind::LambdaFunctionScheduled { input, timeout_seconds, .. }
            | Kind::ActivityScheduled { input, timeout_seconds, .. } => self.scheduled(event, input, *timeout_seconds),
            Kind::TaskScheduled { parameters, timeout_seconds, .. } => self.scheduled(event, parameters, *timeout_seconds),
            Kind::LambdaFunctionSucceeded { output }
            | Kind::ActivitySucceeded { output }
            | Kind::TaskSucceeded { output, .. } => self.succeeded(event, output),
            Kind::LambdaFunctionFailed(_)
            | Kind::TaskFailed { .. }
            | Kind::LambdaFunctionTimedOut(_)
            | Kind::TaskTimedOut { .. }
            | Kind::LambdaFunctionScheduleFailed(_)
            | Kind::ActivityFailed(_)
            | Kind::ActivityTimedOut(_)
            | Kind::ActivityScheduleFailed(_)
            | Kind::TaskSubmitFailed { .. } => self.failed(event),
            Kind::ParallelStateStarted => self.parallel_started(event),
            Kind::MapStateStarted { length } => self.map_started(event, *length),
            Kind::MapIterationStarted { name, index } => self.iteration_started(event, name, *index),
            Kind::MapIterationSucceeded { name, index } => self.iteration_ended(event, name, *index, true),
            Kind::MapIterationFailed { name, index } => self.iteration_ended(event, name, *index, false),
            Kind::ParallelStateSucceeded | Kind::MapStateSucceeded => self.composite_succeeded(event),
            Kind::ParallelStateFailed | Kind::MapStateFailed => self.composite_failed(event),
            Kind::UnwindingStarted { state: Some(state) } => self.part_unwinds(event, state),
            Kind::UnwindingEnded { state: Some(state), .. } => self.part_unwound(event, state),
            Kind::UnwindingStarted { state: None } => self.unwinds(event),
            Kind::UnwindingEnded { state: None, owed } => self.unwinding_ended(event, *owed),
            Kind::CompensationScheduled { state, input, attempt, .. } => self.compensating(event, state, input, *attempt),
            Kind::CompensationSucceeded { .. } => self.compensated(event),
            Kind::CompensationFailed { spent, details, .. } => self.not_compensated(event, *spent, details),
            Kind::PivotPassed { state, discharged } => self.pivot(event, state, *discharged),
            Kind::ExecutionRedriven { .. } => self.redriven(event),
            Kind::ExecutionSucceeded { .. }
            | Kind::ExecutionFailed(_)
            | Kind::ExecutionTimedOut(_)
            | Kind::ExecutionAborted(_) => self.ended(event),
            // That a worker has begun, or a request was delivered, changes nothing; what was aborted follows from what failed.
            Kind::LambdaFunctionStarted
            | Kind::ActivityStarted { .. }
            | Kind::TaskStarted { .. }
            | Kind::TaskSubmitted { .. }
            | Kind::StateAborted { .. }
            | Kind::MapIterationAborted { .. } => None,
            // The programs that are simulated are in JSONPath, and their Maps inline.
            Kind::EvaluationFailed { .. }
            | Kind::MapRunStarted { .. }
            | Kind::MapRunSucceeded
            | Kind::MapRunFailed(_)
            | Kind::MapRunAborted
            | Kind::MapRunRedriven { .. } => None,
        }
    }

    /// A deadline has passed, which was due at `due`: what was due earlier has been told of.
    pub(super) fn fires(&mut self, event: &HistoryEvent, due: Timestamp) {
        if let Some((at, before)) = self.fired
            && at == event.at
            && before > due
        {
            self.say(rule::OVERDUE, format!("event {} tells of what was due before what has been told of", event.id));
        }
        self.fired = Some((event.at, due));
    }

    /// A pivot's success is told at once.
    fn pivot_follows(&mut self, event: &HistoryEvent) {
        if let Some(success) = self.pivot_due.take()
            && !matches!(event.kind, HistoryEventKind::PivotPassed { .. })
        {
            self.say(rule::PIVOT, format!("the pivot succeeded in event {success} and is not passed in event {}", event.id));
        }
    }

    /// The task that a frame is in.
    pub(super) fn task_in(&self, frame: FrameId) -> Option<usize> {
        match self.visit(frame)?.body {
            Body::Task(task) => Some(task),
            Body::Simple | Body::Composite(_) => None,
        }
    }
}

fn index_of(event: u64) -> Option<usize> {
    usize::try_from(event.checked_sub(1)?).ok()
}

/// Whether an event takes the program on, or begins something: nothing of the kind happens while the execution as a whole unwinds.
fn is_forward(kind: &HistoryEventKind) -> bool {
    use HistoryEventKind as Kind;
    matches!(
        kind,
        Kind::StateEntered { .. }
            | Kind::StateExited { .. }
            | Kind::LambdaFunctionScheduled { .. }
            | Kind::TaskScheduled { .. }
            | Kind::LambdaFunctionSucceeded { .. }
            | Kind::ActivityScheduled { .. }
            | Kind::ActivitySucceeded { .. }
            | Kind::TaskSucceeded { .. }
            | Kind::ParallelStateStarted
            | Kind::ParallelStateSucceeded
            | Kind::MapStateStarted { .. }
            | Kind::MapStateSucceeded
            | Kind::MapIterationStarted { .. }
            | Kind::MapIterationSucceeded { .. }
            | Kind::PivotPassed { .. }
            | Kind::UnwindingStarted { state: Some(_) }
    )
}
