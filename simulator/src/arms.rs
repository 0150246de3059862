//! All arms of the transition tables, and those that nothing can lead to.

use std::collections::BTreeSet;

const ATTEMPTS: [&str; 3] = ["lower attempt", "same attempt", "higher attempt"];
const STAGES: [&str; 5] = ["running", "awaiting its pivot", "unwinding", "parked", "ended"];
const TASK_PHASES: [&str; 6] = ["due", "in flight", "in flight and submitted", "in backoff", "answered", "failed"];
const UNDO_PHASES: [&str; 6] = ["registered", "due", "in flight", "in backoff", "answered", "spent"];
const STATE_TYPES: [&str; 8] = ["Task", "Choice", "Parallel", "Map", "Wait", "Pass", "Succeed", "Fail"];
const EVENTS: [&str; 35] = [
    "ExecutionStarted",
    "ExecutionSucceeded",
    "ExecutionFailed",
    "ExecutionTimedOut",
    "ExecutionAborted",
    "ExecutionRedriven",
    "LambdaFunctionScheduled",
    "LambdaFunctionStarted",
    "LambdaFunctionSucceeded",
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
    "LambdaFunctionScheduleFailed",
    "TaskScheduled",
    "TaskStarted",
    "TaskSubmitted",
    "TaskSucceeded",
    "TaskFailed",
    "TaskTimedOut",
    "TaskSubmitFailed",
    "ParallelStateStarted",
    "ParallelStateSucceeded",
    "ParallelStateFailed",
    "MapStateStarted",
    "MapStateSucceeded",
    "MapStateFailed",
    "MapIterationStarted",
    "MapIterationSucceeded",
    "MapIterationFailed",
    "MapIterationAborted",
    "UnwindingStarted",
    "CompensationScheduled",
    "CompensationSucceeded",
    "CompensationFailed",
    "UnwindingEnded",
    "PivotPassed",
];

/// Every arm, possible or not.
pub fn all() -> BTreeSet<String> {
    let mut arms = BTreeSet::new();
    arms.extend(requests());
    arms.extend(extensions());
    let answers = ["answer: success", "answer: failure", "answer: refusal"];
    let by_token = ["dead letter", "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"];
    for who in answers.into_iter().chain(by_token) {
        arms.extend(met_by().into_iter().map(|met| format!("{who}: {met}")));
    }
    for stage in STAGES {
        arms.extend(["begins", "goes on"].map(|page| format!("wake: {stage}: {page}")));
        arms.extend(["StopExecution", "RedriveExecution"].map(|what| format!("{what}: {stage}")));
        for armed in ["armed", "another armed"] {
            arms.extend(["early", "due"].map(|early| format!("hint: {stage}: {armed}, {early}")));
        }
    }
    arms.extend(EVENTS.map(|event| format!("event: {event}")));
    for state in STATE_TYPES {
        arms.extend(["Entered", "Exited", "Aborted"].map(|what| format!("event: {state}State{what}")));
    }
    for status in ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] {
        arms.extend(["", ", parked with something owed", ", parked behind its pivot"].map(|how| format!("end: {status}{how}")));
    }
    arms
}

/// What a request meets in the ledger.
fn requests() -> Vec<String> {
    let mut arms = Vec::new();
    for kind in ["action", "callback", "compensation"] {
        arms.push(format!("ledger: absent: {kind}"));
        for state in ["live", "expired", "failed", "succeeded", "revoked", "heard of"] {
            arms.extend(ATTEMPTS.map(|attempt| format!("ledger: {state}, {attempt}: {kind}")));
        }
    }
    for state in ["absent", "live", "expired", "failed", "succeeded", "revoked", "heard of"] {
        arms.push(format!("ledger of the action: {state}: compensation"));
    }
    arms
}

/// What whoever wants a lease to last longer meets in the ledger.
fn extensions() -> Vec<String> {
    let mut arms = vec!["lease extended: absent".to_owned()];
    for state in ["live, its own", "live, another's", "expired, its own", "expired, another's", "failed", "succeeded", "revoked"]
    {
        arms.extend(ATTEMPTS.map(|attempt| format!("lease extended: {state}, {attempt}")));
    }
    arms
}

/// What a message about a task's attempt meets.
fn met_by() -> Vec<String> {
    let mut arms: Vec<String> =
        ["parked", "ended", "visit over", "action stopped: not yet undone", "action stopped: being undone"]
            .map(str::to_owned)
            .into();
    for attempt in ["this attempt", "another attempt"] {
        arms.extend(TASK_PHASES.map(|phase| format!("action {phase}: {attempt}")));
        arms.extend(UNDO_PHASES.map(|phase| format!("compensation {phase}: {attempt}")));
    }
    arms
}

/// Why nothing can lead to an arm; none if something may.
pub fn impossible(arm: &str) -> Option<&'static str> {
    let by_person = arm.starts_with("SendTask");
    let why = [
        (arm.contains(": action answered"), "what came of an attempt is used in the transition that hears of it"),
        (arm.contains(": action failed"), "a Task that has failed stands in executions that ended alone"),
        (by_person && arm.contains(": compensation"), "nobody outside is given the token of a compensation"),
        (is_second_outcome(arm), "the ledger has one outcome of an attempt, and a request that is submitted has succeeded"),
        (arm.starts_with("end: SUCCEEDED, parked"), "whoever succeeds owes nothing, and is at the end of its way"),
        (is_end_of_other_name(arm), "whoever still owes something has failed, whatever it ended by at first"),
        (is_passed_at_once(arm), "such a state is entered and left in one transition"),
        (arm == "event: FailStateExited", "a Fail state has no event for being left, as on AWS"),
        (is_armed_after_its_end(arm), "whoever ends waits for nothing"),
        (arm == "lease extended: absent", "an entry of the ledger outlives every invocation"),
        (is_extended_by_others(arm), "the entry of a lease has the attempt of its holder, and no attempt follows a later one"),
        (arm.contains("heard of"), "whoever hands a token out has written an entry of its own before"),
        (arm.starts_with("ledger: revoked") && arm.ends_with(": compensation"), "nobody revokes a compensation"),
    ];
    why.iter().find(|(is_so, _)| *is_so).map(|(_, why)| *why)
}

fn is_second_outcome(arm: &str) -> bool {
    ["answer: failure", "answer: refusal"]
        .iter()
        .any(|answer| *arm == format!("{answer}: action in flight and submitted: this attempt"))
}

fn is_end_of_other_name(arm: &str) -> bool {
    ["end: ABORTED", "end: TIMED_OUT"].iter().any(|end| *arm == format!("{end}, parked with something owed"))
}

fn is_passed_at_once(arm: &str) -> bool {
    ["Choice", "Pass", "Succeed", "Fail"].iter().any(|state| *arm == format!("event: {state}StateAborted"))
}

fn is_armed_after_its_end(arm: &str) -> bool {
    ["hint: ended: armed", "hint: parked: armed"].iter().any(|hint| arm.starts_with(hint))
}

fn is_extended_by_others(arm: &str) -> bool {
    let Some(met) = arm.strip_prefix("lease extended: ") else { return false };
    let is_own = met.contains("its own");
    is_own && !met.ends_with("same attempt") || met.ends_with("higher attempt")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails if an arm that cannot be is misspelt: it would excuse nothing, and nobody would notice.
    #[test]
    fn each_reason_stands_for_arms_that_there_are() {
        let reasons: BTreeSet<&str> = all().iter().filter_map(|arm| impossible(arm)).collect();
        assert_eq!(reasons.len(), 13);
        assert!(all().iter().filter(|arm| impossible(arm).is_none()).count() > 200);
    }
}
