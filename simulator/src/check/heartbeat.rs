//! Invariant 14: a heartbeat that was answered counts.

use interpreter::{HistoryEventKind, TaskToken, Timestamp};
use store::Entry;

use super::Checks;
use super::waits::Waits;
use crate::world::World;

/// The error of a task that was not heard of in time.
const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
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
        self.told_heard.insert((token.execution.clone(), token.visit), Heard { asked, told });
    }

    /// Whether an entry reports tasks as not heard of that were.
    pub(super) fn of_heartbeats(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        let lost = entry.events.iter().filter(|event| is_heartbeat_timeout(&event.kind)).count();
        let Some(before) = self.latest(&entry.execution.identity.id).filter(|_| lost > 0) else { return Vec::new() };
        let skew_millis = 2 * (world.options.clock_skew_millis + world.options.coordinator_skew_millis) + SLACK_MILLIS;
        let (before, after) = (Waits::of(before), Waits::of(&entry.execution));
        let goes_on = |visit: u64| after.attempts.iter().any(|(other, _)| *other == visit);
        let gone = before.attempts.iter().filter(|(visit, attempt)| attempt.heartbeat_seconds.is_some() && !goes_on(*visit));
        let silent = gone.filter(|(visit, attempt)| {
            let heard = self.told_heard.get(&(entry.execution.identity.id.clone(), *visit));
            let until = attempt.heartbeat_seconds.unwrap_or_default();
            heard.is_none_or(|heard| {
                let in_time = heard.told.plus_millis(skew_millis) < entry.at;
                !in_time || heard.asked.plus_seconds(until) <= entry.at.plus_millis(skew_millis)
            })
        });
        match lost > silent.count() {
            true => vec![("heartbeat", "a task is reported as silent whose heartbeat was answered".to_owned())],
            false => Vec::new(),
        }
    }
}

fn is_heartbeat_timeout(kind: &HistoryEventKind) -> bool {
    match kind {
        HistoryEventKind::LambdaFunctionTimedOut(details) | HistoryEventKind::TaskTimedOut { details, .. } => {
            details.error.as_deref() == Some(HEARTBEAT_TIMEOUT)
        }
        _ => false,
    }
}
