//! `StartAt` and `States`: the machine's, a branch's, a processor's.

use super::fields::Fields;
use super::{Reader, scalar, state};
use crate::code;
use crate::definition::Flow;
use crate::limits::MAX_FLOW_NESTING;
use crate::raw::{Content, Value};

/// Reads the flow of an object whose other fields the caller reads.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Flow> {
    let start = fields.require("StartAt", "name the state that is entered first", &mut reader.report);
    let start_at = start.and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    let member =
        fields.require("States", "write the states: `\"States\": { \"Name\": { \"Type\": ... } }`", &mut reader.report)?;
    let Content::Object(members) = &member.value.content else {
        return scalar::wrong_type(member, "an object", &mut reader.report);
    };
    if members.is_empty() {
        reader.report.error(code::EMPTY, &member.value.place, "`States` must not be empty", "write at least one state");
    }
    for state in members {
        state::read(state, reader);
    }
    Some(Flow { start_at: start_at?, states: members.iter().map(|member| member.name.clone()).collect() })
}

/// Reads an object that is a flow and nothing else, inside a state of the type `enclosing`.
pub(super) fn read_nested(value: &Value, owner: &'static str, enclosing: &'static str, reader: &mut Reader) -> Option<Flow> {
    let mut fields = Fields::of(value, owner, &mut reader.report)?;
    let flow = read_inside(&mut fields, enclosing, reader);
    fields.finish(&mut reader.report);
    flow
}

/// Reads the flow and the comment of an object inside a state of the type `enclosing`.
pub(super) fn read_inside(fields: &mut Fields<'_>, enclosing: &'static str, reader: &mut Reader) -> Option<Flow> {
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, &mut reader.report);
    }
    if reader.depth >= MAX_FLOW_NESTING {
        let message = format!("more than {MAX_FLOW_NESTING} flows stand inside each other");
        let hint = "move the inner flow into a state machine of its own";
        reader.report.error(code::TOO_DEEP, &fields.place, message, hint);
    }
    let outside = reader.enclosing.replace(enclosing);
    reader.depth += 1;
    let flow = read(fields, reader);
    reader.depth -= 1;
    reader.enclosing = outside;
    flow
}
