//! Definitions: what a parser's diagnostics are to a client.

use asl::{Diagnostic, Severity, code};
use serde::Serialize;

use crate::operation::create_state_machine::EXPRESS;
use crate::{ApiError, ErrorName};
use crate::{express, jackson};

/// The diagnostics that one refusal tells. More help nobody, and the message travels in a header of some clients.
const TOLD_MAX: usize = 20;

/// One problem, as ValidateStateMachineDefinition tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefinitionDiagnostic {
    /// `ERROR` or `WARNING`.
    pub severity: &'static str,
    /// AWS's code.
    pub code: &'static str,
    /// What is wrong, with line, column and our own code.
    pub message: String,
    /// A JSON pointer; of a text that is no JSON, the place in its source.
    pub location: String,
}

/// All problems of a definition, errors and warnings, in the order of the text.
pub(crate) fn diagnostics(text: &str) -> Vec<DefinitionDiagnostic> {
    let found = match asl::parse(text) {
        Ok((_, warnings)) => warnings,
        Err(diagnostics) => diagnostics,
    };
    found.iter().map(|diagnostic| translated(diagnostic, text)).collect()
}

/// As [`diagnostics`], and what a machine of this type does not allow.
pub(crate) fn diagnostics_for(kind: &str, text: &str) -> Vec<DefinitionDiagnostic> {
    let mut found = diagnostics(text);
    if kind == EXPRESS {
        found.extend(express::diagnostics(text));
    }
    found
}

/// Refuses a definition that has errors: InvalidDefinition, naming them.
#[cfg(test)]
pub(crate) fn check(text: &str) -> Result<(), ApiError> {
    check_for("STANDARD", text)
}

/// Refuses a definition that has errors for a machine of this type: InvalidDefinition, naming them.
pub(crate) fn check_for(kind: &str, text: &str) -> Result<(), ApiError> {
    refuse(diagnostics_for(kind, text))
}

/// The same for a machine that was made around a state's text, which begins on its second line: places are told as in that text. `pointer` is that
/// of the state.
pub(crate) fn check_state(machine: &str, pointer: &str) -> Result<(), ApiError> {
    let Err(mut found) = asl::parse(machine) else { return Ok(()) };
    for diagnostic in &mut found {
        diagnostic.line = diagnostic.line.saturating_sub(1);
        if let Some(own) = diagnostic.pointer.strip_prefix(pointer) {
            diagnostic.pointer = own.to_owned();
        }
    }
    refuse(found.iter().map(|diagnostic| translated(diagnostic, machine)).collect())
}

/// Refuses what has errors.
fn refuse(mut errors: Vec<DefinitionDiagnostic>) -> Result<(), ApiError> {
    errors.retain(|diagnostic| diagnostic.severity == "ERROR");
    if errors.is_empty() {
        return Ok(());
    }
    let mut told: Vec<String> = errors.iter().take(TOLD_MAX).map(DefinitionDiagnostic::told).collect();
    if let Some(more) = errors.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        told.push(format!("and {more} more"));
    }
    let message = format!("Invalid State Machine Definition: '{}'", told.join(", "));
    Err(ApiError::new(ErrorName::InvalidDefinition, message))
}

impl DefinitionDiagnostic {
    /// `CODE: message at /pointer`, as AWS writes them one after the other.
    fn told(&self) -> String {
        let place = if self.location.starts_with('/') { format!(" at {}", self.location) } else { String::new() };
        format!("{}: {}{place}", self.code, self.message)
    }
}

fn translated(diagnostic: &Diagnostic, text: &str) -> DefinitionDiagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => "ERROR",
        Severity::Warning => "WARNING",
    };
    let code = aws_code(diagnostic.code);
    let complaint = if diagnostic.code == code::SYNTAX { jackson::complaint(text) } else { None };
    match complaint {
        Some(complaint) => {
            DefinitionDiagnostic { severity, code, message: complaint.to_string(), location: complaint.location().to_owned() }
        }
        None => DefinitionDiagnostic { severity, code, message: message(diagnostic), location: diagnostic.pointer.clone() },
    }
}

/// `message (hint) [code, line 1, column 2]`: what AWS does not tell stands behind what it does.
fn message(diagnostic: &Diagnostic) -> String {
    let hint = diagnostic.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let Diagnostic { message, code, line, column, .. } = diagnostic;
    format!("{message}{hint} [{code}, line {line}, column {column}]")
}

/// The code that AWS has for this kind of problem.
fn aws_code(ours: &str) -> &'static str {
    match ours {
        code::SYNTAX | code::DUPLICATE_KEY => "INVALID_JSON_DESCRIPTION",
        code::UNKNOWN_STATE | code::UNREACHABLE_STATE => "MISSING_TRANSITION_TARGET",
        code::DUPLICATE_STATE => "DUPLICATE_STATE_NAME",
        code::BAD_STATE_NAME => "INVALID_STATE_NAME",
        _ => "SCHEMA_VALIDATION_FAILED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        check(text).map_or_else(|error| error.message, |()| "taken".to_owned())
    }

    #[test]
    fn all_mistakes_are_told_with_the_codes_of_aws_and_their_places() {
        let told = refusal(
            r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere", "Resut": 1}, "B": {"Type": "Succeed"}}}"#,
        );
        assert!(told.starts_with("Invalid State Machine Definition: '"), "{told}");
        for part in [
            "MISSING_TRANSITION_TARGET: ",
            "`Nowhere`",
            " at /States/A/Next",
            "SCHEMA_VALIDATION_FAILED: ",
            "(did you mean `Result`?) [unknown-field, line 1, column 70] at /States/A/Resut",
            " at /States/B",
        ] {
            assert!(told.contains(part), "`{part}` in {told}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_in_the_words_of_jackson() {
        let source = "[Source: (String)\"not a definition\"; line: 1, column: 4]";
        let message = format!(
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at {source}"
        );
        assert_eq!(
            diagnostics("not a definition"),
            [DefinitionDiagnostic {
                severity: "ERROR",
                code: "INVALID_JSON_DESCRIPTION",
                message: message.clone(),
                location: source.to_owned()
            }]
        );
        assert_eq!(
            refusal("not a definition"),
            format!("Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {message}'")
        );
    }

    #[test]
    fn no_more_than_a_page_of_mistakes_is_told() {
        let states = |count: usize| {
            let states: Vec<String> = (0..count).map(|i| format!(r#""S{i}": {{"Type": "Odd"}}"#)).collect();
            format!(r#"{{"StartAt": "S0", "States": {{{}}}}}"#, states.join(", "))
        };
        assert!(!refusal(&states(5)).contains(" more'"));
        let all = diagnostics(&states(TOLD_MAX + 10)).len();
        assert!(refusal(&states(TOLD_MAX + 10)).ends_with(&format!(", and {} more'", all - TOLD_MAX)));
    }

    #[test]
    fn extensions_and_any_function_are_taken() {
        let action = r#""Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:nobody-serves-it""#;
        let compensation = r#""Compensation": {"Resource": "arn:aws:lambda:us-east-1:123456789012:function:undo"}"#;
        let text = format!(r#"{{"StartAt": "A", "States": {{"A": {{{action}, {compensation}, "End": true}}}}}}"#);
        assert_eq!(refusal(&text), "taken");
    }
}
