//! Names of state machines and executions.

use crate::{ApiError, ErrorName};

/// What a name must not hold, besides white space and control characters (CreateStateMachine and StartExecution in the API Reference).
const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Refuses a name that AWS refuses, except for its length, which is a constraint of the member.
pub(crate) fn check(name: &str) -> Result<(), ApiError> {
    let forbidden =
        |c: char| c.is_whitespace() || c.is_control() || FORBIDDEN.contains(c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if name.is_empty() || name.contains(forbidden) {
        return Err(ApiError::new(ErrorName::InvalidName, format!("Invalid Name: '{name}'")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_no_blanks_brackets_wildcards_or_special_characters() {
        for name in ["a", "Order_1.0-x", "a+b=c@d!('x')", "größe"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        let control = ["", " ", "a\u{0}", "a\u{7f}", "a\u{9f}"].map(str::to_owned);
        for name in FORBIDDEN.chars().map(|c| format!("a{c}b")).chain(control) {
            assert_eq!(check(&name).unwrap_err().message, format!("Invalid Name: '{name}'"));
        }
    }
}
