//! Each request begins a trace of its own, so that Lambda does not take a saga for an endless loop.
//!
//! Lambda writes the functions that led to an invocation into the trace header, as `Lineage`, and the SDK copies that header into each request.
//! After about 16 passes from function to queue to function Lambda drops the message: that is its recursion detection, which a long saga, or a user's
//! function behind ours, would meet without doing anything wrong. A header that is there already is not replaced by the SDK's own interceptor: so
//! ours is put there first, with a new root and nothing else. What stops a runaway execution is our own bound.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>

use std::fmt;
use std::sync::Arc;

use aws_sdk_sqs::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use clock::{Clock, Entropy};

/// The header, as the SDK's own interceptor looks for it.
const TRACE_HEADER: &str = "x-amzn-trace-id";

/// An interceptor that has each request begin a trace without `Lineage`. It serves a client of any AWS service; all tries of one request belong to
/// one trace. Whether the trace is sampled is left to who is called.
#[derive(Clone)]
pub struct NewTrace {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl NewTrace {
    /// Names traces by this clock and this randomness.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }
}

impl fmt::Debug for NewTrace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewTrace")
    }
}

impl Intercept for NewTrace {
    fn name(&self) -> &'static str {
        "NewTrace"
    }

    // The SDK's own interceptor acts before signing, which is later than this whatever the order of interceptors is.
    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let header = trace_header(self.clock.now_millis(), self.entropy.bits());
        context.request_mut().headers_mut().try_insert(TRACE_HEADER, header)?;
        Ok(())
    }
}

/// A trace header of a new root: version 1, seconds since 1970 in 8 hexadecimal digits, 96 random bits in 24.
///
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids>
fn trace_header(now_millis: i64, bits: u128) -> String {
    let seconds = u32::try_from(now_millis.div_euclid(1000)).unwrap_or(0);
    format!("Root=1-{seconds:08x}-{:024x}", bits >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_root_has_the_form_of_a_trace_id() {
        let check = |now_millis, bits, expected: &str| assert_eq!(trace_header(now_millis, bits), expected);
        check(1_465_510_280_000, 0xbd86_2e3f_e1be_46a9_9427_2793_u128 << 32, "Root=1-5759e988-bd862e3fe1be46a994272793");
        check(1_999, u128::MAX, "Root=1-00000001-ffffffffffffffffffffffff");
        check(-1, 0, "Root=1-00000000-000000000000000000000000");
    }
}
