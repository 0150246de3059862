//! What an execution waits for, read off its tree without the interpreter's own walk.

use interpreter::{
    Activity, Branch, EndingStage, Execution, IterationStage, MapProgress, Owed, TaskAttempt, TaskPhase, TaskProgress, Timestamp,
    UndoPhase, Visit,
};

/// What an execution waits for.
#[derive(Debug, Default)]
pub(super) struct Waits<'e> {
    /// When something comes due by itself.
    pub deadlines: Vec<Timestamp>,
    /// Attempts of tasks that are outside, with the numbers of their visits.
    pub attempts: Vec<(u64, &'e TaskAttempt)>,
    /// The tasks under way: the number of the visit, and what is known of it.
    pub tasks: Vec<(u64, &'e TaskProgress)>,
    /// The latest history event of the branch that a visit stands in, by the visit's number: what comes of it next links there.
    pub latest_events: Vec<(u64, u64)>,
    /// Whether a branch could go on at once.
    pub runnable: bool,
    /// How many branches and iterations are open.
    pub open_branches: usize,
    /// The Maps under way.
    pub maps: Vec<&'e MapProgress>,
}

impl<'e> Waits<'e> {
    /// Of an execution.
    pub(super) fn of(execution: &'e Execution) -> Self {
        let mut waits = Self::default();
        if execution.ending.is_none() {
            waits.deadlines.extend(execution.deadline);
        }
        waits.branch(&execution.root);
        if let Some(EndingStage::Unwinding(owed)) = execution.ending.as_ref().map(|ending| &ending.stage) {
            waits.owed(owed);
        }
        waits
    }

    fn branch(&mut self, branch: &'e Branch) {
        self.owed(&branch.owed);
        if let Some(visit) = &branch.visit {
            self.latest_events.push((visit.number, branch.last_event));
            self.visit(visit);
        }
    }

    fn visit(&mut self, visit: &'e Visit) {
        match &visit.activity {
            Activity::Runnable { .. } => self.runnable = true,
            Activity::Waiting { until } | Activity::Backoff { until } => self.deadlines.push(*until),
            Activity::Task(task) => self.task(visit.number, task),
            Activity::Parallel(branches) => {
                self.open_branches += branches.len();
                branches.iter().for_each(|branch| self.branch(branch));
            }
            Activity::Map(map) => self.map(map),
            Activity::Unwinding { owed, .. } => self.owed(owed),
            Activity::Waited | Activity::Failed(_) | Activity::MapRun(_) | Activity::Items(_) => {}
        }
    }

    fn task(&mut self, visit: u64, task: &'e TaskProgress) {
        self.tasks.push((visit, task));
        match &task.phase {
            TaskPhase::Due { .. } => self.runnable = true,
            TaskPhase::Backoff { until } => self.deadlines.push(*until),
            TaskPhase::InFlight(attempt) => {
                self.deadlines.extend(due(attempt));
                self.attempts.push((visit, attempt));
            }
            TaskPhase::Ended(_) | TaskPhase::Failed(_) => {}
        }
    }

    fn map(&mut self, map: &'e MapProgress) {
        self.maps.push(map);
        self.open_branches += map.active.len();
        self.runnable |= map.starved.is_some();
        map.owed.iter().for_each(|branch| self.owed(&branch.owed));
        for iteration in &map.active {
            match &iteration.stage {
                IterationStage::Running(branch) => self.branch(branch),
                IterationStage::Unwinding { owed, .. } => self.owed(owed),
            }
        }
    }

    fn owed(&mut self, owed: &'e [Owed]) {
        for owed in owed {
            match owed {
                Owed::Group(group) => group.branches.iter().for_each(|branch| self.owed(&branch.owed)),
                Owed::Task(task) => match &task.undo.phase {
                    UndoPhase::InFlight(attempt) => self.deadlines.extend(due(attempt)),
                    UndoPhase::Backoff { until } => self.deadlines.push(*until),
                    UndoPhase::Due { .. } => self.runnable = true,
                    UndoPhase::Registered | UndoPhase::Ended(_) | UndoPhase::Spent(_) => {}
                },
            }
        }
    }
}

/// When an attempt's time is over.
fn due(attempt: &TaskAttempt) -> Option<Timestamp> {
    attempt.deadline.into_iter().chain(attempt.heartbeat_deadline).min()
}
