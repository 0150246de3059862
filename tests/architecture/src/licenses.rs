//! Every dependency's license is among those that `deny.toml` allows.
//!
//! cargo-deny judges the same list, and reads license texts besides; this test needs nothing installed.

use crate::workspace::{Graph, root};

/// Whether an SPDX expression can be satisfied by the allowed licenses. `/` is the older spelling of `OR`; `AND` binds
/// more tightly than `OR`; a license with an exception is a license of its own (SPDX 2.3, annex D).
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let holds = any_of(&mut rest, allowed);
    holds && rest.is_empty()
}

fn any_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut holds = all_of(words, allowed);
    while took(words, "OR") {
        holds |= all_of(words, allowed);
    }
    holds
}

fn all_of(words: &mut &[&str], allowed: &[String]) -> bool {
    let mut holds = one(words, allowed);
    while took(words, "AND") {
        holds &= one(words, allowed);
    }
    holds
}

fn one(words: &mut &[&str], allowed: &[String]) -> bool {
    if took(words, "(") {
        let holds = any_of(words, allowed);
        return took(words, ")") && holds;
    }
    let Some((license, rest)) = words.split_first() else { return false };
    *words = rest;
    let name = if took(words, "WITH") {
        let Some((exception, rest)) = words.split_first() else { return false };
        *words = rest;
        format!("{license} WITH {exception}")
    } else {
        (*license).to_owned()
    };
    allowed.contains(&name)
}

fn took(words: &mut &[&str], word: &str) -> bool {
    match words.split_first() {
        Some((first, rest)) if *first == word => {
            *words = rest;
            true
        }
        _ => false,
    }
}

/// The strings of the first `allow = [...]` after the line `[licenses]`.
fn allowed_licenses(deny: &str) -> Vec<String> {
    let section = deny.split_once("\n[licenses]\n").map(|(_, rest)| rest).unwrap_or_default();
    let list = section.split_once("\nallow = [").and_then(|(_, rest)| rest.split_once(']')).map(|(list, _)| list);
    list.unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once('"').map(|(name, _)| name.to_owned()))
        .collect()
}

#[test]
fn every_dependency_has_an_allowed_license() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml stands at the root");
    let allowed = allowed_licenses(&deny);
    assert!(allowed.contains(&"MIT".to_owned()), "deny.toml was not read: {allowed:?}");
    let refused: Vec<String> = Graph::read()
        .packages()
        .filter(|package| !package.license.as_ref().is_some_and(|license| satisfied(license, &allowed)))
        .map(|package| format!("{}: {:?}", package.name, package.license))
        .collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn a_license_expression_is_judged_as_spdx_says() {
    let allowed = ["MIT".to_owned(), "ISC".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    let check = |expression: &str, expected: bool| {
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    };
    check("MIT", true);
    check("GPL-3.0-only", false);
    check("GPL-3.0-only OR MIT", true);
    check("GPL-3.0-only/MIT", true);
    check("MIT AND GPL-3.0-only", false);
    check("MIT AND (GPL-3.0-only OR ISC)", true);
    check("GPL-3.0-only OR MIT AND ISC", true);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("Apache-2.0", false);
    check("MIT ISC", false);
    check("(MIT", false);
    check("", false);
}
