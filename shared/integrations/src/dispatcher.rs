//! From what a request names in the place of a function to the call that is made for it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use clock::Clock;
use serde_json::Value;
use tokio::sync::OnceCell;
use worker::{Completion, Effect, Handler, HandlerError, Task};

use crate::client::Client;
use crate::credentials::CallersCredentials;
use crate::endpoint::{Endpoints, Variable};
use crate::service;
use crate::states_api::StatesApi;

/// Within this time somebody listens, or nobody does.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a dispatcher works with.
#[derive(Clone)]
pub struct Settings {
    /// The region of the services.
    pub region: String,
    /// Reads the environment: endpoints, and the credentials for what stands in for AWS.
    pub variable: Variable,
    /// Whose credentials AWS is asked with; nobody's, where there are none.
    pub credentials: Option<SharedCredentialsProvider>,
    /// The time of signatures.
    pub clock: Arc<dyn Clock>,
    /// What answers calls of Step Functions, unless `AWS_ENDPOINT_URL_SFN` names something else.
    pub states: Option<Arc<dyn StatesApi>>,
}

impl Settings {
    /// Of this process, in a region, with these credentials.
    pub fn of_process(region: &str, credentials: Option<SharedCredentialsProvider>, clock: Arc<dyn Clock>) -> Self {
        let variable = Arc::new(|name: &str| std::env::var(name).ok());
        Self { region: region.to_owned(), variable, credentials, clock, states: None }
    }

    /// With the Step Functions API of the system that executions run in.
    #[must_use]
    pub fn with_states(self, states: Arc<dyn StatesApi>) -> Self {
        Self { states: Some(states), ..self }
    }
}

/// Makes the handlers of calls. Clones share everything.
#[derive(Clone)]
pub struct Dispatcher {
    inner: Arc<Inner>,
}

/// What the calls of all services share.
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    connector: Option<SharedHttpConnector>,
    client: OnceCell<Client>,
}

impl Dispatcher {
    /// With these settings. Nothing is read or connected before the first call.
    pub fn new(settings: Settings) -> Self {
        Self { inner: Arc::new(Inner { settings, connector: None, client: OnceCell::new() }) }
    }

    /// With something else than the network.
    #[cfg(test)]
    pub(crate) fn over(settings: Settings, connector: SharedHttpConnector) -> Self {
        Self { inner: Arc::new(Inner { settings, connector: Some(connector), client: OnceCell::new() }) }
    }

    /// The handler of what a request names in the place of a function.
    pub fn handler(&self, function: &str) -> Arc<dyn Handler> {
        Arc::new(Call { function: function.to_owned(), inner: Arc::clone(&self.inner) })
    }
}

impl Inner {
    pub(crate) async fn client(&self) -> &Client {
        self.client.get_or_init(|| async { self.connect() }).await
    }

    pub(crate) fn endpoints(&self) -> Endpoints {
        let variable: Variable = Arc::clone(&self.settings.variable);
        Endpoints { region: self.settings.region.clone(), variable }
    }

    fn connect(&self) -> Client {
        let variable: Variable = Arc::clone(&self.settings.variable);
        Client {
            connector: self.connector.clone().unwrap_or_else(connector),
            credentials: CallersCredentials::new(self.settings.credentials.clone(), variable),
            endpoints: self.endpoints(),
            clock: Arc::clone(&self.settings.clock),
        }
    }
}

fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).build();
    let connector = Connector::builder().connector_settings(settings);
    SharedHttpConnector::new(connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
}

/// One call.
struct Call {
    function: String,
    inner: Arc<Inner>,
}

#[async_trait]
impl Handler for Call {
    fn function(&self) -> &str {
        &self.function
    }

    fn effect(&self) -> Effect {
        Effect::Outside
    }

    async fn perform(&self, task: &Task) -> Result<Completion, HandlerError> {
        self.inner.call(&self.function, task).await.map(Completion::of)
    }
}

impl Inner {
    async fn call(&self, function: &str, task: &Task) -> Result<Value, HandlerError> {
        let parts: Vec<&str> = function.split(':').collect();
        // When the task has its result is not the dispatcher's business.
        let action = |action: &&str| action.split('.').next().unwrap_or_default().to_owned();
        match parts.as_slice() {
            [name] => service::lambda::function(self, name, &task.input).await,
            ["arn", _, "lambda", ..] => service::lambda::function(self, function, &task.input).await,
            ["lambda", _] => service::lambda::invoke(self, &task.input).await,
            ["sqs", _] => service::sqs::send_message(self, &task.input).await,
            ["sns", _] => service::sns::publish(self, &task.input).await,
            ["events", _] => service::events::put_events(self, task).await,
            ["dynamodb", name] => service::dynamodb::call(self, &action(name), &task.input).await,
            ["states", "startExecution" | "startExecution.waitForTaskToken"] => {
                service::states::start_execution(self, task).await
            }
            ["http", _] => service::http::invoke(self, &task.input).await,
            ["aws-sdk", service, name, ..] => service::sdk::call(self, service, &action(name), task).await,
            _ => Err(service::unknown(function)),
        }
    }
}
