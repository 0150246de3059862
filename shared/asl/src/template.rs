//! Payload templates: JSON whose fields ending in `.$` are paths or intrinsic functions, or whose texts in `{%` and `%}` are JSONata.
//!
//! States Language specification, "Payload Template".

use jsonata::Expression;

use crate::intrinsic::Call;
use crate::path::Path;

/// A payload template, its expressions parsed.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// JSON without any expression in it.
    Literal(serde_json::Value),
    /// An object; names stand without their `.$`.
    Object(Vec<(String, Template)>),
    /// An array.
    Array(Vec<Template>),
    /// `"name.$": "$.path"`.
    Path(Path),
    /// `"name.$": "States.Function(...)"`.
    Intrinsic(Call),
    /// `"{% ... %}"` (JSONata).
    Expression(Expression),
}
