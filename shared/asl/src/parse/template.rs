//! Payload templates: States Language specification, "Payload Template".

use std::collections::BTreeSet;

use super::expression::Read;
use super::report::Report;
use super::{expression, scalar};
use crate::code;
use crate::path::Path;
use crate::raw::{Content, Member, Value};
use crate::template::Template;

/// Reads a payload template, which is an object; in JSONata an expression too.
pub(super) fn read(member: &Member, report: &mut Report) -> Option<Template> {
    match &member.value.content {
        Content::Object(_) if report.is_jsonata() => Some(of_jsonata(&member.value, report)),
        Content::Object(_) => Some(of(&member.value, report)),
        Content::String(text) if report.is_jsonata() && expression::is_delimited(text) => Some(of_jsonata(&member.value, report)),
        _ if report.is_jsonata() => scalar::wrong_type(member, "an object or an expression in `{%` and `%}`", report),
        _ => scalar::wrong_type(member, "an object", report),
    }
}

/// Any JSON, whose texts in `{%` and `%}` are expressions.
pub(super) fn of_jsonata(value: &Value, report: &mut Report) -> Template {
    match &value.content {
        Content::Object(members) => {
            let fields: Vec<(String, Template)> =
                members.iter().map(|member| (member.name.clone(), of_jsonata(&member.value, report))).collect();
            let literal = fields.iter().all(|(_, template)| is_literal(template));
            if literal { Template::Literal(value.to_json()) } else { Template::Object(fields) }
        }
        Content::Array(elements) => {
            let elements: Vec<Template> = elements.iter().map(|element| of_jsonata(element, report)).collect();
            if elements.iter().all(is_literal) { Template::Literal(value.to_json()) } else { Template::Array(elements) }
        }
        Content::String(text) => match expression::read(value, text, report) {
            Read::Expression(expression) => Template::Expression(expression),
            Read::Literal | Read::Refused => Template::Literal(value.to_json()),
        },
        _ => Template::Literal(value.to_json()),
    }
}

/// What a variable becomes.
pub(super) fn of_variable(member: &Member, report: &mut Report) -> (String, Template) {
    if report.is_jsonata() {
        return (member.name.clone(), of_jsonata(&member.value, report));
    }
    match member.name.strip_suffix(".$") {
        Some(name) => (name.to_owned(), path_or_call(member, report)),
        None => (member.name.clone(), field(member, report)),
    }
}

fn of(value: &Value, report: &mut Report) -> Template {
    match &value.content {
        Content::Object(members) => object(members, value, report),
        Content::Array(elements) => {
            let elements: Vec<Template> = elements.iter().map(|element| of(element, report)).collect();
            if elements.iter().all(is_literal) { Template::Literal(value.to_json()) } else { Template::Array(elements) }
        }
        _ => Template::Literal(value.to_json()),
    }
}

fn object(members: &[Member], value: &Value, report: &mut Report) -> Template {
    let mut fields = Vec::new();
    let (mut written, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut literal = true;
    for member in members {
        let (name, template) = match member.name.strip_suffix(".$") {
            Some(name) => (name, path_or_call(member, report)),
            None => (member.name.as_str(), field(member, report)),
        };
        // A key that is written twice in the same way is a duplicate key, reported as that.
        if written.insert(&member.name) && !names.insert(name) {
            let message = format!("`{name}` and `{name}.$` name the same field");
            report.error(code::EXCLUSIVE_FIELDS, &member.place, message, "keep one of them");
        }
        literal = literal && is_literal(&template) && member.name == name;
        fields.push((name.to_owned(), template));
    }
    if literal { Template::Literal(value.to_json()) } else { Template::Object(fields) }
}

fn is_literal(template: &Template) -> bool {
    matches!(template, Template::Literal(_))
}

fn field(member: &Member, report: &mut Report) -> Template {
    if let Some(text) = member.value.text()
        && looks_like_an_expression(text)
    {
        let message = format!("the value of `{}` looks like an expression, and is taken as written", member.name);
        report.warning(code::MISSING_DOLLAR, &member.value.place, message, format!("to evaluate it write `{}.$`", member.name));
    }
    of(&member.value, report)
}

/// Whether a text would be a path or a call, had its field's name ended in `.$`.
pub(super) fn looks_like_an_expression(text: &str) -> bool {
    text == "$"
        || text.starts_with("$.")
        || text.starts_with("$[")
        || text.starts_with("$$.")
        || (text.starts_with("States.") && text.ends_with(')'))
}

/// The value of a field whose name ends in `.$`.
fn path_or_call(member: &Member, report: &mut Report) -> Template {
    let stand_in = Template::Literal(serde_json::Value::Null);
    let Some(text) = member.value.text() else {
        let message = format!(
            "the value of `{}` must be a path or a call of an intrinsic function, found {}",
            member.name,
            member.value.type_in_words()
        );
        report.error(code::BAD_PATH, &member.value.place.opening(), message, scalar::PATH_HINT);
        return stand_in;
    };
    if text.starts_with("States.") {
        return scalar::intrinsic(&member.value, text, report).map_or(stand_in, Template::Intrinsic);
    }
    scalar::path(member, report).map_or(stand_in, |path: Path| Template::Path(path))
}
