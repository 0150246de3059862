//! JSONata as the States Language uses it.
//!
//! An [`Expression`] is parsed once, with the definition that it stands in, and evaluated over [`Bindings`]: the variables and the
//! parts of `$states` that it mentions, and nothing else (converting an input costs more than evaluating it). The evaluator is a
//! crate of others, behind the trait [`Engine`]; what is wrong with it, or too free for an interpreter that is a function of its
//! arguments, is mended or refused here:
//!
//! * a result that is undefined, a function, not finite, too deep or too large is an [`EvaluationError`];
//! * depth, length, memory and time of an evaluation are bounded ([`limits`]);
//! * `$eval`, assignments to `$states`, and syntax that is newer than JSONata 2.0 are refused when the expression is parsed;
//! * `$now`, `$millis`, `$random`, `$shuffle` and `$uuid` depend on the [`Moment`] alone.
//!
//! Source of the rules: Step Functions Developer Guide, "Transforming data with JSONata"; <https://docs.jsonata.org>.

mod convert;
mod core;
mod engine;
mod expression;
mod functions;
pub mod limits;
mod mentions;
mod parse;
mod rewrite;
#[cfg(test)]
mod tests;
mod wording;

pub use engine::{Bindings, Engine, EvaluationError, Moment, States};
pub use expression::Expression;
pub use functions::is_function;
pub use mentions::Mentions;
pub use parse::ParseError;
