//! What a simulation runs: order sagas, executions of random definitions, and the workers that serve them.

pub mod machine;
pub mod orders;
pub mod worker;

/// An execution that somebody starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The state machine's name.
    pub machine: String,
    /// The execution's name.
    pub name: String,
    /// Its input: an order's body, or JSON text.
    pub input: String,
    /// Whether it is an order, which goes through the shop's admission first.
    pub is_order: bool,
}
