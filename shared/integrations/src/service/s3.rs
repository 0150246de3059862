//! S3: `getObject` and `putObject`, by its REST protocol.
//!
//! Amazon S3 API reference, "GetObject", "PutObject".

use serde_json::{Map, Value};
use worker::HandlerError;

use super::json::as_text;
use super::lambda::encoded;
use super::xml;
use crate::client::{ServiceAnswer, ServiceRequest};
use crate::dispatcher::Inner;
use crate::endpoint::Service;
use crate::failure::{self, Naming, ServiceError};

const S3: Service = Service { id: "S3", prefix: "s3", signing: "s3" };
const NAMING: Naming = Naming::Second { service: "S3", named: &[] };

/// Headers of answers and the members that they are told as.
const MEMBERS: &[(&str, &str)] = &[
    ("accept-ranges", "AcceptRanges"),
    ("cache-control", "CacheControl"),
    ("x-amz-checksum-crc32", "ChecksumCRC32"),
    ("x-amz-checksum-type", "ChecksumType"),
    ("content-disposition", "ContentDisposition"),
    ("content-encoding", "ContentEncoding"),
    ("content-length", "ContentLength"),
    ("content-type", "ContentType"),
    ("etag", "ETag"),
    ("last-modified", "LastModified"),
    ("x-amz-server-side-encryption", "ServerSideEncryption"),
    ("x-amz-version-id", "VersionId"),
];
/// What the answer of `putObject` has of them.
const OF_PUT: &[&str] = &["ChecksumCRC32", "ChecksumType", "ETag", "ServerSideEncryption", "VersionId"];

/// An action.
pub(crate) async fn call(inner: &Inner, action: &str, parameters: &Value) -> Result<Value, HandlerError> {
    let text = |name: &str| parameters.get(name).map(as_text).and_then(|text| text.as_str().map(ToOwned::to_owned));
    let (Some(bucket), Some(key)) = (text("Bucket"), text("Key")) else {
        return Err(failure::unsendable("`Bucket` and `Key` are required"));
    };
    let key: Vec<String> = key.split('/').map(encoded).collect();
    let path = format!("/{}/{}", encoded(&bucket), key.join("/"));
    match action {
        "getObject" => get(inner, path).await,
        "putObject" => put(inner, path, text("Body").unwrap_or_default(), text("ContentType")).await,
        _ => Err(failure::unsendable(format!("the service integration `aws-sdk:s3:{action}` is not supported"))),
    }
}

async fn get(inner: &Inner, path: String) -> Result<Value, HandlerError> {
    let answer = ask(inner, ServiceRequest { method: "GET", path, ..ServiceRequest::default() }).await?;
    let mut members = told(&answer, |_| true);
    members.insert("Body".to_owned(), answer.text().into());
    Ok(sorted(members))
}

async fn put(inner: &Inner, path: String, body: String, content_type: Option<String>) -> Result<Value, HandlerError> {
    // The SDK for Java 2 sends a checksum with every object, and S3 tells what it keeps.
    let mut crc = flate2::Crc::new();
    crc.update(body.as_bytes());
    let checksum = aws_smithy_types::base64::encode(crc.sum().to_be_bytes());
    let mut headers =
        vec![("x-amz-checksum-crc32".to_owned(), checksum), ("x-amz-sdk-checksum-algorithm".to_owned(), "CRC32".to_owned())];
    headers.extend(content_type.map(|content_type| ("content-type".to_owned(), content_type)));
    let answer = ask(inner, ServiceRequest { method: "PUT", path, headers, body: body.into_bytes() }).await?;
    Ok(sorted(told(&answer, |name| OF_PUT.contains(&name))))
}

async fn ask(inner: &Inner, request: ServiceRequest) -> Result<ServiceAnswer, HandlerError> {
    let answer = inner.client().await.send(&S3, request).await.map_err(|error| failure::unanswered(NAMING, &error))?;
    if (200..=299).contains(&answer.status) {
        return Ok(answer);
    }
    let text = answer.text();
    let part = |name: &str| xml::text_of(&text, name).unwrap_or_default();
    Err(failure::failed(NAMING, &answer, &ServiceError { code: part("Code"), message: part("Message") }))
}

fn told(answer: &ServiceAnswer, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let members = MEMBERS.iter().filter(|(_, member)| wanted(member));
    let members = members.filter_map(|(header, member)| Some(((*member).to_owned(), value(member, answer.header(header)?))));
    members.collect()
}

fn value(member: &str, text: &str) -> Value {
    match member {
        "ContentLength" => text.parse::<u64>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}

fn sorted(members: Map<String, Value>) -> Value {
    let mut members: Vec<(String, Value)> = members.into_iter().collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(members.into_iter().collect())
}
