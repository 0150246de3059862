//! Invariants 3, 5 and 7: how much one entry may do, and how large what it keeps may be.

use interpreter::{HistoryEventKind, Limits, Payload};
use store::Entry;

use super::Checks;
use super::waits::Waits;

/// Deeper values than these are looked into only where a seed bounds the depth itself: that takes time.
const DEPTH_LOOKED_INTO: usize = 50;

impl Checks {
    /// What an entry has done beyond its bounds.
    pub(super) fn of_bounds(&self, entry: &Entry) -> Vec<(&'static str, String)> {
        let limits = &self.limits;
        let mut findings = Vec::new();
        let mut bound = |rule: &'static str, what: &str, count: usize, most: u64| {
            if u64::try_from(count).unwrap_or(u64::MAX) > most {
                findings.push((rule, format!("{count} {what}, at most {most} are allowed")));
            }
        };
        let count = |of: fn(&HistoryEventKind) -> bool| entry.events.iter().filter(|event| of(&event.kind)).count();
        let entered = count(|kind| matches!(kind, HistoryEventKind::StateEntered { .. }));
        bound("bounded-work", "states were entered", entered, limits.states_per_transition.into());
        bound("bounded-work", "tasks were scheduled", count(is_scheduled), limits.commands_per_transition.into());
        let waits = Waits::of(&entry.execution);
        bound("branches", "branches are open", waits.open_branches, limits.active_branches.into());
        for map in &waits.maps {
            let most = u64::from(map.max_concurrency.min(limits.map_concurrency));
            bound("map-concurrency", "iterations are under way", map.active.len(), most);
            let page = u64::try_from(limits.page_items.max(1)).unwrap_or(u64::MAX) - 1;
            bound("map-pages", "results stand in the state itself", map.results.len(), page);
        }
        for payload in entry.events.iter().flat_map(|event| payloads(&event.kind)) {
            findings.extend(of_payload(limits, payload));
        }
        findings
    }
}

fn is_scheduled(kind: &HistoryEventKind) -> bool {
    matches!(
        kind,
        HistoryEventKind::LambdaFunctionScheduled { .. }
            | HistoryEventKind::TaskScheduled { .. }
            | HistoryEventKind::CompensationScheduled { .. }
    )
}

fn of_payload(limits: &Limits, payload: &Payload) -> Option<(&'static str, String)> {
    let bytes = payload.bytes();
    if bytes > limits.payload_bytes {
        return Some(("payload", format!("a payload has {bytes} bytes")));
    }
    let text = payload.text()?;
    if bytes > limits.inline_bytes {
        return Some(("value-items", format!("a payload of {bytes} bytes stands in place")));
    }
    let is_deep = limits.payload_depth < DEPTH_LOOKED_INTO && depth(text) > limits.payload_depth;
    is_deep.then(|| ("payload", format!("a payload is nested deeper than {} levels: {text}", limits.payload_depth)))
}

/// How deeply the arrays and objects of a JSON text are nested.
fn depth(text: &str) -> usize {
    let (mut level, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => level += 1,
            b']' | b'}' if !in_string => level = level.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(level);
    }
    deepest
}

/// What the program made: inputs and outputs of states, requests and results.
fn payloads(kind: &HistoryEventKind) -> Option<&Payload> {
    match kind {
        HistoryEventKind::StateEntered { input, .. } | HistoryEventKind::CompensationScheduled { input, .. } => Some(input),
        HistoryEventKind::LambdaFunctionScheduled { input, .. } => Some(input),
        HistoryEventKind::TaskScheduled { parameters, .. } => Some(parameters),
        HistoryEventKind::StateExited { output, .. } | HistoryEventKind::ExecutionSucceeded { output } => Some(output),
        HistoryEventKind::LambdaFunctionSucceeded { output } | HistoryEventKind::TaskSucceeded { output, .. } => Some(output),
        _ => None,
    }
}

/// The text of what the program made, where it stands in the event itself.
pub(crate) fn output_text(kind: &HistoryEventKind) -> Option<&str> {
    payloads(kind).and_then(Payload::text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_what_is_no_text() {
        for (text, expected) in [("1", 0), ("{}", 1), (r#"{"a":[1,[2]]}"#, 3), (r#"["[[{\"["]"#, 1)] {
            assert_eq!(depth(text), expected, "{text}");
        }
    }
}
