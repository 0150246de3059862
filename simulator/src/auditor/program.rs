//! The definition as a tree of flows: which state stands in which flow, and around which state a flow stands.

use std::collections::BTreeMap;

use asl::state::{Compensation, CompensationAction, Task};
use asl::{Definition, Flow, State, StateKind};

/// The number of a flow; the outermost is 0.
pub(super) type FlowId = usize;

/// A definition's flows.
pub(super) struct Program<'c> {
    definition: &'c Definition,
    flows: Vec<&'c Flow>,
    by_state: BTreeMap<&'c str, FlowId>,
}

impl<'c> Program<'c> {
    pub(super) fn new(definition: &'c Definition) -> Self {
        let mut program = Self { definition, flows: vec![&definition.flow], by_state: BTreeMap::new() };
        let inner = definition.states.values().flat_map(|state| match &state.kind {
            StateKind::Parallel(parallel) => parallel.branches.iter().collect(),
            StateKind::Map(map) => vec![&map.processor],
            _ => Vec::new(),
        });
        program.flows.extend(inner);
        for (id, flow) in program.flows.iter().enumerate() {
            program.by_state.extend(flow.states.iter().map(|name| (name.as_str(), id)));
        }
        program
    }

    pub(super) fn state(&self, name: &str) -> Option<&'c State> {
        self.definition.state(name)
    }

    /// The flow that a state stands in.
    pub(super) fn flow_of(&self, state: &str) -> Option<FlowId> {
        self.by_state.get(state).copied()
    }

    /// The number of a flow that stands in the definition.
    pub(super) fn id_of(&self, flow: &Flow) -> Option<FlowId> {
        self.flow_of(&flow.start_at)
    }

    pub(super) fn start_of(&self, flow: FlowId) -> &'c str {
        self.flows.get(flow).map_or("", |flow| flow.start_at.as_str())
    }
}

/// How a Task is undone, if it is.
pub(super) fn undoing(task: &Task) -> Option<&CompensationAction> {
    match &task.compensation {
        Some(Compensation::Action(action)) => Some(action),
        Some(Compensation::Nothing) | None => None,
    }
}
