//! Variables: which ones a state sees, and assigning them.
//!
//! Step Functions Developer Guide, "Passing data between states with variables". A state sees the variables of its own flow and of the flows
//! around it, as they were when it was entered, and assigns those of its own flow when it is left.

use std::collections::BTreeMap;

use asl::error_name;
use serde_json::Value;

use crate::limits::{ASSIGNED_VARIABLES, VARIABLES_BYTES_MAX};
use crate::turn::Turn;
use crate::{Payload, StateFailure};

/// The variables of a branch, by name.
pub(crate) type Variables = BTreeMap<String, Payload>;

/// The variables that a state sees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'v> {
    /// Those of its own branch.
    pub(crate) variables: &'v Variables,
    /// Those of the branches around it.
    pub(crate) outer: Option<&'v Scope<'v>>,
}

impl<'v> Scope<'v> {
    /// The value of a variable, from the nearest flow that has it.
    pub(crate) fn find(&self, name: &str) -> Option<&'v Payload> {
        self.variables.get(name).or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }

    fn bytes(&self) -> u64 {
        let own: u64 = self.variables.values().map(Payload::bytes).sum();
        own + self.outer.map_or(0, Scope::bytes)
    }
}

/// Keeps the values of variables that a state assigns, if they are not too large.
pub(crate) fn seal(
    turn: &mut Turn<'_>,
    assigned: Vec<(String, Value)>,
    scope: Scope<'_>,
    state: &asl::State,
) -> Result<Variables, StateFailure> {
    let mut sealed = Variables::new();
    for (name, value) in assigned {
        let payload = turn.seal_bounded(value, &|| state.name.clone())?;
        sealed.insert(name, payload);
    }
    let bytes: u64 = sealed.values().map(Payload::bytes).sum();
    if bytes > turn.surroundings.limits.payload_bytes {
        return Err(too_large(state, ASSIGNED_VARIABLES));
    }
    let replaced: u64 = sealed.keys().filter_map(|name| scope.variables.get(name)).map(Payload::bytes).sum();
    if !sealed.is_empty() && scope.bytes().saturating_sub(replaced).saturating_add(bytes) > VARIABLES_BYTES_MAX {
        return Err(too_large(state, "variables of the execution"));
    }
    Ok(sealed)
}

fn too_large(state: &asl::State, what: &str) -> StateFailure {
    let cause = format!("The state '{}' exceeds the maximum size of the {what}.", state.name);
    StateFailure::new(error_name::DATA_LIMIT_EXCEEDED, cause)
}
