//! What is owed, by the auditor's reckoning, and in which order it may be undone.

use interpreter::{Payload, Timestamp};

use super::failure::Retries;
use super::frame::{End, TaskId, TaskVisit};
use super::program::undoing;

/// What a Task owes.
pub(super) struct Obligation<'c> {
    pub(super) state: &'c str,
    pub(super) task: TaskId,
    /// Whether it is owed without doubt. Else only typed refusals are known of it, or requests that may not have been sent.
    pub(super) certain: bool,
    pub(super) phase: Phase,
    /// Attempts of its compensation.
    pub(super) attempts: u32,
    /// When its latest attempt was scheduled.
    pub(super) begun_at: Option<Timestamp>,
    /// What the compensation is called with.
    pub(super) input: Option<Payload>,
    /// How often each retrier of the compensation was used; the default one is the first.
    pub(super) retries: Retries,
    /// When the compensation was first scheduled since the latest redrive.
    pub(super) since: Option<Timestamp>,
    /// The latest failure of the compensation.
    pub(super) failed: Option<(String, Timestamp)>,
    /// The redrive that its latest event came after.
    pub(super) segment: u32,
    /// Whether a catcher that suppresses unwinding let it rest: its backoff is over then.
    pub(super) rested: bool,
    /// Whether its part was being unwound when a larger one failed: it may have been its turn already.
    pub(super) interrupted: bool,
}

/// How far undoing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not its turn yet.
    Registered,
    /// Its compensation was scheduled.
    Begun,
    /// It is undone.
    Undone,
    /// Its compensation has failed for good.
    Spent,
    /// It was never owed, as has shown.
    Released,
    /// Discharged by the pivot; whether its compensation had begun.
    Discharged {
        /// Whether it had.
        begun: bool,
    },
}

impl Phase {
    pub(super) fn is_over(self) -> bool {
        matches!(self, Self::Undone | Self::Released | Self::Discharged { .. })
    }
}

/// What a thread owes.
#[derive(Debug, Clone)]
pub(super) enum Item {
    /// Of a task: its number among the obligations.
    Task(usize),
    /// Of branches or iterations beside each other.
    Group(Vec<Vec<Item>>),
}

/// Whether a task is owed: without doubt, maybe (`false`), or not at all.
pub(super) fn owes(visit: &TaskVisit<'_>, may_refuse: &dyn Fn(&str) -> bool) -> Option<bool> {
    undoing(visit.task)?;
    if visit.attempts.is_empty() {
        return None;
    }
    if visit.result.is_some() || visit.is_in_flight() {
        return Some(true);
    }
    let mut owed = None;
    for attempt in &visit.attempts {
        let certain = match &attempt.end {
            // An attempt that a redrive passed over.
            None | Some((End::TimedOut, _)) => true,
            Some((End::NotSent(_), _)) => false,
            Some((End::Failed(error), _)) if visit.task.refusals.contains(error) => continue,
            Some((End::Failed(error), _)) => !may_refuse(error),
        };
        owed = Some(owed.unwrap_or(false) || certain);
    }
    owed
}

/// All obligations of an execution.
#[derive(Default)]
pub(super) struct Obligations<'c>(pub(super) Vec<Obligation<'c>>);

impl<'c> Obligations<'c> {
    pub(super) fn add(&mut self, state: &'c str, task: TaskId, certain: bool, segment: u32) -> usize {
        self.0.push(Obligation {
            state,
            task,
            certain,
            phase: Phase::Registered,
            attempts: 0,
            begun_at: None,
            input: None,
            retries: Retries::default(),
            since: None,
            failed: None,
            segment,
            rested: false,
            interrupted: false,
        });
        self.0.len() - 1
    }

    pub(super) fn get(&self, id: usize) -> Option<&Obligation<'c>> {
        self.0.get(id)
    }

    pub(super) fn get_mut(&mut self, id: usize) -> Option<&mut Obligation<'c>> {
        self.0.get_mut(id)
    }

    /// What may be begun now, the last first. Answers whether all of these may be over, so that what stands before them may follow.
    pub(super) fn next(&self, items: &[Item], found: &mut Vec<usize>) -> bool {
        for item in items.iter().rev() {
            let over = match item {
                Item::Task(id) => match self.get(*id) {
                    None => true,
                    Some(obligation) if obligation.phase.is_over() => true,
                    Some(obligation) if obligation.phase == Phase::Registered => {
                        found.push(*id);
                        !obligation.certain
                    }
                    Some(_) => false,
                },
                Item::Group(branches) => {
                    let over: Vec<bool> = branches.iter().map(|branch| self.next(branch, found)).collect();
                    over.into_iter().all(|over| over)
                }
            };
            if !over {
                return false;
            }
        }
        true
    }

    /// Whether one stands in a group of which so many other branches are being undone, since the latest redrive.
    pub(super) fn is_beside(&self, items: &[Item], id: usize, most: usize, segment: u32) -> bool {
        items.iter().any(|item| {
            let Item::Group(branches) = item else { return false };
            let holds = |branch: &Vec<Item>| self.left(branch).contains(&id);
            let Some(own) = branches.iter().position(holds) else { return false };
            let others = branches.iter().enumerate().filter(|(at, _)| *at != own);
            let running = others.filter(|(_, branch)| self.is_running(branch, segment)).count();
            let is_new = branches.get(own).is_some_and(|branch| !self.has_begun(branch));
            running >= most && is_new || branches.get(own).is_some_and(|branch| self.is_beside(branch, id, most, segment))
        })
    }

    /// Whether something of these was begun to be undone: who has begun goes on.
    fn has_begun(&self, items: &[Item]) -> bool {
        items.iter().any(|item| match item {
            Item::Task(id) => self.get(*id).is_some_and(|obligation| obligation.attempts > 0 || obligation.interrupted),
            Item::Group(branches) => branches.iter().any(|branch| self.has_begun(branch)),
        })
    }

    /// Whether something of these is being undone now: a redrive asks for it again when it is its turn.
    fn is_running(&self, items: &[Item], segment: u32) -> bool {
        let runs =
            |obligation: &Obligation<'_>| obligation.phase == Phase::Begun && !obligation.rested && obligation.segment == segment;
        self.left(items).iter().filter_map(|id| self.get(*id)).any(runs)
    }

    /// All that are not over.
    pub(super) fn left(&self, items: &[Item]) -> Vec<usize> {
        let mut left = Vec::new();
        self.collect(items, &mut left);
        left
    }

    fn collect(&self, items: &[Item], left: &mut Vec<usize>) {
        for item in items {
            match item {
                Item::Task(id) => left.extend(self.get(*id).filter(|obligation| !obligation.phase.is_over()).map(|_| *id)),
                Item::Group(branches) => branches.iter().for_each(|branch| self.collect(branch, left)),
            }
        }
    }

    /// The states of those that are owed without doubt, or begun.
    pub(super) fn certain<'i>(&self, ids: &'i [usize]) -> impl Iterator<Item = &'c str> + use<'_, 'i, 'c> {
        let sure = |obligation: &&Obligation<'c>| obligation.certain || obligation.phase != Phase::Registered;
        ids.iter().filter_map(|id| self.get(*id)).filter(sure).map(|obligation| obligation.state)
    }

    /// The part that these were unwound with stands in one that has failed.
    pub(super) fn interrupt(&mut self, items: &[Item]) {
        for id in self.left(items) {
            if let Some(obligation) = self.0.get_mut(id) {
                obligation.interrupted = true;
            }
        }
    }

    /// Lets what was begun of these rest.
    pub(super) fn rest(&mut self, items: &[Item]) {
        for id in self.left(items) {
            if let Some(obligation) = self.0.get_mut(id) {
                obligation.rested = true;
            }
        }
    }

    /// The states of those that are not certain.
    pub(super) fn doubtful(&self, ids: &[usize]) -> Vec<&'c str> {
        let doubtful = |obligation: &&Obligation<'c>| !obligation.certain && obligation.phase == Phase::Registered;
        ids.iter().filter_map(|id| self.get(*id)).filter(doubtful).map(|obligation| obligation.state).collect()
    }

    /// What was doubtful and was passed over was not owed.
    pub(super) fn release(&mut self, ids: &[usize]) {
        for id in ids {
            if let Some(obligation) = self.0.get_mut(*id)
                && !obligation.certain
                && obligation.phase == Phase::Registered
            {
                obligation.phase = Phase::Released;
            }
        }
    }
}
