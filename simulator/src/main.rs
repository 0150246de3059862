//! The simulator's command line.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::Parser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use simulator::arms;
use simulator::campaign::{Seeds, Summary, run_all};
use simulator::fault::{Fault, Permitted};
use simulator::options::Options;
use simulator::run::{Report, run};
use simulator::shrink::{Shrunk, shrink};
use simulator::trace::Trace;

/// Worlds are built and thrown away by the thousand: a fifth of the time would go into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lines of a shrunk seed's trace that are shown: the end, where it goes wrong.
const LINES_SHOWN: usize = 100;

/// Runs the whole system in a hostile world that a seed determines, and checks each step.
///
/// The coordinator, the interpreter, the worker harness and the order handlers are the very code that is deployed; stores, queues, clocks and providers are
/// simulated, and go wrong in every way that they may. The same seed prints the same bytes. docs/simulator.md has the faults, the checks
/// and the legend of the trace.
#[derive(Debug, Parser)]
#[command(
    name = "simulator",
    after_help = "Exit code 0 if nothing was violated, 1 if something was.\n\nExamples:\n  cargo run --release -p simulator -- --seeds 1000\n  cargo run --release -p simulator -- --seed 17 --trace"
)]
struct Arguments {
    /// How many seeds to run; at least one.
    #[arg(long, default_value_t = 200, conflicts_with = "seed", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1, conflicts_with = "seed")]
    first_seed: u64,
    /// Run this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the trace of the seed: one line per event.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Let no fault strike behind this opportunity (as a shrunk seed says).
    #[arg(long, requires = "seed", value_name = "NUMBER")]
    up_to: Option<u64>,
    /// Let no fault strike at these opportunities (as a shrunk seed says).
    #[arg(long, requires = "seed", value_name = "NUMBERS", value_delimiter = ',')]
    without: Vec<u64>,
    /// The world of the seed is after a few things and nothing else: processes stop and stand still, workers are in trouble.
    #[cfg_attr(not(feature = "breaks"), arg(long, requires = "seed"))]
    #[cfg_attr(feature = "breaks", arg(long))]
    besieged: bool,
    /// The world of the seed is besieged, and what its executions may carry is little.
    #[cfg_attr(not(feature = "breaks"), arg(long, requires = "seed", conflicts_with = "besieged"))]
    #[cfg_attr(feature = "breaks", arg(long, conflicts_with = "besieged"))]
    narrow: bool,
    /// Do not look for the fewest faults that still fail.
    #[arg(long)]
    no_shrink: bool,
    /// Seeds that run at a time.
    #[arg(long, default_value_t = 1)]
    jobs: usize,
    /// Find out which breaks are noticed, and by which seed; all of them, or those named.
    #[cfg(feature = "breaks")]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', num_args = 0..)]
    breaks: Option<Vec<String>>,
    /// Break a rule on purpose (by the name of the break), to see that it is noticed.
    #[cfg(feature = "breaks")]
    #[arg(long = "break", value_name = "NAME")]
    broken: Option<String>,
    /// As above, in a build that cannot: whoever asks for it is told how to get one that can.
    #[cfg(not(feature = "breaks"))]
    #[arg(long = "break", alias = "breaks", hide = true, num_args = 0..)]
    broken: Option<Vec<String>>,
}

impl Arguments {
    /// The options that a seed stands for.
    fn world(&self) -> fn(u64) -> Options {
        match (self.besieged, self.narrow) {
            (true, _) => Options::besieged,
            (_, true) => Options::narrow,
            _ => Options::drawn,
        }
    }

    /// What says so on a command line.
    fn world_option(&self) -> &'static str {
        match (self.besieged, self.narrow) {
            (true, _) => " --besieged",
            (_, true) => " --narrow",
            _ => "",
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Simulated workers panic on purpose; whatever else panics is seen by what it leaves undone.
    std::panic::set_hook(Box::new(|_| {}));
    #[cfg(feature = "breaks")]
    if let Some(name) = &arguments.broken {
        let Some(broken) = breaks::Break::ALL.iter().find(|broken| broken.name() == name) else {
            say(&format!("there is no break `{name}`"));
            return ExitCode::from(2);
        };
        breaks::switch(Some(*broken));
    }
    #[cfg(feature = "breaks")]
    if let Some(names) = &arguments.breaks {
        return look_for_breaks(&arguments, names);
    }
    #[cfg(not(feature = "breaks"))]
    if arguments.broken.is_some() {
        tell(
            "error: nothing can be broken in this build\n\n  hint: cargo run --release -p simulator --features breaks -- --breaks",
        );
        return ExitCode::from(2);
    }
    match arguments.seed {
        Some(seed) => one(&arguments, seed),
        None => many(&arguments),
    }
}

/// Tells of each break which seed notices it first, and by which rule.
#[cfg(feature = "breaks")]
fn look_for_breaks(arguments: &Arguments, names: &[String]) -> ExitCode {
    if let Some(name) = names.iter().find(|name| breaks::Break::ALL.iter().all(|broken| broken.name() != name.as_str())) {
        say(&format!("there is no break `{name}`"));
        return ExitCode::from(2);
    }
    let mut unnoticed = 0;
    for broken in breaks::Break::ALL {
        if !names.is_empty() && !names.iter().any(|name| name == broken.name()) {
            continue;
        }
        let noticed = simulator::noticed::first_seed(*broken, arguments.first_seed, arguments.seeds, arguments.world());
        match noticed {
            Some((seed, rule)) => say(&format!("{:<40} {seed:>5}  {rule}", broken.name())),
            None => {
                unnoticed += 1;
                say(&format!("{:<40}     -  {}", broken.name(), broken.rule()));
            }
        }
    }
    if unnoticed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(arguments: &Arguments, seed: u64) -> ExitCode {
    let options = arguments.world()(seed);
    say(&options.to_string());
    let permitted =
        Permitted { up_to: arguments.up_to.unwrap_or(u64::MAX), without: arguments.without.iter().copied().collect() };
    let trace = if arguments.trace { Trace::to(say) } else { Trace::none() };
    let report = run(options.clone(), permitted.clone(), trace);
    say(&format!(
        "{} executions, {} transitions, {} faults; at rest {} s after the last fault",
        report.executions,
        report.transitions,
        report.struck.len(),
        report.rest_seconds
    ));
    if report.violations.is_empty() {
        return ExitCode::SUCCESS;
    }
    say_violations(&report);
    let is_whole = permitted == Permitted::default();
    if !arguments.no_shrink && !arguments.trace && is_whole {
        say_shrunk(&shrink(&options, &report), arguments.world_option());
    }
    ExitCode::FAILURE
}

fn many(arguments: &Arguments) -> ExitCode {
    let seeds = Seeds { first: arguments.first_seed, count: arguments.seeds };
    let began = Instant::now();
    let bar = progress(seeds.count);
    let summary = run_all(seeds, arguments.jobs, |summary| {
        bar.set_position(summary.seeds);
        bar.set_message(format!("{} sagas, {} failed", summary.executions, summary.failed.len()));
    });
    bar.finish_and_clear();
    say_summary(&summary, seeds);
    let seconds = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "told, not computed with")]
    let rate = summary.executions as f64 / seconds.max(0.001);
    // The time is this machine's; all else is the seeds'.
    tell(&format!("{seconds:.1} s, {rate:.0} sagas a second"));
    let Some(report) = summary.failed.values().next() else { return ExitCode::SUCCESS };
    for report in summary.failed.values() {
        say(&format!("seed {}:", report.options.seed));
        say_violations(report);
    }
    if !arguments.no_shrink {
        say(&report.options.to_string());
        say_shrunk(&shrink(&report.options, report), "");
    }
    ExitCode::FAILURE
}

fn progress(count: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {msg}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn say_violations(report: &Report) {
    for violation in &report.violations {
        say(&format!("  VIOLATED {}: {}", violation.rule, violation.text));
    }
}

fn say_shrunk(shrunk: &Shrunk, world: &str) {
    let seed = shrunk.report.options.seed;
    say(&format!("shrunk in {} runs to {} faults:", shrunk.runs, shrunk.report.struck.len()));
    for strike in &shrunk.report.struck {
        say(&format!("  #{} {}", strike.number, strike.fault.name()));
    }
    say_violations(&shrunk.report);
    let without: BTreeSet<String> = shrunk.permitted.without.iter().map(u64::to_string).collect();
    let without = without.into_iter().collect::<Vec<_>>().join(",");
    let up_to = match shrunk.permitted.up_to {
        u64::MAX => String::new(),
        up_to => format!(" --up-to {up_to}"),
    };
    let without = if without.is_empty() { without } else { format!(" --without {without}") };
    say(&format!("its trace:\n  cargo run --release -p simulator -- --seed {seed}{world} --trace{up_to}{without}"));
    let lines = Arc::new(Mutex::new(VecDeque::new()));
    let kept = Arc::clone(&lines);
    let trace = Trace::to(move |line| {
        let mut lines = kept.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line.to_owned());
        if lines.len() > LINES_SHOWN {
            lines.pop_front();
        }
    });
    let _ = run(shrunk.report.options.clone(), shrunk.permitted.clone(), trace);
    say(&format!("its last {LINES_SHOWN} lines:"));
    lines.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|line| say(line));
}

fn say_summary(summary: &Summary, seeds: Seeds) {
    let Summary { executions, transitions, slowest: (rest_seconds, slowest), .. } = summary;
    say(&format!(
        "{} seeds from {}: {executions} sagas, {transitions} transitions; at rest {rest_seconds} s after the last fault at the latest (seed {slowest}), {} steps at most; {} failed",
        summary.seeds,
        seeds.first,
        summary.longest,
        summary.failed.len()
    ));
    say("faults:");
    for fault in Fault::ALL {
        say(&format!("  {:>12} {}", summary.faults.get(&fault).copied().unwrap_or(0), fault.name()));
    }
    say("arms of the transition tables:");
    for (arm, count) in &summary.arms {
        say(&format!("  {count:>12} {arm}"));
    }
    let never = arms::all().into_iter().filter(|arm| !summary.arms.contains_key(arm));
    let (cannot, not_yet): (Vec<String>, Vec<String>) = never.partition(|arm| arms::impossible(arm).is_some());
    say(&format!("{} arms that were never taken:", not_yet.len()));
    not_yet.iter().for_each(|arm| say(&format!("  {arm}")));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in cannot.iter().filter_map(|arm| arms::impossible(arm)) {
        *reasons.entry(reason).or_default() += 1;
    }
    say(&format!("{} arms that nothing can lead to (to take one is a violation):", cannot.len()));
    for (reason, count) in reasons {
        say(&format!("  {count:>12} for {reason}"));
    }
}

/// Writes a line to standard output; whoever closed it does not want it.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes a line to standard error.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
