//! The operations against a service that answers as planned and keeps what it was asked: what is sent, and what answers mean.
//!
//! How a real queue behaves is the contract's matter (`tests/sqs.rs`).

mod addresses;
mod logs;
mod receive;
mod send;
mod service;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
use clock::{ManualClock, SeededEntropy};
use service::Service;

use crate::{Naming, QueueAddresses, SqsQueues};

/// How often the SDK sends a request.
const SDK_TRIES: usize = 3;

/// What a client needs to call the service, and no waits between its tries.
fn config(service: &Service) -> Builder {
    let retries = RetryConfig::standard()
        .with_max_attempts(u32::try_from(SDK_TRIES).unwrap())
        .with_initial_backoff(Duration::from_millis(1));
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&service.endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .retry_config(retries)
}

fn queues_at(service: &Service, addresses: QueueAddresses) -> SqsQueues {
    let clock = Arc::new(ManualClock::at_millis(1_700_000_000_000));
    SqsQueues::new(config(service), addresses, clock, Arc::new(SeededEntropy::new(1)))
}

/// A service, and queues whose URLs are made of their names.
async fn located() -> (Service, SqsQueues) {
    let service = Service::start().await;
    let account_url = "https://sqs.us-east-1.amazonaws.com/123456789012".to_owned();
    let queues = queues_at(&service, QueueAddresses::Located { account_url, naming: Naming::new("orders-") });
    (service, queues)
}
