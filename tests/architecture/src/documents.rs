//! What a document or a comment refers to exists.

use std::path::Path;

use crate::workspace::{SourceFile, root, source_files};

/// The targets of a document's links into the repository that `exists` denies.
fn dead_links(document: &SourceFile, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let directory = document.path.rsplit_once('/').map(|(directory, _)| directory).unwrap_or_default();
    document
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap_or_default())
        .map(|target| if directory.is_empty() { target.to_owned() } else { format!("{directory}/{target}") })
        .filter(|path| !exists(path))
        .map(|path| format!("{}: there is no `{path}`", document.path))
        .collect()
}

/// Documents that the text names by their path from the root (`docs/….md`, `ARCHITECTURE.md`) and that `exists` denies.
fn missing_documents(file: &SourceFile, exists: impl Fn(&str) -> bool) -> Vec<String> {
    file.text
        .split(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c)))
        .filter(|word| word.ends_with(".md") && (word.starts_with("docs/") || is_capital(word)) && !exists(word))
        .map(|word| format!("{}: there is no `{word}`", file.path))
        .collect()
}

/// `README.md`, `ARCHITECTURE.md` and the like at the root.
fn is_capital(word: &str) -> bool {
    word.trim_end_matches(".md").chars().all(|c| c.is_ascii_uppercase())
}

#[test]
fn every_link_and_every_named_document_exists() {
    let exists = |path: &str| root().join(Path::new(path)).exists();
    let files = source_files();
    let documents = files.iter().filter(|file| file.path.ends_with(".md"));
    let sources = files.iter().filter(|file| file.path.ends_with(".rs") && !file.path.ends_with("src/documents.rs"));
    let findings: Vec<String> = documents
        .flat_map(|document| dead_links(document, exists))
        .chain(sources.flat_map(|source| missing_documents(source, exists)))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn a_dead_link_and_a_missing_document_are_found() {
    let file = |text: &str| SourceFile { path: "docs/a.md".to_owned(), text: text.to_owned() };
    let exists = |path: &str| path == "docs/b.md" || path == "README.md";
    let dead = |text: &str| dead_links(&file(text), exists);
    assert_eq!(dead("[b](b.md#part) and [web](https://example.com/c.md) and [here](#part)"), Vec::<String>::new());
    assert_eq!(dead("[c](c.md)"), ["docs/a.md: there is no `docs/c.md`"]);
    let missing = |text: &str| missing_documents(&file(text), exists);
    assert_eq!(missing("see docs/b.md, (README.md) and x/docs.md"), Vec::<String>::new());
    assert_eq!(missing("(docs/c.md)."), ["docs/a.md: there is no `docs/c.md`"]);
    assert_eq!(missing("see MISSING.md"), ["docs/a.md: there is no `MISSING.md`"]);
}
