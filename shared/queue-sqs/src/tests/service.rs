//! A service on loopback that speaks SQS's protocol: answers as planned, else agreeably, and keeps each request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    /// This is the answer: its status, the code as SQS's header tells it, the body.
    Answer(u16, Option<&'static str>, Value),
    /// The connection breaks before the answer comes.
    LostAnswer,
}

impl Plan {
    /// A good answer.
    pub(super) fn good(body: Value) -> Self {
        Self::Answer(200, None, body)
    }

    /// An error answer as SQS writes it.
    pub(super) fn error(status: u16, code: &'static str) -> Self {
        Self::Answer(status, Some(code), json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "as planned"}))
    }
}

/// A request that came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) operation: String,
    pub(super) body: Value,
    head: String,
}

impl Seen {
    /// The values of a header.
    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(':'));
        headers.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }
}

/// The service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) endpoint: String,
    plans: Arc<Mutex<VecDeque<Plan>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Service {
    /// A service on the test's own runtime.
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let service = Self { endpoint, plans: Arc::default(), seen: Arc::default() };
        let serving = service.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(connection));
            }
        });
        service
    }

    /// Plans what happens to the next requests.
    pub(super) fn plan(&self, plans: impl IntoIterator<Item = Plan>) {
        self.plans.lock().unwrap().extend(plans);
    }

    /// The requests that came.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The bodies of the requests that came, each with its operation.
    pub(super) fn bodies(&self) -> Vec<(String, Value)> {
        self.seen().into_iter().map(|seen| (seen.operation, seen.body)).collect()
    }

    async fn serve(self, mut connection: TcpStream) {
        while let Some(seen) = read(&mut connection).await {
            let plan = self.plans.lock().unwrap().pop_front().unwrap_or_else(|| agreeable(&seen));
            self.seen.lock().unwrap().push(seen);
            let Plan::Answer(status, code, body) = plan else { return };
            if connection.write_all(&answer(status, code, &body)).await.is_err() {
                return;
            }
        }
    }
}

async fn read(connection: &mut TcpStream) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.ok()?);
    }
    let mut seen = Seen { operation: String::new(), body: Value::Null, head: String::from_utf8(head).unwrap() };
    let length = seen.headers("content-length").first().map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await.ok()?;
    seen.body = serde_json::from_slice(&body).unwrap();
    seen.operation = seen.headers("x-amz-target")[0].trim_start_matches("AmazonSQS.").to_owned();
    Some(seen)
}

/// Every message is taken, every queue is there and empty.
fn agreeable(seen: &Seen) -> Plan {
    Plan::good(match seen.operation.as_str() {
        "SendMessageBatch" => {
            let entries = seen.body["Entries"].as_array().unwrap();
            let taken: Vec<Value> = entries.iter().map(|entry| successful(entry["Id"].as_str().unwrap())).collect();
            json!({"Successful": taken, "Failed": []})
        }
        "GetQueueUrl" => json!({"QueueUrl": format!("https://sqs.test/1/{}", seen.body["QueueName"].as_str().unwrap())}),
        _ => json!({}),
    })
}

/// An entry of a batch that was taken.
pub(super) fn successful(id: &str) -> Value {
    json!({"Id": id, "MessageId": format!("message-{id}"), "MD5OfMessageBody": "0"})
}

/// An entry of a batch that was not.
pub(super) fn failed(id: &str, code: &str, sender_fault: bool) -> Value {
    json!({"Id": id, "Code": code, "SenderFault": sender_fault, "Message": "as planned"})
}

fn answer(status: u16, code: Option<&str>, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let code = code.map(|code| format!("x-amzn-query-error: {code};Sender\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status} As Planned\r\ncontent-type: application/x-amz-json-1.0\r\n{code}");
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
