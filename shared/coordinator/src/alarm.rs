//! What an operator is to hear of: lines of the log with a field `alarm`, which a metric filter counts.

use asl::error_name;
use interpreter::{Execution, StateFailure};

/// Says what a committed transition has to be alarmed about.
pub(crate) fn raise(before: &Execution, after: &Execution) {
    let (name, revision) = (&after.identity.name, after.revision);
    if is_runaway(after) && !is_runaway(before) {
        tracing::error!(
            execution = name,
            revision,
            alarm = "runaway_execution",
            "an execution goes round in circles, and is ended"
        );
    }
    if after.parked.is_some() && after.ended_in == Some(revision) {
        let owed = after.owed_tasks().len();
        tracing::error!(execution = name, revision, owed, alarm = "parked_execution", "an execution ended and needs a person");
    }
}

/// Whether an execution ends, or has ended, because it did not get on.
fn is_runaway(execution: &Execution) -> bool {
    let ending = execution.ending.as_ref().and_then(|ending| ending.failure.as_ref());
    let is_it = |failure: &StateFailure| failure.error == error_name::NO_PROGRESS;
    ending.or(execution.failure.as_ref()).is_some_and(is_it)
}
