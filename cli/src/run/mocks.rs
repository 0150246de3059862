//! Mocked responses in the format of Step Functions Local's `MockConfigFile.json` (AWS Step Functions Developer Guide, "Configuration file for
//! mocked service integrations").
//!
//! Test cases name a response per state; a response says what each attempt of a visit comes to: `"0"` is the first, `"1-2"` its first two
//! retries. Beyond that format: a state's compensation is mocked as `STATE/Compensation`, and succeeds with null where it is not named.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use asl::{Definition, StateKind};
use serde::Deserialize;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What names the compensation of a state.
const COMPENSATION_SUFFIX: &str = "/Compensation";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    state_machines: BTreeMap<String, Machine>,
    #[serde(default)]
    mocked_responses: BTreeMap<String, BTreeMap<String, Response>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Machine {
    test_cases: BTreeMap<String, BTreeMap<String, String>>,
}

/// What an attempt comes to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) enum Response {
    /// It succeeds.
    Return(Value),
    /// It fails.
    Throw(Throw),
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Throw {
    /// Its name.
    pub(crate) error: String,
    /// What happened.
    #[serde(default)]
    pub(crate) cause: String,
}

/// The mocked responses of one test case.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Mocks {
    /// By state, or by state and [`COMPENSATION_SUFFIX`].
    tasks: BTreeMap<String, Mocked>,
}

#[derive(Debug, Clone, PartialEq)]
struct Mocked {
    name: String,
    attempts: Vec<(RangeInclusive<u32>, Response)>,
}

/// Why there are no mocked responses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MockError {
    #[error("no mock file: {0}")]
    Malformed(String),
    #[error("the mock file has no state machine `{wanted}`; it has {}", list(has))]
    NoMachine { wanted: String, has: Vec<String> },
    #[error("the mock file has several test cases; choose one with --test-case: {}", list(.0))]
    WhichCase(Vec<String>),
    #[error("the mock file has no test case `{wanted}`; it has {}", list(has))]
    NoCase { wanted: String, has: Vec<String> },
    #[error("test case `{case}` mocks `{state}`, which is no Task state of the definition")]
    NoState { case: String, state: String },
    #[error("`{state}` is to answer with `{response}`, which is not among the mocked responses")]
    NoResponse { state: String, response: String },
    #[error("mocked response `{response}` has `{attempts}`; attempts are a number (`0`) or a range (`1-2`)")]
    Attempts { response: String, attempts: String },
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Mocks {
    /// Reads the responses of a test case. The machine is the only one of the file or the one with the definition's name; the test
    /// case is the only one of its machine, or the one that is asked for.
    pub(crate) fn read(text: &str, machine: &str, case: Option<&str>, definition: &Definition) -> Result<Self, MockError> {
        let file: File = serde_json::from_str(text).map_err(|error| MockError::Malformed(error.to_string()))?;
        let cases = &one_of(&file.state_machines, Some(machine))
            .ok_or_else(|| MockError::NoMachine { wanted: machine.to_owned(), has: names(&file.state_machines) })?
            .1
            .test_cases;
        let (case, states) = match (cases.iter().next(), case) {
            (_, Some(wanted)) => {
                cases.get_key_value(wanted).ok_or_else(|| MockError::NoCase { wanted: wanted.to_owned(), has: names(cases) })?
            }
            (Some(only), None) if cases.len() == 1 => only,
            (_, None) => return Err(MockError::WhichCase(names(cases))),
        };
        let mut tasks = BTreeMap::new();
        for (task, response) in states {
            let state = task.strip_suffix(COMPENSATION_SUFFIX).unwrap_or(task);
            if !definition.state(state).is_some_and(|state| matches!(state.kind, StateKind::Task(_))) {
                return Err(MockError::NoState { case: case.clone(), state: task.clone() });
            }
            let by_attempt = file.mocked_responses.get(response);
            let no_response = || MockError::NoResponse { state: task.clone(), response: response.clone() };
            tasks.insert(task.clone(), mocked(response, by_attempt.ok_or_else(no_response)?)?);
        }
        Ok(Self { tasks })
    }

    /// What an attempt of a task comes to; none if the task is not mocked. `attempt` counts from 1.
    pub(crate) fn of_action(&self, state: &str, attempt: u32) -> Option<Result<Response, String>> {
        self.tasks.get(state).map(|mocked| mocked.of_attempt(state, attempt))
    }

    /// The same of a state's compensation: where nothing real was done there is nothing real to undo.
    pub(crate) fn of_compensation(&self, state: &str, attempt: u32) -> Option<Result<Response, String>> {
        let own = self.tasks.get(&format!("{state}{COMPENSATION_SUFFIX}"));
        let own = own.map(|mocked| mocked.of_attempt(state, attempt));
        own.or_else(|| self.tasks.contains_key(state).then_some(Ok(Response::Return(Value::Null))))
    }
}

impl Mocked {
    fn of_attempt(&self, state: &str, attempt: u32) -> Result<Response, String> {
        let number = attempt.saturating_sub(1);
        let found = self.attempts.iter().find(|(attempts, _)| attempts.contains(&number));
        let missing = || format!("mocked response `{}` of state `{state}` says nothing about attempt `{number}`", self.name);
        found.map(|(_, response)| response.clone()).ok_or_else(missing)
    }
}

fn names<T>(of: &BTreeMap<String, T>) -> Vec<String> {
    of.keys().cloned().collect()
}

fn one_of<'a, T>(of: &'a BTreeMap<String, T>, wanted: Option<&str>) -> Option<(&'a String, &'a T)> {
    let only = of.iter().next().filter(|_| of.len() == 1);
    wanted.and_then(|wanted| of.get_key_value(wanted)).or(only)
}

fn mocked(name: &str, by_attempt: &BTreeMap<String, Response>) -> Result<Mocked, MockError> {
    let mut attempts = Vec::new();
    for (written, response) in by_attempt {
        let unreadable = || MockError::Attempts { response: name.to_owned(), attempts: written.clone() };
        let (first, last) = written.split_once('-').unwrap_or((written, written));
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| unreadable());
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(unreadable());
        }
        attempts.push((first..=last, response.clone()));
    }
    Ok(Mocked { name: name.to_owned(), attempts })
}
