//! CloudFormation's custom resources: what it asks, and how it is answered.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;

/// How often an answer is sent that nobody took.
const TRIES: u32 = 3;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// CloudFormation takes answers of 4,096 bytes: what is left for the reason, in characters of one byte or more.
const REASON_BYTES: usize = 2_500;

/// What CloudFormation wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum RequestKind {
    /// The resource is new.
    Create,
    /// Its properties, or the code that it names, have changed.
    Update,
    /// It is gone from the template, or another one has replaced it.
    Delete,
}

/// What CloudFormation asks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResourceRequest {
    /// What it wants done.
    pub request_type: RequestKind,
    /// Where the answer is put; whoever has it can answer.
    #[serde(rename = "ResponseURL")]
    pub response_url: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// The request.
    pub request_id: String,
    /// The resource's name in the template.
    pub logical_resource_id: String,
    /// What an earlier answer called it.
    #[serde(default)]
    pub physical_resource_id: Option<String>,
    /// Its properties; numbers and truth values come as text.
    #[serde(default)]
    pub resource_properties: Map<String, Value>,
}

/// What CloudFormation is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomResourceResponse {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    physical_resource_id: String,
    stack_id: String,
    request_id: String,
    logical_resource_id: String,
    data: Map<String, Value>,
}

impl CustomResourceResponse {
    /// It was done: what the resource is called, and what templates may read of it.
    pub fn success(request: &CustomResourceRequest, physical_resource_id: String, data: Map<String, Value>) -> Self {
        Self {
            status: "SUCCESS",
            reason: None,
            physical_resource_id,
            stack_id: request.stack_id.clone(),
            request_id: request.request_id.clone(),
            logical_resource_id: request.logical_resource_id.clone(),
            data,
        }
    }

    /// It was not done, and the stack's operation fails with this reason. The resource keeps its name; one that was never made gets a name that stands for
    /// nothing, because CloudFormation will ask to delete it.
    pub fn failure(request: &CustomResourceRequest, reason: &str) -> Self {
        let never_made = || format!("not-registered-{}", request.logical_resource_id);
        let physical_resource_id = request.physical_resource_id.clone().unwrap_or_else(never_made);
        let end = (0..=REASON_BYTES.min(reason.len())).rev().find(|end| reason.is_char_boundary(*end)).unwrap_or(0);
        let told = reason.get(..end).unwrap_or_default();
        let reason = if told.len() < reason.len() { format!("{told} ...") } else { told.to_owned() };
        Self { status: "FAILED", reason: Some(reason), ..Self::success(request, physical_resource_id, Map::new()) }
    }

    /// Why it was not done, if so.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What the resource is called.
    pub fn physical_resource_id(&self) -> &str {
        &self.physical_resource_id
    }
}

/// Puts the answer where the request says, as a pre-signed URL of S3 wants it.
///
/// # Errors
///
/// Nobody took it: Lambda then starts the function again for this request, which is answered the same.
pub async fn respond(request: &CustomResourceRequest, response: &CustomResourceResponse) -> Result<(), Error> {
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
    let text = serde_json::to_string(response)?;
    let mut refusal = String::new();
    for attempt in 1..=TRIES {
        let mut put = HttpRequest::new(SdkBody::from(text.as_str()));
        put.set_method("PUT")?;
        put.set_uri(request.response_url.as_str())?;
        put.headers_mut().try_insert("content-length", text.len().to_string())?;
        match connector.call(put).await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(answer) => refusal = format!("status {}", answer.status().as_u16()),
            Err(error) => refusal = format!("{error:?}"),
        }
        tracing::warn!(attempt, refusal, "CloudFormation did not take the answer");
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("CloudFormation did not take the answer: {refusal}").into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn request(kind: &str, physical: Option<&str>) -> CustomResourceRequest {
        let mut request = json!({
            "RequestType": kind, "ResponseURL": "http://localhost/put", "StackId": "s", "RequestId": "r", "LogicalResourceId": "Machine",
            "ResourceType": "Custom::StateMachine", "ServiceToken": "arn",
        });
        if let Some(physical) = physical {
            request["PhysicalResourceId"] = physical.into();
        }
        serde_json::from_value(request).unwrap()
    }

    #[test]
    fn a_resource_that_was_never_made_has_a_name_that_stands_for_nothing() {
        let check = |physical: Option<&str>, expected: &str| {
            let response = CustomResourceResponse::failure(&request("Create", physical), "because");
            assert_eq!((response.physical_resource_id(), response.reason()), (expected, Some("because")));
        };
        check(None, "not-registered-Machine");
        check(Some("arn:aws:states:::stateMachine:order"), "arn:aws:states:::stateMachine:order");
    }

    #[test]
    fn an_answer_is_never_longer_than_cloudformation_takes() {
        for reason in ["x".repeat(10_000), "ü".repeat(10_000), "\"".repeat(10_000)] {
            let response = CustomResourceResponse::failure(&request("Create", None), &reason);
            let told = response.reason().unwrap();
            assert!(told.len() <= REASON_BYTES + 4 && told.ends_with(" ..."), "{}", told.len());
        }
    }
}
