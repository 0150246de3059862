//! The contract of queues against a service that speaks SQS's protocol: SQS itself, or what stands in for it.
//!
//! `tests/long/queue-sqs` runs it against ministack. Against AWS: `BACKSTEP_SQS_ENDPOINT=https://sqs.REGION.amazonaws.com`, `AWS_REGION` and credentials
//! in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`; it makes queues named `backstep-contract-...`, and deletes them.

// A test says what does not hold by panicking, and so do the functions that only tests call.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::env;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_sqs::types::QueueAttributeName;
use clock::{Clock, SystemClock, SystemEntropy};
use futures::FutureExt;
use messages::contract::{QueueBench, checks};
use messages::{MessageQueue, Outgoing, QueueSettings, QueueSource};
use queue_sqs::{Naming, QueueAddresses, SqsQueues};

/// What does not hold of ministack, and holds of SQS (docs/queues.md says what ministack does instead). A check that begins to hold is found too: it is
/// then to be taken out here.
const NOT_OF_MINISTACK: &[&str] = &[
    "deleting_what_is_gone_succeeds",
    "a_receipt_of_an_earlier_delivery_deletes_nothing",
    "what_is_no_longer_in_flight_cannot_be_given_back",
    "an_expired_receipt_is_refused_on_a_fifo_queue",
];

fn endpoint() -> String {
    env::var("BACKSTEP_SQS_ENDPOINT").expect("BACKSTEP_SQS_ENDPOINT names the service; tests/long/queue-sqs sets it")
}

/// What does not hold of the service.
fn exceptions() -> &'static [&'static str] {
    match env::var("BACKSTEP_SQS_SERVICE").as_deref() {
        Ok("ministack") => NOT_OF_MINISTACK,
        Ok(other) => panic!("BACKSTEP_SQS_SERVICE is `{other}`: only what differs of `ministack` is known"),
        Err(_) => &[],
    }
}

fn config() -> Builder {
    let variable = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let mut credentials = Credentials::builder()
        .access_key_id(variable("AWS_ACCESS_KEY_ID", "test"))
        .secret_access_key(variable("AWS_SECRET_ACCESS_KEY", "test"))
        .provider_name("tests");
    credentials.set_session_token(env::var("AWS_SESSION_TOKEN").ok());
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint())
        .region(Region::new(variable("AWS_REGION", "us-east-1")))
        .credentials_provider(credentials.build())
}

struct Bench {
    queues: Arc<SqsQueues>,
    client: Client,
    prefix: String,
    urls: Mutex<Vec<String>>,
    made: AtomicUsize,
}

impl Bench {
    fn new() -> Self {
        let prefix = format!("backstep-contract-{}-{}-", std::process::id(), SystemClock.now_millis());
        let addresses = QueueAddresses::Named(Naming::new(&prefix));
        let queues = SqsQueues::new(config(), addresses, Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
        Self {
            queues: Arc::new(queues),
            client: Client::from_conf(config().build()),
            prefix,
            urls: Mutex::default(),
            made: AtomicUsize::new(0),
        }
    }

    /// The ARN of a queue by our name.
    async fn arn(&self, name: &str) -> String {
        let url = self.client.get_queue_url().queue_name(format!("{}{name}", self.prefix)).send().await.unwrap();
        let request = self.client.get_queue_attributes().set_queue_url(url.queue_url);
        let answer = request.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
        answer.attributes.unwrap()[&QueueAttributeName::QueueArn].clone()
    }

    async fn attributes(&self, settings: &QueueSettings) -> HashMap<QueueAttributeName, String> {
        let visibility_timeout_seconds = settings.visibility_timeout.as_secs().to_string();
        let retention_seconds = settings.retention.as_secs().to_string();
        let mut attributes = HashMap::from([
            (QueueAttributeName::VisibilityTimeout, visibility_timeout_seconds),
            (QueueAttributeName::MessageRetentionPeriod, retention_seconds),
        ]);
        if settings.fifo {
            attributes.insert(QueueAttributeName::FifoQueue, "true".to_owned());
        }
        if let Some(redrive) = &settings.redrive {
            let target = self.arn(&redrive.dead_letter).await;
            let policy = serde_json::json!({"deadLetterTargetArn": target, "maxReceiveCount": redrive.max_receive_count});
            attributes.insert(QueueAttributeName::RedrivePolicy, policy.to_string());
        }
        attributes
    }

    async fn delete_queues(&self) {
        let urls = std::mem::take(&mut *self.urls.lock().unwrap());
        for url in urls {
            self.client.delete_queue().queue_url(url).send().await.unwrap();
        }
    }
}

#[async_trait]
impl QueueBench for Bench {
    fn queue(&self) -> Arc<dyn MessageQueue> {
        Arc::clone(&self.queues) as _
    }

    fn source(&self) -> Arc<dyn QueueSource> {
        Arc::clone(&self.queues) as _
    }

    async fn make(&self, settings: QueueSettings) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("queue-{number}{}", if settings.fifo { ".fifo" } else { "" });
        let attributes = self.attributes(&settings).await;
        let request = self.client.create_queue().queue_name(format!("{}{name}", self.prefix)).set_attributes(Some(attributes));
        let url = request.send().await.unwrap().queue_url.unwrap();
        self.urls.lock().unwrap().push(url);
        name
    }

    async fn pass(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

#[tokio::test]
async fn the_contract_of_queues_holds_but_for_what_the_service_is_known_to_do_otherwise() {
    let bench = Bench::new();
    let exceptions = exceptions();
    let (mut broken, mut held) = (Vec::new(), Vec::new());
    for (name, check) in checks() {
        let holds = AssertUnwindSafe(check(&bench)).catch_unwind().await.is_ok();
        if holds { &mut held } else { &mut broken }.push(name);
    }
    bench.delete_queues().await;
    println!("{} checks hold, {} do not: {broken:?}", held.len(), broken.len());
    assert!(held.len() >= 25, "the contract was not run");
    let found: Vec<&str> = broken.iter().copied().filter(|name| !exceptions.contains(name)).collect();
    assert!(found.is_empty(), "these do not hold:\n{}", found.join("\n"));
    let mended: Vec<&str> = exceptions.iter().copied().filter(|name| !broken.contains(name)).collect();
    assert!(mended.is_empty(), "these hold now, and are listed as exceptions:\n{}", mended.join("\n"));
}

#[tokio::test]
async fn a_queue_whose_url_is_made_of_its_name_takes_and_gives_messages() {
    let bench = Bench::new();
    let name = bench.make(QueueSettings::fifo()).await;
    let url = bench.urls.lock().unwrap()[0].clone();
    let account_url = url.rsplit_once('/').unwrap().0.to_owned();
    let addresses = QueueAddresses::Located { account_url, naming: Naming::new(&bench.prefix) };
    let queues = SqsQueues::new(config(), addresses, Arc::new(SystemClock), Arc::new(SystemEntropy::new()));
    assert_eq!(queues.send(&name, &[Outgoing::fifo("body", "group", "id")]).await, Ok(vec![Ok(())]));
    let received = queues.receive(&name, 1, Duration::from_secs(5)).await.unwrap();
    assert_eq!(received[0].body, "body");
    queues.delete(&name, &received[0].receipt).await.unwrap();
    bench.delete_queues().await;
}
