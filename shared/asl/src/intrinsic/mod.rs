//! Intrinsic functions as written: `States.Format('Hello {}', $.name)`.
//!
//! States Language specification, "Intrinsic Functions", and the Step Functions Developer Guide, "Intrinsic functions for
//! JSONPath states". Names and numbers of arguments are checked here, as AWS does when a state machine is created; what the
//! arguments are is known when the call is evaluated.

mod function;
mod parser;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::path::{Path, PathError};

pub use function::Function;

/// A call of an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// As written.
    pub text: String,
    /// Which function.
    pub function: Function,
    /// Its arguments; their number was checked.
    pub arguments: Vec<Argument>,
}

/// An argument of an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A string, number, boolean or null.
    Literal(serde_json::Value),
    /// The first argument of `States.Format` when it is written out: the texts before, between and after its `{}`, escapes
    /// taken out. At least one.
    Pieces(Vec<String>),
    /// A path.
    Path(Path),
    /// A nested call.
    Call(Call),
}

impl Call {
    /// Parses a call, the whole text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        parser::parse(text)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
