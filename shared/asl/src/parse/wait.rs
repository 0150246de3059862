//! Wait: States Language specification, "Wait State".

use super::data_flow::Has;
use super::expression::{self, Read};
use super::fields::Fields;
use super::{Reader, data_flow, scalar, state, timestamp};
use crate::code;
use crate::limits::MAX_SECONDS;
use crate::raw::Member;
use crate::state::{Amount, Wait, WaitUntil};

/// Reads a Wait state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Wait> {
    let data = data_flow::read(fields, Has::Assign, reader);
    let names: &[&'static str] = match reader.report.is_jsonata() {
        true => &["Seconds", "Timestamp"],
        false => &["Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
    };
    let mut written: Vec<&Member> = names.iter().filter_map(|name| fields.take(name)).collect();
    written.sort_by_key(|member| member.place.span.start);
    let until = match written.as_slice() {
        [] => {
            let message = match reader.report.is_jsonata() {
                true => "a Wait state needs `Seconds` or `Timestamp`",
                false => "a Wait state needs `Seconds`, `SecondsPath`, `Timestamp` or `TimestampPath`",
            };
            reader.report.error(code::MISSING_FIELD, &fields.place, message, "say until when: `\"Seconds\": 60`");
            None
        }
        [first, others @ ..] => {
            for other in others {
                let message = format!("`{}` and `{}` exclude each other", first.name, other.name);
                reader.report.error(code::EXCLUSIVE_FIELDS, &other.place, message, "keep one of them");
            }
            until(first, reader)
        }
    };
    let next = state::read_next(fields, reader);
    Some(Wait { data, until: until?, next: next? })
}

fn until(member: &Member, reader: &mut Reader) -> Option<WaitUntil> {
    let report = &mut reader.report;
    match expression::of_member(member, report) {
        Some(Read::Expression(expression)) if member.name == "Seconds" => {
            return Some(WaitUntil::Seconds(Amount::Expression(expression)));
        }
        Some(Read::Expression(expression)) => return Some(WaitUntil::TimestampExpression(expression)),
        Some(Read::Literal | Read::Refused) => return None,
        None => {}
    }
    match member.name.as_str() {
        "Seconds" => {
            scalar::whole_number(member, 0..=MAX_SECONDS, report).map(|seconds| WaitUntil::Seconds(Amount::Literal(seconds)))
        }
        "SecondsPath" => scalar::single_path(member, report).map(|path| WaitUntil::Seconds(Amount::Path(path))),
        "Timestamp" => timestamp::read(member, report).map(WaitUntil::Timestamp),
        _ => scalar::single_path(member, report).map(WaitUntil::TimestampPath),
    }
}
