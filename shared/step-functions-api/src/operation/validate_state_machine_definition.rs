//! ValidateStateMachineDefinition: all that is wrong with a definition, without creating anything.

use serde::{Deserialize, Serialize};

use super::create_state_machine::TYPES;
use crate::constraints::Constraints;
pub use crate::definition::DefinitionDiagnostic;
use crate::{Api, ApiError, definition, member};

/// What is to be validated.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValidateStateMachineDefinitionRequest {
    /// The definition: required.
    pub definition: Option<String>,
    /// `STANDARD`, which is the default, or `EXPRESS`, which allows less.
    pub r#type: Option<String>,
    /// The least severity that is told: `ERROR`, which is the default, or `WARNING`.
    pub severity: Option<String>,
    /// At most this many diagnostics; 100 when 0 or absent.
    pub max_results: Option<i64>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValidateStateMachineDefinitionResponse {
    /// `OK`, or `FAIL` if there are errors.
    pub result: &'static str,
    /// In the order of the text.
    pub diagnostics: Vec<DefinitionDiagnostic>,
    /// Whether there are more.
    pub truncated: bool,
}

impl Api<'_> {
    /// Validates a definition.
    ///
    /// # Errors
    ///
    /// ValidationException: about the request, never about the definition.
    #[expect(clippy::unused_async, reason = "called as every other operation is")]
    pub async fn validate_state_machine_definition(
        &self,
        request: ValidateStateMachineDefinitionRequest,
    ) -> Result<ValidateStateMachineDefinitionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let text = constraints.required(member::DEFINITION, request.definition);
        constraints.one_of("type", request.r#type.as_deref(), TYPES);
        constraints.one_of("severity", request.severity.as_deref(), &["ERROR", "WARNING"]);
        constraints.at_most("maxResults", request.max_results, member::DIAGNOSTICS_MAX);
        constraints.check()?;
        let mut diagnostics = definition::diagnostics_for(request.r#type.as_deref().unwrap_or("STANDARD"), &text);
        let is_error = |diagnostic: &DefinitionDiagnostic| diagnostic.severity == "ERROR";
        let result = if diagnostics.iter().any(is_error) { "FAIL" } else { "OK" };
        if request.severity.as_deref() != Some("WARNING") {
            diagnostics.retain(is_error);
        }
        let asked = request.max_results.filter(|asked| *asked > 0).unwrap_or(member::DIAGNOSTICS_MAX);
        let most = usize::try_from(asked).unwrap_or(usize::MAX);
        let truncated = diagnostics.len() > most;
        diagnostics.truncate(most);
        Ok(ValidateStateMachineDefinitionResponse { result, diagnostics, truncated })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System};

    /// A warning and two errors, in this order.
    const MISTAKEN: &str =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a": "$.b"}, "Nxt": "A", "Resut": 1, "End": true}}}"#;

    async fn validated(request: Value) -> Value {
        System::new().call("ValidateStateMachineDefinition", request).await
    }

    fn severities(answer: &Value) -> Vec<&str> {
        answer["diagnostics"].as_array().unwrap().iter().map(|one| one["severity"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_good_definition_is_ok() {
        let ok = json!({"result": "OK", "diagnostics": [], "truncated": false});
        assert_eq!(validated(json!({"definition": PASS, "type": "STANDARD"})).await, ok);
    }

    #[tokio::test]
    async fn errors_fail_and_warnings_are_told_when_asked_for() {
        let answer = validated(json!({"definition": MISTAKEN})).await;
        assert_eq!((&answer["result"], severities(&answer)), (&json!("FAIL"), vec!["ERROR", "ERROR"]));
        assert_eq!(answer["diagnostics"][0]["location"], "/States/A/Nxt");
        let answer = validated(json!({"definition": MISTAKEN, "severity": "WARNING"})).await;
        assert_eq!(severities(&answer), ["WARNING", "ERROR", "ERROR"]);
    }

    #[tokio::test]
    async fn no_more_is_told_than_asked_for() {
        let most = |max_results: i64| validated(json!({"definition": MISTAKEN, "maxResults": max_results}));
        let answer = most(1).await;
        assert_eq!((severities(&answer).len(), &answer["truncated"]), (1, &json!(true)));
        for max_results in [0, 2, 100] {
            let answer = most(max_results).await;
            assert_eq!((severities(&answer).len(), &answer["truncated"]), (2, &json!(false)));
        }
    }

    #[tokio::test]
    async fn a_request_that_makes_no_sense_is_refused() {
        for request in [
            json!({}),
            json!({"definition": PASS, "type": "QUICK"}),
            json!({"definition": PASS, "severity": "INFO"}),
            json!({"definition": PASS, "maxResults": 101}),
        ] {
            System::new().refused("ValidateStateMachineDefinition", request, "ValidationException", "").await;
        }
    }
}
