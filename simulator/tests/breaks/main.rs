//! The proof that the simulator can see: each deliberate break is noticed by the seed beside it, which notices nothing where the code is as it should be.
#![cfg(feature = "breaks")]

mod noticed;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use breaks::Break;
use noticed::{NOTICED, NOTICED_BESIEGED, NOTICED_NARROW};
use simulator::fault::Permitted;
use simulator::noticed::{World, by};
use simulator::options::Options;
use simulator::run::run;
use simulator::trace::Trace;

/// Breaks that are looked for at a time: the switch is each thread's own.
const THREADS: usize = 4;

/// Does something with each of these, several at a time; answers what was said of them.
fn each<T: Copy + Send>(all: impl IntoIterator<Item = T>, say: impl Fn(T) -> Option<String> + Sync) -> Vec<String> {
    // Simulated workers panic on purpose.
    std::panic::set_hook(Box::new(|_| {}));
    let waiting = Mutex::new(all.into_iter().collect::<Vec<T>>());
    let said = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(next) = next else { return };
                    said.lock().unwrap_or_else(PoisonError::into_inner).extend(say(next));
                }
            });
        }
    });
    // What the test says of them is to be read.
    drop(std::panic::take_hook());
    said.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// All rows of the table, with the worlds that their seeds stand for.
fn rows() -> impl Iterator<Item = (Break, u64, World)> {
    let of = |rows: &'static [(Break, u64)], world: World| rows.iter().map(move |(broken, seed)| (*broken, *seed, world));
    of(NOTICED, Options::drawn).chain(of(NOTICED_BESIEGED, Options::besieged)).chain(of(NOTICED_NARROW, Options::narrow))
}

// Fails if a check was taken out, or the world has become less hostile: then something can be broken and nobody sees it.
#[test]
fn each_break_is_noticed_by_its_seed() {
    let unnoticed =
        each(rows(), |(broken, seed, world)| by(broken, &world(seed)).is_none().then(|| format!("{} by {seed}", broken.name())));
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}

// Fails if a seed of the table finds something in the code as it should be: then it proves nothing about any break.
#[test]
fn without_its_break_a_seed_notices_nothing() {
    let of = |rows: &[(Break, u64)], world: World| {
        let seeds: BTreeSet<u64> = rows.iter().map(|(_, seed)| *seed).collect();
        seeds.into_iter().map(move |seed| (seed, world))
    };
    let worlds =
        of(NOTICED, Options::drawn).chain(of(NOTICED_BESIEGED, Options::besieged)).chain(of(NOTICED_NARROW, Options::narrow));
    let noticed = each(worlds, |(seed, world)| {
        let report = run(world(seed), Permitted::default(), Trace::none());
        report.violations.first().map(|violation| format!("{seed}: {}: {}", violation.rule, violation.text))
    });
    assert!(noticed.is_empty(), "noticed without a break: {noticed:?}");
}

// Fails if a break is added and nobody looks whether it is noticed, or one is listed that there is not.
#[test]
fn each_break_is_in_one_of_the_tables() {
    let mut listed: Vec<Break> = rows().map(|(broken, _, _)| broken).collect();
    listed.sort_unstable();
    assert_eq!(listed, Break::ALL, "each once");
}
