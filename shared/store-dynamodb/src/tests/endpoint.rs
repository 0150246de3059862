//! Where the tests' tables are.

use std::env;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};

use crate::backoff::Backoff;
use crate::{DynamoStore, create_table};

/// Tries as in production, without the waits.
pub(super) const AT_ONCE: Backoff = Backoff { first: Duration::ZERO, longest: Duration::ZERO, tries: 9 };

/// How often the SDK sends a request.
pub(super) const SDK_TRIES: usize = 3;

/// The endpoint of the embedded DynamoDB: one per test binary, in memory, on a free loopback port.
pub(super) fn embedded() -> &'static str {
    static ENDPOINT: OnceLock<String> = OnceLock::new();
    ENDPOINT.get_or_init(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        // On a thread of its own: the runtimes of the tests come and go.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let database = dynoxide::Database::memory().unwrap();
                dynoxide::server::serve_on(tokio::net::TcpListener::from_std(listener).unwrap(), database).await;
            });
        });
        endpoint
    })
}

/// A client of an endpoint, with credentials from the environment or, where there are none, made up.
pub(super) fn client(endpoint: &str) -> Client {
    let variable = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let mut credentials = Credentials::builder()
        .access_key_id(variable("AWS_ACCESS_KEY_ID", "test"))
        .secret_access_key(variable("AWS_SECRET_ACCESS_KEY", "test"))
        .provider_name("tests");
    credentials.set_session_token(env::var("AWS_SESSION_TOKEN").ok());
    let retries = RetryConfig::standard()
        .with_max_attempts(u32::try_from(SDK_TRIES).unwrap())
        .with_initial_backoff(Duration::from_millis(1));
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new(variable("AWS_REGION", "us-east-1")))
        .credentials_provider(credentials.build())
        .retry_config(retries);
    Client::from_conf(config.build())
}

/// A store over a table of its own, at `AWS_ENDPOINT_URL` if that is set, else embedded.
pub(super) async fn new_store() -> (DynamoStore, TableGuard) {
    let endpoint = env::var("AWS_ENDPOINT_URL").unwrap_or_else(|_| embedded().to_owned());
    let store = new_store_at(&endpoint).await;
    let guard = TableGuard { table: store.table().to_owned(), endpoint };
    (store, guard)
}

/// A store over a table of its own at an endpoint.
pub(super) async fn new_store_at(endpoint: &str) -> DynamoStore {
    static TABLES: AtomicU32 = AtomicU32::new(0);
    let table = format!("backstep-test-{}-{}", std::process::id(), TABLES.fetch_add(1, Ordering::Relaxed));
    let client = client(endpoint);
    create_table(&client, &table).await.unwrap();
    DynamoStore::new(client, table).with_backoff(AT_ONCE)
}

/// Deletes a table when a test is done with it, passed or failed: an endpoint that is not embedded outlives the tests.
pub(super) struct TableGuard {
    table: String,
    endpoint: String,
}

impl Drop for TableGuard {
    fn drop(&mut self) {
        if self.endpoint == embedded() {
            return;
        }
        let request = client(&self.endpoint).delete_table().table_name(&self.table);
        // On a thread of its own: a test's runtime does not wait in a destructor.
        let deleting = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(request.send()).map(drop).map_err(|error| error.to_string())
        });
        println!("deleting `{}`: {:?}", self.table, deleting.join());
    }
}
