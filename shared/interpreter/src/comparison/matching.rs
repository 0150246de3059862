//! `StringMatches`: `*` stands for any characters, `\*` for a star, `\\` for a backslash.

use asl::error_name;

use crate::failure::StateFailure;

/// One character of a pattern, its escapes taken out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Any,
    Exactly(char),
}

/// Whether a text matches a pattern. A backslash that escapes neither `*` nor `\` fails with `States.Runtime` (States Language
/// specification, "Choice State": "if an open escape backslash is found ... the interpreter will throw a runtime error").
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool, StateFailure> {
    let pattern = tokens(pattern)?;
    let text: Vec<char> = text.chars().collect();
    Ok(match_tokens(&pattern, &text))
}

fn tokens(pattern: &str) -> Result<Vec<Token>, StateFailure> {
    let mut characters = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(character) = characters.next() {
        tokens.push(match character {
            '*' => Token::Any,
            '\\' => match characters.next() {
                Some(escaped @ ('*' | '\\')) => Token::Exactly(escaped),
                _ => {
                    let cause = format!("Invalid pattern '{pattern}' in StringMatches: a backslash escapes only '*' and itself.");
                    return Err(StateFailure::new(error_name::RUNTIME, cause));
                }
            },
            other => Token::Exactly(other),
        });
    }
    Ok(tokens)
}

/// Greedy with one place to go back to, the latest star: it never pays to go back to an earlier one. At most
/// pattern times text steps, whatever the pattern.
fn match_tokens(pattern: &[Token], text: &[char]) -> bool {
    let (mut at_pattern, mut at_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at_text) {
        match pattern.get(at_pattern) {
            Some(Token::Any) => {
                star = Some((at_pattern, at_text));
                at_pattern += 1;
            }
            Some(Token::Exactly(expected)) if expected == character => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => match &mut star {
                Some((star_at, taken_to)) => {
                    *taken_to += 1;
                    (at_pattern, at_text) = (*star_at + 1, *taken_to);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at_pattern).all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("log-*.txt", "log-2026.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-2026.txt.gz", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-", false),
            ("**a", "bca", true),
            ("a", "A", false),
            ("*é", "café", true),
            (r"\*", "*", true),
            (r"\*", "a", false),
            (r"\\*", r"\abc", true),
            (r"\\\*", r"\*", true),
            (r"\\\*", r"\a", false),
            ("a?c", "abc", false),
        ] {
            assert_eq!(matches(pattern, text), Ok(expected), "{pattern} with {text}");
        }
    }

    #[test]
    fn an_open_escape_fails() {
        for pattern in [r"a\", r"\a"] {
            assert_eq!(matches(pattern, "a").expect_err(pattern).error, "States.Runtime");
        }
    }

    #[test]
    fn many_stars_do_not_make_it_slow() {
        assert_eq!(matches(&"*a".repeat(1_000), &"a".repeat(999)), Ok(false));
    }
}
