//! The way from a state's input to its output, as TestState tells it.

use interpreter::StateInspection;
use serde::Serialize;
use serde_json::Value;

use super::Texts;

/// What can be seen of a state. Data is JSON text; what was not come to is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "named as in the API Reference, InspectionData")]
pub struct InspectionData {
    pub input: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_arguments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_input_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_parameters: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_result_selector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_result_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_details: Option<InspectionErrorDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_items_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_count: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerated_failure_percentage: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrency: Option<u64>,
}

/// What becomes of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectionErrorDetails {
    /// The catcher that applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catch_index: Option<usize>,
    /// The retrier that applies, spent or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_index: Option<usize>,
    /// Seconds until the next attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_backoff_interval_seconds: Option<u64>,
}

impl InspectionData {
    pub(super) fn of(seen: &StateInspection, texts: &Texts<'_>) -> Self {
        let text = |value: &Option<Value>| value.as_ref().map(|value| texts.of(value));
        let details = InspectionErrorDetails {
            catch_index: seen.catch_index,
            retry_index: seen.retry_index,
            retry_backoff_interval_seconds: seen.retry_backoff_millis.map(|millis| millis / 1_000),
        };
        Self {
            input: texts.of(texts.input.0),
            after_arguments: text(&seen.after_arguments),
            after_input_path: text(&seen.after_input_path),
            after_parameters: text(&seen.after_parameters),
            result: text(&seen.result),
            after_result_selector: text(&seen.after_result_selector),
            after_result_path: text(&seen.after_result_path),
            variables: (!seen.assigned.is_empty()).then(|| serde_json::json!(seen.assigned).to_string()),
            error_details: (details != InspectionErrorDetails::default()).then_some(details),
            after_items_path: text(&seen.after_items_path),
            tolerated_failure_count: seen.tolerated_failure_count.clone(),
            tolerated_failure_percentage: seen.tolerated_failure_percentage.as_ref().and_then(Value::as_f64),
            max_concurrency: seen.max_concurrency,
        }
    }
}
