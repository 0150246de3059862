//! The fields that say how data flows: States Language specification, "Input and Output Processing".

use super::fields::Fields;
use super::{Reader, scalar, template};
use crate::raw::{Content, Member};
use crate::state::{Data, InputPath, ResultPath};

/// Which of the fields a state type has, beside `InputPath` and `OutputPath`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    /// `InputPath` and `OutputPath` only: Choice, Wait, Succeed.
    Paths,
    /// `Parameters` and `ResultPath` too: Pass.
    Parameters,
    /// All of them: Task, Parallel.
    Everything,
    /// All but `Parameters`, which a Map reads itself.
    EverythingButParameters,
}

/// Reads the data-flow fields of a state.
pub(super) fn read(fields: &mut Fields<'_>, has: Has, reader: &mut Reader) -> Data {
    let mut data = Data {
        input_path: fields.take("InputPath").map_or(InputPath::Whole, |member| input_path(member, reader)),
        output_path: fields.take("OutputPath").map_or(InputPath::Whole, |member| input_path(member, reader)),
        ..Data::default()
    };
    if has == Has::Paths {
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
