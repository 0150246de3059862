//! One client for all services: a request, signed, and its answer as it came.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use clock::Clock;

use crate::credentials::CallersCredentials;
use crate::endpoint::{Endpoints, Service};

/// A request, before it is signed.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ServiceRequest {
    /// The method of HTTP.
    pub(crate) method: &'static str,
    /// Path and query, encoded; begins with a slash.
    pub(crate) path: String,
    /// Headers by lower-case names, without those that are the client's own.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ServiceAnswer {
    /// The status of HTTP.
    pub(crate) status: u16,
    /// Headers by lower-case names, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl ServiceAnswer {
    /// The first header with this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The id that the service gave to the request.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.header("x-amzn-requestid").or_else(|| self.header("x-amz-request-id"))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    /// It was not sent.
    #[error("{0}")]
    NotSent(String),
    /// It may have arrived.
    #[error("{0}")]
    Lost(String),
}

/// Asks services.
pub(crate) struct Client {
    pub(crate) connector: SharedHttpConnector,
    pub(crate) credentials: CallersCredentials,
    pub(crate) endpoints: Endpoints,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Client {
    /// Sends a request, signed, once.
    pub(crate) async fn send(&self, service: &Service, request: ServiceRequest) -> Result<ServiceAnswer, Unanswered> {
        let endpoint = self.endpoints.of(service);
        let now = self.now();
        let credentials = self.credentials.find(endpoint.is_stand_in, now).await.map_err(Unanswered::NotSent)?;
        let url = format!("{}{}", endpoint.url, request.path);
        let signer = Signer { service, region: &self.endpoints.region, credentials, now };
        let signed = signer.signed(&url, request).map_err(Unanswered::NotSent)?;
        send(&self.connector, signed).await
    }

    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(self.clock.now_millis()).unwrap_or(0))
    }
}

/// What a request is signed with.
struct Signer<'a> {
    service: &'a Service,
    region: &'a str,
    credentials: Credentials,
    now: SystemTime,
}

impl Signer<'_> {
    fn signed(self, url: &str, request: ServiceRequest) -> Result<HttpRequest, String> {
        let identity = self.credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service.signing)
            .time(self.now)
            .settings(settings(self.service))
            .build()
            .map_err(|error| error.to_string())?;
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(request.method, url, headers, SignableBody::Bytes(&request.body));
        let signable = signable.map_err(|error| error.to_string())?;
        let (instructions, _) = sign(signable, &parameters.into()).map_err(|error| error.to_string())?.into_parts();
        let added = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers: Vec<(String, String)> = request.headers.iter().cloned().chain(added).collect();
        unsigned(url, ServiceRequest { headers, ..request })
    }
}

/// S3 decodes paths once, and takes them as they are.
fn settings(service: &Service) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service.signing == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    }
    settings
}

/// A request that is not signed.
pub(crate) fn unsigned(url: &str, request: ServiceRequest) -> Result<HttpRequest, String> {
    let length = request.body.len().to_string();
    let mut sent = HttpRequest::new(SdkBody::from(request.body));
    sent.set_method(request.method).map_err(|error| error.to_string())?;
    sent.set_uri(url).map_err(|error| format!("`{url}` is no URL: {error}"))?;
    let headers = sent.headers_mut();
    for (name, value) in request.headers {
        headers.try_append(name, value).map_err(|error| error.to_string())?;
    }
    headers.try_insert("content-length", length).map_err(|error| error.to_string())?;
    Ok(sent)
}

/// Sends a request, once.
pub(crate) async fn send(connector: &SharedHttpConnector, request: HttpRequest) -> Result<ServiceAnswer, Unanswered> {
    let response = connector.call(request).await.map_err(|error| {
        let told = chain(&error);
        if is_refused(&error) { Unanswered::NotSent(told) } else { Unanswered::Lost(told) }
    })?;
    let status = response.status().as_u16();
    let headers = response.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let body = ByteStream::new(response.into_body()).collect().await;
    let body = body.map_err(|error| Unanswered::Lost(format!("the answer broke off: {error}")))?;
    Ok(ServiceAnswer { status, headers, body: body.to_vec() })
}

/// Whether nobody listens there.
fn is_refused(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}

/// An error with all that led to it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        told = format!("{told}: {error}");
        next = error.source();
    }
    told
}
