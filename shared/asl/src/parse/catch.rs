//! `Catch`: States Language specification, "Fallback states"; `Compensate` is Backstep's.

use super::fields::Fields;
use super::{Reader, data_flow, error_names, scalar, variables};
use crate::code;
use crate::raw::{Content, Member, Value};
use crate::state::{Catcher, Compensate, ResultPath};

/// Reads the field `Catch` of a state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Vec<Catcher> {
    let Some(member) = fields.take("Catch") else { return Vec::new() };
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of catchers", &mut reader.report).unwrap_or_default();
    };
    let catchers = elements.iter().filter_map(|element| catcher(element, reader)).collect();
    let lists: Vec<&Member> = elements.iter().filter_map(|element| element.member("ErrorEquals")).collect();
    error_names::check_states_all(&lists, &mut reader.report);
    catchers
}

fn catcher(value: &Value, reader: &mut Reader) -> Option<Catcher> {
    let mut fields = Fields::of(value, "a catcher", &mut reader.report)?;
    let errors = fields.require("ErrorEquals", "name the errors to catch: `[\"States.ALL\"]`", &mut reader.report);
    let next = fields.require("Next", "name the state that handles the error", &mut reader.report);
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, &mut reader.report);
    }
    let result_path = match reader.report.is_jsonata() {
        true => ResultPath::Replace,
        false => fields.take("ResultPath").map_or(ResultPath::Replace, |member| data_flow::result_path(member, reader)),
    };
    let output = data_flow::output(&mut fields, &mut reader.report);
    let assign = variables::read(&mut fields, &mut reader.report);
    let compensate = fields.take("Compensate").and_then(|member| compensate(member, reader));
    let error_equals = errors.map(|member| error_names::read(member, &mut reader.report)).unwrap_or_default();
    let next = next.and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    fields.finish(&mut reader.report);
    Some(Catcher { error_equals, result_path, output, assign, compensate, next: next? })
}

fn compensate(member: &Member, reader: &mut Reader) -> Option<Compensate> {
    let values = [("Execution", Compensate::Execution), ("None", Compensate::Nothing)];
    let compensate = scalar::one_of(member, &values, &mut reader.report)?;
    if let (Compensate::Execution, Some(enclosing)) = (compensate, reader.enclosing) {
        let message =
            format!("`\"Compensate\": \"Execution\"` cannot stand inside a {enclosing}: what runs beside it is not over");
        let hint = format!("put it on a catcher of the {enclosing} state, or of a state after it");
        reader.report.error(code::NESTED_COMPENSATE, &member.value.place, message, hint);
    }
    Some(compensate)
}
