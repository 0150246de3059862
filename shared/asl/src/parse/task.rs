//! Task: States Language specification, "Task State".

use super::data_flow::Has;
use super::fields::Fields;
use super::{Reader, catch, compensation, data_flow, resource, retry, scalar, state};
use crate::code;
use crate::limits::MAX_SECONDS;
use crate::raw::Member;
use crate::state::{Amount, Task};

/// Reads a Task state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Task> {
    let resource = fields.require("Resource", "name the function that does the work: its ARN", &mut reader.report);
    let resource = resource.and_then(|member| resource::read(member, &mut reader.report));
    let parameters = fields.take(if reader.report.is_jsonata() { "Arguments" } else { "Parameters" });
    resource::check_parameters(resource.as_ref(), &fields.place, parameters, &mut reader.report);
    let data = data_flow::read(fields, Has::Everything, reader);
    let timeout = scalar::amount(fields, ("TimeoutSeconds", "TimeoutSecondsPath"), 1..=MAX_SECONDS, &mut reader.report);
    let heartbeat = scalar::amount(fields, ("HeartbeatSeconds", "HeartbeatSecondsPath"), 1..=MAX_SECONDS, &mut reader.report);
    check_heartbeat(fields.take("HeartbeatSeconds"), timeout.as_ref(), heartbeat.as_ref(), reader);
    let retry = retry::read(fields, &mut reader.report).unwrap_or_default();
    let catch = catch::read(fields, reader);
    let undo = fields.take("Compensation");
    let compensation = undo.and_then(|member| compensation::read(member, reader));
    let refusals = fields.take("Refusals").map(|member| compensation::read_refusals(member, &mut reader.report));
    let pivot = fields.take("Pivot").is_some_and(|member| compensation::read_pivot(member, undo, reader));
    let next = state::read_next(fields, reader);
    let refusals = refusals.unwrap_or_default();
    Some(Task { data, resource: resource?, timeout, heartbeat, retry, catch, compensation, refusals, pivot, next: next? })
}

/// "HeartbeatSeconds ... MUST be smaller than the value of TimeoutSeconds" (States Language specification).
fn check_heartbeat(member: Option<&Member>, timeout: Option<&Amount>, heartbeat: Option<&Amount>, reader: &mut Reader) {
    if let (Some(member), Some(Amount::Literal(timeout)), Some(Amount::Literal(heartbeat))) = (member, timeout, heartbeat)
        && heartbeat >= timeout
    {
        let message = format!("`HeartbeatSeconds` ({heartbeat}) must be less than `TimeoutSeconds` ({timeout})");
        reader.report.error(code::OUT_OF_RANGE, &member.value.place, message, "a heartbeat that late could never be missed");
    }
}
