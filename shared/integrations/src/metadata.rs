//! What the answers of services say about themselves: `SdkHttpMetadata` and `SdkResponseMetadata`, as recorded from AWS.
//!
//! Header names are told as the service at AWS writes them (they arrive in lower case), and headers that it does not send are left out: a stand-in may send others.

use serde_json::{Map, Value, json};

use crate::client::ServiceAnswer;

/// How a service writes its headers: lower-case name, and as told.
pub(crate) type Headers = &'static [(&'static str, &'static str)];

/// Lambda's.
pub(crate) const LAMBDA: Headers = &[
    ("connection", "Connection"),
    ("content-length", "Content-Length"),
    ("content-type", "Content-Type"),
    ("date", "Date"),
    ("x-amz-executed-version", "X-Amz-Executed-Version"),
    ("x-amz-log-result", "X-Amz-Log-Result"),
    ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
    ("x-amzn-remapped-content-length", "x-amzn-Remapped-Content-Length"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
];

/// DynamoDB's.
pub(crate) const DYNAMODB: Headers = &[
    ("connection", "Connection"),
    ("content-length", "Content-Length"),
    ("content-type", "Content-Type"),
    ("date", "Date"),
    ("server", "Server"),
    ("x-amz-crc32", "x-amz-crc32"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
];

/// Those of SQS, SNS, EventBridge and Step Functions.
pub(crate) const OTHERS: Headers = &[
    ("content-length", "Content-Length"),
    ("content-type", "Content-Type"),
    ("date", "Date"),
    ("connection", "connection"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
];

/// The answer's members with what it says about itself, by name: the order in which AWS tells them.
pub(crate) fn with_metadata(members: Map<String, Value>, answer: &ServiceAnswer, headers: Headers) -> Value {
    let told: Vec<(&str, &str)> = headers.iter().filter_map(|(name, told)| Some((*told, value(answer, name)?))).collect();
    let all: Map<String, Value> = told.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
    let single: Map<String, Value> = told.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let http = json!({ "AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": answer.status });
    let about =
        [("SdkHttpMetadata".to_owned(), http), ("SdkResponseMetadata".to_owned(), json!({ "RequestId": answer.request_id() }))];
    let mut all: Vec<(String, Value)> = members.into_iter().chain(about).collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(all.into_iter().collect())
}

fn value<'a>(answer: &'a ServiceAnswer, name: &str) -> Option<&'a str> {
    match name {
        // Of the connection, which is kept open unless the service says otherwise.
        "connection" => Some(answer.header(name).unwrap_or("keep-alive")),
        _ => answer.header(name),
    }
}
