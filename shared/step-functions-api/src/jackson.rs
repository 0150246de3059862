//! What is wrong with a text that is no JSON, in the words of Jackson, the parser that AWS uses.
//!
//! Clients show these words to people, and some look for them. The rules are those of Jackson's `ReaderBasedJsonParser` in its default
//! settings: the first character that cannot go on is told, or the first token that is none, or what the end of the text left open.

use std::fmt;

/// The characters of a text that a complaint repeats, as in Jackson.
const SOURCE_CHARACTERS_MAX: usize = 500;

/// What Jackson expects where a value may stand.
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    message: String,
    /// `[Source: (String)"..."; line: 1, column: 4]`.
    location: String,
}

impl Complaint {
    /// Where it is.
    pub(crate) fn location(&self) -> &str {
        &self.location
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n at {}", self.message, self.location)
    }
}

/// What is wrong with `text`; nothing if Jackson would take it (it takes some texts that others refuse).
pub(crate) fn complaint(text: &str) -> Option<Complaint> {
    let mut reader = Reader { text, chars: text.char_indices().peekable(), at: Place::START, open: Vec::new() };
    match reader.document() {
        Ok(()) => None,
        Err(message) => Some(Complaint { location: reader.source(reader.at), message }),
    }
}

/// Line and column of the next character, both from 1.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    const START: Self = Self { line: 1, column: 1 };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

impl Container {
    fn word(self) -> &'static str {
        match self {
            Self::Object => "Object",
            Self::Array => "Array",
        }
    }

    fn close(self) -> char {
        match self {
            Self::Object => '}',
            Self::Array => ']',
        }
    }
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    FirstKey,
    Key,
    FirstElement,
    Separator,
}

struct Reader<'t> {
    text: &'t str,
    chars: std::iter::Peekable<std::str::CharIndices<'t>>,
    at: Place,
    open: Vec<(Container, Place)>,
}

type Read<T> = Result<T, String>;

impl<'t> Reader<'t> {
    fn document(&mut self) -> Read<()> {
        self.skip_blanks();
        if self.peek().is_none() {
            // The whole text is blank: this complaint has no place of its own.
            self.at = Place { line: 1, column: 0 };
            return Err("No content to map due to end-of-input".to_owned());
        }
        let mut expected = Expected::Value;
        loop {
            self.skip_blanks();
            expected = match expected {
                Expected::Value => self.value()?,
                Expected::FirstKey if self.closes()? => Expected::Separator,
                Expected::FirstKey | Expected::Key => self.key()?,
                Expected::FirstElement if self.closes()? => Expected::Separator,
                Expected::FirstElement => self.value()?,
                Expected::Separator if self.open.is_empty() => return self.end(),
                Expected::Separator if self.closes()? => Expected::Separator,
                Expected::Separator => self.comma()?,
            };
        }
    }

    fn next(&mut self) -> Option<char> {
        let (_, c) = self.chars.next()?;
        if c == '\n' {
            self.at = Place { line: self.at.line + 1, column: 1 };
        } else {
            // Java counts UTF-16 units.
            self.at.column += c.len_utf16();
        }
        Some(c)
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r' | '\n')) {
            self.next();
        }
    }

    fn source(&self, at: Place) -> String {
        let shown: String = self.text.chars().take(SOURCE_CHARACTERS_MAX).collect();
        let rest = self.text.chars().count().saturating_sub(SOURCE_CHARACTERS_MAX);
        let cut = if rest > 0 { format!("[truncated {rest} chars]") } else { String::new() };
        format!("[Source: (String)\"{shown}\"{cut}; line: {}, column: {}]", at.line, at.column)
    }

    fn word(&self) -> &'static str {
        self.open.last().map_or("root", |(container, _)| container.word())
    }

    /// The end of the text, where something is still open; where `between` its entries the opening is not named.
    fn ended(&self, between: bool) -> String {
        match self.open.last() {
            Some((container, start)) if !between => {
                let start = self.source(*start);
                format!("Unexpected end-of-input: expected close marker for {} (start marker at {start})", container.word())
            }
            _ => format!("Unexpected end-of-input within/between {} entries", self.word()),
        }
    }

    /// Whether what is open closes here. A close marker of the wrong kind is a complaint, and so is the end of the text.
    fn closes(&mut self) -> Read<bool> {
        let Some(c) = self.peek() else { return Err(self.ended(false)) };
        if !matches!(c, '}' | ']') {
            return Ok(false);
        }
        self.next();
        match self.open.pop() {
            Some((container, _)) if container.close() == c => Ok(true),
            Some((container, start)) => {
                let (close, word, start) = (container.close(), container.word(), self.source(start));
                Err(format!("Unexpected close marker '{c}': expected '{close}' (for {word} starting at {start})"))
            }
            None => Err(unexpected(c, "expected a value")),
        }
    }

    fn comma(&mut self) -> Read<Expected> {
        match self.next() {
            Some(',') => {}
            Some(c) => return Err(unexpected(c, &format!("was expecting comma to separate {} entries", self.word()))),
            None => return Err(self.ended(false)),
        }
        self.skip_blanks();
        if self.peek().is_none() {
            return Err(self.ended(true));
        }
        Ok(if self.word() == "Object" { Expected::Key } else { Expected::Value })
    }

    fn key(&mut self) -> Read<Expected> {
        match self.next() {
            Some('"') => self.string(true)?,
            Some(c) => return Err(unexpected(c, "was expecting double-quote to start field name")),
            None => return Err(self.ended(true)),
        }
        self.skip_blanks();
        match self.next() {
            Some(':') => {}
            Some(c) => return Err(unexpected(c, "was expecting a colon to separate field name and value")),
            None => return Err(self.ended(true)),
        }
        self.skip_blanks();
        if self.peek().is_none() { Err(self.ended(true)) } else { Ok(Expected::Value) }
    }

    fn value(&mut self) -> Read<Expected> {
        let start = self.at;
        let from = self.chars.peek().map_or(self.text.len(), |(from, _)| *from);
        match self.next() {
            Some('{') => {
                self.open.push((Container::Object, start));
                return Ok(Expected::FirstKey);
            }
            Some('[') => {
                self.open.push((Container::Array, start));
                return Ok(Expected::FirstElement);
            }
            Some('"') => self.string(false)?,
            Some(c @ ('-' | '0'..='9')) => self.number(c)?,
            Some('}') => return Err(unexpected('}', "expected a value")),
            Some(c) if c.is_alphabetic() || matches!(c, '_' | '$') => self.token(from)?,
            Some(c) => return Err(unexpected(c, &format!("expected a valid value {VALUES}"))),
            None => return Err(self.ended(true)),
        }
        Ok(Expected::Separator)
    }

    /// `null`, `true`, `false`, or what looks like a word.
    fn token(&mut self, from: usize) -> Read<()> {
        while self.peek().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            self.next();
        }
        let to = self.chars.peek().map_or(self.text.len(), |(to, _)| *to);
        match self.text.get(from..to).unwrap_or_default() {
            "null" | "true" | "false" => Ok(()),
            token @ ("NaN" | "Infinity") => {
                Err(format!("Non-standard token '{token}': enable JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS to allow"))
            }
            token => Err(format!("Unrecognized token '{token}': was expecting {VALUES}")),
        }
    }

    fn string(&mut self, is_key: bool) -> Read<()> {
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => self.escape()?,
                Some(c) if u32::from(c) < 0x20 => {
                    let place = if is_key { "name" } else { "string value" };
                    let c = described(c);
                    return Err(format!(
                        "Illegal unquoted character ({c}): has to be escaped using backslash to be included in {place}"
                    ));
                }
                Some(_) => {}
                None if is_key => return Err("Unexpected end-of-input in field name".to_owned()),
                None => return Err("Unexpected end-of-input: was expecting closing quote for a string value".to_owned()),
            }
        }
    }

    fn escape(&mut self) -> Read<()> {
        match self.next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => Ok(()),
            Some('u') => (0..4).try_for_each(|_| match self.next() {
                Some(c) if c.is_ascii_hexdigit() => Ok(()),
                Some(c) => Err(unexpected(c, "expected a hex-digit for character escape sequence")),
                None => Err("Unexpected end-of-input in character escape sequence".to_owned()),
            }),
            Some(c) => Err(format!("Unrecognized character escape {}", described(c))),
            None => Err("Unexpected end-of-input in character escape sequence".to_owned()),
        }
    }

    fn number(&mut self, first: char) -> Read<()> {
        let first = match first {
            '-' => self.digit("expected digit (0-9) to follow minus sign, for valid numeric value")?,
            digit => digit,
        };
        if first == '0' && self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err("Invalid numeric value: Leading zeroes not allowed".to_owned());
        }
        self.digits();
        if self.peek() == Some('.') {
            self.next();
            self.digit("Decimal point not followed by a digit")?;
            self.digits();
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.next();
            if matches!(self.peek(), Some('+' | '-')) {
                self.next();
            }
            self.digit("Exponent indicator not followed by a digit")?;
            self.digits();
        }
        match self.peek() {
            Some(c) if self.open.is_empty() && !matches!(c, ' ' | '\t' | '\r' | '\n') => {
                self.next();
                Err(unexpected(c, "Expected space separating root-level values"))
            }
            _ => Ok(()),
        }
    }

    fn digit(&mut self, comment: &str) -> Read<char> {
        match self.next() {
            Some(c) if c.is_ascii_digit() => Ok(c),
            Some(c) => Err(format!("Unexpected character ({}) in numeric value: {comment}", described(c))),
            None => Err("Unexpected end-of-input in a Number value".to_owned()),
        }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
        }
    }

    /// Behind the value nothing may stand.
    fn end(&mut self) -> Read<()> {
        match self.next() {
            None => Ok(()),
            Some(c) => Err(unexpected(c, "expected the end of the text behind its value")),
        }
    }
}

fn unexpected(c: char, comment: &str) -> String {
    format!("Unexpected character ({}): {comment}", described(c))
}

fn described(c: char) -> String {
    let code = u32::from(c);
    match code {
        _ if c.is_control() => format!("(CTRL-CHAR, code {code})"),
        256.. => format!("'{c}' (code {code} / 0x{code:x})"),
        _ => format!("'{c}' (code {code})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, message: &str, line: usize, column: usize) {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_err(), "`{text}` is JSON");
        let told = complaint(text).map(|complaint| complaint.to_string());
        let expected = format!("{message}\n at [Source: (String)\"{text}\"; line: {line}, column: {column}]");
        assert_eq!(told.as_deref(), Some(expected.as_str()));
    }

    #[test]
    fn a_word_that_is_no_token_is_told_as_jackson_does() {
        let values = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        // Recorded from AWS.
        check("not a definition", &format!("Unrecognized token 'not': {values}"), 1, 4);
        check("[tru]", &format!("Unrecognized token 'tru': {values}"), 1, 5);
        check("nullable", &format!("Unrecognized token 'nullable': {values}"), 1, 9);
        check("NaN", "Non-standard token 'NaN': enable JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS to allow", 1, 4);
    }

    #[test]
    fn a_character_that_cannot_go_on_is_told_with_its_code() {
        check("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 1, 3);
        check(r#"{"a":1,}"#, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", 1, 9);
        check(r#"{"a" 1}"#, "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 1, 7);
        check("{\n \"a\":1 2}", "Unexpected character ('2' (code 50)): was expecting comma to separate Object entries", 2, 9);
        check("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 1, 5);
        check(
            "[1,]",
            "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            1,
            5,
        );
        check(r#"{"a":}"#, "Unexpected character ('}' (code 125)): expected a value", 1, 7);
        check(
            "€",
            "Unexpected character ('€' (code 8364 / 0x20ac)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            1,
            2,
        );
        check("1x", "Unexpected character ('x' (code 120)): Expected space separating root-level values", 1, 3);
        check("{} {}", "Unexpected character ('{' (code 123)): expected the end of the text behind its value", 1, 5);
        check("}", "Unexpected character ('}' (code 125)): expected a value", 1, 2);
    }

    #[test]
    fn what_is_left_open_is_told() {
        check("", "No content to map due to end-of-input", 1, 0);
        check(" \n", "No content to map due to end-of-input", 1, 0);
        check(r#"{"a":"#, "Unexpected end-of-input within/between Object entries", 1, 6);
        check(r#"{"a""#, "Unexpected end-of-input within/between Object entries", 1, 5);
        check("[1,", "Unexpected end-of-input within/between Array entries", 1, 4);
        check(r#""a"#, "Unexpected end-of-input: was expecting closing quote for a string value", 1, 3);
        check(r#"{"a"#, "Unexpected end-of-input in field name", 1, 4);
        check("-", "Unexpected end-of-input in a Number value", 1, 2);
        let start = |text: &str| format!("start marker at [Source: (String)\"{text}\"; line: 1, column: 1]");
        check("{", &format!("Unexpected end-of-input: expected close marker for Object ({})", start("{")), 1, 2);
        check("[1", &format!("Unexpected end-of-input: expected close marker for Array ({})", start("[1")), 1, 3);
        check(
            "[1}",
            "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[1}\"; line: 1, column: 1])",
            1,
            4,
        );
    }

    #[test]
    fn a_bad_string_or_number_is_told() {
        check(
            "\"a\tb\"",
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value",
            1,
            4,
        );
        check(
            "{\"a\tb\": 1}",
            "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in name",
            1,
            5,
        );
        check(r#""\x""#, "Unrecognized character escape 'x' (code 120)", 1, 4);
        check(r#""\u00g0""#, "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence", 1, 7);
        check("[01]", "Invalid numeric value: Leading zeroes not allowed", 1, 3);
        check(
            "[-a]",
            "Unexpected character ('a' (code 97)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value",
            1,
            4,
        );
        check("[1.]", "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit", 1, 5);
        check("[1e]", "Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit", 1, 5);
    }

    #[test]
    fn a_long_text_is_repeated_in_part() {
        let told = complaint(&format!("[{}", " ".repeat(600))).unwrap();
        assert!(
            told.location().contains(&format!("\"[{}\"[truncated 101 chars]; line: 1, column: 602]", " ".repeat(499))),
            "{told}"
        );
    }

    #[test]
    fn json_gives_no_cause_for_complaint() {
        for text in ["{}", "[]", " [1, -0.5e+7, {\"a\": [null, true, false, \"\\u00e4\\n\"]}] ", "2", "\"text\"", "null", "0"] {
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(), "{text}");
            assert_eq!(complaint(text), None, "{text}");
        }
    }
}
