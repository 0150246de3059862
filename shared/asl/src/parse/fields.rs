//! The fields of one object: each is asked for by name; what nobody asked for is unknown.

use super::known_fields;
use super::report::Report;
use crate::code;
use crate::raw::{Content, Member, Place, Value};

/// The fields of one object.
pub(super) struct Fields<'a> {
    /// Where the object stands: its opening brace.
    pub(super) place: Place,
    /// What it is, in words: `a Task state`.
    pub(super) owner: &'static str,
    members: &'a [Member],
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a value that must be an object.
    pub(super) fn of(value: &'a Value, owner: &'static str, report: &mut Report) -> Option<Self> {
        let Content::Object(members) = &value.content else {
            let message = format!("{owner} must be an object, found {}", value.type_in_words());
            report.error(code::WRONG_TYPE, &value.place.opening(), message, "write `{ ... }`");
            return None;
        };
        Some(Self { place: value.place.opening(), owner, members, asked: Vec::new() })
    }

    /// A field that may be there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Member> {
        self.asked.push(name);
        self.members.iter().find(|member| member.name == name)
    }

    /// A field that must be there.
    pub(super) fn require(&mut self, name: &'static str, hint: &str, report: &mut Report) -> Option<&'a Member> {
        let member = self.take(name);
        if member.is_none() {
            report.error(code::MISSING_FIELD, &self.place, format!("{} needs the field `{name}`", self.owner), hint);
        }
        member
    }

    /// The one that is there of two fields that exclude each other; the first, after a report, if both are.
    pub(super) fn take_one(&mut self, one: &'static str, other: &'static str, report: &mut Report) -> Option<&'a Member> {
        match (self.take(one), self.take(other)) {
            (Some(first), Some(second)) => {
                let later = if first.place.span.start < second.place.span.start { second } else { first };
                let message = format!("`{one}` and `{other}` exclude each other");
                report.error(code::EXCLUSIVE_FIELDS, &later.place, message, "keep one of them");
                Some(first)
            }
            (first, second) => first.or(second),
        }
    }

    /// Reports the fields that nobody asked for.
    pub(super) fn finish(self, report: &mut Report) {
        for member in self.unasked() {
            self.refuse(member, report);
        }
    }

    /// Where what the object is could not be told, because the field that says so is missing: reports of the fields that nobody asked for those that
    /// exist nowhere and may be a slip for what is missing. Of the others nobody can say whether they belong here.
    pub(super) fn finish_untold(self, report: &mut Report) {
        for member in self.unasked().filter(|member| !known_fields::is_known(&member.name)) {
            if report.suggest(&member.name, self.asked.iter().copied()).is_some() {
                self.refuse(member, report);
            }
        }
    }

    fn unasked(&self) -> impl Iterator<Item = &'a Member> {
        self.members.iter().filter(|member| !self.asked.contains(&member.name.as_str()))
    }

    fn refuse(&self, member: &Member, report: &mut Report) {
        let explanation = known_fields::explain(&member.name, self.owner, &self.asked, report);
        report.error(explanation.code, &member.place, explanation.message, explanation.hint);
    }
}
