//! How a queue is declared.

use std::time::Duration;

use crate::queue_limits::{RETENTION_SECONDS, VISIBILITY_SECONDS};

/// How a queue is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// Whether it keeps the order of each message group (and has no delays).
    pub fifo: bool,
    /// How long a received message stays in flight unless it is deleted or given back; at most 12 hours.
    pub visibility_timeout: Duration,
    /// Where a message goes that was received too often; nowhere when absent.
    pub redrive: Option<Redrive>,
    /// How long a message is kept; at most 14 days.
    pub retention: Duration,
}

/// Where a message goes that was received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The queue, of the same kind as the one that it serves.
    pub dead_letter: String,
    /// How often a message is received before it goes there instead.
    pub max_receive_count: u32,
}

impl QueueSettings {
    /// A standard queue with SQS's default visibility timeout (30 s), retention of 14 days and no redrive.
    pub fn standard() -> Self {
        Self {
            fifo: false,
            visibility_timeout: Duration::from_secs(30),
            redrive: None,
            retention: Duration::from_secs(RETENTION_SECONDS),
        }
    }

    /// The same of a FIFO queue.
    pub fn fifo() -> Self {
        Self { fifo: true, ..Self::standard() }
    }

    /// With this visibility timeout, or 12 hours if it is longer.
    #[must_use]
    pub fn with_visibility_timeout(self, timeout: Duration) -> Self {
        Self { visibility_timeout: timeout.min(Duration::from_secs(VISIBILITY_SECONDS)), ..self }
    }

    /// With this redrive.
    #[must_use]
    pub fn with_redrive(self, dead_letter: impl Into<String>, max_receive_count: u32) -> Self {
        Self { redrive: Some(Redrive { dead_letter: dead_letter.into(), max_receive_count }), ..self }
    }

    /// With this retention, or 14 days if it is longer.
    #[must_use]
    pub fn with_retention(self, retention: Duration) -> Self {
        Self { retention: retention.min(Duration::from_secs(RETENTION_SECONDS)), ..self }
    }
}
