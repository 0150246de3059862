//! The ports on AWS: one table, the queues of the stack, the system's clock and randomness.

use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use clock::{Clock, Entropy, SystemClock, SystemEntropy};
use coordinator::{Coordinator, Ports, Settings};
use queue_sqs::{QueueAddresses, SqsQueues};
use store::Retention;
use store_dynamodb::DynamoStore;

use crate::{ConfigurationError, Environment};

/// The longest that one try of a request may take: a function has 10 s, and the SDK tries three times.
const TRY_TIMEOUT: Duration = Duration::from_millis(2_500);
/// The longest that a connection may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The variable in which Lambda says how a function is called.
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The ports of a function, and what its further clients are made of.
#[derive(Clone)]
pub struct Cloud {
    /// What the template says.
    pub environment: Environment,
    /// The ports of coordinator and workers.
    pub ports: Ports,
    /// The queues, as what receives.
    pub queues: SqsQueues,
    /// Region, credentials, endpoint, timeouts.
    pub config: SdkConfig,
}

impl Cloud {
    /// Region, credentials and an endpoint other than AWS's come from the process's environment, as Lambda sets it.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] for what the template does not say. Nothing is asked yet.
    pub async fn connect(environment: Environment) -> Result<Self, ConfigurationError> {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(TRY_TIMEOUT).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
        // In the user agent, so that logs of what was asked say by whom.
        if let Some(name) = std::env::var(FUNCTION_NAME).ok().and_then(|name| AppName::new(name).ok()) {
            loader = loader.app_name(name);
        }
        Self::of(environment, loader.load().await)
    }

    /// The same through a client of this configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Retention`].
    pub fn of(environment: Environment, config: SdkConfig) -> Result<Self, ConfigurationError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy::new());
        let retention = Retention::days(Arc::clone(&clock), environment.retention_days)?;
        let table = DynamoStore::new(aws_sdk_dynamodb::Client::new(&config), environment.table.clone()).keeping(retention);
        let addresses = QueueAddresses::Listed(environment.queues.clone());
        let sqs = aws_sdk_sqs::config::Builder::from(&config);
        let queues = SqsQueues::new(sqs, addresses, Arc::clone(&clock), Arc::clone(&entropy));
        let ports = Ports {
            executions: Arc::new(table.clone()),
            ledger: Arc::new(table),
            queue: Arc::new(queues.clone()),
            clock,
            entropy,
        };
        Ok(Self { environment, ports, queues, config })
    }

    /// The coordinator over these ports.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Settings`].
    pub fn coordinator(&self) -> Result<Coordinator, ConfigurationError> {
        let settings = Settings { routes: self.environment.routes.clone(), ..Settings::default() };
        Ok(Coordinator::checked(self.ports.clone(), settings)?)
    }
}
