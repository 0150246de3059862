//! Fail: States Language specification, "Fail State".

use super::expression::Read;
use super::fields::Fields;
use super::report::Report;
use super::{Reader, expression, scalar, template};
use crate::code;
use crate::raw::Member;
use crate::state::{Data, Fail, QueryLanguage, Text};

/// Reads a Fail state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Fail {
    let report = &mut reader.report;
    if report.is_jsonata() {
        let error = fields.take("Error").and_then(|member| jsonata(member, report));
        let cause = fields.take("Cause").and_then(|member| jsonata(member, report));
        return Fail { data: Data { language: QueryLanguage::Jsonata, ..Data::default() }, error, cause };
    }
    let error = fields.take_one("Error", "ErrorPath", report).and_then(|member| text(member, report));
    let cause = fields.take_one("Cause", "CausePath", report).and_then(|member| text(member, report));
    Fail { data: Data::default(), error, cause }
}

fn jsonata(member: &Member, report: &mut Report) -> Option<Text> {
    match expression::of_member(member, report) {
        Some(Read::Expression(expression)) => Some(Text::Expression(expression)),
        Some(Read::Literal | Read::Refused) => None,
        None => scalar::text(member, report).map(|text| Text::Literal(text.to_owned())),
    }
}

fn text(member: &Member, report: &mut Report) -> Option<Text> {
    let written = scalar::text(member, report)?;
    if !member.name.ends_with("Path") {
        if template::looks_like_an_expression(written) {
            let message = format!("the value of `{}` looks like an expression, and is taken as written", member.name);
            report.warning(
                code::MISSING_DOLLAR,
                &member.value.place,
                message,
                format!("to evaluate it write `{}Path`", member.name),
            );
        }
        return Some(Text::Literal(written.to_owned()));
    }
    if written.starts_with("States.") {
        return scalar::intrinsic(&member.value, written, report).map(Text::Intrinsic);
    }
    scalar::path(member, report).map(Text::Path)
}
