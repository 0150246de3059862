//! Pass: States Language specification, "Pass State".

use super::data_flow::Has;
use super::fields::Fields;
use super::{Reader, data_flow, state};
use crate::state::Pass;

/// Reads a Pass state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Pass> {
    let data = data_flow::read(fields, Has::Parameters, reader);
    let result = match reader.report.is_jsonata() {
        true => None,
        false => fields.take("Result").map(|member| member.value.to_json()),
    };
    let next = state::read_next(fields, reader);
    Some(Pass { data, result, next: next? })
}
