//! Which crate of the workspace may import which.
//!
//! The direction is that of the layers: language, interpreter, ports, then what drives them. A new arrow is a decision:
//! it is added here, in the commit that needs it, with the reason in that commit's message.

use std::collections::BTreeSet;

use crate::workspace::{Graph, Kind};

/// What each crate may import. A layer that may import another may import what that one's interface is made of.
const ARROWS: &[(&str, &[&str])] = &[
    ("jsonata", &[]),
    ("asl", &["jsonata"]),
    ("breaks", &[]),
    ("clock", &[]),
    ("interpreter", &["asl", "jsonata"]),
    ("messages", &["asl", "clock", "interpreter"]),
    ("queue-sqs", &["asl", "clock", "interpreter", "messages"]),
    ("store", &["asl", "clock", "interpreter"]),
    // What is read for a Map Run, and written of it, is told in the interpreter's words.
    ("objects", &["asl", "interpreter"]),
    ("store-dynamodb", &["asl", "interpreter", "store"]),
    ("store-sqlite", &["asl", "interpreter", "store"]),
    ("coordinator", &["asl", "clock", "interpreter", "messages", "objects", "store"]),
    ("worker", &["asl", "clock", "interpreter", "messages", "store"]),
    // It asks services for the executions of a system, and starts executions in it.
    ("integrations", &["asl", "clock", "coordinator", "interpreter", "step-functions-api", "worker"]),
    ("order", &["asl", "clock", "interpreter", "messages", "store", "worker"]),
    ("step-functions-api", &["asl", "clock", "coordinator", "interpreter", "messages", "store"]),
    (
        "embedded",
        &[
            "asl",
            "clock",
            "coordinator",
            "interpreter",
            "messages",
            "objects",
            "order",
            "step-functions-api",
            "store",
            "store-sqlite",
            "worker",
        ],
    ),
    ("stack", &["asl", "clock", "coordinator", "interpreter", "messages", "queue-sqs", "store", "store-dynamodb"]),
    // What is not among them needs no SQLite and no simulation: functions are to start fast. The API is the dispatcher's, which starts executions.
    (
        "functions",
        &[
            "asl",
            "clock",
            "coordinator",
            "integrations",
            "interpreter",
            "messages",
            "order",
            "queue-sqs",
            "stack",
            "step-functions-api",
            "store",
            "store-dynamodb",
            "worker",
        ],
    ),
    ("testing", ANY_LIBRARY),
    ("backstep", ANY_LIBRARY),
    ("bench", ANY_LIBRARY),
    ("simulator", ANY_LIBRARY),
    ("architecture", &[]),
];

/// For what stands above the libraries. The crate `testing` is for tests: see `DEV_ARROWS`.
const ANY_LIBRARY: &[&str] = &[
    "asl",
    "clock",
    "coordinator",
    "embedded",
    "integrations",
    "interpreter",
    "messages",
    "objects",
    "order",
    "stack",
    "step-functions-api",
    "store",
    "store-dynamodb",
    "store-sqlite",
    "worker",
];

/// What every crate may import: the switches of deliberate breaks stand wherever a rule is guarded.
const BY_ANYBODY: &[&str] = &["breaks"];

/// What the tests of a crate may import besides.
const DEV_ARROWS: &[(&str, &[&str])] = &[
    // The saga tests run the order saga on the whole system.
    ("order", &["embedded", "testing"]),
    ("embedded", &["testing"]),
    ("step-functions-api", &["embedded", "testing"]),
    ("backstep", &["testing"]),
    ("bench", &["testing"]),
];

/// An arrow between two crates of the workspace.
type Arrow = (String, String, Kind);

/// The arrows that are not listed, and the crates that the list does not know.
fn unlisted(members: &[String], arrows: &[Arrow]) -> Vec<String> {
    let mut findings: Vec<String> = members
        .iter()
        .filter(|member| row(ARROWS, member).is_none())
        .map(|member| format!("`{member}` has no row in ARROWS"))
        .collect();
    for (from, to, kind) in arrows {
        let listed = BY_ANYBODY.contains(&to.as_str()) || row(ARROWS, from).is_some_and(|row| row.contains(&to.as_str()));
        let listed_for_tests = *kind == Kind::Dev && row(DEV_ARROWS, from).is_some_and(|row| row.contains(&to.as_str()));
        if !listed && !listed_for_tests {
            findings.push(format!("`{from}` -> `{to}` ({kind:?}) is not listed"));
        }
    }
    findings
}

fn row<'a>(table: &'a [(&str, &'a [&'a str])], name: &str) -> Option<&'a [&'a str]> {
    table.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

/// The rows and entries that name a crate which the workspace does not have.
fn stale_rows(members: &[String]) -> Vec<String> {
    let named: BTreeSet<&str> =
        ARROWS.iter().chain(DEV_ARROWS).flat_map(|(from, to)| std::iter::once(*from).chain(to.iter().copied())).collect();
    named.into_iter().filter(|name| !members.iter().any(|member| member == name)).map(|name| format!("`{name}`")).collect()
}

fn arrows_of(graph: &Graph) -> (Vec<String>, Vec<Arrow>) {
    let members = graph.members().map(|package| package.name.clone()).collect();
    let arrows = graph
        .members()
        .flat_map(|from| {
            graph.direct(from).filter(|(to, _)| to.member).map(move |(to, kind)| (from.name.clone(), to.name.clone(), kind))
        })
        .collect();
    (members, arrows)
}

#[test]
fn every_arrow_between_the_crates_is_listed() {
    let (members, arrows) = arrows_of(&Graph::read());
    assert!(members.len() > 10 && arrows.len() > 20, "the graph was not read: {members:?}");
    assert_eq!(unlisted(&members, &arrows), Vec::<String>::new());
}

#[test]
fn the_list_names_only_crates_that_exist() {
    let (members, _) = arrows_of(&Graph::read());
    assert_eq!(stale_rows(&members), Vec::<String>::new());
}

#[test]
fn an_arrow_against_the_direction_is_found() {
    let check = |from: &str, to: &str, kind: Kind, found: bool| {
        let findings = unlisted(&[], &[(from.to_owned(), to.to_owned(), kind)]);
        assert_eq!(!findings.is_empty(), found, "{from} -> {to}: {findings:?}");
    };
    check("interpreter", "asl", Kind::Normal, false);
    check("asl", "interpreter", Kind::Normal, true);
    check("interpreter", "clock", Kind::Normal, true);
    check("worker", "coordinator", Kind::Normal, true);
    check("coordinator", "worker", Kind::Dev, true);
    check("order", "testing", Kind::Dev, false);
    check("order", "testing", Kind::Normal, true);
    check("backstep", "testing", Kind::Build, true);
}

#[test]
fn a_crate_without_a_row_is_found() {
    assert_eq!(unlisted(&["newcomer".to_owned()], &[]), ["`newcomer` has no row in ARROWS"]);
}
