//! Deliberate breaks of the rules: the proof that the simulator can see.
//!
//! A checker that has never found anything may be blind. So for each invariant of ARCHITECTURE.md and each rule of compensation and of how a
//! task travels there is a [`Break`]: a place in the code where the rule is guarded, and wrong behavior behind `if breaks::active(...)`
//! beside it. The simulator switches them on one by one and has to catch each; one that it does not catch is a rule that nobody checks.
//!
//! Whoever adds a rule adds a row to the table and a switch at the guard; tests see to it that each row has a place, and each rule a row.
//!
//! Without the feature `switches` [`active`] is a constant `false`, and what is compiled is the code without any break. Nothing but the
//! simulator turns the feature on, and it only behind a feature of its own (a test of `architecture` sees to that): no binary that is
//! deployed or handed out can be broken.
//!
//! The switch is one cell per thread. Per thread, because a simulation is one thread and several may run beside each other, each with its
//! own break; and a global rather than an argument, because an argument would lead through every function of every crate
//! for the sake of a test. One break at a time: what catches two at once proves nothing about either.

mod switches;
mod table;

pub use switches::{active, drawn};
#[cfg(feature = "switches")]
pub use switches::{reached, switch};
pub use table::Break;
