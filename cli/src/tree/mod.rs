//! An execution as a tree, made from its history: states in the order in which they were entered, branches and iterations under theirs, attempts,
//! compensations, times.

mod build;
mod draw;
#[cfg(test)]
mod tests;

use interpreter::{StateFailure, Timestamp};

pub(crate) use build::build;
pub(crate) use draw::{draw, time};

/// An execution's history as a tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tree {
    /// The states of the outermost flow.
    pub(crate) states: Vec<Node>,
    /// What was undone, or tried to be, in the order in which that began.
    pub(crate) undone: Vec<Undone>,
}

/// A visit of a state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) state: String,
    pub(crate) kind: &'static str,
    pub(crate) entered_at: Timestamp,
    pub(crate) exited_at: Option<Timestamp>,
    /// Attempts that were scheduled.
    pub(crate) attempts: u32,
    /// What attempts failed with, in order.
    pub(crate) failures: Vec<StateFailure>,
    /// Whether it is the pivot, and has succeeded.
    pub(crate) pivot: bool,
    /// Branches of a Parallel, iterations of a Map.
    pub(crate) branches: Vec<Vec<Node>>,
}

/// A compensation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undone {
    /// The state that it undoes.
    pub(crate) state: String,
    pub(crate) attempts: u32,
    pub(crate) failures: Vec<StateFailure>,
    pub(crate) began_at: Timestamp,
    /// When it succeeded, if it has.
    pub(crate) ended_at: Option<Timestamp>,
    /// Whether its retries are spent.
    pub(crate) spent: bool,
}
