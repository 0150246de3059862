//! Amazon States Language: the tree as written, the validated tree, diagnostics.
//!
//! Two trees, as in a compiler. [`raw`] keeps what the author wrote, with JSON pointers, lines and columns. [`Definition`] is
//! what the interpreter runs: an illegal definition cannot be represented in it. [`parse`] goes from the one to the other and
//! reports every problem of the text at once.
//!
//! Source of the rules: the Amazon States Language specification (<https://states-language.net/spec.html>) and the AWS Step
//! Functions Developer Guide. `Compensation`, `Refusals`, `Pivot` and `Compensate` are Backstep's extension (ARCHITECTURE.md).

pub mod code;
mod definition;
pub mod diagnostic;
pub mod error_name;
pub mod intrinsic;
pub mod limits;
pub mod mention;
mod parse;
pub mod path;
pub mod raw;
mod render;
mod resource;
pub mod state;
mod substitution;
pub mod template;

pub use definition::{Definition, Flow, Next};
pub use diagnostic::{Diagnostic, Severity};
pub use parse::parse;
pub use render::render;
pub use resource::{Integration, Pattern, Resource, ServiceCall};
pub use state::{QueryLanguage, State, StateKind};
pub use substitution::{Placeholder, SubstituteError, substitute};
