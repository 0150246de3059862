//! Section 5: how long a handler may work. Heartbeats extend its lease, and it is stopped when that is lost.

use std::sync::atomic::Ordering;

use interpreter::{IdempotencyKey, Timestamp};
use store::{LedgerEntry, LedgerState};

use super::Checks;
use crate::effect::Effect;
use crate::fault::Fault;
use crate::world::World;

/// The cause of a handler that was stopped because its time was over, as the harness writes it.
const OVERRAN: &str = "the handler did not end in time";
/// What an invocation needs at its end, and calls on their way, in milliseconds.
const CLOSING_MILLIS: u64 = 2_500;
/// What a heartbeat that was begun may take, in milliseconds.
const HEARTBEAT_MILLIS: u64 = 500;

impl Checks {
    /// Whether nothing but the code decided how long what is handled now took.
    fn is_undisturbed(world: &World) -> bool {
        let jumps = world.options.per_million.get(&Fault::ClockJumped).is_some_and(|likely| *likely > 0);
        let undisturbed = |handling: &crate::world::Handling| {
            !handling.paused.load(Ordering::Relaxed) && !handling.troubled.load(Ordering::Relaxed)
        };
        !jumps && world.handled_now().is_some_and(|handling| undisturbed(&handling))
    }

    /// Whoever is heard of has all the time of the function and of the task.
    pub(super) fn of_overrun(&self, world: &World, key: &IdempotencyKey, after: &LedgerEntry) -> Option<(&'static str, String)> {
        let LedgerState::Failed { failure, .. } = &after.state else { return None };
        if failure.cause.as_deref() != Some(OVERRAN) || !Self::is_undisturbed(world) {
            return None;
        }
        let (deadline, heartbeat) = *self.asked.get(&(key.clone(), after.attempt))?;
        heartbeat?;
        let handling = world.handled_now()?;
        let seconds = crate::queues::task_queues(&world.routes).get(&handling.queue).copied()?;
        let functions = world.routes.0.values().filter(|route| route.queue == handling.queue);
        let shortest = functions.map(|route| route.function_timeout_seconds).min().unwrap_or(seconds);
        let until = handling.began.plus_seconds(shortest);
        let until = deadline.map_or(until, |deadline| until.min(deadline));
        let slack = CLOSING_MILLIS + 2 * world.options.clock_skew_millis;
        (world.now().plus_millis(slack) < until)
            .then(|| ("lease", format!("the handler of `{key}` was stopped before {until:?}, though it was heard of")))
    }

    /// Whoever has lost its lease is stopped at the next heartbeat.
    pub(crate) fn check_lost(&mut self, world: &World, effect: &Effect) {
        let Some(revoked_at) = self.revoked_at.get(&effect.key).copied().filter(|_| Self::is_undisturbed(world)) else { return };
        let asked = self.asked.get(&(effect.key.clone(), effect.attempt)).copied();
        let Some((_, Some(seconds))) = asked else { return };
        let stopped = revoked_at.plus_millis(seconds * 1_000 / 3 + HEARTBEAT_MILLIS);
        if stopped < world.now() {
            self.violated("lease", format!("`{}` took effect, and was revoked at {revoked_at:?}", effect.key));
        }
    }

    /// A key was revoked.
    pub(super) fn note_revoked(&mut self, key: &IdempotencyKey, now: Timestamp) {
        self.revoked_at.entry(key.clone()).or_insert(now);
    }
}
