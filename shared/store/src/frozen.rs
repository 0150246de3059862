//! Comparing what is written now with what was written once.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Checks that `text`, as an earlier release wrote it, is read as `value`, and that `value` is still written so (field by field; order and
/// spaces mean nothing).
pub(crate) fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str, value: &T) {
    assert_eq!(&serde_json::from_str::<T>(text).unwrap(), value);
    assert_eq!(serde_json::to_value(value).unwrap(), serde_json::from_str::<Value>(text).unwrap());
}
