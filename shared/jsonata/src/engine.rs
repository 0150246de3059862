//! The trait between the language and the crate that evaluates it, and what both sides say to each other.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Expression, ParseError};

/// Who parses and evaluates JSONata.
pub trait Engine {
    /// Parses an expression, without its `{%` and `%}`.
    ///
    /// # Errors
    ///
    /// What is no JSONata 2.0, or refused by the States Language.
    fn parse(text: &str) -> Result<Expression, ParseError>;

    /// Evaluates an expression.
    ///
    /// # Errors
    ///
    /// What it throws, or why its result is none.
    fn evaluate(expression: &Expression, bindings: &Bindings<'_>, moment: Moment) -> Result<Value, EvaluationError>;
}

/// What an expression is evaluated over. Only what [`Expression::mentions`] needs to be there.
#[derive(Debug, Clone, Default)]
pub struct Bindings<'b> {
    /// The variables, without their `$`.
    pub variables: BTreeMap<&'b str, &'b Value>,
    /// `$states`.
    pub states: States<'b>,
}

/// `$states`: an absent part is undefined.
#[derive(Debug, Clone, Copy, Default)]
pub struct States<'b> {
    /// `$states.input`.
    pub input: Option<&'b Value>,
    /// `$states.result`.
    pub result: Option<&'b Value>,
    /// `$states.errorOutput`.
    pub error_output: Option<&'b Value>,
    /// `$states.context`.
    pub context: Option<&'b Value>,
}

/// All of the time and of the randomness that an evaluation sees.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Milliseconds since 1970: `$now` and `$millis`.
    pub millis: i64,
    /// What `$random`, `$shuffle` and `$uuid` are drawn from.
    pub seed: u64,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// It is undefined.
    #[error("returned nothing (undefined)")]
    Undefined,
    /// It threw; the text begins with JSONata's code where it has one.
    #[error("threw an error during evaluation. {0}")]
    Thrown(String),
    /// It is of a type that is not JSON.
    #[error("returned a {0}")]
    NotJson(&'static str),
    /// It is larger or deeper than a bound.
    #[error("exceeds the limit of {0}")]
    Limit(&'static str),
}
