//! "Did you mean": the nearest of the names that would have been right.

use crate::limits::MAX_SUGGESTION_CHARACTERS;

/// The nearest candidate, if it is near enough to be a slip: a third of the characters differ, at most. Reports ask for it by
/// [`super::report::Report::suggest`].
pub(super) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written_characters = written.chars().count();
    let in_lower_case = written.to_lowercase();
    if written_characters > MAX_SUGGESTION_CHARACTERS {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count() <= MAX_SUGGESTION_CHARACTERS)
        .filter(|candidate| candidate.chars().count().abs_diff(written_characters) <= allowed(written_characters, candidate))
        .map(|candidate| (distance(&in_lower_case, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(written_characters, candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn allowed(written_characters: usize, candidate: &str) -> usize {
    written_characters.max(candidate.chars().count()).div_ceil(3)
}

/// Insertions, deletions, replacements and swaps of neighbors that turn one text into the other (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let cell = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = cell(&last, j) + usize::from(x != y);
            let mut least = replaced.min(cell(&last, j + 1) + 1).min(cell(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                least = least.min(cell(&before_last, j - 1) + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    cell(&last, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_insertions_deletions_replacements_and_swaps() {
        for (a, b, expected) in [
            ("next", "next", 0),
            ("nxt", "next", 1),
            ("netx", "next", 1),
            ("text", "next", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn only_a_slip_gets_a_suggestion() {
        let names = ["Next", "End", "Resource", "ResultPath"];
        assert_eq!(nearest("Nxt", names), Some("Next"));
        assert_eq!(nearest("resource", names), Some("Resource"));
        assert_eq!(nearest("Resultpath", names), Some("ResultPath"));
        assert_eq!(nearest("Banana", names), None);
        assert_eq!(nearest(&"x".repeat(MAX_SUGGESTION_CHARACTERS + 1), names), None);
    }
}
