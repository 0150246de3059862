//! Constraints on the members of a request: all that are violated are told at once, in AWS's words.

use crate::member::Member;
use crate::{ApiError, ErrorName};

/// The violations found so far.
#[derive(Debug, Default)]
pub(crate) struct Constraints {
    violations: Vec<String>,
}

impl Constraints {
    /// A text that must be there; an empty one stands in for what is missing until [`Self::check`].
    pub(crate) fn required(&mut self, member: Member, value: Option<String>) -> String {
        if value.is_none() {
            self.violated("Value null", member.name, "Member must not be null");
        }
        self.optional(member, value).unwrap_or_default()
    }

    /// A text that may be there.
    pub(crate) fn optional(&mut self, member: Member, value: Option<String>) -> Option<String> {
        let text = value?;
        let shown = if member.sensitive { "Value".to_owned() } else { format!("Value '{text}'") };
        self.length_shown(&shown, member.name, &text, member.length_min, member.length_max);
        Some(text)
    }

    /// A text that is a member of a list's element.
    pub(crate) fn length(&mut self, member: &str, text: &str, length_min: usize, length_max: usize) {
        self.length_shown(&format!("Value '{text}'"), member, text, length_min, length_max);
    }

    fn length_shown(&mut self, shown: &str, member: &str, text: &str, length_min: usize, length_max: usize) {
        let length = text.chars().count();
        if length < length_min {
            self.violated(shown, member, &format!("Member must have length greater than or equal to {length_min}"));
        }
        if length > length_max {
            self.violated(shown, member, &format!("Member must have length less than or equal to {length_max}"));
        }
    }

    /// One of a set of names.
    pub(crate) fn one_of(&mut self, member: &str, value: Option<&str>, set: &[&str]) {
        let Some(value) = value else { return };
        if !set.contains(&value) {
            let constraint = format!("Member must satisfy enum value set: [{}]", set.join(", "));
            self.violated(&format!("Value '{value}'"), member, &constraint);
        }
    }

    /// A number from 0 to `max`.
    pub(crate) fn at_most(&mut self, member: &str, value: Option<i64>, max: i64) {
        let Some(value) = value else { return };
        if value < 0 {
            self.violated(&format!("Value '{value}'"), member, "Member must have value greater than or equal to 0");
        }
        if value > max {
            let constraint = format!("Member must have value less than or equal to {max}");
            self.violated(&format!("Value '{value}'"), member, &constraint);
        }
    }

    /// A constraint of another kind, where `value` is as it is to be shown.
    pub(crate) fn violated(&mut self, value: &str, member: &str, constraint: &str) {
        self.violations.push(format!("{value} at '{member}' failed to satisfy constraint: {constraint}"));
    }

    /// All of them hold, or a ValidationException.
    pub(crate) fn check(self) -> Result<(), ApiError> {
        let count = self.violations.len();
        if count == 0 {
            return Ok(());
        }
        let plural = if count == 1 { "" } else { "s" };
        let message = format!("{count} validation error{plural} detected: {}", self.violations.join("; "));
        Err(ApiError::new(ErrorName::Validation, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member;

    fn message(constraints: Constraints) -> String {
        constraints.check().map_or_else(|error| error.message, |()| "all hold".to_owned())
    }

    #[test]
    fn all_violations_are_told_at_once() {
        let mut constraints = Constraints::default();
        constraints.required(member::STATE_MACHINE_ARN, None);
        constraints.one_of("type", Some("QUICK"), &["STANDARD", "EXPRESS"]);
        assert_eq!(
            message(constraints),
            "2 validation errors detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null; \
             Value 'QUICK' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, EXPRESS]"
        );
    }

    #[test]
    fn a_length_is_allowed_up_to_its_bound_and_not_one_past_it() {
        for (length, held) in [(0, false), (1, true), (80, true), (81, false)] {
            let mut constraints = Constraints::default();
            constraints.optional(member::NAME, Some("ä".repeat(length)));
            assert_eq!(message(constraints) == "all hold", held, "{length}");
        }
    }

    #[test]
    fn a_number_is_allowed_up_to_its_bound_and_not_one_past_it() {
        for (number, told) in [
            (
                -1,
                "1 validation error detected: Value '-1' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 0",
            ),
            (0, "all hold"),
            (1000, "all hold"),
            (
                1001,
                "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000",
            ),
        ] {
            let mut constraints = Constraints::default();
            constraints.at_most("maxResults", Some(number), member::PAGE_ITEMS_MAX);
            assert_eq!(message(constraints), told);
        }
    }

    #[test]
    fn what_may_be_confidential_is_not_repeated() {
        let mut constraints = Constraints::default();
        constraints.optional(member::CAUSE, Some("secret".repeat(10_000)));
        assert_eq!(
            message(constraints),
            "1 validation error detected: Value at 'cause' failed to satisfy constraint: Member must have length less than or equal to 32768"
        );
    }
}
