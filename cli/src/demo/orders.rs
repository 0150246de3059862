//! The orders of a run, each with its scenario: those built in, or files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use order::scenario::{self, SCENARIOS_FILE, Scenario, ScenarioError};

/// An order that is to be submitted.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// What the run does with it.
    pub(crate) scenario: Scenario,
    /// Its body, as it would come by the orders queue.
    pub(crate) body: String,
}

/// Why orders cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrdersError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The scenarios beside the orders do not fit.
    #[error("`{}`", path.display())]
    Scenarios {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ScenarioError,
    },
}

/// `events/orders/*.json`, as they were when this binary was built.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/orders.rs"));

/// The sample orders, in the order of their scenarios.
pub(crate) fn defaults() -> Result<Vec<Order>, OrdersError> {
    let bodies: BTreeMap<&str, &str> = FILES.iter().copied().collect();
    let text = bodies.get(SCENARIOS_FILE).copied().unwrap_or("[]");
    let scenarios = scenario::parse(text).map_err(|source| OrdersError::Scenarios { path: SCENARIOS_FILE.into(), source })?;
    let orders = scenarios.into_iter().filter_map(|scenario| {
        let body = (*bodies.get(scenario.file.as_str())?).to_owned();
        Some(Order { scenario, body })
    });
    Ok(orders.collect())
}

/// These files, each with what the scenarios beside it say of it.
pub(crate) fn from_files(paths: &[PathBuf]) -> Result<Vec<Order>, OrdersError> {
    paths.iter().map(|path| from_file(path)).collect()
}

fn from_file(path: &Path) -> Result<Order, OrdersError> {
    let read = |path: &Path| fs::read_to_string(path).map_err(|source| OrdersError::File { path: path.to_owned(), source });
    let body = read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(SCENARIOS_FILE);
    let scenarios = match beside.exists() {
        true => scenario::parse(&read(&beside)?).map_err(|source| OrdersError::Scenarios { path: beside, source })?,
        false => Vec::new(),
    };
    let mut scenario = scenarios.into_iter().find(|scenario| scenario.file == name).unwrap_or_else(|| Scenario::plain(&name));
    // What it waits for may not be among these files.
    scenario.after = None;
    Ok(Order { scenario, body })
}
