//! What holds of the events alone: their numbers, links, times, and that there is one end; and what the API says of it.

use interpreter::history::ErrorDetails;
use interpreter::{ExecutionStatus, HistoryEvent, HistoryEventKind, Timestamp};

use super::{Case, Violation, rule};

/// Judges the frame of a history.
pub(super) fn audit(case: &Case<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |rule, text: String| found.push(Violation { rule, text });
    let (mut expected, mut latest) = (1, Timestamp::from_millis(i64::MIN));
    for event in case.events {
        if event.id != expected {
            say(rule::NUMBERING, format!("event {} stands where {expected} should", event.id));
        }
        if event.previous >= event.id {
            say(rule::NUMBERING, format!("event {} comes from {}", event.id, event.previous));
        }
        if event.at < latest {
            say(rule::NUMBERING, format!("event {} is before its predecessor", event.id));
        }
        latest = latest.max(event.at);
        expected += 1;
    }
    one_end(case, &mut say);
    answer(case, &mut say);
    found
}

/// The status that an event ends an execution with.
pub(super) fn end_of(kind: &HistoryEventKind) -> Option<(ExecutionStatus, Option<&ErrorDetails>)> {
    match kind {
        HistoryEventKind::ExecutionSucceeded { .. } => Some((ExecutionStatus::Succeeded, None)),
        HistoryEventKind::ExecutionFailed(details) => Some((ExecutionStatus::Failed, Some(details))),
        HistoryEventKind::ExecutionTimedOut(details) => Some((ExecutionStatus::TimedOut, Some(details))),
        HistoryEventKind::ExecutionAborted(details) => Some((ExecutionStatus::Aborted, Some(details))),
        _ => None,
    }
}

fn one_end(case: &Case<'_>, say: &mut dyn FnMut(&'static str, String)) {
    let mut is_open = false;
    for (at, event) in case.events.iter().enumerate() {
        match &event.kind {
            HistoryEventKind::ExecutionStarted { .. } if at == 0 => is_open = true,
            HistoryEventKind::ExecutionStarted { .. } => say(rule::ONE_END, format!("event {} starts it again", event.id)),
            HistoryEventKind::ExecutionRedriven { .. } if !is_open && at > 0 => is_open = true,
            HistoryEventKind::ExecutionRedriven { .. } => say(rule::ONE_END, format!("event {} redrives what runs", event.id)),
            _ if !is_open => say(rule::ONE_END, format!("event {} comes behind the end", event.id)),
            kind => is_open = end_of(kind).is_none(),
        }
    }
    if is_open != (case.status == ExecutionStatus::Running) && !case.events.is_empty() {
        say(
            rule::ONE_END,
            format!("it is {} and its history {}", case.status.as_str(), if is_open { "goes on" } else { "has ended" }),
        );
    }
}

fn answer(case: &Case<'_>, say: &mut dyn FnMut(&'static str, String)) {
    let Some(HistoryEvent { id, kind, .. }) = case.events.last() else { return };
    let Some((status, details)) = end_of(kind) else { return };
    if status != case.status {
        say(rule::ANSWER, format!("it is {} and event {id} says {}", case.status.as_str(), status.as_str()));
    }
    let told = case.failure.map(ErrorDetails::of).unwrap_or_default();
    if told != details.cloned().unwrap_or_default() {
        say(rule::ANSWER, format!("its failure is {told:?} and event {id} says {details:?}"));
    }
}
