//! What must hold of each entry, at the moment at which it is committed.

use std::collections::BTreeMap;

use interpreter::{Command, ExecutionStatus, IdempotencyKey, outstanding};
use store::Entry;

use super::waits::Waits;
use super::{Checks, Journal, head_of};
use crate::world::World;

/// No execution that is run here has so many entries unless it goes round in circles.
const ENTRIES_MAX: u64 = 5_000;

impl Checks {
    /// An entry stands. One that stood before (a repeated write) is nothing new.
    pub(crate) fn committed(&mut self, world: &World, entry: &Entry) {
        let id = &entry.execution.identity.id;
        let before = self.journals.get(id);
        if before.is_some_and(|journal| journal.seeds.get(&entry.revision) == Some(&entry.seed)) {
            return;
        }
        let before_redrives = before.map_or(0, |before| before.latest.redrive_count);
        let findings = match before {
            None => of_first(entry),
            Some(before) => of_next(before, entry),
        };
        let findings: Vec<(&str, String)> =
            findings.into_iter().chain(of_events(before, entry)).chain(self.of_entry(world, entry)).collect();
        let name = entry.execution.identity.name.clone();
        for (rule, text) in findings {
            self.violated(rule, format!("entry {} of `{name}`: {text}", entry.revision));
        }
        if before_redrives < entry.execution.redrive_count {
            self.redriven.insert(id.clone(), world.now());
        }
        self.caused(world, entry);
        self.revision_committed(world, entry);
        let called_back: Vec<IdempotencyKey> = {
            let waits = Waits::of(&entry.execution);
            let is_callback = |visit: u64| waits.attempts.iter().any(|(other, attempt)| *other == visit && attempt.callback);
            waits.tasks.iter().filter(|(visit, _)| is_callback(*visit)).map(|(_, task)| task.key.clone()).collect()
        };
        self.called_back.extend(called_back);
        self.transitions += 1;
        self.took_events(entry);
        if entry.revision > ENTRIES_MAX {
            self.violated("progress", format!("`{name}` has {} entries", entry.revision));
        }
        let journal = self.journals.entry(id.clone()).or_insert_with(|| Journal {
            revision: 0,
            by: None,
            seeds: BTreeMap::new(),
            latest: entry.execution.clone(),
        });
        journal.revision = entry.revision;
        journal.by = world.executor.current().map(|current| current.task);
        journal.seeds.insert(entry.revision, entry.seed);
        journal.latest = entry.execution.clone();
    }

    /// What each entry has to be, whatever stands before it.
    fn of_entry(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        let mut findings = self.of_wake(world, entry);
        findings.extend(self.of_bounds(entry));
        findings.extend(self.of_deadlines(entry));
        findings.extend(self.of_time(world, entry));
        findings.extend(self.of_heartbeats(world, entry));
        findings.extend(self.of_surrender(entry));
        findings.extend(Self::of_forged(entry));
        findings.extend(self.of_refused(world, entry));
        findings
    }

    /// Invariant 12: the head's `wake_at` is lowered before the entry that needs it, and no later than what is outstanding allows. Invariant 9: there is a
    /// head before there is an entry.
    fn of_wake(&self, world: &World, entry: &Entry) -> Vec<(&'static str, String)> {
        let execution = &entry.execution;
        let Some(head) = head_of(world, &execution.identity.id) else {
            return vec![("head-first", "there is no head".to_owned())];
        };
        if execution.status != ExecutionStatus::Running {
            return Vec::new();
        }
        let mut findings = Vec::new();
        if head.status != ExecutionStatus::Running || head.wake_at.is_none_or(|wake_at| wake_at > execution.wake_at) {
            findings.push((
                "wake",
                format!("the head is {} and due at {:?}, later than {:?}", head.status.as_str(), head.wake_at, execution.wake_at),
            ));
        }
        let requested = outstanding(execution, 0).iter().any(|command| matches!(command, Command::Perform(_)));
        let within_seconds = if requested { self.limits.wake_within_seconds } else { self.limits.wake_at_least_seconds };
        if execution.wake_at > entry.at.plus_seconds(within_seconds) {
            findings.push(("wake", format!("it is looked at again at {:?} only", execution.wake_at)));
        }
        findings
    }
}

fn of_first(entry: &Entry) -> Vec<(&'static str, String)> {
    if entry.revision == 1 { Vec::new() } else { vec![("revisions", "it is the first".to_owned())] }
}

fn of_next(before: &Journal, entry: &Entry) -> Vec<(&'static str, String)> {
    let mut findings = Vec::new();
    if entry.revision != before.revision + 1 {
        findings.push(("revisions", format!("it follows {}", before.revision)));
    }
    if entry.at < before.latest.updated_at {
        findings.push(("time", "its time is before that of the entry before".to_owned()));
    }
    let redriven = entry.execution.redrive_count > before.latest.redrive_count;
    if before.latest.status != ExecutionStatus::Running && !redriven {
        findings.push(("one-end", format!("the execution had ended: {}", before.latest.status.as_str())));
    }
    let ended = &entry.execution;
    if before.latest.ending.is_some() && ended.ending.is_none() && ended.status == ExecutionStatus::Running && !redriven {
        findings.push(("ending", "how it ends was decided, and is no longer".to_owned()));
    }
    if entry.execution.definition != before.latest.definition {
        findings.push(("pinned", "it has another definition".to_owned()));
    }
    if before.latest.pivot_passed && !entry.execution.pivot_passed {
        findings.push(("pivot", "the pivot is no longer passed".to_owned()));
    }
    findings
}

fn of_events(before: Option<&Journal>, entry: &Entry) -> Vec<(&'static str, String)> {
    let mut next = before.map_or(1, |before| before.latest.next_event);
    let mut findings = Vec::new();
    for event in &entry.events {
        if event.id != next || event.previous >= event.id {
            findings.push(("history", format!("event {} (after {}) follows {}", event.id, event.previous, next - 1)));
        }
        next = event.id + 1;
    }
    if entry.execution.next_event != next {
        findings.push(("history", format!("the next event is {}, not {next}", entry.execution.next_event)));
    }
    findings
}
