//! SNS: `publish`, by its query protocol. A message that is no text is sent as the text of its JSON.
//!
//! Step Functions Developer Guide, "Publish messages to an Amazon SNS topic with Step Functions"; Amazon SNS API reference, "Publish".

use serde_json::{Map, Value};
use worker::HandlerError;

use super::json::as_text;
use super::lambda::encoded;
use super::xml;
use crate::client::{ServiceAnswer, ServiceRequest};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::{self, Naming, ServiceError};
use crate::metadata;

const SNS: Service = Service { id: "SNS", prefix: "sns", signing: "sns" };

const NAMING: Naming = Naming::First {
    prefix: "SNS",
    service: "AmazonSNS",
    base: "AmazonSNSException",
    named: &[
        "AuthorizationError",
        "EndpointDisabled",
        "InternalError",
        "InvalidParameter",
        "InvalidSecurity",
        "KMSAccessDenied",
        "KMSDisabled",
        "KMSInvalidState",
        "KMSNotFound",
        "KMSOptInRequired",
        "KMSThrottling",
        "NotFound",
        "PlatformApplicationDisabled",
        "Throttled",
    ],
};

/// `publish`.
pub(crate) async fn publish(inner: &Inner, parameters: &Value) -> Result<Value, HandlerError> {
    let body = form(parameters).into_bytes();
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
    let request = ServiceRequest { method: "POST", path: "/".to_owned(), headers, body };
    let answer = inner.client().await.send(&SNS, request).await.map_err(|error| failure::unanswered(NAMING, &error))?;
    let text = answer.text();
    let answer = with_request_id(answer, &text);
    if !(200..=299).contains(&answer.status) {
        let part = |name: &str| xml::text_of(&text, name).unwrap_or_default();
        return Err(failure::failed(NAMING, &answer, &ServiceError { code: part("Code"), message: part("Message") }));
    }
    let told = ["MessageId", "SequenceNumber"].into_iter().filter_map(|name| Some((name, xml::text_of(&text, name)?)));
    let members: Map<String, Value> = told.map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(metadata::with_metadata(members, &answer, metadata::OTHERS))
}

/// The request's id stands in the body; the header is AWS's alone.
fn with_request_id(mut answer: ServiceAnswer, text: &str) -> ServiceAnswer {
    if answer.request_id().is_none()
        && let Some(id) = xml::text_of(text, "RequestId")
    {
        answer.headers.push(("x-amzn-requestid".to_owned(), id));
    }
    answer
}

fn form(parameters: &Value) -> String {
    let mut pairs = vec![("Action".to_owned(), "Publish".to_owned()), ("Version".to_owned(), "2010-03-31".to_owned())];
    for (name, value) in parameters.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("MessageAttributes", attributes) => pairs.extend(attribute_pairs(attributes)),
            (_, value) => pairs.push((name.clone(), as_text(value).as_str().unwrap_or_default().to_owned())),
        }
    }
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// Attributes are numbered in the query protocol.
fn attribute_pairs(attributes: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (number, (name, attribute)) in (1..).zip(attributes.as_object().into_iter().flatten()) {
        pairs.push((format!("MessageAttributes.entry.{number}.Name"), name.clone()));
        for (part, value) in attribute.as_object().into_iter().flatten() {
            let value = as_text(value).as_str().unwrap_or_default().to_owned();
            pairs.push((format!("MessageAttributes.entry.{number}.Value.{part}"), value));
        }
    }
    pairs
}
