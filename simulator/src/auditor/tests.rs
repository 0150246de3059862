//! The auditor against histories: those of random executions, where it must find nothing, and hand-made ones, good and bad.

mod driver;
mod random;
