//! Queues: where messages go that nobody could handle, and whether any did.

use stack::facts::Queue;

use super::{Finding, Level};

/// For how long dead letters are to be kept: as long as SQS can, in seconds.
const DEAD_LETTERS_KEPT_SECONDS: u64 = 14 * 24 * 60 * 60;
/// Our name for what nobody can read.
const PARKING: &str = "parking";
/// Our name for the dead letters that the coordinator answers: no person's matter.
const TASK_DEAD_LETTERS: &str = "task-dead-letters";

/// Judges queues.
pub(super) fn judge(queues: &[Queue]) -> Vec<Finding> {
    queues.iter().flat_map(judge_one).collect()
}

fn judge_one(queue: &Queue) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_an_end = queue.is_dead_letters || queue.name == PARKING || queue.name == TASK_DEAD_LETTERS;
    if !is_an_end && queue.redrive.is_none() {
        let text = "gives messages up to no other queue: one that cannot be handled is received for ever, and then expires";
        let remedy = "deploy the template again: each of its queues has a RedrivePolicy";
        findings.push(Finding::new(Level::Error, "no-dead-letters", &queue.name, text, remedy));
    }
    if queue.is_dead_letters && queue.retention_seconds < DEAD_LETTERS_KEPT_SECONDS {
        let days = queue.retention_seconds / 86_400;
        let remedy = "set its MessageRetentionPeriod to 1209600: a message's age counts from when it was sent first";
        findings.push(Finding::new(
            Level::Warning,
            "dead-letters-expire",
            &queue.name,
            format!("keeps them for {days} days only"),
            remedy,
        ));
    }
    if queue.waiting > 0 && queue.name == PARKING {
        let text = format!("about {} messages that nobody could read", queue.waiting);
        let remedy = "their attribute `reason` says why; mend who sent them, send them again, and delete them here";
        findings.push(Finding::new(Level::Error, "parked-messages", &queue.name, text, remedy));
    } else if queue.waiting > 0 && queue.is_dead_letters && queue.name != TASK_DEAD_LETTERS {
        let text = format!("about {} messages whose handling failed each time", queue.waiting);
        let remedy =
            "see the function's log for why; then redrive them (docs/deploying.md): whatever they are, they may come twice";
        findings.push(Finding::new(Level::Error, "dead-letters", &queue.name, text, remedy));
    }
    findings
}
