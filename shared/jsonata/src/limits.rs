//! The bounds of one evaluation. A definition is written by whoever may start executions, and must not stop the others'.

/// Milliseconds. The only bound that is not a function of the arguments: it ends what no other bound ends, and its clock never gets
/// into a value (docs/adr/0022).
pub const EVALUATION_MILLIS_MAX: u64 = 1_000;
/// Calls and operators inside each other while evaluating.
pub const EVALUATION_DEPTH_MAX: usize = 3_000;
/// Elements of one sequence.
pub const SEQUENCE_ELEMENTS_MAX: usize = 262_144;
/// Bytes of texts and ranges that one evaluation makes (about).
pub const MADE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a result (about), as JSON.
pub const RESULT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Arrays and objects inside each other in a result.
pub const RESULT_DEPTH_MAX: usize = 512;
/// Operators, calls and brackets inside each other in an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 200;
/// Elements that `$range` makes (Step Functions Developer Guide, as for `States.ArrayRange`).
pub const RANGE_ELEMENTS_MAX: usize = 1_000;
