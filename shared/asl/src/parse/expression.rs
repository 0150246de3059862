//! Expressions in JSONata: texts in `{%` and `%}`.
//!
//! Step Functions Developer Guide, "Transforming data with JSONata": the text begins with `{%` and ends with `%}`, without anything
//! before or behind; an expression that is opened and not closed, or closed and not opened, is refused.

use jsonata::Expression;

use super::report::Report;
use crate::code;
use crate::raw::{Member, Value};

/// What a text is.
pub(super) enum Read {
    /// No expression.
    Literal,
    /// An expression.
    Expression(Expression),
    /// What was meant for one, and is reported.
    Refused,
}

/// Whether a text is meant for an expression.
pub(super) fn is_delimited(text: &str) -> bool {
    text.starts_with("{%") || text.ends_with("%}")
}

/// Reads the text of `value`.
pub(super) fn read(value: &Value, text: &str, report: &mut Report) -> Read {
    if !is_delimited(text) {
        return Read::Literal;
    }
    let Some(inner) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) else {
        let message = format!("the expression `{text}` does not begin with `{{%` and end with `%}}`");
        report.error(code::BAD_JSONATA, &value.place, message, "write `{% ... %}` around all of it");
        return Read::Refused;
    };
    match Expression::parse(inner) {
        Ok(expression) => Read::Expression(expression),
        Err(error) => {
            let message = format!("`{}` is no JSONata expression: {error}", inner.trim());
            report.error(code::BAD_JSONATA, &value.place, message, "see docs.jsonata.org; Step Functions has version 2.0");
            Read::Refused
        }
    }
}

/// The expression that stands in a field, where it is in JSONata and not written plainly.
pub(super) fn of_member(member: &Member, report: &mut Report) -> Option<Read> {
    let text = member.value.text().filter(|text| report.is_jsonata() && is_delimited(text))?;
    Some(read(&member.value, text, report))
}
