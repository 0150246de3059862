//! Headers, lengths, names, sleeps and machine paths in the sources.
//!
//! Line-based on purpose: a finding is a place to look, and the rules are about what a reader sees.

use crate::workspace::{SourceFile, source_files};

/// Beyond this a file says in its header why it is longer.
const LINES_LIMIT: usize = 600;

/// How a header says so.
const LONGER_BECAUSE: &str = "Longer than 600 lines because";

/// Names under which anything could be filed, and hence everything is.
const ATTIC_NAMES: [&str; 8] = ["utils", "util", "common", "helpers", "helper", "manager", "managers", "types"];

/// The rules for Rust sources.
const RUST_RULES: [fn(&SourceFile) -> Vec<String>; 7] =
    [header, length, module_name, ignored_tests, sleeps_in_tests, test_names, unfinished];

fn findings_in(file: &SourceFile) -> Vec<String> {
    let mut findings = machine_paths(file);
    if file.path.ends_with(".rs") {
        findings.extend(RUST_RULES.iter().flat_map(|rule| rule(file)));
    }
    findings
}

fn header(file: &SourceFile) -> Vec<String> {
    if file.text.starts_with("//! ") { Vec::new() } else { vec![format!("{}: begins without a `//!` header", file.path)] }
}

fn length(file: &SourceFile) -> Vec<String> {
    let lines = file.text.lines().count();
    let header: String = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
    if lines <= LINES_LIMIT || header.contains(LONGER_BECAUSE) {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, and no `{LONGER_BECAUSE}` in its header", file.path)]
}

fn module_name(file: &SourceFile) -> Vec<String> {
    let stem = file.path.trim_end_matches(".rs");
    stem.split('/')
        .filter(|part| ATTIC_NAMES.contains(part))
        .map(|part| format!("{}: `{part}` says nothing about what is in it", file.path))
        .collect()
}

fn ignored_tests(file: &SourceFile) -> Vec<String> {
    let attribute = concat!("#[", "ignore");
    lines_with(file, |line| line.trim_start().starts_with(attribute), "a test that is never run")
}

fn sleeps_in_tests(file: &SourceFile) -> Vec<String> {
    let first_test_line = if is_test_file(&file.path) {
        0
    } else {
        match file.text.lines().position(|line| line.trim() == "#[cfg(test)]") {
            Some(line) => line,
            None => return Vec::new(),
        }
    };
    let sleeps = [concat!("thread", "::sleep("), concat!("tokio::time", "::sleep(")];
    file.text
        .lines()
        .enumerate()
        .skip(first_test_line)
        .filter(|(_, line)| sleeps.iter().any(|sleep| line.contains(sleep)))
        .map(|(index, _)| format!("{}:{}: a test that sleeps", file.path, index + 1))
        .collect()
}

fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

/// Test functions whose name begins with `test_`; other functions may (an API operation is called `TestState`).
fn test_names(file: &SourceFile) -> Vec<String> {
    let mut after_attribute = false;
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("#[") {
            after_attribute |= line == "#[test]" || line.starts_with("#[tokio::test");
        } else {
            if after_attribute && line.contains(concat!("fn ", "test_")) {
                findings.push(format!("{}:{}: a test is named by what holds, without `test_`", file.path, index + 1));
            }
            after_attribute = false;
        }
    }
    findings
}

fn unfinished(file: &SourceFile) -> Vec<String> {
    let words =
        [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X:"), concat!("todo", "!("), concat!("unimplemented", "!(")];
    lines_with(file, |line| words.iter().any(|word| line.contains(word)), "something left unfinished")
}

/// Paths that exist on one machine only. They count where a path can begin, so that a URL's path is none.
fn machine_paths(file: &SourceFile) -> Vec<String> {
    let roots =
        [concat!("/wo", "rk/"), concat!("/fa", "rm/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];
    let begins_path = |line: &str, at: usize| {
        line.get(..at).unwrap_or_default().chars().next_back().is_none_or(|before| " \t\"'`(=:[".contains(before))
    };
    lines_with(
        file,
        |line| roots.iter().any(|root| line.match_indices(root).any(|(at, _)| begins_path(line, at))),
        "a path of one machine",
    )
}

fn lines_with(file: &SourceFile, found: impl Fn(&str) -> bool, what: &str) -> Vec<String> {
    file.text
        .lines()
        .enumerate()
        .filter(|(_, line)| found(line))
        .map(|(index, _)| format!("{}:{}: {what}", file.path, index + 1))
        .collect()
}

#[test]
fn the_sources_are_tidy() {
    let files = source_files();
    assert!(files.iter().any(|file| file.path == "shared/asl/src/lib.rs"), "the sources were not read");
    let findings: Vec<String> = files.iter().flat_map(findings_in).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn each_rule_finds_what_it_forbids() {
    let check = |path: &str, text: &str, expected: usize| {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        let findings = findings_in(&file);
        assert_eq!(findings.len(), expected, "{path}: {text}\n{findings:?}");
    };
    let long = |header: &str, lines: usize| format!("{header}\n{}", "//\n".repeat(lines - 1));
    let sleep = concat!("thread", "::sleep(a)\n");
    let ignore = concat!("#[", "ignore = \"slow\"]\n");
    let named = concat!("#[test]\n#[rustfmt::skip]\nfn ", "test_it() {}\n");
    let operation = concat!("/// Runs one state.\npub fn ", "test_state() {}\n");

    check("a.rs", "//! A.\n", 0);
    check("a.rs", "use std::fmt;\n", 1);
    check("a.md", "no header is asked of a document\n", 0);

    check("a.rs", &long("//! A.", 600), 0);
    check("a.rs", &long("//! A.", 601), 1);
    check("a.rs", &long("//! A. Longer than 600 lines because it is a table.", 601), 0);

    check("shared/asl/src/utils.rs", "//! A.\n", 1);
    check("shared/asl/tests/common/mod.rs", "//! A.\n", 1);
    check("shared/asl/src/uncommon.rs", "//! A.\n", 0);

    check("a.rs", &format!("//! A.\n{ignore}fn a() {{}}\n"), 1);
    check("a.rs", &format!("//! A.\n{sleep}"), 0);
    check("a.rs", &format!("//! A.\n#[cfg(test)]\nmod tests {{\n{sleep}}}\n"), 1);
    check("a/tests.rs", &format!("//! A.\n{sleep}"), 1);
    check("a.rs", &format!("//! A.\n{named}"), 1);
    check("a.rs", &format!("//! A.\n{operation}"), 0);
    check("a.rs", concat!("//! A.\n// FIX", "ME later\n"), 1);

    check("a.md", concat!("see `/ro", "ot/notes`\n"), 1);
    check("a.md", concat!("https://example.com/wo", "rk/notes\n"), 0);
}
