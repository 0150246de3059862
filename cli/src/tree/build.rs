//! From a history to a tree. Events name the event that led to them; a state is entered behind another of its branch, or behind the event that started
//! the branch.

use std::collections::BTreeMap;

use interpreter::history::{ErrorDetails, StateType};
use interpreter::{HistoryEvent, HistoryEventKind, StateFailure};

use super::{Node, Tree, Undone};

/// Where a visit hangs: behind which visit, in which branch.
#[derive(Clone, Copy)]
struct Place {
    parent: Option<usize>,
    branch: usize,
}

#[derive(Default)]
struct Builder {
    nodes: Vec<(Node, Place)>,
    /// The visit that an event belongs to, by the event's id.
    of_event: BTreeMap<u64, usize>,
    /// Events that start a branch: the visit of the Parallel or Map, and the branch if it is numbered.
    starts: BTreeMap<u64, (usize, Option<usize>)>,
    undone: Vec<Undone>,
    /// The compensation that an event belongs to.
    undo_of_event: BTreeMap<u64, usize>,
}

/// Builds the tree of a history, oldest event first.
pub(crate) fn build(events: &[HistoryEvent]) -> Tree {
    let mut builder = Builder::default();
    events.iter().for_each(|event| builder.add(event));
    builder.finish()
}

impl Builder {
    fn add(&mut self, event: &HistoryEvent) {
        match &event.kind {
            HistoryEventKind::StateEntered { state_type, name, .. } => self.enter(event, *state_type, name),
            HistoryEventKind::StateExited { name, .. } => self.update(event, Some(name), |node| node.exited_at = Some(event.at)),
            HistoryEventKind::StateAborted { .. } => {}
            HistoryEventKind::EvaluationFailed { state, details, .. } => self.evaluation_failed(event, state, details),
            HistoryEventKind::LambdaFunctionScheduled { .. }
            | HistoryEventKind::ActivityScheduled { .. }
            | HistoryEventKind::TaskScheduled { .. } => {
                self.update(event, None, |node| node.attempts += 1);
            }
            HistoryEventKind::LambdaFunctionFailed(details)
            | HistoryEventKind::LambdaFunctionTimedOut(details)
            | HistoryEventKind::LambdaFunctionScheduleFailed(details)
            | HistoryEventKind::ActivityFailed(details)
            | HistoryEventKind::ActivityTimedOut(details)
            | HistoryEventKind::ActivityScheduleFailed(details)
            | HistoryEventKind::TaskFailed { details, .. }
            | HistoryEventKind::TaskTimedOut { details, .. }
            | HistoryEventKind::TaskSubmitFailed { details, .. } => {
                self.update(event, None, |node| node.failures.push(failure(details)))
            }
            HistoryEventKind::ParallelStateStarted => {
                self.update(event, None, |_| {});
                if let Some(node) = self.of_event.get(&event.id) {
                    self.starts.insert(event.id, (*node, None));
                }
            }
            HistoryEventKind::MapIterationStarted { name, index } => {
                self.update(event, Some(name), |_| {});
                if let Some(node) = self.of_event.get(&event.id) {
                    self.starts.insert(event.id, (*node, usize::try_from(*index).ok()));
                }
            }
            HistoryEventKind::PivotPassed { .. } => self.update(event, None, |node| node.pivot = true),
            HistoryEventKind::CompensationScheduled { state, .. } => self.undo(event, state),
            HistoryEventKind::CompensationSucceeded { .. } => self.undo_update(event, |undone| undone.ended_at = Some(event.at)),
            HistoryEventKind::CompensationFailed { spent, details, .. } => {
                self.undo_update(event, |undone| {
                    undone.failures.push(failure(details));
                    undone.spent = *spent;
                });
            }
            _ => self.update(event, None, |_| {}),
        }
    }

    fn enter(&mut self, event: &HistoryEvent, state_type: StateType, name: &str) {
        let place = match (self.starts.get(&event.previous).copied(), self.of_event.get(&event.previous)) {
            (Some((parent, index)), _) => {
                let next = self.nodes.get(parent).map_or(0, |(node, _)| node.branches.len());
                let branch = index.unwrap_or(next);
                if let Some((node, _)) = self.nodes.get_mut(parent) {
                    node.branches.resize(node.branches.len().max(branch + 1), Vec::new());
                }
                Place { parent: Some(parent), branch }
            }
            (None, Some(before)) => self.nodes.get(*before).map_or(Place { parent: None, branch: 0 }, |(_, place)| *place),
            (None, None) => Place { parent: None, branch: 0 },
        };
        let node = Node {
            state: name.to_owned(),
            kind: state_type.as_str(),
            entered_at: event.at,
            exited_at: None,
            attempts: 0,
            failures: Vec::new(),
            pivot: false,
            branches: Vec::new(),
        };
        self.of_event.insert(event.id, self.nodes.len());
        self.nodes.push((node, place));
    }

    /// A failed evaluation links to what came before its state: it belongs to the state's latest visit.
    fn evaluation_failed(&mut self, event: &HistoryEvent, state: &str, details: &ErrorDetails) {
        let Some(at) = self.nodes.iter().rposition(|(node, _)| node.state == state) else { return };
        self.of_event.insert(event.id, at);
        if let Some((node, _)) = self.nodes.get_mut(at) {
            node.failures.push(failure(details));
        }
    }

    /// Changes the visit that an event belongs to: that of the event before it or, by name, one around that.
    fn update(&mut self, event: &HistoryEvent, name: Option<&str>, change: impl FnOnce(&mut Node)) {
        let mut at = self.of_event.get(&event.previous).copied();
        while let Some((node, place)) = at.and_then(|at| self.nodes.get(at)) {
            if name.is_none_or(|name| name == node.state) {
                break;
            }
            at = place.parent;
        }
        let Some(at) = at else { return };
        self.of_event.insert(event.id, at);
        if let Some((node, _)) = self.nodes.get_mut(at) {
            change(node);
        }
    }

    fn undo(&mut self, event: &HistoryEvent, state: &str) {
        let at = self.undo_of_event.get(&event.previous).copied().unwrap_or_else(|| {
            let undone = Undone {
                state: state.to_owned(),
                attempts: 0,
                failures: Vec::new(),
                began_at: event.at,
                ended_at: None,
                spent: false,
            };
            self.undone.push(undone);
            self.undone.len() - 1
        });
        self.undo_of_event.insert(event.id, at);
        if let Some(undone) = self.undone.get_mut(at) {
            undone.attempts += 1;
            undone.spent = false;
        }
    }

    fn undo_update(&mut self, event: &HistoryEvent, change: impl FnOnce(&mut Undone)) {
        let Some(at) = self.undo_of_event.get(&event.previous).copied() else { return };
        self.undo_of_event.insert(event.id, at);
        if let Some(undone) = self.undone.get_mut(at) {
            change(undone);
        }
    }

    /// Hangs each visit where it belongs, the last ones first so that each is complete when it is moved.
    fn finish(mut self) -> Tree {
        let mut tree = Tree { states: Vec::new(), undone: self.undone };
        while let Some((mut node, place)) = self.nodes.pop() {
            node.branches.iter_mut().for_each(|branch| branch.reverse());
            let siblings = match place.parent.and_then(|parent| self.nodes.get_mut(parent)) {
                Some((parent, _)) => parent.branches.get_mut(place.branch),
                None => Some(&mut tree.states),
            };
            if let Some(siblings) = siblings {
                siblings.push(node);
            }
        }
        tree.states.reverse();
        tree
    }
}

fn failure(details: &ErrorDetails) -> StateFailure {
    StateFailure { error: details.error.clone().unwrap_or_default(), cause: details.cause.clone() }
}
