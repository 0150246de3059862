//! The server over real connections, with a system in memory.

use embedded::{Options, StoreChoice};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::*;

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<io::Result<()>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let system = System::open(Options::new(StoreChoice::Memory)).unwrap();
        let audience = Audience { beyond_loopback: false, names: Vec::new() };
        let service = Arc::new(Service {
            served: Served::Embedded(system),
            place: Place::default(),
            audience,
            stopping: AtomicBool::new(false),
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, service, async {
            let _ = stopped.await;
        }));
        Self { address, stop, served }
    }

    /// Sends one request on a connection of its own: the status line, the headers in small letters, the body.
    async fn ask(&self, line: &str, headers: &str, body: &str) -> (String, String, String) {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let request = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        // A server that refuses a body by its length answers, and closes before all of it is sent.
        let _ = connection.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        (status.to_owned(), headers.to_lowercase(), body.to_owned())
    }
}

const LIST: &str = "Host: localhost\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n";

#[tokio::test]
async fn an_operation_is_answered_with_an_id_of_its_own() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (status, headers, body) = server.ask("POST /", LIST, "{}").await;
        assert_eq!((status.as_str(), body.as_str()), ("HTTP/1.1 200 OK", r#"{"stateMachines":[]}"#));
        assert!(headers.contains("content-type: application/x-amz-json-1.0"), "{headers}");
        ids.push(headers.lines().find(|line| line.starts_with("x-amzn-requestid: ")).unwrap().to_owned());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn what_is_no_operation_is_refused_in_a_form_that_clients_read() {
    let server = Server::start().await;
    for (line, headers, status, name) in [
        ("POST /", "Host: localhost\r\n", "400 Bad Request", "UnknownOperationException"),
        ("POST /other", LIST, "404 Not Found", "NotFoundException"),
        ("PUT /", LIST, "405 Method Not Allowed", "MethodNotAllowedException"),
        (
            "POST /",
            "Host: evil.example\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n",
            "403 Forbidden",
            "AccessDeniedException",
        ),
        ("GET /", "Host: localhost\r\nOrigin: http://evil.example\r\n", "403 Forbidden", "AccessDeniedException"),
    ] {
        let (answered, _, body) = server.ask(line, headers, "{}").await;
        assert_eq!(answered, format!("HTTP/1.1 {status}"), "{line}");
        assert!(body.contains(&format!("{name}\"")), "{line}: {body}");
    }
    let (status, _, body) = server.ask("GET /", "Host: localhost\r\n", "").await;
    assert!(status.ends_with("200 OK") && body.contains("--endpoint-url"), "{body}");
}

#[tokio::test]
async fn a_request_may_be_as_long_as_its_bound_and_not_one_byte_longer() {
    let server = Server::start().await;
    let (status, _, _) = server.ask("POST /", LIST, &format!("{{}}{}", " ".repeat(REQUEST_BYTES_MAX - 2))).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let (status, _, body) = server.ask("POST /", LIST, &" ".repeat(REQUEST_BYTES_MAX + 1)).await;
    assert_eq!(status, "HTTP/1.1 413 Payload Too Large", "{body}");
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends() {
    let server = Server::start().await;
    let Server { stop, served, .. } = server;
    stop.send(()).unwrap();
    assert!(served.await.unwrap().is_ok());
}
