//! A place in a text that is being parsed.

use super::PathError;

/// The text and how much of it has been read.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Byte offset of what comes next.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What was read since `start`.
    pub(crate) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Reads one character.
    pub(crate) fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    /// Reads `expected` if it comes next.
    pub(crate) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        if found {
            self.at += expected.len();
        }
        found
    }

    /// Reads while `wanted` holds, and gives what was read.
    pub(crate) fn eat_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
        self.since(start)
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.eat_while(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
    }

    /// Reads `expected`, or says that it is missing.
    pub(crate) fn expect(&mut self, expected: &str) -> Result<(), PathError> {
        if self.eat(expected) { Ok(()) } else { Err(self.error(format!("expected `{expected}` but found {}", self.found()))) }
    }

    /// What comes next, for an error message: up to 20 characters.
    pub(crate) fn found(&self) -> String {
        let next: String = self.rest().chars().take(20).collect();
        if next.is_empty() { "the end of the text".to_owned() } else { format!("`{next}`") }
    }

    /// An error at what comes next.
    pub(crate) fn error(&self, message: impl Into<String>) -> PathError {
        self.error_at(self.at, message)
    }

    /// An error at a byte offset.
    #[allow(clippy::unused_self, reason = "reads like `error`, from which it differs by the place only")]
    pub(crate) fn error_at(&self, offset: usize, message: impl Into<String>) -> PathError {
        PathError { message: message.into(), offset }
    }
}
