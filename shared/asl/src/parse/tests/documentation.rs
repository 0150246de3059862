//! docs/diagnostics.md tells the truth: it has every code, and its examples get the codes under which they stand.

use crate::{code, parse};

const PAGE: &str = include_str!("../../../../../docs/diagnostics.md");

/// The codes that have a section, in their order, each with its example if it has one.
fn sections() -> Vec<(&'static str, Option<&'static str>)> {
    let sections = PAGE.split("\n## ").skip(1).filter_map(|section| section.strip_prefix('`')?.split_once('`'));
    sections
        .map(|(code, text)| {
            (code, text.split_once("```json\n").and_then(|(_, example)| example.split_once("\n```")).map(|(e, _)| e))
        })
        .collect()
}

#[test]
fn every_code_has_a_section_and_a_row_in_the_order_of_the_list() {
    let documented: Vec<&str> = sections().iter().map(|(code, _)| *code).collect();
    assert_eq!(documented, code::ALL);
    for code in code::ALL {
        assert!(PAGE.contains(&format!("| [`{code}`](#{code}) |")), "{code}");
    }
}

#[test]
fn every_example_gets_the_code_under_which_it_stands() {
    for (code, example) in sections() {
        let Some(example) = example else {
            assert!(matches!(code, code::TOO_LARGE | code::TOO_DEEP), "{code} has no example");
            continue;
        };
        let diagnostics = match parse(example) {
            Ok((_, warnings)) => warnings,
            Err(diagnostics) => diagnostics,
        };
        let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(!codes.is_empty() && codes.iter().all(|found| *found == code), "{code}: {codes:?}");
    }
}
