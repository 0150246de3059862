//! What a seed is: everything.

use std::sync::{Arc, Mutex, PoisonError};

use simulator::fault::Permitted;
use simulator::options::Options;
use simulator::run::run;
use simulator::trace::Trace;

/// Simulated workers panic on purpose.
fn hush() {
    std::panic::set_hook(Box::new(|_| {}));
}

fn traced(seed: u64) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let trace = Trace::to(move |line| kept.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()));
    let report = run(Options::drawn(seed), Permitted::default(), trace);
    assert_eq!(report.violations, [], "seed {seed}");
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    lines.clone()
}

// Fails with anything that a seed does not determine: a clock, the order of a hash map, a random number of the machine's.
#[test]
fn the_same_seed_prints_the_same() {
    hush();
    for seed in [1, 2, 3, 14, 31] {
        let (first, second) = (traced(seed), traced(seed));
        assert!(first.len() > 100, "seed {seed} does something");
        let differs = first.iter().zip(&second).find(|(first, second)| first != second);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

// Fails if the world does nothing to the system when nothing goes wrong: the shop's usual day.
#[test]
fn a_world_in_which_nothing_goes_wrong_comes_to_rest_at_once() {
    hush();
    let options = Options { seed: 5, orders: 20, machines: 10, ..Options::quiet() };
    let report = run(options, Permitted::default(), Trace::none());
    assert_eq!(report.violations, []);
    assert_eq!(report.struck, []);
    assert_eq!(report.executions, 30);
    assert!(report.transitions > 100);
}

// A bug that the simulator found: hosts' clocks differ, and an action outside took effect after it was undone by a host whose clock was ahead.
#[test]
fn an_action_outside_has_no_effect_after_a_host_whose_clock_is_ahead_has_undone_it_repro() {
    hush();
    let drawn = Options::drawn(64);
    let options = Options {
        seed: 64,
        orders: 0,
        machines: 20,
        clock_skew_millis: 2_450,
        trouble_per_mille: 600,
        stopped_per_mille: 700,
        workers: 5,
        coordinators: 3,
        limits: drawn.limits,
        bounds: drawn.bounds,
        ..Options::quiet()
    };
    assert_eq!(run(options, Permitted::default(), Trace::none()).violations, []);
}
