//! Filters of a path: `[?(@.price > 10 && @.kind == 'book')]`.

use serde_json::{Number, Value};

use super::cursor::Cursor;
use super::parser::{NameStyle, segments, string};
use super::{PathError, Segment};
use crate::limits::MAX_FILTER_NESTING;

/// A filter's condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// `a && b`.
    And(Vec<Filter>),
    /// `a || b`.
    Or(Vec<Filter>),
    /// `!a`.
    Not(Box<Filter>),
    /// `@.a`: it leads to at least one value, whatever that is.
    Exists(Query),
    /// `@.a > 1`.
    Compare(FilterOperand, Comparator, FilterOperand),
}

/// A path inside a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Where it starts.
    pub origin: Origin,
    /// What follows.
    pub segments: Vec<Segment>,
}

/// Where a path inside a filter starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `@`: the value that is being tested.
    Candidate,
    /// `$`: where the whole path starts.
    Root,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterOperand {
    /// A string, number, boolean or null.
    Literal(Value),
    /// A definite path.
    Query(Query),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Longer ones first, so that `<=` is not read as `<`.
const COMPARATORS: [(&str, Comparator); 6] = [
    ("==", Comparator::Equal),
    ("!=", Comparator::NotEqual),
    ("<=", Comparator::LessOrEqual),
    (">=", Comparator::GreaterOrEqual),
    ("<", Comparator::Less),
    (">", Comparator::Greater),
];

/// Parses what stands after `?`.
pub(super) fn filter(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, PathError> {
    if nesting > MAX_FILTER_NESTING {
        return Err(cursor.error(format!("a filter is nested deeper than {MAX_FILTER_NESTING} levels")));
    }
    let mut alternatives = vec![conjunction(cursor, nesting)?];
    cursor.skip_spaces();
    while cursor.eat("||") {
        alternatives.push(conjunction(cursor, nesting)?);
        cursor.skip_spaces();
    }
    Ok(one_or(alternatives, Filter::Or))
}

fn conjunction(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, PathError> {
    let mut parts = vec![basic(cursor, nesting)?];
    cursor.skip_spaces();
    while cursor.eat("&&") {
        parts.push(basic(cursor, nesting)?);
        cursor.skip_spaces();
    }
    Ok(one_or(parts, Filter::And))
}

/// A single part stands for itself.
fn one_or(mut parts: Vec<Filter>, join: impl Fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

fn basic(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, PathError> {
    cursor.skip_spaces();
    if cursor.rest().starts_with('!') && !cursor.rest().starts_with("!=") {
        cursor.next();
        if nesting >= MAX_FILTER_NESTING {
            return Err(cursor.error(format!("a filter is nested deeper than {MAX_FILTER_NESTING} levels")));
        }
        return Ok(Filter::Not(Box::new(basic(cursor, nesting + 1)?)));
    }
    if cursor.eat("(") {
        let inner = filter(cursor, nesting + 1)?;
        cursor.skip_spaces();
        cursor.expect(")")?;
        return Ok(inner);
    }
    comparison(cursor, nesting)
}

fn comparison(cursor: &mut Cursor<'_>, nesting: usize) -> Result<Filter, PathError> {
    let left_at = cursor.offset();
    let left = operand(cursor, nesting)?;
    let left_text = cursor.since(left_at);
    cursor.skip_spaces();
    let Some(comparator) = comparator(cursor)? else {
        return match left {
            FilterOperand::Query(query) => Ok(Filter::Exists(query)),
            FilterOperand::Literal(_) => Err(cursor.error("expected a comparison after a literal in a filter")),
        };
    };
    cursor.skip_spaces();
    let right_at = cursor.offset();
    let right = operand(cursor, nesting)?;
    for (side, at, text) in [(&left, left_at, left_text), (&right, right_at, cursor.since(right_at))] {
        if let FilterOperand::Query(query) = side
            && !query.segments.iter().all(Segment::is_definite)
        {
            return Err(cursor.error_at(at, format!("`{text}` may find several values, so it cannot be compared")));
        }
    }
    Ok(Filter::Compare(left, comparator, right))
}

fn comparator(cursor: &mut Cursor<'_>) -> Result<Option<Comparator>, PathError> {
    if cursor.rest().starts_with("=~") {
        return Err(cursor.error("regular expressions (`=~`) are not supported in filters"));
    }
    Ok(COMPARATORS.into_iter().find(|(text, _)| cursor.eat(text)).map(|(_, comparator)| comparator))
}

fn operand(cursor: &mut Cursor<'_>, nesting: usize) -> Result<FilterOperand, PathError> {
    cursor.skip_spaces();
    let origin = match cursor.peek() {
        Some('@') => Origin::Candidate,
        Some('$') => Origin::Root,
        Some('\'' | '"') => return Ok(FilterOperand::Literal(Value::String(string(cursor)?))),
        _ => return literal(cursor).map(FilterOperand::Literal),
    };
    cursor.next();
    Ok(FilterOperand::Query(Query { origin, segments: segments(cursor, NameStyle::Filter, nesting + 1)? }))
}

fn literal(cursor: &mut Cursor<'_>) -> Result<Value, PathError> {
    let start = cursor.offset();
    let word = cursor.eat_while(|character| character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | '_'));
    match word {
        "" => Err(cursor.error(format!("expected a value in a filter but found {}", cursor.found()))),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        "null" => Ok(Value::Null),
        word => serde_json::from_str::<Number>(word).map(Value::Number).map_err(|_| {
            cursor.error_at(start, format!("`{word}` is no literal; strings stand in quotes, paths begin with `@`"))
        }),
    }
}
