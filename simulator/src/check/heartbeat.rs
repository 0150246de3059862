//! Invariant 14: a heartbeat that was answered counts.

use interpreter::{HistoryEventKind, TaskAttempt, TaskPhase, TaskProgress, TaskToken, Timestamp};
use store::Entry;

use super::Checks;
use super::waits::Waits;
use crate::world::World;

/// What a call may take beside what it does, in milliseconds.
const SLACK_MILLIS: u64 = 200;

/// A heartbeat, by the world's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    /// When it was sent.
    asked: Timestamp,
    /// When its sender was told that it is taken.
    told: Timestamp,
}

impl Checks {
    /// Whoever holds a token was told that its heartbeat is taken.
    pub(crate) fn told_heard(&mut self, token: &TaskToken, asked: Timestamp, told: Timestamp) {
        let heard = Heard { asked, told };
        let latest = self.told_heard.entry((token.execution.clone(), token.visit)).or_insert(heard);
        if latest.asked < asked {
            *latest = heard;
        }
    }

    /// Whether an entry reports tasks as not heard of that were.
    pub(super) fn of_heartbeats(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        let timed_out = entry.events.iter().filter(|event| is_timeout(&event.kind)).count();
        let Some(before) = self.latest(&entry.execution.identity.id).filter(|_| timed_out > 0) else { return Vec::new() };
        let (before, after) = (Waits::of(before), Waits::of(&entry.execution));
        let goes_on = |visit: u64, attempt: u32| {
            let is_this = |(other, task): &(u64, &TaskProgress)| *other == visit && task.attempt == attempt;
            after.tasks.iter().any(|task| is_this(task) && matches!(task.1.phase, TaskPhase::InFlight(_)))
        };
        let in_flight = before.tasks.iter().filter_map(|(visit, task)| match &task.phase {
            TaskPhase::InFlight(attempt) => Some((*visit, task.attempt, attempt)),
            _ => None,
        });
        let gone = in_flight.filter(|(visit, attempt, _)| !goes_on(*visit, *attempt));
        let over = gone.filter(|(visit, _, attempt)| self.may_time_out(world, entry, *visit, attempt));
        match timed_out > over.count() {
            true => vec![("heartbeat", "a task is reported as silent whose heartbeat was answered".to_owned())],
            false => Vec::new(),
        }
    }

    /// Whether an attempt's time is over, or nobody was told that it is heard of.
    fn may_time_out(&self, world: &World, entry: &Entry, visit: u64, attempt: &TaskAttempt) -> bool {
        if attempt.deadline.is_some_and(|deadline| deadline <= entry.at) {
            return true;
        }
        let skew_millis = 2 * (world.options.clock_skew_millis + world.options.coordinator_skew_millis) + SLACK_MILLIS;
        let heard = self.told_heard.get(&(entry.execution.identity.id.clone(), visit));
        let until = attempt.heartbeat_seconds.unwrap_or_default();
        heard.is_none_or(|heard| {
            let in_time = heard.told.plus_millis(skew_millis) < entry.at;
            !in_time || heard.asked.plus_seconds(until) <= entry.at.plus_millis(skew_millis)
        })
    }
}

/// Whether an attempt's time was over, or its heartbeat's: a worker that was too slow says so with a cause.
fn is_timeout(kind: &HistoryEventKind) -> bool {
    match kind {
        HistoryEventKind::LambdaFunctionTimedOut(details) | HistoryEventKind::TaskTimedOut { details, .. } => {
            details.cause.is_none()
        }
        _ => false,
    }
}
