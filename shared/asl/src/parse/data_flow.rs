//! The fields that say how data flows: States Language specification, "Input and Output Processing".

use super::fields::Fields;
use super::report::Report;
use super::{Reader, scalar, template, variables};
use crate::raw::{Content, Member};
use crate::state::{Assign, Data, InputPath, QueryLanguage, ResultPath};
use crate::template::Template;

/// Which of the fields a state type has, beside `InputPath` and `OutputPath`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    /// `InputPath` and `OutputPath` only: Succeed.
    Paths,
    /// `Assign` too: Choice, Wait.
    Assign,
    /// `Parameters` and `ResultPath` too: Pass.
    Parameters,
    /// All of them: Task, Parallel.
    Everything,
    /// All but `Parameters`, which a Map reads itself.
    EverythingButParameters,
}

/// Reads the data-flow fields of a state.
pub(super) fn read(fields: &mut Fields<'_>, has: Has, reader: &mut Reader) -> Data {
    let assign = if has == Has::Paths { Assign::new() } else { variables::read(fields, &mut reader.report) };
    if reader.report.is_jsonata() {
        return Data { assign, ..jsonata(fields, has, &mut reader.report) };
    }
    let mut data = Data {
        assign,
        input_path: fields.take("InputPath").map_or(InputPath::Whole, |member| input_path(member, reader)),
        output_path: fields.take("OutputPath").map_or(InputPath::Whole, |member| input_path(member, reader)),
        ..Data::default()
    };
    if matches!(has, Has::Paths | Has::Assign) {
        return data;
    }
    data.result_path = fields.take("ResultPath").map_or(ResultPath::Replace, |member| result_path(member, reader));
    if has != Has::EverythingButParameters {
        data.parameters = fields.take("Parameters").and_then(|member| template::read(member, &mut reader.report));
    }
    if has != Has::Parameters {
        data.result_selector = fields.take("ResultSelector").and_then(|member| template::read(member, &mut reader.report));
    }
    data
}

/// The fields of JSONata: `Arguments` where work is done elsewhere, `Output` everywhere.
fn jsonata(fields: &mut Fields<'_>, has: Has, report: &mut Report) -> Data {
    let arguments = if has == Has::Everything { fields.take("Arguments") } else { None };
    Data {
        language: QueryLanguage::Jsonata,
        parameters: arguments.and_then(|member| template::read(member, report)),
        output: output(fields, report),
        ..Data::default()
    }
}

/// `Output`, of a state, a Choice rule or a catcher.
pub(super) fn output(fields: &mut Fields<'_>, report: &mut Report) -> Option<Template> {
    if !report.is_jsonata() {
        return None;
    }
    fields.take("Output").map(|member| template::of_jsonata(&member.value, report))
}

fn input_path(member: &Member, reader: &mut Reader) -> InputPath {
    if member.value.content == Content::Null {
        return InputPath::Discard;
    }
    match scalar::path(member, &mut reader.report) {
        Some(path) if path.text == "$" => InputPath::Whole,
        Some(path) => InputPath::Path(path),
        None => InputPath::Whole,
    }
}

/// `ResultPath`, of a state or of a catcher.
pub(super) fn result_path(member: &Member, reader: &mut Reader) -> ResultPath {
    if member.value.content == Content::Null {
        return ResultPath::Discard;
    }
    match scalar::reference_path(member, &mut reader.report) {
        Some(path) if path.text != "$" => ResultPath::At(path),
        _ => ResultPath::Replace,
    }
}
