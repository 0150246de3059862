//! Lists of error names: `ErrorEquals` and `Refusals`.

use super::report::Report;
use super::scalar;
use crate::code;
use crate::error_name;
use crate::raw::{Content, Member, Value};

/// The reserved names: States Language specification, Appendix A, and those that AWS added.
const RESERVED: &[&str] = &[
    error_name::ALL,
    error_name::TIMEOUT,
    error_name::HEARTBEAT_TIMEOUT,
    error_name::TASK_FAILED,
    error_name::RUNTIME,
    error_name::DATA_LIMIT_EXCEEDED,
    error_name::NO_CHOICE_MATCHED,
    error_name::PARAMETER_PATH_FAILURE,
    error_name::RESULT_PATH_MATCH_FAILURE,
    error_name::INTRINSIC_FAILURE,
    error_name::EXCEED_TOLERATED_FAILURE_THRESHOLD,
    error_name::PERMISSIONS,
    error_name::BRANCH_FAILED,
    error_name::ITEM_READER_FAILED,
    error_name::RESULT_WRITER_FAILED,
    "States.Http.Socket",
    error_name::QUERY_EVALUATION_ERROR,
];

/// Reads a list of error names that must not be empty.
pub(super) fn read(member: &Member, report: &mut Report) -> Vec<String> {
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of error names", report).unwrap_or_default();
    };
    if elements.is_empty() {
        let message = format!("`{}` must not be empty", member.name);
        report.error(code::EMPTY, &member.value.place, message, "name at least one error");
    }
    elements.iter().filter_map(|element| name(element, &member.name, report)).collect()
}

fn name(element: &Value, field: &str, report: &mut Report) -> Option<String> {
    let Some(text) = element.text() else {
        let message = format!("`{field}` holds error names, found {}", element.type_in_words());
        report.error(code::WRONG_TYPE, &element.place.opening(), message, "write a string");
        return None;
    };
    let near_the_reserved = text.starts_with("States.") || text.starts_with("State.");
    if near_the_reserved && !RESERVED.contains(&text) {
        let hint = match report.suggest(text, RESERVED.iter().copied()).filter(|near| near.len().abs_diff(text.len()) <= 1) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "names that begin with `States.` are reserved; write your own error's name".to_owned(),
        };
        report.warning(code::UNKNOWN_ERROR_NAME, &element.place, format!("nothing reports the error `{text}`"), hint);
    }
    Some(text.to_owned())
}

/// `States.ALL` must be alone in its `ErrorEquals`, and stand in the last element of `Retry` or `Catch`.
pub(super) fn check_states_all(lists: &[&Member], report: &mut Report) {
    for (i, member) in lists.iter().enumerate() {
        let elements = member.value.elements();
        let Some(all) = elements.iter().find(|element| element.text() == Some(error_name::ALL)) else { continue };
        if elements.len() > 1 {
            let message = "`States.ALL` must be alone in its `ErrorEquals`";
            report.error(code::MISPLACED_STATES_ALL, &all.place, message, "it matches the other names already; remove them");
        } else if i + 1 < lists.len() {
            let message = "`States.ALL` must stand last";
            report.error(
                code::MISPLACED_STATES_ALL,
                &all.place,
                message,
                "what comes after it never matches; move it to the end",
            );
        }
    }
}
