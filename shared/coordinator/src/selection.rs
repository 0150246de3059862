//! What is to be published now, and what is left to a further wake (invariants 10 and 12).

use breaks::Break;
use interpreter::{Command, CommandPlace, ExecutionStatus, Message, MessageOutcome, outstanding, outstanding_by_place};
use messages::{CoordinatorMessage, WakeRest};

use crate::deliver::Settled;
use crate::received::Received;

/// What is to be published now.
#[derive(Debug, PartialEq)]
pub(crate) struct Selection {
    pub(crate) commands: Vec<Command>,
    /// The wake that publishes what is left; none if nothing is.
    pub(crate) further: Option<CoordinatorMessage>,
}

/// Selects all that the commit created, however much that is (the limits of a transition bound it), and hints that came early, for the rest of their
/// time. Of what is to be published *again* it selects as much as `bound` commands have room for beside that.
pub(crate) fn select(settled: &Settled, received: &Received, outcomes: &[MessageOutcome], bound: usize) -> Selection {
    let execution = &settled.execution;
    let committed = settled.committed_in.map(|_| execution.revision);
    let created = committed.map_or_else(Vec::new, |revision| outstanding(execution, revision));
    let before = committed.unwrap_or(execution.revision.saturating_add(1));
    let (again, further) = again(settled, received, outcomes, before, bound.saturating_sub(created.len()).max(1));
    let early = outcomes.iter().filter_map(|outcome| match outcome {
        MessageOutcome::Early { .. } if breaks::active(Break::EarlyHintDropped) => None,
        MessageOutcome::Early { due, revision } => Some(Command::Timer { due: *due, revision: *revision }),
        MessageOutcome::Applied | MessageOutcome::Stale { .. } | MessageOutcome::Rejected(_) => None,
    });
    Selection { commands: again.into_iter().chain(created).chain(early).collect(), further }
}

/// What was created before the revision `before` and is to be published again: for a wake all that is outstanding, page by page, for stale messages
/// what is since the revisions that they name. If that alone is more than there is room for, it is a wake's as a whole.
fn again(
    settled: &Settled,
    received: &Received,
    outcomes: &[MessageOutcome],
    before: u64,
    room: usize,
) -> (Vec<Command>, Option<CoordinatorMessage>) {
    let since = stale_since(received, outcomes);
    let wake = received.wake.as_ref().map(|wake| wake.at(settled.execution.revision));
    if wake.is_none() && since.is_none() {
        return (Vec::new(), None);
    }
    let unrepaired = settled.execution.status != ExecutionStatus::Running && breaks::active(Break::EndNotRepaired);
    let unheard = unrepaired || breaks::active(Break::WakePublishesNothing);
    let asked_for = |place: &CommandPlace| {
        let by_wake = !unheard && wake.as_ref().is_some_and(|wake| wake.asks_for(place));
        place.revision < before && (by_wake || since.is_some_and(|since| place.revision >= since))
    };
    let mut again = outstanding_by_place(&settled.execution);
    again.retain(|(place, _)| asked_for(place));
    let further = match &wake {
        _ if again.len() <= room => None,
        None => {
            again.clear();
            Some(CoordinatorMessage::wake())
        }
        Some(wake) => {
            again.truncate(room);
            // What stale messages ask for may have been created after the wake.
            let before = if since.is_some() { before } else { before.min(wake.before) };
            let wake_at = settled.execution.wake_at.min(wake.wake_at.unwrap_or(settled.execution.wake_at));
            let began_with = || wake.began_with.clone();
            let rest =
                again.last().map(|(place, _)| WakeRest { after: place.clone(), before, wake_at, began_with: began_with() });
            Some(CoordinatorMessage::Wake { rest })
        }
    };
    let further = further.filter(|_| !breaks::active(Break::WakeEndsWithItsFirstPage));
    (again.into_iter().map(|(_, command)| command).collect(), further)
}

/// The earliest revision that messages name which were delivered before and say nothing new; a wake's own page is not their matter.
///
/// A hint that was delivered before may have been what led to an entry that nobody published, and yet find something else that is due by now: it
/// is applied then, and stale all the same. An answer is applied once: what it led to cannot be led to again.
fn stale_since(received: &Received, outcomes: &[MessageOutcome]) -> Option<u64> {
    let of_each = received.messages.iter().zip(&received.seen_before).zip(outcomes);
    let since = of_each.filter_map(|((message, seen_before), outcome)| match outcome {
        MessageOutcome::Stale { .. } if breaks::active(Break::StaleMessagePublishesNothing) => None,
        MessageOutcome::Stale { publish_since, .. } if *seen_before && *message != Message::Wake => Some(*publish_since),
        MessageOutcome::Applied if *seen_before => match message {
            Message::Timer { revision, .. } if !breaks::active(Break::RedeliveredHintPublishesNothing) => Some(*revision),
            _ => None,
        },
        MessageOutcome::Stale { .. } | MessageOutcome::Applied | MessageOutcome::Early { .. } | MessageOutcome::Rejected(_) => {
            None
        }
    });
    since.min()
}
