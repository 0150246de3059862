//! Whose credentials a call is signed with: the caller's, kept until shortly before they end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

/// Credentials that end sooner are asked for again.
const RENEWED_BEFORE: Duration = Duration::from_secs(300);
/// Credentials that do not end are asked for again after this time: whoever changes them need not begin anew.
const LOOKED_AT_AFTER: Duration = Duration::from_secs(300);

/// The caller's credentials.
pub(crate) struct CallersCredentials {
    at_aws: SharedCredentialsProvider,
    kept: Mutex<Option<(Credentials, SystemTime)>>,
}

impl CallersCredentials {
    pub(crate) fn new(at_aws: SharedCredentialsProvider) -> Self {
        Self { at_aws, kept: Mutex::new(None) }
    }

    /// Credentials for AWS; or for something that stands in for it, which takes any, so that nobody need have some.
    pub(crate) async fn find(&self, for_stand_in: bool, now: SystemTime) -> Result<Credentials, String> {
        if let Some((credentials, until)) = &*self.kept()
            && *until > now
        {
            return Ok(credentials.clone());
        }
        let found = if for_stand_in { any().await } else { self.at_aws().await? };
        let until = found.expiry().and_then(|end| end.checked_sub(RENEWED_BEFORE)).unwrap_or(now + LOOKED_AT_AFTER);
        *self.kept() = Some((found.clone(), until));
        Ok(found)
    }

    async fn at_aws(&self) -> Result<Credentials, String> {
        // Why there are none is told without what was read.
        self.at_aws
            .provide_credentials()
            .await
            .map_err(|_| "unable to load AWS credentials from any provider in the chain".to_owned())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Credentials, SystemTime)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The environment's or a profile's; made up where there are none. What asks the network for credentials is not waited for.
async fn any() -> Credentials {
    if let Ok(credentials) = EnvironmentVariableCredentialsProvider::new().provide_credentials().await {
        return credentials;
    }
    let profile = ProfileFileCredentialsProvider::builder().build();
    let made_up = || Credentials::new("test", "test", None, None, "stand-in");
    profile.provide_credentials().await.unwrap_or_else(|_| made_up())
}
