//! Whose credentials a call is signed with: the caller's, kept until shortly before they end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};

use crate::endpoint::Variable;

/// Credentials that end sooner are asked for again.
const RENEWED_BEFORE: Duration = Duration::from_secs(300);
/// Credentials that do not end are asked for again after this time: whoever changes them need not begin anew.
const LOOKED_AT_AFTER: Duration = Duration::from_secs(300);

/// What there is no way to ask without.
const NONE: &str = "unable to load AWS credentials from any provider in the chain";

/// The caller's credentials.
pub(crate) struct CallersCredentials {
    at_aws: Option<SharedCredentialsProvider>,
    variable: Variable,
    kept: Mutex<Option<(Credentials, SystemTime)>>,
}

impl CallersCredentials {
    pub(crate) fn new(at_aws: Option<SharedCredentialsProvider>, variable: Variable) -> Self {
        Self { at_aws, variable, kept: Mutex::new(None) }
    }

    /// Credentials for AWS; or for something that stands in for it, which takes any, so that nobody need have some.
    pub(crate) async fn find(&self, for_stand_in: bool, now: SystemTime) -> Result<Credentials, String> {
        if for_stand_in {
            return Ok(self.any());
        }
        if let Some((credentials, until)) = &*self.kept()
            && *until > now
        {
            return Ok(credentials.clone());
        }
        let found = self.at_aws().await?;
        let until = found.expiry().and_then(|end| end.checked_sub(RENEWED_BEFORE)).unwrap_or(now + LOOKED_AT_AFTER);
        *self.kept() = Some((found.clone(), until));
        Ok(found)
    }

    async fn at_aws(&self) -> Result<Credentials, String> {
        let Some(provider) = &self.at_aws else { return Err(NONE.to_owned()) };
        // Why there are none is told without what was read.
        provider.provide_credentials().await.map_err(|_| NONE.to_owned())
    }

    /// The environment's; made up where there are none. Nobody is asked over the network for what is not looked at.
    fn any(&self) -> Credentials {
        let variable = |name: &str| (self.variable)(name).filter(|value| !value.is_empty());
        let made_up = || "test".to_owned();
        let id = variable("AWS_ACCESS_KEY_ID").unwrap_or_else(made_up);
        let secret = variable("AWS_SECRET_ACCESS_KEY").unwrap_or_else(made_up);
        Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "stand-in")
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(Credentials, SystemTime)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
