//! The proof that the simulator can see: each deliberate break is noticed by the seed beside it, which notices nothing where the code is as it should be.
#![cfg(feature = "breaks")]

mod noticed;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use breaks::Break;
use noticed::{NOT_NOTICED, NOTICED, NOTICED_BESIEGED};
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
    let drawn = NOTICED.iter().map(|(broken, seed)| (*broken, *seed, Options::drawn as World));
    drawn.chain(NOTICED_BESIEGED.iter().map(|(broken, seed)| (*broken, *seed, Options::besieged as World)))
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
    let seeds = |rows: &[(Break, u64)]| rows.iter().map(|(_, seed)| *seed).collect::<BTreeSet<u64>>();
    let drawn = seeds(NOTICED).into_iter().map(|seed| (seed, Options::drawn as World));
    let besieged = seeds(NOTICED_BESIEGED).into_iter().map(|seed| (seed, Options::besieged as World));
    let noticed = each(drawn.chain(besieged), |(seed, world)| {
        let report = run(world(seed), Permitted::default(), Trace::none());
        report.violations.first().map(|violation| format!("{seed}: {}: {}", violation.rule, violation.text))
    });
    assert!(noticed.is_empty(), "noticed without a break: {noticed:?}");
}

// Fails if a break is added and nobody looks whether it is noticed, or one is listed that there is not.
#[test]
fn each_break_is_in_one_of_the_tables() {
    let mut listed: Vec<Break> = rows().map(|(broken, _, _)| broken).chain(NOT_NOTICED.iter().copied()).collect();
    listed.sort_unstable();
    assert_eq!(listed, Break::ALL, "each once");
}
