//! Whether a break of a rule is noticed: by which seed, and by which check.

use std::time::{Duration, Instant};

use breaks::Break;

use crate::fault::Permitted;
use crate::options::Options;
use crate::run::{Report, run};
use crate::trace::Trace;

/// The first of these seeds that notices a break, and by which rule of the checks. Tells nothing where the code is as it should be.
pub fn first_seed(broken: Break, first: u64, count: u64, world: World) -> Option<(u64, String)> {
    let began = Instant::now();
    (first..first.saturating_add(count))
        .take_while(|_| began.elapsed() < PATIENCE)
        .find_map(|seed| Some((seed, by(broken, &world(seed))?)))
}

/// The options of a seed: [`Options::drawn`], [`Options::besieged`] or [`Options::narrow`].
pub type World = fn(u64) -> Options;

/// How long a break is looked for: some make every seed slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// By which rule a world notices a break, if it does.
pub fn by(broken: Break, options: &Options) -> Option<String> {
    let report = ran(broken, options);
    let noticed = report.violations.first().map(|violation| violation.rule.clone());
    // A seed that is run twice takes the same course.
    let differs = || {
        let again = ran(broken, options);
        (again.transitions, again.arms, again.struck) != (report.transitions, report.arms.clone(), report.struck.clone())
    };
    noticed.or_else(|| (broken == Break::TransitionDrawsItself && differs()).then(|| "the same seed, the same course".to_owned()))
}

fn ran(broken: Break, options: &Options) -> Report {
    breaks::switch(Some(broken));
    let report = run(options.clone(), Permitted::default(), Trace::none());
    breaks::switch(None);
    report
}
