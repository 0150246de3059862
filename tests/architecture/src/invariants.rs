//! Every invariant of ARCHITECTURE.md names a test that guards it, and that test exists.
//!
//! The last column of the tables there holds crates and tests, each in backticks: `coordinator`, `a_crash_is_survived`.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{root, source_files};

/// How many invariants there are.
const COUNT: u32 = 19;

/// Invariants that name no test yet. The list only gets shorter: a number whose invariant names a test must go.
const UNNAMED: &[u32] = &[];

/// The tests that each invariant names: rows whose first cell is a number, words in backticks of the last cell that are
/// written like a function with more than one word.
fn named_tests(document: &str) -> BTreeMap<u32, Vec<String>> {
    document
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
            let number = cells.first()?.parse().ok()?;
            let quoted = cells.last()?.split('`').skip(1).step_by(2);
            Some((number, quoted.filter(|word| word.contains('_')).map(str::to_owned).collect()))
        })
        .collect()
}

/// The names of functions that follow a test attribute; in a contract suite those of all functions, because there each store
/// supplies the attribute.
fn tests_in(path: &str, source: &str) -> Vec<String> {
    let contract = path.contains("contract");
    let mut after_attribute = false;
    let mut found = Vec::new();
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            after_attribute |= line == "#[test]" || line.starts_with("#[tokio::test");
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| after_attribute || contract) {
            found.extend(rest.split('(').next().map(str::to_owned));
            after_attribute = false;
        }
    }
    found
}

fn findings(named: &BTreeMap<u32, Vec<String>>, unnamed: &[u32], tests: &BTreeSet<String>) -> Vec<String> {
    let mut findings = Vec::new();
    for number in 1..=COUNT {
        match named.get(&number) {
            None => findings.push(format!("invariant {number} has no row")),
            Some(names) => {
                if names.is_empty() != unnamed.contains(&number) {
                    findings.push(format!("invariant {number} names {} tests; see UNNAMED", names.len()));
                }
                let missing = names.iter().filter(|name| !tests.contains(*name));
                findings.extend(missing.map(|name| format!("invariant {number}: there is no test `{name}`")));
            }
        }
    }
    findings
}

#[test]
fn every_invariant_names_tests_that_exist() {
    let document = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md stands at the root");
    let files = source_files();
    let tests =
        files.iter().filter(|file| file.path.ends_with(".rs")).flat_map(|file| tests_in(&file.path, &file.text)).collect();
    let findings = findings(&named_tests(&document), UNNAMED, &tests);
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn an_invariant_without_its_test_is_found() {
    let rows = |last: &str| (1..=COUNT).map(|number| format!("| {number} | rule | {last} |\n")).collect::<String>();
    let source = "#[test]\n#[cfg(unix)]\nfn a_holds() {}\nfn b_helps() {}\n#[tokio::test]\nasync fn c_holds() {}\n";
    assert_eq!(tests_in("shared/store/src/contract/head.rs", source), ["a_holds", "b_helps", "c_holds"]);
    let tests = tests_in("shared/store/src/head.rs", source);
    assert_eq!(tests, ["a_holds", "c_holds"]);
    let tests: BTreeSet<String> = tests.into_iter().collect();
    let all: Vec<u32> = (1..=COUNT).collect();
    let count = |last: &str, unnamed: &[u32]| findings(&named_tests(&rows(last)), unnamed, &tests).len();

    assert_eq!(count("`store`: `a_holds`, `c_holds`", &[]), 0);
    assert_eq!(count("`store`: `b_helps`", &[]), 19);
    assert_eq!(count("`store`", &[]), 19);
    assert_eq!(count("`store`", &all), 0);
    assert_eq!(count("`store`: `a_holds`", &all), 19);
    assert_eq!(findings(&BTreeMap::new(), &[], &tests).len(), 19);
}
