//! What can happen between a client and DynamoDB: a loopback proxy that answers, loses answers and takes notes as planned.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// It does not get through; this is the answer.
    Answer(u16, String),
    /// It gets through; the connection breaks before the answer comes.
    LostAnswer,
}

impl Fault {
    /// An error answer as DynamoDB writes it.
    pub(super) fn error(status: u16, code: &str) -> Self {
        let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "as planned"});
        Self::Answer(status, body.to_string())
    }

    /// A canceled transaction with these reasons.
    pub(super) fn canceled(codes: &[&str]) -> Self {
        let reasons: Vec<Value> = codes.iter().map(|code| json!({"Code": code, "Message": "as planned"})).collect();
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        Self::Answer(400, json!({"__type": kind, "message": "as planned", "CancellationReasons": reasons}).to_string())
    }
}

/// A request that came by.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) operation: String,
    pub(super) body: Value,
    /// The capacity units that the answer says it took, indexes included.
    pub(super) units: f64,
}

/// The proxy. Without a plan it only takes notes.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    pub(super) endpoint: String,
    planned: Arc<Mutex<BTreeMap<String, VecDeque<Fault>>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Proxy {
    /// A proxy before an endpoint, on the test's own runtime.
    pub(super) async fn before(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self { endpoint, planned: Arc::default(), seen: Arc::default() };
        let (served, upstream) = (proxy.clone(), upstream.trim_start_matches("http://").to_owned());
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(connection, upstream.clone()));
            }
        });
        proxy
    }

    /// Plans what happens to the next requests of an operation, one after the other.
    pub(super) fn plan(&self, operation: &str, faults: impl IntoIterator<Item = Fault>) {
        self.planned.lock().unwrap().entry(operation.to_owned()).or_default().extend(faults);
    }

    /// Forgets what was planned and seen.
    pub(super) fn reset(&self) {
        self.planned.lock().unwrap().clear();
        self.seen.lock().unwrap().clear();
    }

    /// The requests that came by.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The requests of an operation that came by.
    pub(super) fn seen_of(&self, operation: &str) -> Vec<Value> {
        self.seen().into_iter().filter(|seen| seen.operation == operation).map(|seen| seen.body).collect()
    }

    /// The capacity units of what came by.
    pub(super) fn units(&self) -> f64 {
        self.seen().iter().map(|seen| seen.units).sum()
    }

    async fn serve(self, mut connection: TcpStream, upstream: String) {
        while let Some(request) = Message::read(&mut connection).await {
            let operation = request.header("x-amz-target").unwrap().rsplit('.').next().unwrap().to_owned();
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let place = {
                let mut seen = self.seen.lock().unwrap();
                seen.push(Seen { operation: operation.clone(), body: body.clone(), units: 0.0 });
                seen.len() - 1
            };
            let fault = self.planned.lock().unwrap().get_mut(&operation).and_then(VecDeque::pop_front);
            if let Some(Fault::Answer(status, body)) = &fault {
                if connection.write_all(&answer(*status, body)).await.is_err() {
                    return;
                }
                continue;
            }
            let answer = forward(&upstream, &request.asking_for_units(&operation, body)).await;
            if let Some(seen) = self.seen.lock().unwrap().get_mut(place) {
                seen.units = answer.units();
            }
            if fault.is_some() || connection.write_all(&answer.bytes()).await.is_err() {
                return;
            }
        }
    }
}

async fn forward(upstream: &str, request: &Message) -> Message {
    let mut connection = TcpStream::connect(upstream).await.unwrap();
    connection.write_all(&request.bytes()).await.unwrap();
    Message::read(&mut connection).await.unwrap()
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status} As Planned\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}", body.len());
    format!("{head}\r\n\r\n{body}").into_bytes()
}

/// A request or an answer: its head as it came, and its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

impl Message {
    async fn read(connection: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(connection.read_u8().await.ok()?);
        }
        let mut message = Self { head: String::from_utf8(head).unwrap(), body: Vec::new() };
        let length = message.header("content-length").map_or(0, |length| length.parse().unwrap());
        message.body.resize(length, 0);
        connection.read_exact(&mut message.body).await.ok()?;
        Some(message)
    }

    /// The request, asking what it takes as well. (The embedded DynamoDB verifies no signatures.)
    fn asking_for_units(self, operation: &str, mut body: Value) -> Self {
        if operation.contains("Item") || operation == "Query" {
            body["ReturnConsumedCapacity"] = json!("INDEXES");
        }
        let body = body.to_string().into_bytes();
        let lines = self.head.lines().filter(|line| !line.is_empty()).map(|line| match line.split_once(':') {
            Some((name, _)) if name.eq_ignore_ascii_case("content-length") => format!("content-length: {}", body.len()),
            _ => line.to_owned(),
        });
        let lines: Vec<String> = lines.collect();
        Self { head: format!("{}\r\n\r\n", lines.join("\r\n")), body }
    }

    /// The capacity units that an answer speaks of.
    fn units(&self) -> f64 {
        let answer: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let of = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap_or(0.0);
        match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(of).sum(),
            consumed => of(consumed),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}
