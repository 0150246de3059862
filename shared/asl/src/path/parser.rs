//! From text to [`Path`].

use super::cursor::Cursor;
use super::filter::filter;
use super::{Measure, Path, PathError, Root, Segment, Selector};
use crate::limits::{MAX_PATH_SEGMENTS, MAX_VARIABLE_NAME_CHARACTERS};

/// What ends a name after a dot. A path that is the whole text is as lenient as AWS (`$.detail-type`); one that stands in
/// something else ends where that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameStyle {
    /// The path is the whole text.
    Whole,
    /// An argument of an intrinsic function.
    Argument,
    /// A side of a comparison in a filter.
    Filter,
}

impl NameStyle {
    fn is_in_name(self, character: char) -> bool {
        match character {
            '.' | '[' | ']' | '(' | ')' | '\'' | '"' | '*' | '?' | ',' | '\\' => false,
            '=' | '!' | '<' | '>' | '&' | '|' => self != Self::Filter,
            other => !other.is_whitespace() && !other.is_control(),
        }
    }
}

/// Parses a path, the whole text.
pub(super) fn parse(text: &str) -> Result<Path, PathError> {
    let mut cursor = Cursor::new(text);
    let path = path(&mut cursor, NameStyle::Whole)?;
    if cursor.is_at_end() { Ok(path) } else { Err(cursor.error(format!("unexpected {} in a path", cursor.found()))) }
}

/// Parses a path that is an argument of an intrinsic function, and leaves what follows it.
pub(crate) fn parse_argument(cursor: &mut Cursor<'_>) -> Result<Path, PathError> {
    path(cursor, NameStyle::Argument)
}

fn path(cursor: &mut Cursor<'_>, style: NameStyle) -> Result<Path, PathError> {
    let start = cursor.offset();
    let root = root(cursor)?;
    let segments = segments(cursor, style, 0)?;
    Ok(Path { text: cursor.since(start).to_owned(), root, segments })
}

fn root(cursor: &mut Cursor<'_>) -> Result<Root, PathError> {
    if !cursor.eat("$") {
        return Err(cursor.error(format!("a path begins with `$`, not with {}", cursor.found())));
    }
    if cursor.eat("$") {
        return Ok(Root::Context);
    }
    let start = cursor.offset();
    let name = cursor.eat_while(|character| character.is_alphanumeric() || character == '_');
    if name.is_empty() {
        return Ok(Root::Data);
    }
    if name.starts_with(char::is_numeric) {
        return Err(cursor.error_at(start, format!("a variable's name does not begin with a digit: `{name}`")));
    }
    if name.chars().count() > MAX_VARIABLE_NAME_CHARACTERS {
        let message = format!("a variable's name has at most {MAX_VARIABLE_NAME_CHARACTERS} characters: `{name}`");
        return Err(cursor.error_at(start, message));
    }
    Ok(Root::Variable(name.to_owned()))
}

/// Parses segments until something comes that belongs to none.
pub(super) fn segments(cursor: &mut Cursor<'_>, style: NameStyle, nesting: usize) -> Result<Vec<Segment>, PathError> {
    let mut segments = Vec::new();
    while matches!(cursor.peek(), Some('.' | '[')) {
        if matches!(segments.last(), Some(Segment::Measure(_))) {
            return Err(cursor.error(format!("a function ends the path, but {} follows", cursor.found())));
        }
        if segments.len() >= MAX_PATH_SEGMENTS {
            return Err(cursor.error(format!("a path has at most {MAX_PATH_SEGMENTS} segments")));
        }
        segments.push(segment(cursor, style, nesting)?);
    }
    Ok(segments)
}

fn segment(cursor: &mut Cursor<'_>, style: NameStyle, nesting: usize) -> Result<Segment, PathError> {
    if cursor.eat("..") {
        return descent(cursor, style, nesting).map(Segment::Descend);
    }
    if cursor.eat(".") && cursor.peek() != Some('[') {
        return dotted(cursor, style);
    }
    Ok(simplified(bracketed(cursor, nesting)?))
}

/// One name or one index is a segment of its own, which needs no list of matches.
fn simplified(mut selectors: Vec<Selector>) -> Segment {
    match selectors.pop() {
        Some(Selector::Name(name)) if selectors.is_empty() => Segment::Name(name),
        Some(Selector::Index(index)) if selectors.is_empty() => Segment::Index(index),
        last => {
            selectors.extend(last);
            Segment::Select(selectors)
        }
    }
}

fn descent(cursor: &mut Cursor<'_>, style: NameStyle, nesting: usize) -> Result<Vec<Selector>, PathError> {
    match cursor.peek() {
        Some('[') => bracketed(cursor, nesting),
        Some('*') => {
            cursor.next();
            Ok(vec![Selector::Wildcard])
        }
        _ => Ok(vec![Selector::Name(name(cursor, style)?)]),
    }
}

fn dotted(cursor: &mut Cursor<'_>, style: NameStyle) -> Result<Segment, PathError> {
    if cursor.eat("*") {
        return Ok(Segment::Select(vec![Selector::Wildcard]));
    }
    let start = cursor.offset();
    let name = name(cursor, style)?;
    if !cursor.eat("(") {
        return Ok(Segment::Name(name));
    }
    cursor.skip_spaces();
    let measure = Measure::from_name(&name).filter(|_| cursor.eat(")"));
    let known = "`length()`, `min()`, `max()`, `avg()` and `sum()`";
    let unknown = || cursor.error_at(start, format!("unknown function `{name}(`; paths know {known}, without arguments"));
    measure.map(Segment::Measure).ok_or_else(unknown)
}

/// A name after a dot, its escapes taken out (States Language specification, "Reference Paths": `$.foo\@bar`).
fn name(cursor: &mut Cursor<'_>, style: NameStyle) -> Result<String, PathError> {
    let mut name = String::new();
    loop {
        name.push_str(cursor.eat_while(|character| style.is_in_name(character)));
        if cursor.peek() != Some('\\') {
            break;
        }
        name.push(escaped(cursor)?);
    }
    if name.is_empty() {
        return Err(cursor.error(format!("expected a name but found {}", cursor.found())));
    }
    Ok(name)
}

/// A backslash and what it stands for: `\u` with four digits a code point (or half of one), anything else itself.
fn escaped(cursor: &mut Cursor<'_>) -> Result<char, PathError> {
    let start = cursor.offset();
    cursor.eat("\\");
    if let Some(unit) = code_unit(cursor) {
        let mut units = vec![unit];
        if (0xD800..0xDC00).contains(&unit) && cursor.eat("\\") {
            units.extend(code_unit(cursor));
        }
        let decoded = char::decode_utf16(units).next().and_then(Result::ok);
        return decoded.ok_or_else(|| cursor.error_at(start, format!("`{}` is half a character", cursor.since(start))));
    }
    cursor.next().ok_or_else(|| cursor.error_at(start, "a `\\` at the end of a path escapes nothing"))
}

/// `u` and four hexadecimal digits.
fn code_unit(cursor: &mut Cursor<'_>) -> Option<u16> {
    let digits = cursor.rest().strip_prefix('u')?.get(..4)?;
    let unit = u16::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    cursor.eat("u");
    cursor.eat(digits);
    Some(unit)
}

/// A string in single or double quotes; a backslash escapes as in [`name`].
pub(super) fn string(cursor: &mut Cursor<'_>) -> Result<String, PathError> {
    let start = cursor.offset();
    let quote = cursor.next();
    let mut text = String::new();
    loop {
        match cursor.peek() {
            None => return Err(cursor.error_at(start, format!("the string `{}` has no end", cursor.since(start)))),
            Some('\\') => text.push(escaped(cursor)?),
            next if next == quote => {
                cursor.next();
                return Ok(text);
            }
            Some(other) => {
                cursor.next();
                text.push(other);
            }
        }
    }
}

/// What stands in brackets.
fn bracketed(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Vec<Selector>, PathError> {
    let start = cursor.offset();
    cursor.expect("[")?;
    let mut selectors = Vec::new();
    loop {
        cursor.skip_spaces();
        selectors.push(selector(cursor, nesting)?);
        cursor.skip_spaces();
        if cursor.eat("]") {
            return Ok(selectors);
        }
        if cursor.is_at_end() {
            return Err(cursor.error_at(start, format!("the bracket `{}` is not closed", cursor.since(start))));
        }
        if !cursor.eat(",") {
            return Err(cursor.error(format!("expected `,` or `]` but found {}", cursor.found())));
        }
        if selectors.len() >= MAX_PATH_SEGMENTS {
            return Err(cursor.error(format!("a bracket holds at most {MAX_PATH_SEGMENTS} selectors")));
        }
    }
}

fn selector(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Selector, PathError> {
    match cursor.peek() {
        Some('\'' | '"') => string(cursor).map(Selector::Name),
        Some('*') => {
            cursor.next();
            Ok(Selector::Wildcard)
        }
        Some('?') => {
            cursor.next();
            filter(cursor, nesting + 1).map(Selector::Filter)
        }
        Some('(') => from_the_end(cursor),
        Some('-' | ':' | '0'..='9') => index_or_slice(cursor),
        _ => {
            Err(cursor.error(format!("expected a quoted name, an index, `*`, a slice or a filter but found {}", cursor.found())))
        }
    }
}

/// `(@.length-1)`: the older way to count from the end, which AWS still takes.
fn from_the_end(cursor: &mut Cursor<'_>) -> Result<Selector, PathError> {
    let start = cursor.offset();
    let script = cursor.eat_while(|character| character != ']');
    let compact: String = script.chars().filter(|character| *character != ' ').collect();
    let distance = compact.strip_prefix("(@.length-").and_then(|rest| rest.strip_suffix(')'));
    let index = distance.and_then(|digits| digits.parse::<u32>().ok()).filter(|distance| *distance > 0);
    let unsupported = || cursor.error_at(start, format!("the only script that is supported is `(@.length-1)`, not `{script}`"));
    index.map(|distance| Selector::Index(-i64::from(distance))).ok_or_else(unsupported)
}

fn index_or_slice(cursor: &mut Cursor<'_>) -> Result<Selector, PathError> {
    let start = integer(cursor)?;
    cursor.skip_spaces();
    if !cursor.eat(":") {
        return start.map(Selector::Index).ok_or_else(|| cursor.error(format!("expected an index but found {}", cursor.found())));
    }
    cursor.skip_spaces();
    let end = integer(cursor)?;
    cursor.skip_spaces();
    let mut step = 1;
    if cursor.eat(":") {
        cursor.skip_spaces();
        step = integer(cursor)?.unwrap_or(1);
    }
    Ok(Selector::Slice { start, end, step })
}

/// An integer, if one stands here.
fn integer(cursor: &mut Cursor<'_>) -> Result<Option<i64>, PathError> {
    let start = cursor.offset();
    cursor.eat("-");
    cursor.eat_while(|character| character.is_ascii_digit());
    match cursor.since(start) {
        "" => Ok(None),
        digits => match digits.parse() {
            Ok(integer) => Ok(Some(integer)),
            Err(_) => Err(cursor.error_at(start, format!("`{digits}` is no index"))),
        },
    }
}
