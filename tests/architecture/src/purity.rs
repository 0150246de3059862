//! What the pure crates must not reach.
//!
//! `asl`, `jsonata` and `interpreter` are functions of their arguments. Two fences keep them so: nothing that does I/O, waits or
//! draws randomness is linked into them, and their own `clippy.toml` forbids the calls of the standard library that do.

use crate::workspace::{Graph, root};

/// The crates that are functions of their arguments.
const PURE: [&str; 3] = ["asl", "jsonata", "interpreter"];

/// A package that is impure itself, walled off by `jsonata`: what of it draws or reads a clock is replaced there, which a test of that crate
/// shows, but for the bound of an evaluation's time (docs/adr/0022).
const WALLED: &str = "jsonata-core";

/// Packages that read a clock, do I/O, run tasks, draw from the system's randomness, or log.
const IMPURE: [&str; 16] = [
    "async-std",
    "async-trait",
    "clock",
    "futures",
    "getrandom",
    "hyper",
    "log",
    "mio",
    "rand",
    "rusqlite",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tracing",
    "tracing-core",
];

/// Calls that each `clippy.toml` of a pure crate must forbid.
const FORBIDDEN_CALLS: [&str; 9] = [
    "std::time::SystemTime::now",
    "std::time::Instant::now",
    "std::thread::spawn",
    "std::thread::sleep",
    "std::env::var",
    "std::fs::read_to_string",
    "std::fs::File::open",
    "std::net::TcpStream::connect",
    "std::process::Command::new",
];

/// The lines of the root's configuration and the forbidden calls that `config` lacks: a crate's own `clippy.toml` replaces
/// the root's, it does not add to it.
fn missing_from(config: &str, root_config: &str) -> Vec<String> {
    let lines: Vec<&str> = config.lines().map(str::trim).collect();
    let settings =
        root_config.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#') && !lines.contains(line));
    let calls = FORBIDDEN_CALLS.iter().filter(|call| !config.contains(&format!("path = \"{call}\""))).copied();
    settings.chain(calls).map(str::to_owned).collect()
}

#[test]
fn nothing_impure_is_linked_into_a_pure_crate() {
    let graph = Graph::read();
    for name in PURE {
        let linked = graph.linked_into_without(name, WALLED);
        assert!(linked.contains("serde_json"), "the graph of `{name}` was not read: {linked:?}");
        let impure: Vec<&str> = IMPURE.into_iter().filter(|package| linked.contains(package)).collect();
        assert_eq!(impure, Vec::<&str>::new(), "linked into `{name}`");
    }
}

#[test]
fn what_waits_is_found_where_it_is_linked() {
    assert!(Graph::read().linked_into("coordinator").contains("tokio"));
}

#[test]
fn the_pure_crates_forbid_impure_calls_and_keep_the_settings_of_the_root() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap_or_default();
    let root_config = read("clippy.toml");
    assert!(!root_config.is_empty(), "the root has no clippy.toml");
    for name in PURE {
        let config = read(&format!("shared/{name}/clippy.toml"));
        assert_eq!(missing_from(&config, &root_config), Vec::<String>::new(), "missing from the clippy.toml of `{name}`");
    }
}

#[test]
fn a_setting_that_a_pure_crate_lost_is_found() {
    let all: String = FORBIDDEN_CALLS.iter().map(|call| format!("{{ path = \"{call}\" }},\n")).collect();
    assert_eq!(missing_from(&all, "# why\nallow-unwrap-in-tests = true\n"), ["allow-unwrap-in-tests = true"]);
    assert_eq!(missing_from("a = 1", "a = 1").len(), FORBIDDEN_CALLS.len());
}
