//! The limits of intrinsic functions (Step Functions Developer Guide, "Intrinsic functions for JSONPath states").

/// Elements that `States.ArrayRange` makes.
pub(super) const ARRAY_RANGE_ELEMENTS_MAX: i128 = 1_000;
/// Characters that `States.Base64Encode` and `States.Base64Decode` take.
pub(super) const BASE64_CHARACTERS_MAX: usize = 10_000;
/// Characters that `States.Hash` takes.
pub(super) const HASH_CHARACTERS_MAX: usize = 10_000;
/// The least number that `States.MathAdd` takes.
pub(super) const MATH_ADD_MIN: i64 = i32::MIN as i64;
/// The greatest number that `States.MathAdd` takes.
pub(super) const MATH_ADD_MAX: i64 = i32::MAX as i64;
