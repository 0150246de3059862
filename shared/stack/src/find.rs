//! A stack by its name: the coordinator's function is called after it, and is told all that there is to know.

use std::collections::HashMap;

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_sdk_lambda::error::ProvideErrorMetadata;

use crate::facts::reason_of;
use crate::{ConfigurationError, Environment};

/// Behind the name of a stack, the coordinator's function.
const COORDINATOR: &str = "-coordinator";

/// Why there is no stack to be found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No such function, in this account and region.
    #[error("there is no stack `{stack}` in {region}: no function `{stack}-coordinator` (is this the right account and region?)")]
    NoStack {
        /// The stack.
        stack: String,
        /// The region that was asked.
        region: String,
    },
    /// The function has another configuration than this release's.
    #[error("the stack `{stack}` was deployed by another release")]
    Configuration {
        /// The stack.
        stack: String,
        /// What is not as it should be.
        source: ConfigurationError,
    },
    /// AWS does not say.
    #[error("AWS does not say how the stack `{stack}` is configured: {reason}")]
    Unanswered {
        /// The stack.
        stack: String,
        /// What it said instead.
        reason: String,
    },
}

/// Region and credentials of whoever calls, as the AWS CLI finds them: environment, profile, SSO, instance.
pub async fn people_config(region: Option<&str>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().connect_timeout(crate::cloud::CONNECT_TIMEOUT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    if let Ok(name) = AppName::new("backstep") {
        loader = loader.app_name(name);
    }
    if let Some(region) = region {
        loader = loader.region(aws_config::Region::new(region.to_owned()));
    }
    loader.load().await
}

/// The environment of the stack with this name.
///
/// # Errors
///
/// [`FindError`].
pub async fn find(stack: &str, config: &SdkConfig) -> Result<Environment, FindError> {
    let lambda = aws_sdk_lambda::Client::new(config);
    let asked = lambda.get_function_configuration().function_name(format!("{stack}{COORDINATOR}")).send().await;
    let function = asked.map_err(|error| match error.code() {
        Some("ResourceNotFoundException") => FindError::NoStack {
            stack: stack.to_owned(),
            region: config.region().map_or_else(|| "no region".to_owned(), ToString::to_string),
        },
        _ => FindError::Unanswered { stack: stack.to_owned(), reason: reason_of(&error) },
    })?;
    let variables: HashMap<String, String> =
        function.environment().and_then(|environment| environment.variables()).cloned().unwrap_or_default();
    Environment::read(|name| variables.get(name).cloned())
        .map_err(|source| FindError::Configuration { stack: stack.to_owned(), source })
}
