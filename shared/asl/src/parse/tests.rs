//! Tests of the parser: definitions with what is said about them. A rule's tests stand in the file of its subject.

mod choices;
mod compensations;
mod documentation;
mod errors;
mod fields;
mod jsonata;
mod mutations;
mod places;
mod samples;
mod schema;
mod states;
mod templates;
mod transitions;
mod variables;

use expect_test::Expect;

use crate::parse;

/// What is said about a definition: a line per diagnostic, warnings marked; nothing when it is taken without a word.
fn report(text: &str) -> String {
    let diagnostics = match parse(text) {
        Ok((_, warnings)) => warnings,
        Err(diagnostics) => diagnostics,
    };
    let line = |diagnostic: &crate::Diagnostic| match diagnostic.severity {
        crate::Severity::Error => format!("{diagnostic}\n"),
        crate::Severity::Warning => format!("warning: {diagnostic}\n"),
    };
    diagnostics.iter().map(line).collect()
}

/// Checks what is said about a whole definition.
#[expect(clippy::needless_pass_by_value, reason = "an Expect is made where it is checked")]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&report(text));
}

/// Checks what is said about the one state of a machine, which stands in the third line.
fn check_state(state: &str, expected: Expect) {
    check(&machine(state), expected);
}

/// Checks that states are taken without a word, each as the one state of a machine.
fn check_taken(states: &[&str]) {
    for state in states {
        assert_eq!(report(&machine(state)), "", "{state}");
    }
}

fn machine(state: &str) -> String {
    format!("{{\"StartAt\": \"A\", \"States\": {{\n\"A\":\n{state}\n}}}}")
}
