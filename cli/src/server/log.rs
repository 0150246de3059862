//! One line per request: its operation, status and time. Never a body.

use std::time::Instant;

use axum::http::{HeaderValue, StatusCode};

/// Characters of an operation's name that a log takes from a client.
const OPERATION_CHARACTERS_MAX: usize = 64;

/// A request that is being answered.
pub(super) struct Record {
    request_id: String,
    operation: String,
    begun: Instant,
}

impl Record {
    /// The request begins.
    pub(super) fn begin(request_id: &str, target: Option<&HeaderValue>) -> Self {
        let target = target.and_then(|target| target.to_str().ok()).unwrap_or("none");
        let operation = target.strip_prefix(step_functions_api::TARGET_PREFIX).unwrap_or(target);
        Self {
            request_id: request_id.to_owned(),
            operation: operation.chars().take(OPERATION_CHARACTERS_MAX).collect(),
            begun: Instant::now(),
        }
    }

    /// It is answered.
    pub(super) fn end(self, status: StatusCode) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (operation, request_id) = (self.operation.as_str(), self.request_id.as_str());
        tracing::debug!(operation, status = status.as_u16(), micros, request_id, "answered");
    }
}
