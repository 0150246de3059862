//! Keys that stand twice in one object. JSON parsers keep one of them silently; which one differs between them.

use std::collections::BTreeMap;

use super::report::Report;
use crate::code;
use crate::raw::Value;

/// Reports every duplicate key of the text. Runs last: a duplicate name of a state was reported as that.
pub(super) fn check(value: &Value, report: &mut Report) {
    let mut lines = BTreeMap::new();
    for member in value.members() {
        if let Some(line) = lines.insert(member.name.as_str(), member.place.line)
            && !report.has_duplicate_state(&member.place)
        {
            let message = format!("the key `{}` stands twice in this object", member.name);
            report.error(code::DUPLICATE_KEY, &member.place, message, format!("remove it here or at line {line}"));
        }
        check(&member.value, report);
    }
    for element in value.elements() {
        check(element, report);
    }
}
