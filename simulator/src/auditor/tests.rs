//! The auditor against histories: those of random executions, where it must find nothing, and small ones, as they are and spoiled.

mod driver;
mod random;
mod rules;
mod stories;
