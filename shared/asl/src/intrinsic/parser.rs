//! From text to [`Call`].

use serde_json::{Number, Value};

use super::{Argument, Call, Function};
use crate::limits::MAX_CALL_NESTING;
use crate::path::cursor::Cursor;
use crate::path::{PathError, parse_argument};

/// Parses a call, the whole text.
pub(super) fn parse(text: &str) -> Result<Call, PathError> {
    let mut cursor = Cursor::new(text);
    let call = call(&mut cursor, 1)?;
    if cursor.is_at_end() { Ok(call) } else { Err(cursor.error(format!("unexpected {} after the call", cursor.found()))) }
}

fn call(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Call, PathError> {
    let start = cursor.offset();
    if nesting > MAX_CALL_NESTING {
        return Err(cursor.error(format!("intrinsic functions are nested deeper than {MAX_CALL_NESTING} levels")));
    }
    let name = cursor.eat_while(|character| character.is_alphanumeric() || matches!(character, '.' | '_'));
    let unknown =
        || cursor.error_at(start, format!("unknown intrinsic function `{}`", if name.is_empty() { cursor.rest() } else { name }));
    let function = Function::from_name(name).ok_or_else(unknown)?;
    cursor.expect("(")?;
    let arguments = arguments(cursor, function, nesting)?;
    if !function.arity().contains(&arguments.len()) {
        return Err(cursor.error_at(start, arity_message(function, arguments.len())));
    }
    Ok(Call { text: cursor.since(start).to_owned(), function, arguments })
}

fn arity_message(function: Function, given: usize) -> String {
    let arity = function.arity();
    let wanted = match (*arity.start(), *arity.end()) {
        (1, 1) => "1 argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, usize::MAX) => format!("at least {least} argument"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    format!("`{}` takes {wanted}, not {given}", function.name())
}

fn arguments(cursor: &mut Cursor<'_>, function: Function, nesting: usize) -> Result<Vec<Argument>, PathError> {
    let mut arguments = Vec::new();
    cursor.skip_spaces();
    if cursor.eat(")") {
        return Ok(arguments);
    }
    loop {
        cursor.skip_spaces();
        let is_template = function == Function::Format && arguments.is_empty();
        arguments.push(argument(cursor, is_template, nesting)?);
        cursor.skip_spaces();
        if cursor.eat(")") {
            return Ok(arguments);
        }
        if !cursor.eat(",") {
            return Err(cursor.error(format!("expected `,` or `)` but found {}", cursor.found())));
        }
    }
}

fn argument(cursor: &mut Cursor<'_>, is_template: bool, nesting: usize) -> Result<Argument, PathError> {
    match cursor.peek() {
        Some('\'') => {
            let mut pieces = string(cursor, is_template)?;
            Ok(if is_template {
                Argument::Pieces(pieces)
            } else {
                Argument::Literal(Value::String(pieces.pop().unwrap_or_default()))
            })
        }
        Some('$') => parse_argument(cursor).map(Argument::Path),
        Some('-' | '0'..='9') => number(cursor).map(Argument::Literal),
        _ => word(cursor).map_or_else(|| call(cursor, nesting + 1).map(Argument::Call), |value| Ok(Argument::Literal(value))),
    }
}

/// `true`, `false` or `null`, if one of them stands here.
fn word(cursor: &mut Cursor<'_>) -> Option<Value> {
    let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '.' | '_' | '('));
    let found = words.into_iter().find(|(word, _)| cursor.rest().strip_prefix(word).is_some_and(ends));
    found.map(|(word, value)| {
        cursor.eat(word);
        value
    })
}

fn number(cursor: &mut Cursor<'_>) -> Result<Value, PathError> {
    let start = cursor.offset();
    let digits = cursor.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.'));
    let number = serde_json::from_str::<Number>(digits).map(Value::Number);
    number.map_err(|_| cursor.error_at(start, format!("`{digits}` is no number")))
}

/// A string in single quotes, its escapes taken out; cut at each `{}` if it is a template.
///
/// Step Functions Developer Guide, "Reserved characters in intrinsic functions": only `\'`, `\{`, `\}` and `\\` are escapes,
/// and any other use of the backslash is refused.
fn string(cursor: &mut Cursor<'_>, is_template: bool) -> Result<Vec<String>, PathError> {
    let start = cursor.offset();
    cursor.eat("'");
    let mut pieces = Vec::new();
    let mut piece = String::new();
    loop {
        let at = cursor.offset();
        if is_template && cursor.eat("{}") {
            pieces.push(std::mem::take(&mut piece));
            continue;
        }
        match cursor.next() {
            Some('\'') => break,
            Some('\\') => match cursor.next() {
                Some(escaped @ ('\'' | '{' | '}' | '\\')) => piece.push(escaped),
                _ => {
                    let message = format!("`{}` is no escape; only `\\'`, `\\{{`, `\\}}` and `\\\\` are", cursor.since(at));
                    return Err(cursor.error_at(at, message));
                }
            },
            Some(other) => piece.push(other),
            None => return Err(cursor.error_at(start, format!("the string `{}` has no end", cursor.since(start)))),
        }
    }
    pieces.push(piece);
    Ok(pieces)
}
