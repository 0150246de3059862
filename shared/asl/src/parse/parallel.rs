//! Parallel: States Language specification, "Parallel State".

use super::data_flow::Has;
use super::fields::Fields;
use super::{Reader, catch, data_flow, flow, retry, scalar, state};
use crate::code;
use crate::definition::Flow;
use crate::raw::Content;
use crate::state::Parallel;

/// Reads a Parallel state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Parallel> {
    let data = data_flow::read(fields, Has::Everything, reader);
    let branches = branches(fields, reader);
    let retry = retry::read(fields, &mut reader.report).unwrap_or_default();
    let catch = catch::read(fields, reader);
    let next = state::read_next(fields, reader);
    Some(Parallel { data, branches: branches?, retry, catch, next: next? })
}

fn branches(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Vec<Flow>> {
    let hint = "write the flows that run beside each other: `[{ \"StartAt\": ..., \"States\": ... }]`";
    let member = fields.require("Branches", hint, &mut reader.report)?;
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of branches", &mut reader.report);
    };
    if elements.is_empty() {
        reader.report.error(code::EMPTY, &member.value.place, "`Branches` must not be empty", hint);
    }
    Some(elements.iter().filter_map(|element| flow::read_nested(element, "a branch", "Parallel", reader)).collect())
}
