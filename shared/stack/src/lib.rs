//! A deployed stack, as its functions and its operators see it.
//!
//! [`Environment`] is what the template says to each function; [`Cloud`] is the ports of coordinator and workers made of it. With the feature `outside`,
//! for people: [`find`] reads the environment of a stack by its name, and [`facts`] is what `backstep doctor` judges. Nothing here decides
//! anything: neither about executions nor about whether a stack is well.

mod cloud;
mod environment;
#[cfg(feature = "outside")]
pub mod facts;
#[cfg(feature = "outside")]
mod find;

pub use aws_config::{BehaviorVersion, SdkConfig};
pub use cloud::Cloud;
pub use environment::{ConfigurationError, Environment, MachinesPlace};
#[cfg(feature = "outside")]
pub use find::{FindError, find, people_config};
