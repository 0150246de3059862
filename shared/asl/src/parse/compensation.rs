//! `Compensation`, `Refusals`, `Pivot`: Backstep's extension of a Task (ARCHITECTURE.md, "Compensation").

use super::fields::Fields;
use super::report::Report;
use super::{Reader, error_names, resource, retry, scalar, template};
use crate::code;
use crate::error_name;
use crate::limits::MAX_SECONDS;
use crate::raw::{Content, Member};
use crate::resource::{Integration, Resource};
use crate::state::{Compensation, CompensationAction};

/// Reads the field `Compensation`: `"None"` or an object.
pub(super) fn read(member: &Member, reader: &mut Reader) -> Option<Compensation> {
    let report = &mut reader.report;
    if reader.distributed && matches!(member.value.content, Content::Object(_)) {
        let message = "a task in the processor of a distributed Map has no compensation: its items are executions of their own";
        let hint = "write `\"Mode\": \"INLINE\"` for what has to be undone, or `\"Compensation\": \"None\"`";
        report.error(code::DISTRIBUTED_COMPENSATION, &member.place, message, hint);
    }
    match &member.value.content {
        Content::String(_) => scalar::one_of(member, &[("None", ())], report).map(|()| Compensation::Nothing),
        Content::Object(_) => action(member, report).map(|action| Compensation::Action(Box::new(action))),
        _ => scalar::wrong_type(member, "an object or `\"None\"`", report),
    }
}

fn action(member: &Member, report: &mut Report) -> Option<CompensationAction> {
    let mut fields = Fields::of(&member.value, "a compensation", report)?;
    let resource = fields.require("Resource", "name the function that undoes the action", report);
    let resource = resource.and_then(|member| callback_refused(member, resource::read(member, report)?, report));
    let parameters = fields.take(if report.is_jsonata() { "Arguments" } else { "Parameters" });
    let timeout = scalar::amount(&mut fields, ("TimeoutSeconds", "TimeoutSecondsPath"), 1..=MAX_SECONDS, report);
    let retry = retry::read(&mut fields, report);
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, report);
    }
    resource::check_parameters(resource.as_ref(), &fields.place, parameters, report);
    let parameters = parameters.and_then(|member| template::read(member, report));
    fields.finish(report);
    Some(CompensationAction { resource: resource?, parameters, timeout, retry })
}

/// A compensation is retried until it is known to be done: nobody may be waited for.
fn callback_refused(member: &Member, resource: Resource, report: &mut Report) -> Option<Resource> {
    let message = match resource.integration {
        Integration::Activity => Some("a compensation cannot be an activity: nobody may ever ask for it"),
        _ if resource.integration.is_callback() => Some("a compensation cannot wait for a task token, or for another execution"),
        _ => None,
    };
    if let Some(message) = message {
        let hint = "write the resource without `.waitForTaskToken` or `.sync`, or the function's ARN";
        report.error(code::CALLBACK_COMPENSATION, &member.value.place, message, hint);
    }
    Some(resource)
}

/// Reads the field `Refusals`.
pub(super) fn read_refusals(member: &Member, report: &mut Report) -> Vec<String> {
    const UNKNOWN_OUTCOMES: &[&str] =
        &[error_name::ALL, error_name::TASK_FAILED, error_name::TIMEOUT, error_name::HEARTBEAT_TIMEOUT];
    for element in member.value.elements() {
        if let Some(name) = element.text().filter(|name| UNKNOWN_OUTCOMES.contains(name)) {
            let message = format!("`{name}` does not prove that there was no effect");
            report.error(
                code::BAD_REFUSAL,
                &element.place,
                message,
                "name the errors by which the worker says that it did nothing",
            );
        }
    }
    error_names::read(member, report)
}

/// Reads the field `Pivot`.
pub(super) fn read_pivot(member: &Member, compensation: Option<&Member>, reader: &mut Reader) -> bool {
    if scalar::flag(member, &mut reader.report) != Some(true) {
        return false;
    }
    if let Some(compensation) = compensation.filter(|compensation| matches!(compensation.value.content, Content::Object(_))) {
        let message = "a pivot has no compensation: after it the saga only goes forward";
        let hint = "remove `Pivot`, or write `\"Compensation\": \"None\"`";
        reader.report.error(code::PIVOT_WITH_COMPENSATION, &compensation.place, message, hint);
    }
    if let Some(enclosing) = reader.enclosing {
        let message = format!("a pivot cannot stand inside a {enclosing}");
        let hint = "what runs beside it could still fail; put the pivot into the outermost flow";
        reader.report.error(code::NESTED_PIVOT, &member.place, message, hint);
    }
    true
}
