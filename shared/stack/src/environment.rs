//! A function's configuration: environment variables that the template sets, the same for all functions of a stack.

use std::collections::BTreeMap;

use interpreter::{Route, Routes};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use store::RetentionError;

/// The name of the table.
const TABLE: &str = "BACKSTEP_TABLE";
/// How long executions are kept, in days.
const RETENTION_DAYS: &str = "BACKSTEP_RETENTION_DAYS";
/// JSON: the URL of each queue by our name for it.
const QUEUES: &str = "BACKSTEP_QUEUES";
/// JSON: by each function's name, its queue and its timeout in seconds.
const ROUTES: &str = "BACKSTEP_ROUTES";
/// What the ARNs of the stack's state machines begin with: `arn:aws:states:REGION:ACCOUNT:stateMachine:`.
const MACHINES: &str = "BACKSTEP_MACHINES";

/// What the template tells a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The name of the table.
    pub table: String,
    /// How long executions are kept, in days: whoever shares a table says the same.
    pub retention_days: u64,
    /// The URL of each queue, by our name for it.
    pub queues: BTreeMap<String, String>,
    /// Which queue each function's requests go to.
    pub routes: Routes,
    /// What the ARNs of the stack's state machines begin with, the colon before the name included.
    pub machines: String,
}

/// Where the state machines of a stack are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachinesPlace {
    /// The region, as in `eu-central-1`.
    pub region: String,
    /// The account: 12 digits.
    pub account: String,
}

/// Why a function cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// A variable is not set.
    #[error("the environment variable `{0}` is not set")]
    Missing(&'static str),
    /// A variable holds something else.
    #[error("the environment variable `{name}` is not what it should be: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The retention is too short.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// Executions would be looked at too rarely for the retention.
    #[error(transparent)]
    Settings(#[from] coordinator::SettingsError),
    /// A queue that the function needs has no URL.
    #[error("there is no queue `{0}` in the configuration")]
    NoQueue(String),
}

/// A route as the template writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenRoute {
    queue: String,
    timeout_seconds: u64,
}

impl Environment {
    /// This process's.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Missing`], [`ConfigurationError::Invalid`].
    pub fn of_process() -> Result<Self, ConfigurationError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// From anything that has variables.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Missing`], [`ConfigurationError::Invalid`].
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigurationError> {
        let text = |name| variable(name).filter(|text| !text.is_empty()).ok_or(ConfigurationError::Missing(name));
        let routes: BTreeMap<String, WrittenRoute> = json(ROUTES, &text(ROUTES)?)?;
        let route = |written: WrittenRoute| Route { queue: written.queue, function_timeout_seconds: written.timeout_seconds };
        Ok(Self {
            table: text(TABLE)?,
            retention_days: json(RETENTION_DAYS, &text(RETENTION_DAYS)?)?,
            queues: json(QUEUES, &text(QUEUES)?)?,
            routes: Routes(routes.into_iter().map(|(function, written)| (function, route(written))).collect()),
            machines: text(MACHINES)?,
        })
    }

    /// Where the stack's state machines are, by what their ARNs begin with.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError::Invalid`] if that is no such beginning.
    pub fn place(&self) -> Result<MachinesPlace, ConfigurationError> {
        match self.machines.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "states", region, account, "stateMachine", ""] => {
                Ok(MachinesPlace { region: (*region).to_owned(), account: (*account).to_owned() })
            }
            _ => Err(ConfigurationError::Invalid {
                name: MACHINES,
                reason: format!("`{}` is not what the ARN of a state machine begins with", self.machines),
            }),
        }
    }

    /// The stack's name, as the template has it begin the names of all queues; none if these queues are called otherwise.
    pub fn stack_name(&self) -> Option<&str> {
        let mut names = self.queues.iter().map(|(ours, url)| {
            let name = url.rsplit('/').next().unwrap_or_default();
            name.strip_suffix(".fifo").unwrap_or(name).strip_suffix(ours.as_str())?.strip_suffix('-')
        });
        let first = names.next().flatten().filter(|name| !name.is_empty())?;
        names.all(|name| name == Some(first)).then_some(first)
    }

    /// The ARN of the state machine with this name.
    pub fn machine_arn(&self, name: &str) -> String {
        format!("{}{name}", self.machines)
    }
}

fn json<T: DeserializeOwned>(name: &'static str, text: &str) -> Result<T, ConfigurationError> {
    serde_json::from_str(text).map_err(|error| ConfigurationError::Invalid { name, reason: error.to_string() })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the tests of this crate are configured with.
    pub(crate) fn variables() -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (TABLE, "backstep-test".to_owned()),
            (RETENTION_DAYS, "30".to_owned()),
            (
                QUEUES,
                r#"{"answers":"http://queues/1/test-answers.fifo","tasks-order":"http://queues/1/test-tasks-order"}"#.to_owned(),
            ),
            (ROUTES, r#"{"validate-order":{"queue":"tasks-order","timeoutSeconds":10}}"#.to_owned()),
            (MACHINES, "arn:aws:states:eu-central-1:1:stateMachine:".to_owned()),
        ])
    }

    fn read(variables: &BTreeMap<&'static str, String>) -> Result<Environment, ConfigurationError> {
        Environment::read(|name| variables.get(name).cloned())
    }

    #[test]
    fn a_function_is_told_its_table_its_queues_and_its_routes() {
        let environment = read(&variables()).unwrap();
        assert_eq!((environment.table.as_str(), environment.retention_days), ("backstep-test", 30));
        assert_eq!(environment.queues["answers"], "http://queues/1/test-answers.fifo");
        let route = Route { queue: "tasks-order".to_owned(), function_timeout_seconds: 10 };
        assert_eq!(environment.routes.of("validate-order"), Some(&route));
        assert_eq!(environment.machine_arn("order"), "arn:aws:states:eu-central-1:1:stateMachine:order");
        let place = MachinesPlace { region: "eu-central-1".to_owned(), account: "1".to_owned() };
        assert_eq!(environment.place(), Ok(place));
        assert!(Environment { machines: "arn:aws:states:".to_owned(), ..environment }.place().is_err());
    }

    #[test]
    fn the_name_of_a_stack_is_what_the_names_of_its_queues_begin_with() {
        let check = |queues: &[(&str, &str)], name: Option<&str>| {
            let queues = queues.iter().map(|(ours, url)| ((*ours).to_owned(), (*url).to_owned())).collect();
            let environment = Environment { queues, ..read(&variables()).unwrap() };
            assert_eq!(environment.stack_name(), name, "{environment:?}");
        };
        check(
            &[("answers", "http://q/1/shop-eu-answers.fifo"), ("tasks-order", "http://q/1/shop-eu-tasks-order")],
            Some("shop-eu"),
        );
        check(&[("answers", "http://q/1/shop-answers.fifo"), ("tasks-order", "http://q/1/till-tasks-order")], None);
        check(&[("answers", "http://q/1/replies.fifo")], None);
        check(&[("answers", "http://q/1/-answers.fifo")], None);
        check(&[], None);
    }

    #[test]
    fn a_variable_that_is_missing_or_wrong_is_named() {
        for name in [TABLE, RETENTION_DAYS, QUEUES, ROUTES, MACHINES] {
            let mut without = variables();
            without.remove(name);
            assert_eq!(read(&without), Err(ConfigurationError::Missing(name)));
            let empty = BTreeMap::from_iter(variables().into_iter().chain([(name, String::new())]));
            assert_eq!(read(&empty), Err(ConfigurationError::Missing(name)));
        }
        for (name, text) in [(RETENTION_DAYS, "a month"), (QUEUES, "[]"), (ROUTES, r#"{"f":{"queue":"q","timeout":1}}"#)] {
            let wrong = BTreeMap::from_iter(variables().into_iter().chain([(name, text.to_owned())]));
            let error = read(&wrong).unwrap_err();
            assert!(matches!(&error, ConfigurationError::Invalid { name: found, .. } if *found == name), "{error}");
        }
    }
}
