//! Choice: States Language specification, "Choice State".

use jsonata::Expression;

use super::{Assign, Data};
use crate::path::Path;
use crate::template::Template;

/// A Choice state.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// How data flows (InputPath and OutputPath only); `Assign` and `Output` are those of `Default`.
    pub data: Data,
    /// `Choices`, tried in order; at least one.
    pub rules: Vec<ChoiceRule>,
    /// `Default`.
    pub default: Option<String>,
}

/// One element of `Choices`.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// When it applies.
    pub condition: Condition,
    /// `Assign`, if it applies.
    pub assign: Assign,
    /// `Output`, if it applies (JSONata).
    pub output: Option<Template>,
    /// Where it leads.
    pub next: String,
}

/// A Choice rule's condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// `Condition`, written as a boolean (JSONata).
    Constant(bool),
    /// `Condition`, an expression in JSONata.
    Expression(Expression),
    /// `And`; at least one.
    And(Vec<Condition>),
    /// `Or`; at least one.
    Or(Vec<Condition>),
    /// `Not`.
    Not(Box<Condition>),
    /// A comparison of a `Variable`.
    Compare {
        /// `Variable`.
        variable: Path,
        /// The operator with what it compares to.
        comparison: Comparison,
    },
}

/// What a comparison compares to: written, or found by a path (the `...Path` operators).
#[derive(Debug, Clone, PartialEq)]
pub enum Operand<T> {
    /// Written.
    Literal(T),
    /// By a path into the state's input.
    Path(Path),
}

/// How a comparison orders its two sides.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// `StringEquals`, `StringLessThan`, ... and their paths.
    String(std::cmp::Ordering, OrEqual, Operand<String>),
    /// `NumericEquals`, ... and their paths.
    Numeric(std::cmp::Ordering, OrEqual, Operand<serde_json::Number>),
    /// `TimestampEquals`, ... and their paths; the literal is RFC 3339 as written.
    Timestamp(std::cmp::Ordering, OrEqual, Operand<String>),
    /// `BooleanEquals` and `BooleanEqualsPath`.
    BooleanEquals(Operand<bool>),
    /// `StringMatches`: `*` stands for any characters, `\\*` and `\\\\` for themselves.
    StringMatches(String),
    /// `IsNull`, `IsPresent`, `IsString`, ...: whether the test is expected to hold.
    Type(TypeTest, bool),
}

/// Whether equality satisfies an ordering too: `LessThan` against `LessThanEquals`. Always false with `Ordering::Equal`.
pub type OrEqual = bool;

/// A test of a value's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeTest {
    /// `IsNull`.
    Null,
    /// `IsPresent`.
    Present,
    /// `IsNumeric`.
    Numeric,
    /// `IsString`.
    String,
    /// `IsBoolean`.
    Boolean,
    /// `IsTimestamp`.
    Timestamp,
}
