//! The ports on AWS: one table, the queues of the stack, the system's clock and randomness.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
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
/// The variable in which Lambda says where a function runs.
const REGION: &str = "AWS_REGION";
/// An endpoint for all services, other than AWS's.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
/// Whether endpoints are those validated by FIPS 140.
const FIPS: &str = "AWS_USE_FIPS_ENDPOINT";
/// Whether endpoints are those that also have an IPv6 address.
const DUAL_STACK: &str = "AWS_USE_DUALSTACK_ENDPOINT";

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
    /// [`ConfigurationError`] for what neither the template nor Lambda says. Nothing is asked yet.
    pub fn connect(environment: Environment) -> Result<Self, ConfigurationError> {
        let config = function_config(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))?;
        Self::of(environment, config)
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
            objects: None,
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

/// What Lambda says to a function about AWS, by its variables. The SDK's own chain of providers would look there first, and link the clients of all others.
fn function_config(variable: impl Fn(&str) -> Option<String>) -> Result<SdkConfig, ConfigurationError> {
    let said = |name| variable(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let region = variable(REGION).ok_or(ConfigurationError::Missing(REGION))?;
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .retry_config(RetryConfig::standard())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(TRY_TIMEOUT).build())
        .use_fips(said(FIPS))
        .use_dual_stack(said(DUAL_STACK));
    config.set_endpoint_url(variable(ENDPOINT));
    // In the user agent, so that logs of what was asked say by whom.
    config.set_app_name(variable(FUNCTION_NAME).and_then(|name| AppName::new(name).ok()));
    Ok(config.build())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<SdkConfig, ConfigurationError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        function_config(|name| variables.get(name).map(|text| (*text).to_owned()))
    }

    #[test]
    fn a_function_asks_where_lambda_says_and_names_itself() {
        let told = config(&[(REGION, "eu-central-1"), (FUNCTION_NAME, "shop-watch")]).unwrap();
        assert_eq!(told.region(), Some(&Region::new("eu-central-1")));
        assert_eq!(told.app_name(), Some(&AppName::new("shop-watch").unwrap()));
        assert_eq!((told.endpoint_url(), told.use_fips(), told.use_dual_stack()), (None, Some(false), Some(false)));
        assert!(told.credentials_provider().is_some());
        assert_eq!(told.timeout_config().and_then(TimeoutConfig::operation_attempt_timeout), Some(TRY_TIMEOUT));
        let elsewhere = [(REGION, "eu-central-1"), (ENDPOINT, "http://127.0.0.1:1"), (FIPS, "true"), (DUAL_STACK, "TRUE")];
        let told = config(&elsewhere).unwrap();
        assert_eq!(
            (told.endpoint_url(), told.use_fips(), told.use_dual_stack()),
            (Some("http://127.0.0.1:1"), Some(true), Some(true))
        );
        assert_eq!(config(&[]).unwrap_err(), ConfigurationError::Missing(REGION));
    }
}
