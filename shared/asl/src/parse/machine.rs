//! The outermost object: States Language specification, "Top-level fields".

use super::fields::Fields;
use super::{Reader, flow, scalar, transitions};
use crate::code;
use crate::definition::Definition;
use crate::limits::MAX_SECONDS;
use crate::raw::Value;

/// Reads the machine.
pub(super) fn read(root: &Value, reader: &mut Reader) -> Option<Definition> {
    let mut fields = Fields::of(root, "the state machine", &mut reader.report)?;
    let comment = fields.take("Comment").and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    if let Some(version) = fields.take("Version") {
        scalar::one_of(version, &[("1.0", ())], &mut reader.report);
    }
    let timeout = fields.take("TimeoutSeconds");
    // AWS takes 0 here, though not on a Task.
    let timeout_seconds = timeout.and_then(|member| scalar::whole_number(member, 0..=MAX_SECONDS, &mut reader.report));
    let jsonata = is_jsonata(&mut fields, reader);
    let flow = if jsonata { skip(&mut fields) } else { flow::read(&mut fields, reader) };
    fields.finish(&mut reader.report);
    if !jsonata {
        transitions::check(root, &mut reader.report);
    }
    let mut states = std::mem::take(&mut reader.states);
    states.sort_by_key(|(offset, _)| *offset);
    let states = states.into_iter().map(|(_, state)| (state.name.clone(), state)).collect();
    Some(Definition { comment, flow: flow?, timeout_seconds, states })
}

/// Reads `QueryLanguage`; JSONata is reported once, where it is said.
pub(super) fn is_jsonata(fields: &mut Fields<'_>, reader: &mut Reader) -> bool {
    let Some(member) = fields.take("QueryLanguage") else { return false };
    let jsonata = scalar::one_of(member, &[("JSONPath", false), ("JSONata", true)], &mut reader.report).unwrap_or(false);
    if jsonata {
        let message = format!("{} is in `JSONata`, which comes in a later release", fields.owner);
        let hint = "write it in JSONPath, with `\"QueryLanguage\": \"JSONPath\"` or without the field";
        reader.report.error(code::UNSUPPORTED_QUERY_LANGUAGE, &member.value.place, message, hint);
    }
    jsonata
}

/// A machine in another query language: nothing of what is inside can be judged.
fn skip<T>(fields: &mut Fields<'_>) -> Option<T> {
    fields.take("StartAt");
    fields.take("States");
    None
}
