//! Calls over something else than the network: what is sent, and what is made of the answer.

mod lambda;
mod services;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use clock::ManualClock;
use interpreter::{ExecutionId, IdempotencyKey, Timestamp};
use serde_json::Value;
use worker::{Caller, HandlerError, Task};

use crate::{Dispatcher, Settings};

/// A request that was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Answers every request the same.
#[derive(Debug)]
struct Wire {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers = request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let sent = Sent { method: request.method().to_owned(), url: request.uri().to_owned(), headers, body };
        self.sent.lock().unwrap().push(sent);
        let mut response = HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from(self.body.as_str()));
        for (name, value) in &self.headers {
            response.headers_mut().insert(*name, *value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// What was sent for a call, and what it came to.
pub(crate) struct Called {
    pub(crate) sent: Vec<Sent>,
    pub(crate) outcome: Result<Value, HandlerError>,
}

/// An answer: its status, its headers and its body.
pub(crate) type Answer<'a> = (u16, &'a [(&'static str, &'static str)], &'a str);

/// Calls what `function` names with `input`, and has every request answered the same.
pub(crate) fn call(function: &str, input: Value, (status, headers, body): Answer<'_>) -> Called {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let wire = Wire { status, headers: headers.to_vec(), body: body.to_owned(), sent: Arc::clone(&sent) };
    let settings = Settings {
        region: "eu-west-1".to_owned(),
        variable: Arc::new(|_| None),
        credentials: Some(SharedCredentialsProvider::new(Credentials::new("AKID", "secret", None, None, "test"))),
        clock: Arc::new(ManualClock::at_millis(1_700_000_000_000)),
        states: None,
    };
    let handler = Dispatcher::over(settings, SharedHttpConnector::new(wire)).handler(function);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(handler.perform(&task(input))).map(|completion| completion.result);
    let sent = sent.lock().unwrap().clone();
    Called { sent, outcome }
}

fn task(input: Value) -> Task {
    Task {
        input,
        key: IdempotencyKey("e/State/1".to_owned()),
        attempt: 1,
        undoes: None,
        deadline: Timestamp::from_millis(1_700_000_900_000),
        now: Timestamp::from_millis(1_700_000_000_000),
        execution: ExecutionId("e".to_owned()),
        execution_name: "run".to_owned(),
        state: "State".to_owned(),
        caller: Some(Caller {
            execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:m:run".to_owned(),
            machine_arn: "arn:aws:states:eu-west-1:123456789012:stateMachine:m".to_owned(),
            role_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
        }),
    }
}
