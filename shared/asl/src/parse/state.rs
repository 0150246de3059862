//! One state: its name, its type, and what every type has.

use super::fields::Fields;
use super::{Reader, choice, fail, machine, map, parallel, pass, scalar, succeed, task, wait};
use crate::code;
use crate::definition::Next;
use crate::limits::MAX_STATE_NAME_CHARACTERS;
use crate::raw::Member;
use crate::state::{QueryLanguage, State, StateKind};

const TYPES: &[(&str, &str)] = &[
    ("Task", "a Task state"),
    ("Choice", "a Choice state"),
    ("Parallel", "a Parallel state"),
    ("Map", "a Map state"),
    ("Wait", "a Wait state"),
    ("Pass", "a Pass state"),
    ("Succeed", "a Succeed state"),
    ("Fail", "a Fail state"),
];

/// Reads a state into the reader's list; without a known `Type` nothing but that is judged.
pub(super) fn read(member: &Member, reader: &mut Reader) {
    check_name(member, reader);
    let Some(mut fields) = Fields::of(&member.value, "a state", &mut reader.report) else { return };
    let Some(kind) = fields.require("Type", "say what the state does: `\"Type\": \"Task\"`", &mut reader.report) else {
        fields.finish_untold(&mut reader.report);
        return;
    };
    let Some(written) = scalar::text(kind, &mut reader.report) else { return };
    let Some((type_name, owner)) = TYPES.iter().find(|(name, _)| *name == written) else {
        let hint = match reader.report.suggest(written, TYPES.iter().map(|(name, _)| *name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write one of `Task`, `Choice`, `Parallel`, `Map`, `Wait`, `Pass`, `Succeed`, `Fail`".to_owned(),
        };
        let message = format!("there is no state type `{written}`");
        reader.report.error(code::UNKNOWN_STATE_TYPE, &kind.value.place, message, hint);
        return;
    };
    fields.owner = owner;
    let comment = fields.take("Comment").and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    let language = machine::language(&mut fields, reader);
    if language == Some(QueryLanguage::JsonPath) && reader.language == QueryLanguage::Jsonata {
        let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
        let hint = "say `\"QueryLanguage\": \"JSONata\"` on the states that are in it, and not on the machine";
        reader.report.error(code::QUERY_LANGUAGE_DOWNGRADE, &member.value.place.opening(), message, hint);
    }
    let outside = reader.report.language;
    reader.report.language = language.unwrap_or(reader.language);
    let kind = read_kind(type_name, &mut fields, reader);
    fields.finish(&mut reader.report);
    reader.report.language = outside;
    if let Some(kind) = kind {
        reader.states.push((member.place.span.start, State { name: member.name.clone(), comment, kind }));
    }
}

fn read_kind(type_name: &str, fields: &mut Fields<'_>, reader: &mut Reader) -> Option<StateKind> {
    match type_name {
        "Task" => task::read(fields, reader).map(|task| StateKind::Task(Box::new(task))),
        "Choice" => choice::read(fields, reader).map(StateKind::Choice),
        "Parallel" => parallel::read(fields, reader).map(|parallel| StateKind::Parallel(Box::new(parallel))),
        "Map" => map::read(fields, reader).map(|map| StateKind::Map(Box::new(map))),
        "Wait" => wait::read(fields, reader).map(StateKind::Wait),
        "Pass" => pass::read(fields, reader).map(StateKind::Pass),
        "Succeed" => Some(StateKind::Succeed(succeed::read(fields, reader))),
        _ => Some(StateKind::Fail(fail::read(fields, reader))),
    }
}

fn check_name(member: &Member, reader: &mut Reader) {
    let characters = member.name.chars().count();
    if characters == 0 || characters > MAX_STATE_NAME_CHARACTERS {
        let message = format!("a state's name has 1 to {MAX_STATE_NAME_CHARACTERS} characters, this one has {characters}");
        reader.report.error(code::BAD_STATE_NAME, &member.place, message, "write a shorter name, and the rest into `Comment`");
    }
}

/// `Next` or `End` of a state that has them; whether the target exists is judged by [`super::transitions`].
pub(super) fn read_next(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Next> {
    let next = fields.take("Next");
    let end = fields.take("End");
    let ends = end.and_then(|member| scalar::flag(member, &mut reader.report));
    let target = next.and_then(|member| scalar::text(member, &mut reader.report));
    if let (Some(next), Some(end), Some(true)) = (next, end, ends) {
        let later = if next.place.span.start < end.place.span.start { end } else { next };
        reader.report.error(
            code::NEXT_AND_END,
            &later.place,
            "`Next` and `\"End\": true` exclude each other",
            "keep one of them",
        );
    }
    if next.is_none() && (end.is_none() || ends == Some(false)) {
        let message = format!("{} needs `Next` or `\"End\": true`", fields.owner);
        reader.report.error(code::MISSING_TRANSITION, &fields.place, message, "say where it leads");
    }
    match (target, ends) {
        (Some(target), _) => Some(Next::State(target.to_owned())),
        (None, Some(true)) => Some(Next::End),
        (None, _) => None,
    }
}
