//! The fields that say how data flows through a state.
//!
//! In JSONPath InputPath, Parameters, ResultSelector, ResultPath and OutputPath; in JSONata Arguments and Output; in both Assign: States
//! Language specification, "Input and Output Processing".

use jsonata::Expression;

use crate::path::{Path, ReferencePath};
use crate::template::Template;

/// How a state's data flows. Fields that its type does not have keep their defaults.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Data {
    /// The language of the state's expressions.
    pub language: QueryLanguage,
    /// `InputPath`.
    pub input_path: InputPath,
    /// `Parameters` (of a Map: the older name of `ItemSelector`, kept in [`crate::state::Map::item_selector`]); in JSONata `Arguments`.
    pub parameters: Option<Template>,
    /// `ResultSelector`.
    pub result_selector: Option<Template>,
    /// `ResultPath`.
    pub result_path: ResultPath,
    /// `OutputPath`.
    pub output_path: InputPath,
    /// `Output` (JSONata).
    pub output: Option<Template>,
    /// `Assign`.
    pub assign: Assign,
}

/// The `QueryLanguage` of a state: its own, or the machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QueryLanguage {
    /// Paths and intrinsic functions.
    #[default]
    JsonPath,
    /// Expressions in `{%` and `%}`.
    Jsonata,
}

/// `Assign`: what each variable becomes, in the order in which they are written; empty when absent.
pub type Assign = Vec<(String, Template)>;

/// `InputPath` or `OutputPath`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum InputPath {
    /// Absent, which means `$`.
    #[default]
    Whole,
    /// `null`: `{}` takes the place of the data.
    Discard,
    /// A path.
    Path(Path),
}

/// `ResultPath`.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ResultPath {
    /// Absent or `$`: the result takes the input's place.
    #[default]
    Replace,
    /// `null`: the result is dropped, the input stays.
    Discard,
    /// The result is put into the input at this place.
    At(ReferencePath),
}

/// A whole number that is written, or found by a path in the state's input.
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// Written.
    Literal(u64),
    /// By a `...Path` field.
    Path(Path),
    /// By an expression in JSONata.
    Expression(Expression),
}

/// A text that is written, found by a path, or made by an intrinsic function (`Error`, `Cause` and their paths).
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// Written.
    Literal(String),
    /// By a `...Path` field that holds a path.
    Path(Path),
    /// By a `...Path` field that holds an intrinsic function.
    Intrinsic(crate::intrinsic::Call),
    /// By an expression in JSONata.
    Expression(Expression),
}
