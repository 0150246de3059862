//! The queues: a client, what their names mean, and the ports over both.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Builder;
use clock::{Clock, Entropy};
use messages::{Delivery, GiveBack, MessageQueue, Outgoing, QueueError, QueueSource, Receipt, SendFailure};

use crate::{NewTrace, QueueAddresses};

/// SQS queues. Copies share connections and known addresses.
#[derive(Clone)]
pub struct SqsQueues {
    client: Client,
    addresses: Arc<QueueAddresses>,
    /// What SQS was asked for, by our names.
    known_urls: Arc<Mutex<BTreeMap<String, String>>>,
    entropy: Arc<dyn Entropy>,
}

impl SqsQueues {
    /// The queues at these addresses, through a client of this configuration. Each of its requests begins a trace ([`NewTrace`]), named by `clock`
    /// and `entropy`.
    pub fn new(config: Builder, addresses: QueueAddresses, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let config = config.interceptor(NewTrace::new(clock, Arc::clone(&entropy)));
        let client = Client::from_conf(config.build());
        Self { client, addresses: Arc::new(addresses), known_urls: Arc::default(), entropy }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn addresses(&self) -> &QueueAddresses {
        &self.addresses
    }

    pub(crate) fn known_url(&self, queue: &str) -> Option<String> {
        self.known_urls.lock().unwrap_or_else(PoisonError::into_inner).get(queue).cloned()
    }

    pub(crate) fn remember_url(&self, queue: &str, url: &str) {
        self.known_urls.lock().unwrap_or_else(PoisonError::into_inner).insert(queue.to_owned(), url.to_owned());
    }

    /// An identifier that was never used before.
    pub(crate) fn fresh_id(&self) -> String {
        format!("{:032x}", self.entropy.bits())
    }
}

#[async_trait]
impl MessageQueue for SqsQueues {
    async fn send(&self, queue: &str, messages: &[Outgoing]) -> Result<Vec<Result<(), SendFailure>>, QueueError> {
        self.send_batch(queue, messages).await
    }
}

#[async_trait]
impl QueueSource for SqsQueues {
    async fn receive(&self, queue: &str, most: usize, wait: Duration) -> Result<Vec<Delivery>, QueueError> {
        self.receive_some(queue, most, wait).await
    }

    async fn delete(&self, queue: &str, receipt: &Receipt) -> Result<(), QueueError> {
        self.delete_one(queue, receipt).await
    }

    async fn give_back(&self, queue: &str, give_back: &GiveBack) -> Result<(), QueueError> {
        self.give_one_back(queue, give_back).await
    }
}

/// This duration in whole seconds, which is all that SQS knows; what is begun counts whole.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
