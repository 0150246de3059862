//! Ends executions that only go round in circles.
//!
//! Lambda stops functions that call each other through SQS after about 16 hops (Lambda Developer Guide, "Use Lambda recursive loop detection"), and AWS Step
//! Functions stops an execution at 25,000 events. Neither holds for us: our functions are such a loop by design, and a history has no limit. What is
//! bounded instead is work without progress.
//!
//! Progress is what the execution did not bring about itself: a task succeeded, time was waited for, a person intervened. No progress is a branch that was
//! left runnable, a task that failed (and was caught or tried again at once), and a request that no queue takes.

use asl::error_name;

use crate::turn::Turn;
use crate::{Execution, ExecutionStatus, Message, MessageOutcome, StateFailure, TaskOutcome, TransitionError, deadline, ending};

/// What a transition says about progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The execution got on.
    Progress,
    /// It worked, and nothing outside it was the reason.
    None,
    /// It did nothing that tells either way.
    Idle,
}

/// Whether time was waited for: a deadline has passed that was ahead when the execution was left.
pub(crate) fn has_waited(execution: &Execution, turn: &Turn<'_>) -> bool {
    deadline::earliest(execution).is_some_and(|due| due > execution.updated_at && due <= turn.now)
}

/// What a message that was applied says.
pub(crate) fn effort_of(message: &Message, outcome: &MessageOutcome) -> Effort {
    match message {
        _ if *outcome != MessageOutcome::Applied => Effort::Idle,
        Message::Start | Message::Stop { .. } | Message::Redrive | Message::Poll(_) => Effort::Progress,
        Message::Answer(answer) if matches!(answer.outcome, TaskOutcome::Succeeded { .. }) => Effort::Progress,
        Message::ChildEnded { end, .. } if end.status == ExecutionStatus::Succeeded => Effort::Progress,
        Message::ResultsWritten { .. } | Message::UpdateMapRun(_) => Effort::Progress,
        Message::Answer(_) | Message::PublishFailed(_) | Message::ChildEnded { .. } => Effort::None,
        Message::Timer { .. } | Message::Wake => Effort::Idle,
    }
}

/// Counts a transition, and ends the execution if it is one too many. What is ending already goes on: it has retriers of its own, which wait.
pub(crate) fn count(turn: &mut Turn<'_>, efforts: &[Effort]) -> Result<(), TransitionError> {
    if efforts.contains(&Effort::Progress) {
        turn.execution.without_progress = 0;
    } else if efforts.contains(&Effort::None) {
        turn.execution.without_progress = turn.execution.without_progress.saturating_add(1);
    }
    let limit = turn.surroundings.limits.transitions_without_progress;
    let is_open = turn.execution.status == ExecutionStatus::Running && turn.execution.ending.is_none();
    if !is_open || turn.execution.without_progress < limit {
        return Ok(());
    }
    turn.execution.without_progress = 0;
    let cause = format!("{limit} transitions in a row in which no task succeeded and no time was waited for");
    ending::end_runaway(turn, StateFailure::new(error_name::NO_PROGRESS, cause))?;
    ending::run(turn)
}
