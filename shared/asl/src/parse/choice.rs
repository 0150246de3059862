//! Choice: States Language specification, "Choice State".

use std::cmp::Ordering::{self, Equal, Greater, Less};

use super::data_flow::Has;
use super::expression::Read;
use super::fields::Fields;
use super::report::Report;
use super::{Reader, data_flow, expression, scalar, timestamp, variables};
use crate::code;
use crate::raw::{Content, Member, Value};
use crate::state::{Choice, ChoiceRule, Comparison, Condition, Operand, TypeTest};

/// Reads a Choice state.
pub(super) fn read(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Choice> {
    let data = data_flow::read(fields, Has::Assign, reader);
    let rules = rules(fields, reader);
    let default = fields.take("Default").and_then(|member| scalar::text(member, &mut reader.report)).map(str::to_owned);
    Some(Choice { data, rules: rules?, default })
}

fn rules(fields: &mut Fields<'_>, reader: &mut Reader) -> Option<Vec<ChoiceRule>> {
    let hint = "write the rules, tried in order: `[{ \"Variable\": ..., \"Next\": ... }]`";
    let member = fields.require("Choices", hint, &mut reader.report)?;
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of rules", &mut reader.report);
    };
    if elements.is_empty() {
        reader.report.error(code::EMPTY, &member.value.place, "`Choices` must not be empty", hint);
    }
    Some(elements.iter().filter_map(|element| rule(element, &mut reader.report)).collect())
}

fn rule(value: &Value, report: &mut Report) -> Option<ChoiceRule> {
    let mut fields = Fields::of(value, "a Choice rule", report)?;
    let next = fields.require("Next", "name the state to which the rule leads", report);
    let next = next.and_then(|member| scalar::text(member, report)).map(str::to_owned);
    let assign = variables::read(&mut fields, report);
    let output = data_flow::output(&mut fields, report);
    let condition = if report.is_jsonata() { jsonata(&mut fields, report) } else { condition(&mut fields, report) };
    fields.finish(report);
    Some(ChoiceRule { condition: condition?, assign, output, next: next? })
}

/// `Condition`: a boolean, or an expression for one.
fn jsonata(fields: &mut Fields<'_>, report: &mut Report) -> Option<Condition> {
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, report);
    }
    let member =
        fields.require("Condition", "say when it applies: `\"Condition\": \"{% $states.input.total > 10 %}\"`", report)?;
    match expression::of_member(member, report) {
        Some(Read::Expression(expression)) => Some(Condition::Expression(expression)),
        Some(Read::Literal | Read::Refused) => None,
        None => match member.value.content {
            Content::Bool(flag) => Some(Condition::Constant(flag)),
            _ => scalar::wrong_type(member, "a boolean or an expression in `{%` and `%}`", report),
        },
    }
}

/// A rule inside `And`, `Or` or `Not`; only a rule of `Choices` itself has `Next`.
fn nested(value: &Value, report: &mut Report) -> Option<Condition> {
    let mut fields = Fields::of(value, "a rule inside another", report)?;
    let condition = condition(&mut fields, report);
    fields.finish(report);
    condition
}

fn condition(fields: &mut Fields<'_>, report: &mut Report) -> Option<Condition> {
    if let Some(comment) = fields.take("Comment") {
        scalar::text(comment, report);
    }
    let variable = fields.take("Variable");
    let boolean = ["And", "Or", "Not"].into_iter().filter_map(|name| fields.take(name).map(|member| (member, None)));
    let mut operators: Vec<(&Member, Option<Operator>)> = boolean.collect();
    operators.extend(OPERATORS.iter().filter_map(|(name, operator)| fields.take(name).map(|member| (member, Some(*operator)))));
    operators.sort_by_key(|(member, _)| member.place.span.start);
    let [(member, operator), others @ ..] = operators.as_slice() else {
        let hint = "write one, such as `\"StringEquals\": \"...\"` beside `Variable`, or `And`, `Or`, `Not`";
        report.error(code::ONE_COMPARISON, &fields.place, format!("{} needs a comparison", fields.owner), hint);
        return None;
    };
    for (other, _) in others {
        let message = format!("{} has one comparison, and `{}` is the second beside `{}`", fields.owner, other.name, member.name);
        report.error(code::ONE_COMPARISON, &other.place, message, "join them by `And` or `Or`");
    }
    match operator {
        Some(operator) => compare(fields, variable, member, *operator, report),
        None => combine(variable, member, report),
    }
}

fn combine(variable: Option<&Member>, member: &Member, report: &mut Report) -> Option<Condition> {
    if let Some(variable) = variable {
        let message = format!("`Variable` and `{}` exclude each other", member.name);
        report.error(code::EXCLUSIVE_FIELDS, &variable.place, message, format!("write it into the rules of `{}`", member.name));
    }
    if member.name == "Not" {
        return nested(&member.value, report).map(|condition| Condition::Not(Box::new(condition)));
    }
    let Content::Array(elements) = &member.value.content else {
        return scalar::wrong_type(member, "an array of rules", report);
    };
    if elements.is_empty() {
        let message = format!("`{}` must not be empty", member.name);
        report.error(code::EMPTY, &member.value.place, message, "write at least one rule");
    }
    let conditions = elements.iter().filter_map(|element| nested(element, report)).collect();
    Some(if member.name == "And" { Condition::And(conditions) } else { Condition::Or(conditions) })
}

fn compare(
    fields: &Fields<'_>,
    variable: Option<&Member>,
    member: &Member,
    operator: Operator,
    report: &mut Report,
) -> Option<Condition> {
    if variable.is_none() {
        let message = format!("`{}` needs the field `Variable` beside it", member.name);
        report.error(code::MISSING_FIELD, &fields.place, message, "write the path to compare: `\"Variable\": \"$.status\"`");
    }
    let variable = variable.and_then(|member| scalar::single_path(member, report));
    let comparison = comparison(member, operator, report);
    Some(Condition::Compare { variable: variable?, comparison: comparison? })
}

fn comparison(member: &Member, operator: Operator, report: &mut Report) -> Option<Comparison> {
    let path = |report: &mut Report| scalar::single_path(member, report);
    Some(match operator {
        Operator::String(order, or_equal) => {
            Comparison::String(order, or_equal, Operand::Literal(scalar::text(member, report)?.to_owned()))
        }
        Operator::StringPath(order, or_equal) => Comparison::String(order, or_equal, Operand::Path(path(report)?)),
        Operator::Numeric(order, or_equal) => Comparison::Numeric(order, or_equal, Operand::Literal(number(member, report)?)),
        Operator::NumericPath(order, or_equal) => Comparison::Numeric(order, or_equal, Operand::Path(path(report)?)),
        Operator::Timestamp(order, or_equal) => {
            Comparison::Timestamp(order, or_equal, Operand::Literal(timestamp::read(member, report)?))
        }
        Operator::TimestampPath(order, or_equal) => Comparison::Timestamp(order, or_equal, Operand::Path(path(report)?)),
        Operator::Boolean => Comparison::BooleanEquals(Operand::Literal(scalar::flag(member, report)?)),
        Operator::BooleanPath => Comparison::BooleanEquals(Operand::Path(path(report)?)),
        Operator::Matches => Comparison::StringMatches(scalar::text(member, report)?.to_owned()),
        Operator::Is(test) => Comparison::Type(test, scalar::flag(member, report)?),
    })
}

fn number(member: &Member, report: &mut Report) -> Option<serde_json::Number> {
    match &member.value.content {
        Content::Number(number) => Some(number.clone()),
        _ => scalar::wrong_type(member, "a number", report),
    }
}

/// Whether there is a comparison of this name.
pub(super) fn is_comparison(name: &str) -> bool {
    OPERATORS.iter().any(|(operator, _)| *operator == name)
}

/// What a comparison's name means.
#[derive(Debug, Clone, Copy)]
enum Operator {
    String(Ordering, bool),
    StringPath(Ordering, bool),
    Numeric(Ordering, bool),
    NumericPath(Ordering, bool),
    Timestamp(Ordering, bool),
    TimestampPath(Ordering, bool),
    Boolean,
    BooleanPath,
    Matches,
    Is(TypeTest),
}

/// Every comparison of the specification.
const OPERATORS: &[(&str, Operator)] = &[
    ("StringEquals", Operator::String(Equal, false)),
    ("StringEqualsPath", Operator::StringPath(Equal, false)),
    ("StringLessThan", Operator::String(Less, false)),
    ("StringLessThanPath", Operator::StringPath(Less, false)),
    ("StringGreaterThan", Operator::String(Greater, false)),
    ("StringGreaterThanPath", Operator::StringPath(Greater, false)),
    ("StringLessThanEquals", Operator::String(Less, true)),
    ("StringLessThanEqualsPath", Operator::StringPath(Less, true)),
    ("StringGreaterThanEquals", Operator::String(Greater, true)),
    ("StringGreaterThanEqualsPath", Operator::StringPath(Greater, true)),
    ("StringMatches", Operator::Matches),
    ("NumericEquals", Operator::Numeric(Equal, false)),
    ("NumericEqualsPath", Operator::NumericPath(Equal, false)),
    ("NumericLessThan", Operator::Numeric(Less, false)),
    ("NumericLessThanPath", Operator::NumericPath(Less, false)),
    ("NumericGreaterThan", Operator::Numeric(Greater, false)),
    ("NumericGreaterThanPath", Operator::NumericPath(Greater, false)),
    ("NumericLessThanEquals", Operator::Numeric(Less, true)),
    ("NumericLessThanEqualsPath", Operator::NumericPath(Less, true)),
    ("NumericGreaterThanEquals", Operator::Numeric(Greater, true)),
    ("NumericGreaterThanEqualsPath", Operator::NumericPath(Greater, true)),
    ("BooleanEquals", Operator::Boolean),
    ("BooleanEqualsPath", Operator::BooleanPath),
    ("TimestampEquals", Operator::Timestamp(Equal, false)),
    ("TimestampEqualsPath", Operator::TimestampPath(Equal, false)),
    ("TimestampLessThan", Operator::Timestamp(Less, false)),
    ("TimestampLessThanPath", Operator::TimestampPath(Less, false)),
    ("TimestampGreaterThan", Operator::Timestamp(Greater, false)),
    ("TimestampGreaterThanPath", Operator::TimestampPath(Greater, false)),
    ("TimestampLessThanEquals", Operator::Timestamp(Less, true)),
    ("TimestampLessThanEqualsPath", Operator::TimestampPath(Less, true)),
    ("TimestampGreaterThanEquals", Operator::Timestamp(Greater, true)),
    ("TimestampGreaterThanEqualsPath", Operator::TimestampPath(Greater, true)),
    ("IsNull", Operator::Is(TypeTest::Null)),
    ("IsPresent", Operator::Is(TypeTest::Present)),
    ("IsNumeric", Operator::Is(TypeTest::Numeric)),
    ("IsString", Operator::Is(TypeTest::String)),
    ("IsBoolean", Operator::Is(TypeTest::Boolean)),
    ("IsTimestamp", Operator::Is(TypeTest::Timestamp)),
];
