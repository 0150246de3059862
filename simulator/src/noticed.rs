//! Whether a break of a rule is noticed: by which seed, and by which check.

use std::time::{Duration, Instant};

use breaks::Break;

use crate::fault::Permitted;
use crate::options::Options;
use crate::run::{Report, run};
use crate::trace::Trace;

/// The first of these seeds that notices a break, and by which rule of the checks. Tells nothing where the code is as it should be.
pub fn first_seed(broken: Break, first: u64, count: u64) -> Option<(u64, String)> {
    let began = Instant::now();
    (first..first.saturating_add(count))
        .take_while(|_| began.elapsed() < PATIENCE)
        .find_map(|seed| Some((seed, by(broken, seed)?)))
}

/// How long a break is looked for: some make every seed slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// By which rule a seed notices a break, if it does.
pub fn by(broken: Break, seed: u64) -> Option<String> {
    let report = ran(broken, seed);
    let noticed = report.violations.first().map(|violation| violation.rule.clone());
    // A seed that is run twice takes the same course.
    let differs = || {
        let again = ran(broken, seed);
        (again.transitions, again.arms, again.struck) != (report.transitions, report.arms.clone(), report.struck.clone())
    };
    noticed.or_else(|| (broken == Break::TransitionDrawsItself && differs()).then(|| "the same seed, the same course".to_owned()))
}

fn ran(broken: Break, seed: u64) -> Report {
    breaks::switch(Some(broken));
    let report = run(Options::drawn(seed), Permitted::default(), Trace::none());
    breaks::switch(None);
    report
}
