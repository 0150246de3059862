//! Invariants 12 and 13: an execution is looked at again in time, and a hint is not lost before its time.

use std::collections::BTreeMap;

use interpreter::{Command, Execution, ExecutionId, ExecutionStatus, Identity, Timestamp, outstanding};
use messages::Delivery;
use store::Entry;

use super::traffic::{Meaning, attempt_of, text_of};
use super::waits::Waits;
use super::{Checks, head_of};
use crate::world::World;

/// So often in a row a wake may leave the head due: others may have been at work meanwhile.
const IDLE_WAKES_MAX: u32 = 12;
/// How far two hosts' clocks may be apart, in milliseconds, where a seed does not say more.
const SKEW_MILLIS: u64 = 5_000;

/// What was seen of wakes.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    /// When the watch sent the wake that a live wake goes on with.
    began: BTreeMap<String, Timestamp>,
    /// When an attempt's request was taken by a queue last.
    sent: BTreeMap<(ExecutionId, u64, u32), Timestamp>,
    /// When a revision was committed.
    committed: BTreeMap<(ExecutionId, u64), Timestamp>,
    /// How many wakes in a row have left a head due that need not be.
    idle: BTreeMap<ExecutionId, u32>,
}

impl Checks {
    /// An entry says itself when its execution comes due, and arms a hint for what is near.
    pub(super) fn of_deadlines(&self, entry: &Entry) -> Vec<(&'static str, String)> {
        let execution = &entry.execution;
        if execution.status != ExecutionStatus::Running {
            return Vec::new();
        }
        let waits = Waits::of(execution);
        let earliest = if waits.runnable { Some(entry.at) } else { waits.deadlines.iter().min().copied() };
        let Some(earliest) = earliest else { return Vec::new() };
        let mut findings = Vec::new();
        let requested = outstanding(execution, 0).iter().any(|command| matches!(command, Command::Perform(_)));
        if !requested && !waits.runnable && execution.wake_at > earliest.max(entry.at) {
            findings.push(("wake", format!("it is looked at again at {:?}, and due at {earliest:?}", execution.wake_at)));
        }
        let is_near = earliest <= entry.at.plus_seconds(self.limits.timer_horizon_seconds);
        if is_near && execution.armed.is_none_or(|armed| armed.due > earliest.max(entry.at)) {
            findings.push(("hint", format!("it is due at {earliest:?}, and {:?} is armed", execution.armed)));
        }
        findings
    }

    /// A hint may be ahead of a host's clock by the skew between two; what is further ahead does not move an execution's time.
    pub(super) fn of_time(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        let before = self.latest(&entry.execution.identity.id).map(|latest| latest.updated_at);
        let Some(current) = world.executor.current() else { return Vec::new() };
        // A host's clock may have jumped between the decision and now, and a coordinator's come back from further off.
        let jump_millis = world.options.clock_skew_millis.saturating_mul(2) + world.options.coordinator_skew_millis;
        let clock = world.executor.now() + world.offset_millis(current.host);
        let latest = Timestamp::from_millis(clock).max(before.unwrap_or(entry.execution.started_at));
        match entry.at > latest.plus_millis(SKEW_MILLIS + jump_millis) {
            true => vec![("time", format!("its time is {:?}, and its host's clock shows {clock}", entry.at))],
            false => Vec::new(),
        }
    }

    /// An entry stands.
    pub(super) fn revision_committed(&mut self, world: &World, entry: &Entry) {
        self.wakes.committed.insert((entry.execution.identity.id.clone(), entry.revision), world.now());
    }

    /// A queue has taken a request.
    pub(super) fn request_sent(&mut self, world: &World, attempt: (ExecutionId, u64, u32)) {
        self.wakes.sent.insert(attempt, world.now());
    }

    /// A queue has taken a wake: one that goes on with another began with that.
    pub(super) fn wake_sent(&mut self, world: &World, text: &str) {
        let meaning = self.meanings.get(text);
        let Some(execution) = meaning.and_then(Meaning::execution).cloned() else { return };
        let began = Self::wake_began(world, &execution).unwrap_or_else(|| world.now());
        let earlier = self.wakes.began.entry(text.to_owned()).or_insert(began);
        *earlier = (*earlier).min(began);
    }

    /// When the wakes among these began. To be asked when they are received: another wake may say the same later, when these are gone.
    pub(crate) fn wakes_of(&self, deliveries: &[Delivery]) -> BTreeMap<ExecutionId, Timestamp> {
        let mut wakes = BTreeMap::new();
        for text in deliveries.iter().map(|delivery| text_of(&delivery.body)) {
            if let (Some(Meaning::Wake(woken, _)), Some(began)) = (self.meanings.get(text), self.wakes.began.get(text)) {
                let earliest = wakes.entry(woken.clone()).or_insert(*began);
                *earliest = (*earliest).min(*began);
            }
        }
        wakes
    }

    /// When the wake that is handled now began.
    fn wake_began(world: &World, execution: &ExecutionId) -> Option<Timestamp> {
        world.handled_now()?.wakes.get(execution).copied()
    }

    /// A head's `wake_at` was raised. Until then all that is outstanding was published again, and nobody needs it earlier.
    pub(crate) fn wake_raised(&mut self, world: &World, identity: &Identity, revision: u64) {
        let Some(latest) = self.latest(&identity.id).filter(|latest| latest.status == ExecutionStatus::Running) else { return };
        let head = head_of(world, &identity.id);
        let mut findings = Vec::new();
        if head.as_ref().is_some_and(|head| head.wake_at.is_none_or(|wake_at| wake_at > latest.wake_at)) {
            findings.push(format!("the head was raised over {:?} of revision {}", latest.wake_at, latest.revision));
        }
        if let Some(began) = Self::wake_began(world, &identity.id) {
            findings.extend(self.not_sent_since(latest, began, revision));
        }
        for text in findings {
            self.violated("wake-raised", format!("`{}`: {text}", identity.name));
        }
    }

    fn not_sent_since(&self, latest: &Execution, began: Timestamp, revision: u64) -> Option<String> {
        outstanding(latest, 0).into_iter().find_map(|command| match command {
            // What was created since has a message of its own that is given back until it is published.
            Command::Perform(task) if task.revision <= revision && self.is_before(latest, task.revision, began) => {
                let sent = self.wakes.sent.get(&attempt_of(&task.token));
                let is_sent = sent.is_some_and(|sent| *sent >= began);
                (!is_sent).then(|| format!("the head was raised, and the request for `{}` was not published again", task.state))
            }
            _ => None,
        })
    }

    fn is_before(&self, latest: &Execution, revision: u64, began: Timestamp) -> bool {
        self.wakes.committed.get(&(latest.identity.id.clone(), revision)).is_some_and(|at| *at < began)
    }

    /// The last copy of a hint is gone: what it was armed for has come, or another hint is armed.
    pub(super) fn check_hint(&mut self, execution: &ExecutionId, due: Timestamp, revision: u64) {
        let Some(latest) = self.latest(execution) else { return };
        let armed = latest.armed.is_some_and(|armed| (armed.due, armed.revision) == (due, revision));
        if latest.status == ExecutionStatus::Running && armed {
            let name = latest.identity.name.clone();
            self.violated("hint", format!("the hint for {due:?} of `{name}` was acknowledged, and is armed still"));
        }
    }

    /// The last copy of a wake is gone: the head is not due any more, unless there is something to do.
    pub(super) fn check_woken(&mut self, world: &World, text: &str, execution: &ExecutionId, goes_on: bool) {
        self.wakes.began.remove(text);
        // A page that is not the last leaves the head due, and there may be many.
        if goes_on {
            return;
        }
        let Some(latest) = self.latest(execution).filter(|latest| latest.status == ExecutionStatus::Running) else { return };
        let soon = world.now().plus_millis(2 * SKEW_MILLIS);
        let head_is_due = head_of(world, execution).and_then(|head| head.wake_at).is_some_and(|at| at <= world.now());
        let name = latest.identity.name.clone();
        let idle = latest.wake_at > soon && head_is_due;
        // One that goes on with another has its turn: the last page raises the head.
        if idle && self.live_wake(execution).is_some() {
            return;
        }
        let count = self.wakes.idle.entry(execution.clone()).or_default();
        *count = if idle { *count + 1 } else { 0 };
        if *count >= IDLE_WAKES_MAX {
            *count = 0;
            self.violated("wake-raised", format!("`{name}` is woken again and again, and has nothing to do"));
        }
    }
}
