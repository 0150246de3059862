//! The sample orders, and what a run does around each: `events/orders/*.json` and `events/orders/scenarios.json`.
//!
//! An order file is a bare order body, as it would come by the orders queue. Its scenario says what is not in the body: how often it is
//! submitted, what the reviewer answers, when the customer cancels, whether the provider is mended; and what must come of it.

#[cfg(test)]
mod tests;

use interpreter::{ExecutionStatus, Parked};
use serde::Deserialize;

use crate::definition::ORDER_FULFILLMENT;
use crate::review::Decision;

/// The name of the file that holds the scenarios, beside the orders.
pub const SCENARIOS_FILE: &str = "scenarios.json";

/// What a run does with one order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// The order's file, without its folder.
    pub file: String,
    /// What it shows.
    pub shows: String,
    /// The state machine that it is started in.
    #[serde(default = "order_fulfillment")]
    pub machine: String,
    /// Submitted only after the order of this file was admitted.
    #[serde(default)]
    pub after: Option<String>,
    /// How often it is submitted.
    #[serde(default = "once")]
    pub times: u32,
    /// What the reviewer answers; nobody answers where it is absent.
    #[serde(default)]
    pub review: Option<Decision>,
    /// The customer cancels as soon as the execution has left this state.
    #[serde(default)]
    pub stop_after: Option<String>,
    /// What is done once the execution is parked.
    #[serde(default)]
    pub when_parked: Option<WhenParked>,
    /// What must come of it.
    pub expect: Expectation,
}

/// What is done once an execution is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WhenParked {
    /// The execution is redriven.
    Redrive,
    /// The payment processor's refunds are mended ([`crate::provider::mend_refunds`]), then the execution is redriven.
    MendAndRedrive,
}

/// What must come of an order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expectation {
    /// It is not started.
    Refused(ExpectedRefusal),
    /// Its execution ends.
    Ended(ExpectedEnd),
}

/// How a refusal must be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedRefusal {
    /// What its reason says, among other things.
    pub refused: String,
}

/// How an execution must end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedEnd {
    /// Its status.
    pub status: ExecutionStatus,
    /// Its error; any where it is absent.
    #[serde(default)]
    pub error: Option<String>,
    /// The states that were undone, in the order of their undoing.
    #[serde(default)]
    pub compensated: Vec<String>,
    /// The states whose compensation is still owed, in the order of the program.
    #[serde(default)]
    pub owed: Vec<String>,
    /// Whether it is parked.
    #[serde(default)]
    pub parked: Option<Parked>,
}

/// Why scenarios cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the scenarios cannot be read: {0}")]
pub struct ScenarioError(String);

impl Scenario {
    /// The scenario of an order that nothing is said about: submitted once, approved if reviewed.
    pub fn plain(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            shows: String::new(),
            machine: order_fulfillment(),
            after: None,
            times: once(),
            review: Some(Decision::Approved),
            stop_after: None,
            when_parked: None,
            expect: Expectation::Ended(ExpectedEnd {
                status: ExecutionStatus::Succeeded,
                error: None,
                compensated: Vec::new(),
                owed: Vec::new(),
                parked: None,
            }),
        }
    }
}

/// Reads the scenarios from their file's text, in their order.
///
/// # Errors
///
/// [`ScenarioError`] with what does not fit and where.
pub fn parse(text: &str) -> Result<Vec<Scenario>, ScenarioError> {
    serde_json::from_str(text).map_err(|error| ScenarioError(error.to_string()))
}

fn order_fulfillment() -> String {
    ORDER_FULFILLMENT.to_owned()
}

fn once() -> u32 {
    1
}
