//! Timestamps: RFC 3339 with an uppercase `T`, and an uppercase `Z` unless there is an offset (States Language specification).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::report::Report;
use super::scalar;
use crate::code;
use crate::raw::Member;

/// Reads a timestamp, as written.
pub(super) fn read(member: &Member, report: &mut Report) -> Option<String> {
    let text = scalar::text(member, report)?;
    if !is_timestamp(text) {
        let message = format!("`{text}` is no RFC 3339 timestamp");
        let hint = "write it with `T` and `Z` or an offset: `2026-11-22T17:06:00Z`";
        report.error(code::BAD_TIMESTAMP, &member.value.place, message, hint);
    }
    Some(text.to_owned())
}

fn is_timestamp(text: &str) -> bool {
    !text.contains(|c: char| c.is_ascii_lowercase() || c.is_whitespace()) && OffsetDateTime::parse(text, &Rfc3339).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_an_uppercase_t_and_z_or_an_offset() {
        for text in [
            "2016-03-14T01:59:00Z",
            "2016-03-14T01:59:00.123Z",
            "2016-03-14T01:59:00+05:30",
            "2016-02-29T23:59:59.999999999-12:00",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        let not = [
            "",
            "2016-03-14",
            "2016-03-14t01:59:00Z",
            "2016-03-14T01:59:00z",
            "2016-03-14 01:59:00Z",
            "2016-03-14T01:59:00",
            "2015-02-29T01:59:00Z",
            "2016-03-14T25:59:00Z",
        ];
        for text in not {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
