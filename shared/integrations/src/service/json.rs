//! The JSON protocol of AWS: an action is a header, the request and the answer are JSON.

use serde_json::Value;
use worker::HandlerError;

use crate::client::{ServiceAnswer, ServiceRequest};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::{self, Naming, ServiceError};

/// An action of a service with a JSON protocol.
pub(crate) struct Action<'a> {
    pub(crate) service: &'a Service,
    /// The header that names it: `DynamoDB_20120810.PutItem`.
    pub(crate) target: String,
    /// The protocol's version.
    pub(crate) version: &'a str,
    /// How its errors are named.
    pub(crate) naming: Naming,
}

impl Action<'_> {
    /// Asks for it. What is answered is a success.
    pub(crate) async fn ask(&self, inner: &Inner, request: &Value) -> Result<ServiceAnswer, HandlerError> {
        let headers = [
            ("content-type".to_owned(), format!("application/x-amz-json-{}", self.version)),
            ("x-amz-target".to_owned(), self.target.clone()),
        ];
        let body = request.to_string().into_bytes();
        let request = ServiceRequest { method: "POST", path: "/".to_owned(), headers: headers.to_vec(), body };
        let sent = inner.client().await.send(self.service, request).await;
        let answer = sent.map_err(|error| failure::unanswered(self.naming, &error))?;
        match answer.status {
            200..=299 => Ok(answer),
            _ => Err(failure::failed(self.naming, &answer, &self.error(&answer))),
        }
    }

    /// SQS tells by a header what its errors were called before it spoke JSON.
    fn error(&self, answer: &ServiceAnswer) -> ServiceError {
        ServiceError::of_json(answer)
    }
}

/// The members of an answer; none of an empty one.
pub(crate) fn members(answer: &ServiceAnswer) -> serde_json::Map<String, Value> {
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    }
}

/// A member that services want as text: what is text already stays as it is.
pub(crate) fn as_text(value: &Value) -> Value {
    match value {
        Value::String(_) => value.clone(),
        other => Value::from(other.to_string()),
    }
}
