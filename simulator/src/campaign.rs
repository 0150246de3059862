//! Many seeds, one after the other or several at a time, and what they came to together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::fault::{Fault, Permitted};
use crate::options::Options;
use crate::run::{Report, run};
use crate::trace::Trace;

/// Which seeds are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// The first one.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// What seeds came to together.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Seeds that were run.
    pub seeds: u64,
    /// Executions that ended.
    pub executions: u64,
    /// Journal entries.
    pub transitions: u64,
    /// How often each fault struck.
    pub faults: BTreeMap<Fault, u64>,
    /// How often each arm of the transition tables was taken.
    pub arms: BTreeMap<String, u64>,
    /// After how many seconds the slowest seed came to rest, once nothing went wrong any more, and which one that was.
    pub slowest: (i64, u64),
    /// How many steps the longest seed took.
    pub longest: u64,
    /// The reports of those that failed, by seed.
    pub failed: BTreeMap<u64, Report>,
}

impl Summary {
    /// Takes in what a seed came to.
    pub fn add(&mut self, report: Report) {
        self.seeds += 1;
        self.executions += report.executions;
        self.transitions += report.transitions;
        for strike in &report.struck {
            *self.faults.entry(strike.fault).or_default() += 1;
        }
        for (arm, count) in &report.arms {
            *self.arms.entry(arm.clone()).or_default() += count;
        }
        self.longest = self.longest.max(report.steps);
        self.slowest = self.slowest.max((report.rest_seconds, report.options.seed));
        if !report.violations.is_empty() {
            self.failed.insert(report.options.seed, report);
        }
    }
}

/// Runs seeds on so many threads; `seen` is called after each. What it sums up to does not depend on the threads.
pub fn run_all(seeds: Seeds, jobs: usize, mut seen: impl FnMut(&Summary)) -> Summary {
    let next = AtomicU64::new(0);
    let mut summary = Summary::default();
    thread::scope(|scope| {
        let (told, hear) = mpsc::channel();
        for _ in 0..jobs.max(1) {
            let (told, next) = (told.clone(), &next);
            scope.spawn(move || {
                while let Some(seed) = taken(next, seeds) {
                    let report = run(Options::drawn(seed), Permitted::default(), Trace::none());
                    // Nobody hears it if the campaign is over.
                    if told.send(report).is_err() {
                        return;
                    }
                }
            });
        }
        drop(told);
        for report in hear {
            summary.add(report);
            seen(&summary);
        }
    });
    summary
}

fn taken(next: &AtomicU64, seeds: Seeds) -> Option<u64> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    (number < seeds.count).then(|| seeds.first.wrapping_add(number))
}
