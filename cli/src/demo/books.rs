//! The books: what all orders left behind, and whether it is what their executions say.

use embedded::System;
use order::{Effects, ItemError, Outcome};

use super::Played;

/// The books of a run.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    /// What is there.
    pub(crate) effects: Effects,
    /// What does not balance, in words.
    pub(crate) findings: Vec<String>,
}

/// Reads the books and checks them against the executions.
pub(crate) async fn check(system: &System, played: &[Played]) -> Result<Books, ItemError> {
    let effects = order::effects(&*system.ports().ledger, system.ports().now()).await?;
    let mut outcomes: Vec<Outcome> = played.iter().filter_map(outcome).collect();
    // Two submissions of one order are one execution.
    outcomes.dedup_by(|one, other| one.name == other.name);
    let findings = order::balance(&outcomes, &effects);
    Ok(Books { effects, findings })
}

fn outcome(played: &Played) -> Option<Outcome> {
    let Played::Ended { description, .. } = played else { return None };
    Some(Outcome {
        name: description.identity.name.clone(),
        status: description.status,
        owed: description.owed.iter().map(|owed| owed.state.clone()).collect(),
        parked: description.parked,
        output: description.output.as_deref().and_then(|output| serde_json::from_str(output).ok()),
    })
}
