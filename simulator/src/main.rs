//! The simulator's command line.

use simulator::fault::Permitted;
use simulator::options::Options;
use simulator::run::run;
use simulator::trace::Trace;

#[expect(clippy::print_stdout, reason = "a command line program")]
fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::set_hook(Box::new(|_| {}));
    let args: Vec<u64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let (first, count) = (args.first().copied().unwrap_or(1), args.get(1).copied().unwrap_or(1));
    let trace = std::env::args().any(|arg| arg == "--trace");
    let began = std::time::Instant::now();
    let mut sagas = 0;
    let mut slowest = 0;
    for seed in first..first + count {
        let options = Options::drawn(seed);
        let sink = if trace { Trace::to(|line| println!("{line}")) } else { Trace::none() };
        let report = run(options, Permitted::default(), sink);
        sagas += report.executions;
        slowest = slowest.max(report.rest_seconds);
        if !report.violations.is_empty() {
            println!("{}", report.options);
            for violation in report.violations.iter().take(3) {
                println!("  VIOLATION {}: {}", violation.rule, violation.text);
            }
        }
    }
    println!("{sagas} sagas in {:?}, slowest rest {slowest} s", began.elapsed());
}
