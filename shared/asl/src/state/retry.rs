//! Retriers: States Language specification, "Retrying after error".

/// One element of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// `ErrorEquals`: exact names, or `States.ALL` and `States.TaskFailed` as wildcards.
    pub error_equals: Vec<String>,
    /// `IntervalSeconds`: seconds before the first retry; 1 by default.
    pub interval_seconds: u64,
    /// `MaxAttempts`: retries; 3 by default, 0 for never.
    pub max_attempts: u64,
    /// `BackoffRate`: the factor per retry, at least 1; 2 by default.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`: the longest delay; none when absent.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy`.
    pub jitter: JitterStrategy,
}

/// `JitterStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JitterStrategy {
    /// `NONE`: the delay as computed.
    #[default]
    None,
    /// `FULL`: uniformly between zero and the delay as computed.
    Full,
}
