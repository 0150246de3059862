//! The validated tree of one state machine.

use indexmap::IndexMap;

use crate::state::State;

/// A validated state machine definition.
///
/// The states of every nested flow stand in one map, because a state's name is unique in the whole machine (AWS: "state names
/// must be unique within the scope of the whole state machine"); a [`Flow`] says which of them belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The author's comment.
    pub comment: Option<String>,
    /// The outermost flow.
    pub flow: Flow,
    /// Seconds after which the execution times out; none when absent.
    pub timeout_seconds: Option<u64>,
    /// All states, nested ones included, in the order in which they are written.
    pub states: IndexMap<String, State>,
}

impl Definition {
    /// The state with this name, at whatever depth it stands.
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.get(name)
    }

    /// Whether any state uses the compensation extension (`Compensation`, `Refusals`, `Pivot` or `Compensate`).
    pub fn uses_compensation(&self) -> bool {
        self.states.values().any(State::uses_compensation)
    }
}

/// States that are run one after the other: a machine, a branch of a Parallel or the processor of a Map.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// The state that is entered first.
    pub start_at: String,
    /// The names of the states of this flow itself (not of those nested in them), in the order in which they are written.
    pub states: Vec<String>,
}

/// Where a state leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// `"Next": "Name"`.
    State(String),
    /// `"End": true`.
    End,
}
