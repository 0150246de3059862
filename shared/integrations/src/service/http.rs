//! `http:invoke`: an HTTPS endpoint, with the credentials of a connection.
//!
//! Step Functions Developer Guide, "Call HTTPS APIs in Step Functions workflows". Connections are EventBridge's there; here they are read from the file that
//! `BACKSTEP_CONNECTIONS` names: JSON, by the connection's name, as `CreateConnection` takes them (`AuthorizationType` `BASIC` or `API_KEY`, and `AuthParameters`).

use aws_smithy_types::base64;
use serde_json::{Map, Value, json};
use worker::HandlerError;

use super::json::as_text;
use super::lambda::encoded;
use crate::client::{self, ServiceAnswer, ServiceRequest, Unanswered};
use crate::dispatcher::Inner;
use crate::failure;

/// What names the file of connections.
const CONNECTIONS: &str = "BACKSTEP_CONNECTIONS";
/// Methods that can be asked for.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];
/// The error of what was not answered.
const SOCKET: &str = "States.Http.Socket";

/// `http:invoke`.
pub(crate) async fn invoke(inner: &Inner, parameters: &Value) -> Result<Value, HandlerError> {
    let connection = match parameters.pointer("/Authentication/ConnectionArn").and_then(Value::as_str) {
        Some(arn) => connection(inner, arn).map_err(failure::unsendable)?,
        None => Value::Null,
    };
    let (url, request) = request(parameters, &connection).map_err(failure::unsendable)?;
    let request = client::unsigned(&url, request).map_err(failure::unsendable)?;
    let sent = client::send(&inner.client().await.connector, request).await;
    let answer = sent.map_err(|unanswered| match unanswered {
        Unanswered::NotSent(cause) => HandlerError::Refused { error: SOCKET.to_owned(), cause },
        Unanswered::Lost(cause) => HandlerError::Failed { error: SOCKET.to_owned(), cause },
    })?;
    match answer.status {
        200..=299 => Ok(told(&answer)),
        status => Err(failure::of_status(status, format!("States.Http.StatusCode.{status}"), answer.text())),
    }
}

/// What a connection says; its secrets are told to nobody but the endpoint.
fn connection(inner: &Inner, arn: &str) -> Result<Value, String> {
    let name = arn.split_once(":connection/").map_or(arn, |(_, name)| name.split('/').next().unwrap_or_default());
    let missing = || format!("there is no connection `{name}`: add it to the file that `{CONNECTIONS}` names");
    let path = (inner.settings.variable)(CONNECTIONS).ok_or_else(missing)?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("the connections in `{path}` cannot be read: {error}"))?;
    // What is wrong is told by its place alone: the text holds secrets.
    let connections: Value = serde_json::from_str(&text)
        .map_err(|error| format!("the connections in `{path}` are no JSON: line {} column {}", error.line(), error.column()))?;
    connections.get(name).cloned().ok_or_else(missing)
}

fn request(parameters: &Value, connection: &Value) -> Result<(String, ServiceRequest), String> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).ok_or_else(|| format!("`{name}` is required"));
    let method = text("Method")?;
    let known = METHODS.iter().find(|known| **known == method);
    let method = known.ok_or_else(|| format!("`{method}` is no method that can be asked for"))?;
    let invocation = connection.pointer("/AuthParameters/InvocationHttpParameters").unwrap_or(&Value::Null);
    let mut query: Vec<String> = Vec::new();
    parameters.get("QueryParameters").into_iter().for_each(|values| query.extend(pairs(values)));
    query.extend(
        added(invocation, "QueryStringParameters").map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value))),
    );
    let mut url = text("ApiEndpoint")?.to_owned();
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query.join("&"));
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in parameters.get("Headers").and_then(Value::as_object).into_iter().flatten() {
        headers.push((name.to_ascii_lowercase(), as_text(value).as_str().unwrap_or_default().to_owned()));
    }
    headers.extend(added(invocation, "HeaderParameters").map(|(name, value)| (name.to_ascii_lowercase(), value)));
    headers.extend(authorization(connection)?);
    let body = body(parameters, &mut headers);
    Ok((url, ServiceRequest { method, path: String::new(), headers, body: body.into_bytes() }))
}

fn body(parameters: &Value, headers: &mut Vec<(String, String)>) -> String {
    let Some(body) = parameters.get("RequestBody") else { return String::new() };
    let form = parameters.pointer("/Transform/RequestBodyEncoding").and_then(Value::as_str) == Some("URL_ENCODED");
    let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
    if !headers.iter().any(|(name, _)| name == "content-type") {
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    if form { pairs(body).join("&") } else { body.to_string() }
}

/// Members as `name=value`, encoded; elements of arrays under the same name.
fn pairs(values: &Value) -> Vec<String> {
    let pair = |name: &str, value: &Value| format!("{}={}", encoded(name), encoded(as_text(value).as_str().unwrap_or_default()));
    let members = values.as_object().into_iter().flatten();
    let pairs = members.flat_map(|(name, value)| match value {
        Value::Array(elements) => elements.iter().map(|element| pair(name, element)).collect(),
        value => vec![pair(name, value)],
    });
    pairs.collect()
}

/// What a connection adds to every request: `[{"Key", "Value"}]`.
fn added<'a>(invocation: &'a Value, what: &str) -> impl Iterator<Item = (String, String)> + use<'a> {
    let elements = invocation.get(what).and_then(Value::as_array).into_iter().flatten();
    elements.filter_map(|element| {
        let text = |name: &str| element.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        Some((text("Key")?, text("Value")?))
    })
}

fn authorization(connection: &Value) -> Result<Option<(String, String)>, String> {
    let text = |path: &str| connection.pointer(&format!("/AuthParameters/{path}")).and_then(Value::as_str);
    match connection.get("AuthorizationType").and_then(Value::as_str) {
        None => Ok(None),
        Some("BASIC") => {
            let user = text("BasicAuthParameters/Username").ok_or("a connection lacks `Username`")?;
            let password = text("BasicAuthParameters/Password").ok_or("a connection lacks `Password`")?;
            Ok(Some(("authorization".to_owned(), format!("Basic {}", base64::encode(format!("{user}:{password}"))))))
        }
        Some("API_KEY") => {
            let name = text("ApiKeyAuthParameters/ApiKeyName").ok_or("a connection lacks `ApiKeyName`")?;
            let value = text("ApiKeyAuthParameters/ApiKeyValue").ok_or("a connection lacks `ApiKeyValue`")?;
            Ok(Some((name.to_ascii_lowercase(), value.to_owned())))
        }
        Some(other) => Err(format!("connections of type `{other}` are not supported: use `BASIC` or `API_KEY`")),
    }
}

/// What an endpoint answered: JSON as JSON, anything else as text.
fn told(answer: &ServiceAnswer) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        if let Some(values) = headers.entry(name.clone()).or_insert_with(|| json!([])).as_array_mut() {
            values.push(value.as_str().into());
        }
    }
    let body = serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::from(answer.text()));
    json!({ "Headers": headers, "ResponseBody": body, "StatusCode": answer.status, "StatusText": reason(answer.status) })
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        _ => "",
    }
}
