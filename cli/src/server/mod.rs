//! The HTTP server: the Step Functions API on one port, for clients on this machine.
//!
//! HTTP only: what a request means is `step-functions-api`'s. Every request passes, in this order: who may ask (`host.rs`), how much it may
//! say (`REQUEST_BYTES_MAX`), the operation. Credentials and signatures are not looked at.

mod host;
mod lifetime;
mod log;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use coordinator::Coordinator;
use embedded::System;
use step_functions_api::{Answer, Api, Place};
use tokio::net::TcpListener;

pub(crate) use host::Audience;
pub(crate) use lifetime::{ListenError, listen, serve_until_stopped};

/// The header that names the operation.
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// The header under which clients report a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Bytes of a request: a definition of 1 MiB with every character escaped, and what stands around it.
const REQUEST_BYTES_MAX: usize = 3 * 1024 * 1024;

/// Whose coordinator answers.
pub(crate) enum Served {
    /// That of a whole system in this process.
    Embedded(System),
    /// One over the table and the queues of a stack, whose functions do the work.
    Attached(Box<Coordinator>),
}

impl Served {
    fn coordinator(&self) -> &Coordinator {
        match self {
            Self::Embedded(system) => system.coordinator(),
            Self::Attached(coordinator) => coordinator,
        }
    }

    /// Brings what has begun to its end.
    async fn stop(&self) {
        match self {
            Self::Embedded(system) => system.stop().await,
            Self::Attached(_) => {}
        }
    }
}

/// What every request is served with.
pub(crate) struct Service {
    /// Whose coordinator answers.
    pub(crate) served: Served,
    /// Where its machines are.
    pub(crate) place: Place,
    /// Who may ask.
    pub(crate) audience: Audience,
    /// Whether nobody may wait for anything any more, because the server was told to stop.
    pub(crate) stopping: AtomicBool,
}

/// Serves until `stop` comes to its end; requests that have begun are answered.
async fn serve(listener: TcpListener, service: Arc<Service>, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    axum::serve(listener, router(service)).with_graceful_shutdown(stop).await
}

fn router(service: Arc<Service>) -> Router {
    Router::new().fallback(answer).with_state(service)
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let api = Api::new(service.served.coordinator(), &service.place).until(&service.stopping);
    let request_id = api.new_uuid();
    let record = log::Record::begin(&request_id, request.headers().get(TARGET));
    let mut response = match service.audience.admits(request.headers()) {
        Ok(()) => route(api, request).await,
        Err(refusal) => refused(StatusCode::FORBIDDEN, "AccessDeniedException", &refusal.to_string()),
    };
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    record.end(response.status());
    response
}

async fn route(api: Api<'_>, request: Request) -> Response {
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/") => operation(api, request).await,
        (&Method::GET, "/") => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], GREETING).into_response(),
        (_, "/") => {
            let refusal = refused(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowedException", "operations are sent by POST");
            ([(ALLOW, "GET, POST")], refusal).into_response()
        }
        (_, path) => {
            let message = format!("there is nothing at `{path}`; operations are sent by POST to `/`");
            refused(StatusCode::NOT_FOUND, "NotFoundException", &message)
        }
    }
}

const GREETING: &str = "\
backstep: the Step Functions API is served here. Point a client to it:

  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083
  boto3.client('stepfunctions', endpoint_url='http://127.0.0.1:8083')

(with this server's own port, and any credentials)
";

async fn operation(api: Api<'_>, request: Request) -> Response {
    let target = request.headers().get(TARGET).and_then(|target| target.to_str().ok()).map(str::to_owned);
    match read(request.into_body()).await {
        Ok(body) => answered(api.answer(target.as_deref(), &body).await),
        Err(refusal) => refusal,
    }
}

/// The body, as far as it is allowed.
async fn read(body: Body) -> Result<Bytes, Response> {
    axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.map_err(|error| {
        let message = format!("the request cannot be read, or has more than {REQUEST_BYTES_MAX} bytes: {error}");
        refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLargeException", &message)
    })
}

fn answered(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, step_functions_api::CONTENT_TYPE)], answer.body).into_response()
}

/// A refusal in the form that AWS's clients read.
fn refused(status: StatusCode, name: &str, message: &str) -> Response {
    let body = serde_json::json!({"__type": name, "message": message}).to_string();
    (status, [(CONTENT_TYPE, step_functions_api::CONTENT_TYPE)], body).into_response()
}

#[cfg(test)]
mod tests;
