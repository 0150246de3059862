//! Where a service is: where the environment says, or at AWS.
//!
//! AWS SDKs and Tools Reference Guide, "Service-specific endpoints": `AWS_ENDPOINT_URL_SERVICE` goes before `AWS_ENDPOINT_URL`.

use std::sync::Arc;

/// Reads a variable of the environment by its name.
pub type Variable = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// A service, as far as it must be known for asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    /// As its SDK is called: `Secrets Manager`.
    pub(crate) id: &'static str,
    /// What the names of its hosts begin with.
    pub(crate) prefix: &'static str,
    /// What it is called in signatures.
    pub(crate) signing: &'static str,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Scheme, host and port, and what paths begin with; without a slash at its end.
    pub(crate) url: String,
    /// Whether it stands in for AWS.
    pub(crate) is_stand_in: bool,
}

/// Where services are.
#[derive(Clone)]
pub(crate) struct Endpoints {
    pub(crate) region: String,
    pub(crate) variable: Variable,
}

impl Endpoints {
    /// Where a service is.
    pub(crate) fn of(&self, service: &Service) -> Endpoint {
        match self.named(service) {
            Some(url) => Endpoint { url: url.trim_end_matches('/').to_owned(), is_stand_in: true },
            None => {
                let suffix = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                Endpoint { url: format!("https://{}.{}.{suffix}", service.prefix, self.region), is_stand_in: false }
            }
        }
    }

    /// What the environment names for a service alone.
    pub(crate) fn of_its_own(&self, service: &Service) -> Option<String> {
        let name = service.id.to_uppercase().replace([' ', '-'], "_");
        (self.variable)(&format!("AWS_ENDPOINT_URL_{name}")).filter(|url| !url.is_empty())
    }

    fn named(&self, service: &Service) -> Option<String> {
        if (self.variable)("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|ignored| ignored.eq_ignore_ascii_case("true")) {
            return None;
        }
        self.of_its_own(service).or_else(|| (self.variable)("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: Service = Service { id: "Secrets Manager", prefix: "secretsmanager", signing: "secretsmanager" };

    #[track_caller]
    fn check(variables: &[(&str, &str)], region: &str, expected: &str) {
        let variables: Vec<(String, String)> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let variable: Variable =
            Arc::new(move |name| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()));
        let endpoints = Endpoints { region: region.to_owned(), variable };
        assert_eq!(endpoints.of(&SECRETS).url, expected);
    }

    #[test]
    fn a_service_is_where_the_environment_says_or_at_aws() {
        check(&[], "eu-west-1", "https://secretsmanager.eu-west-1.amazonaws.com");
        check(&[], "cn-north-1", "https://secretsmanager.cn-north-1.amazonaws.com.cn");
        check(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")], "eu-west-1", "http://127.0.0.1:1");
        let own = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:2");
        check(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), own], "eu-west-1", "http://127.0.0.1:2");
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        check(&[ignored, own], "eu-west-1", "https://secretsmanager.eu-west-1.amazonaws.com");
        check(&[("AWS_ENDPOINT_URL", "")], "eu-west-1", "https://secretsmanager.eu-west-1.amazonaws.com");
    }
}
