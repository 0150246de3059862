//! Makes a failing seed small: the shortest prefix of its faults that still fails, then without each fault that it does not need.

use std::collections::BTreeSet;

use crate::fault::{Permitted, Strike};
use crate::options::Options;
use crate::run::{Report, run};
use crate::trace::Trace;

/// A failing seed, as small as it was made.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// Which faults are let through.
    pub permitted: Permitted,
    /// What it comes to with these.
    pub report: Report,
    /// How many runs it took.
    pub runs: u32,
}

/// At most so many runs are spent on one seed.
const RUNS_MAX: u32 = 400;

/// Shrinks a failing seed. What it comes to in the end is a violation, though perhaps another one: any of them is to be mended.
pub fn shrink(options: &Options, failing: &Report) -> Shrunk {
    let mut shrunk = Shrunk { permitted: Permitted::default(), report: failing.clone(), runs: 0 };
    shrink_prefix(options, &mut shrunk);
    shrink_one_by_one(options, &mut shrunk);
    shrunk
}

/// The shortest prefix that still fails. Failing is taken to be monotone in the prefix's length; where it is not, the prefix is only short.
fn shrink_prefix(options: &Options, shrunk: &mut Shrunk) {
    let numbers: Vec<u64> = shrunk.report.struck.iter().map(|strike| strike.number).collect();
    let (mut passing, mut failing) = (0, numbers.len());
    while passing < failing {
        let middle = passing + (failing - passing) / 2;
        // No fault at all stands before the first one's number.
        let up_to = middle.checked_sub(1).and_then(|last| numbers.get(last)).map_or(0, |number| *number);
        let permitted = Permitted { up_to, without: without_first(middle, &numbers) };
        if tried(options, shrunk, permitted) { failing = middle } else { passing = middle + 1 }
    }
}

/// A prefix of no faults ends before opportunity 0, which may be one: that is left out by its number.
fn without_first(length: usize, numbers: &[u64]) -> BTreeSet<u64> {
    if length == 0 { numbers.first().filter(|number| **number == 0).into_iter().copied().collect() } else { BTreeSet::new() }
}

/// Removes faults one at a time, the last ones first: those that come after the harm was done go most easily.
fn shrink_one_by_one(options: &Options, shrunk: &mut Shrunk) {
    let mut kept = BTreeSet::new();
    while let Some(number) = last_untried(&shrunk.report.struck, &kept) {
        if shrunk.runs >= RUNS_MAX {
            return;
        }
        let mut permitted = shrunk.permitted.clone();
        permitted.without.insert(number);
        if !tried(options, shrunk, permitted) {
            kept.insert(number);
        }
    }
}

fn last_untried(struck: &[Strike], kept: &BTreeSet<u64>) -> Option<u64> {
    struck.iter().rev().map(|strike| strike.number).find(|number| !kept.contains(number))
}

/// Runs with these faults; keeps what came of it if it still fails.
fn tried(options: &Options, shrunk: &mut Shrunk, permitted: Permitted) -> bool {
    shrunk.runs += 1;
    let report = run(options.clone(), permitted.clone(), Trace::none());
    let fails = !report.violations.is_empty();
    if fails {
        shrunk.permitted = permitted;
        shrunk.report = report;
    }
    fails
}
