//! The tree as written: JSON with the place of every value.
//!
//! serde_json judges the syntax (its messages are the ones people know); jsonc-parser, with every leniency off, gives the spans
//! and keeps duplicate keys visible. Nothing here knows the language.

use std::ops::Range;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits::{MAX_DEFINITION_BYTES, MAX_NESTING_DEPTH};

/// Where something stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// JSON pointer (RFC 6901); empty for the whole text.
    pub pointer: String,
    /// Byte offsets.
    pub span: Range<usize>,
    /// First line is 1.
    pub line: usize,
    /// First column is 1, counted in characters.
    pub column: usize,
}

impl Place {
    /// The first byte alone: what a problem of a whole object or array points at, so that it is not shown at full length.
    pub(crate) fn opening(&self) -> Self {
        Self { span: self.span.start..self.span.end.min(self.span.start + 1), ..self.clone() }
    }
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A string, its escapes resolved.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object; members in the order in which they are written, duplicates included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name, escapes resolved.
    pub name: String,
    /// Where the name stands; the pointer is the value's.
    pub place: Place,
    /// Its value.
    pub value: Value,
}

impl Value {
    /// The member with this name; the first, if there are several.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> &[Member] {
        match &self.content {
            Content::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none of anything else.
    pub fn elements(&self) -> &[Value] {
        match &self.content {
            Content::Array(elements) => elements,
            _ => &[],
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::String(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without places; of duplicate keys the last one counts, as everywhere in JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.content {
            Content::Null => serde_json::Value::Null,
            Content::Bool(flag) => serde_json::Value::Bool(*flag),
            Content::Number(number) => serde_json::Value::Number(number.clone()),
            Content::String(text) => serde_json::Value::String(text.clone()),
            Content::Array(elements) => elements.iter().map(Value::to_json).collect(),
            Content::Object(members) => {
                serde_json::Value::Object(members.iter().map(|member| (member.name.clone(), member.value.to_json())).collect())
            }
        }
    }

    /// What it is, in words: `a string`.
    pub(crate) fn type_in_words(&self) -> &'static str {
        match &self.content {
            Content::Null => "null",
            Content::Bool(_) => "a boolean",
            Content::Number(_) => "a number",
            Content::String(_) => "a string",
            Content::Array(_) => "an array",
            Content::Object(_) => "an object",
        }
    }
}

/// Reads a text into the tree as written.
///
/// # Errors
///
/// One diagnostic: `too-large`, `too-deep` or `syntax` (what comes after a syntax error cannot be judged).
pub fn read(text: &str) -> Result<Value, Box<Diagnostic>> {
    refuse_large(text)?;
    refuse_deep(text)?;
    serde_json::from_str::<serde_json::Value>(text).map_err(|error| syntax_error(text, &error))?;
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict())
        .map_err(|error| at(text, error.range().start, code::SYNTAX, error.kind().to_string(), SYNTAX_HINT))?;
    let value = parsed.value.ok_or_else(|| at(text, 0, code::SYNTAX, "the text is empty".to_owned(), SYNTAX_HINT))?;
    Reading { text, offset: 0, line: 1, column: 1 }
        .value(&value, String::new())
        .ok_or_else(|| at(text, 0, code::SYNTAX, "a number is out of range".to_owned(), SYNTAX_HINT))
}

const SYNTAX_HINT: &str = "a definition is one JSON object; comments, trailing commas and single quotes are not JSON";

fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn refuse_large(text: &str) -> Result<(), Box<Diagnostic>> {
    if text.len() <= MAX_DEFINITION_BYTES {
        return Ok(());
    }
    let message = format!("the definition has {} bytes, {MAX_DEFINITION_BYTES} are allowed", text.len());
    Err(at(text, 0, code::TOO_LARGE, message, "move parts of it into state machines of their own"))
}

fn refuse_deep(text: &str) -> Result<(), Box<Diagnostic>> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING_DEPTH {
            let message = format!("more than {MAX_NESTING_DEPTH} objects and arrays stand inside each other");
            return Err(at(text, offset, code::TOO_DEEP, message, "move the inner flow into a state machine of its own"));
        }
    }
    Ok(())
}

fn syntax_error(text: &str, error: &serde_json::Error) -> Box<Diagnostic> {
    let line_start = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let met = line_start + error.column().saturating_sub(1);
    // Of a word that is no JSON the first character says more than the one at which it was given up.
    let word = text.get(..met).unwrap_or("").bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
    let offset =
        if text.get(met..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())) { met - word } else { met };
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    let message = if message == "expected ident" { "expected `true`, `false` or `null`" } else { message };
    at(text, offset, code::SYNTAX, message.to_owned(), SYNTAX_HINT)
}

/// A diagnostic of the text as such, at a byte offset.
fn at(text: &str, offset: usize, code: &'static str, message: String, hint: &str) -> Box<Diagnostic> {
    let offset = (0..=offset.min(text.len())).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or(0);
    let before = text.get(..offset).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let width = text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Box::new(Diagnostic {
        code,
        severity: Severity::Error,
        message,
        pointer: String::new(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or("").chars().count() + 1,
        span: offset..offset + width,
        hint: Some(hint.to_owned()),
    })
}

/// The conversion, with a cursor that only goes forward: one pass over the text gives every line and column, however long a line.
struct Reading<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl Reading<'_> {
    fn place(&mut self, range: jsonc_parser::common::Range, pointer: String) -> Place {
        for character in self.text.get(self.offset..range.start).unwrap_or("").chars() {
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = range.start;
        Place { pointer, span: range.start..range.end, line: self.line, column: self.column }
    }

    fn value(&mut self, value: &ast::Value<'_>, pointer: String) -> Option<Value> {
        let place = self.place(value.range(), pointer);
        let content = match value {
            ast::Value::NullKeyword(_) => Content::Null,
            ast::Value::BooleanLit(literal) => Content::Bool(literal.value),
            ast::Value::NumberLit(literal) => Content::Number(literal.value.parse().ok()?),
            ast::Value::StringLit(literal) => Content::String(literal.value.to_string()),
            ast::Value::Array(array) => {
                let elements = array.elements.iter().enumerate();
                Content::Array(
                    elements.map(|(i, element)| self.value(element, format!("{}/{i}", place.pointer))).collect::<Option<_>>()?,
                )
            }
            ast::Value::Object(object) => {
                let members = object.properties.iter();
                Content::Object(members.map(|property| self.member(property, &place.pointer)).collect::<Option<_>>()?)
            }
        };
        Some(Value { place, content })
    }

    fn member(&mut self, property: &ast::ObjectProp<'_>, parent: &str) -> Option<Member> {
        let name = property.name.as_str().to_owned();
        let pointer = format!("{parent}/{}", name.replace('~', "~0").replace('/', "~1"));
        let place = self.place(property.name.range(), pointer.clone());
        Some(Member { name, place, value: self.value(&property.value, pointer)? })
    }
}

#[cfg(test)]
mod tests;
