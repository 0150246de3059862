//! What a client sent, and what it is answered.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::operation::{Operation, TARGET_PREFIX};
use crate::{Api, ApiError, ErrorName};

/// The media type of requests and answers.
pub const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON.
    pub body: String,
    /// The error, if it is one.
    pub error: Option<ErrorName>,
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self { status: error.name.status(), body: error.body(), error: Some(error.name) }
    }
}

impl Api<'_> {
    /// Answers a request: `target` is the header `X-Amz-Target`, `body` is JSON.
    pub async fn answer(&self, target: Option<&str>, body: &[u8]) -> Answer {
        let name = target.and_then(|target| target.strip_prefix(TARGET_PREFIX));
        let Some(operation) = name.and_then(Operation::named) else {
            return ApiError::new(ErrorName::UnknownOperation, unknown(target)).into();
        };
        match self.call(operation, body).await {
            Ok(body) => Answer { status: 200, body, error: None },
            Err(error) => {
                error.log(operation);
                error.into()
            }
        }
    }
}

fn unknown(target: Option<&str>) -> String {
    match target {
        Some(target) => format!("there is no operation `{}`", target.chars().take(128).collect::<String>()),
        None => "the header `X-Amz-Target` names the operation, as in `AWSStepFunctions.StartExecution`".to_owned(),
    }
}

/// What the body says; an empty one says nothing.
pub(crate) fn request<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| ApiError::new(ErrorName::Serialization, error.to_string()))
}

/// The body that says this.
pub(crate) fn response<T: Serialize>(response: &T) -> Result<String, ApiError> {
    serde_json::to_string(response).map_err(|error| ApiError::new(ErrorName::InternalFailure, error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::System;

    async fn check(target: Option<&str>, body: &[u8], error: &str, message: &str) {
        let answer = System::new().api().answer(target, body).await;
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!((answer.status, &told["__type"]), (400, &json!(error)));
        assert!(told["message"].as_str().unwrap().contains(message), "{told}");
    }

    #[tokio::test]
    async fn what_names_no_operation_is_refused_by_the_name_that_aws_has_for_it() {
        let unknown = "com.amazon.coral.service#UnknownOperationException";
        check(None, b"{}", unknown, "X-Amz-Target").await;
        check(Some("AWSStepFunctions.Start"), b"{}", unknown, "`AWSStepFunctions.Start`").await;
        check(Some("DynamoDB_20120810.GetItem"), b"{}", unknown, "GetItem").await;
        check(Some("StartExecution"), b"{}", unknown, "StartExecution").await;
    }

    #[tokio::test]
    async fn what_is_no_json_or_of_the_wrong_kind_is_a_serialization_error() {
        let serialization = "com.amazon.coral.service#SerializationException";
        let target = Some("AWSStepFunctions.StartExecution");
        check(target, b"{", serialization, "EOF").await;
        check(target, b"[1]", serialization, "invalid").await;
        check(target, br#"{"stateMachineArn": 7}"#, serialization, "expected a string").await;
        check(target, b"\xff", serialization, "").await;
    }

    #[tokio::test]
    async fn an_empty_body_is_one_without_members() {
        check(Some("AWSStepFunctions.StartExecution"), b"", "ValidationException", "'stateMachineArn'").await;
        let answer = System::new().api().answer(Some("AWSStepFunctions.ListStateMachines"), b"").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"stateMachines":[]}"#));
    }
}
