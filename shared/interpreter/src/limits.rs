//! Every bound of an execution, by name, with its unit last (ARCHITECTURE.md, invariant 5).

/// The configurable limits; the defaults are AWS's where AWS has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest input, output or result, in bytes of UTF-8 (256 KiB on AWS).
    pub payload_bytes: u64,
    /// Payloads above this many bytes become value items.
    pub inline_bytes: u64,
    /// The deepest nesting of a payload's arrays and objects: what stands around it in a message or an entry must still be readable, and the
    /// parser takes 127 levels.
    pub payload_depth: usize,
    /// States that one transition may visit before it leaves a branch runnable.
    pub states_per_transition: u32,
    /// Bytes of history events that one transition may write before it leaves a branch runnable.
    pub event_bytes_per_transition: u64,
    /// Tasks that one transition may schedule before it leaves a branch runnable.
    pub commands_per_transition: u32,
    /// Branches of Parallel and Map that may be open in one execution at a time.
    pub active_branches: u32,
    /// Iterations of one inline Map that may be open at a time (40 on AWS).
    pub map_concurrency: u32,
    /// Executions of one distributed Map that may be open at a time (10,000 on AWS).
    pub distributed_concurrency: u32,
    /// Compensations of branches beside each other that run at a time, per group.
    pub unwinding_concurrency: u32,
    /// Transitions in a row in which no task succeeds and no time is waited for; with so many, the execution ends with `Backstep.NoProgress`. In place of
    /// the 25,000 events of AWS, which long executions reach that do get on.
    pub transitions_without_progress: u32,
    /// Bytes of finished Map results or of Map items that make a page.
    pub page_bytes: u64,
    /// Finished Map results or Map items that make a page.
    pub page_items: usize,
    /// How far a timer hint may be ahead of the clock, in milliseconds: clock skew between hosts.
    pub timer_skew_millis: u64,
    /// The longest delay of a timer hint, in seconds (the longest delay of an SQS message).
    pub timer_horizon_seconds: u64,
    /// An execution with a request, an answer or a runnable branch outstanding is looked at again within this many seconds.
    pub wake_within_seconds: u64,
    /// Any open execution is looked at again within this many seconds.
    pub wake_at_least_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload_bytes: 262_144,
            inline_bytes: 4_096,
            payload_depth: 120,
            states_per_transition: 200,
            event_bytes_per_transition: 196_608,
            commands_per_transition: 40,
            active_branches: 1_000,
            map_concurrency: 40,
            distributed_concurrency: 1_000,
            unwinding_concurrency: 10,
            transitions_without_progress: 25_000,
            page_bytes: 16_384,
            page_items: 100,
            timer_skew_millis: 5_000,
            timer_horizon_seconds: 900,
            wake_within_seconds: 900,
            wake_at_least_seconds: 86_400,
        }
    }
}

/// Values that the search for one path may look at, those in its filters included. A payload holds an eighth of that at most.
pub(crate) const SEARCH_VALUES_MAX: usize = 1_000_000;
/// What one path may find, in bytes of JSON (about): with `..`, values are found inside values that were found.
pub(crate) const SEARCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How much the evaluation of one template may copy or make, in bytes of JSON (about). A template of a few kilobytes could
/// otherwise name a large input a thousand times over, and only the end result is held against the limit of a payload.
pub(crate) const EVALUATED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Characters of an error's name that a worker answered (Step Functions API Reference, `SendTaskFailure`).
pub(crate) const ERROR_CHARACTERS_MAX: usize = 256;
/// Characters of a cause that a worker answered (Step Functions API Reference, `SendTaskFailure`).
pub(crate) const CAUSE_CHARACTERS_MAX: usize = 32_768;
/// Characters of a value that a failure's cause shows; a cause has at most [`CAUSE_CHARACTERS_MAX`].
pub(crate) const EXCERPT_CHARACTERS_MAX: usize = 16_384;
/// Elements that `States.ArrayRange` makes (Step Functions Developer Guide, "Intrinsic functions", as for the four below).
pub(crate) const ARRAY_RANGE_ELEMENTS_MAX: i128 = 1_000;
/// Characters that `States.Base64Encode` and `States.Base64Decode` take.
pub(crate) const BASE64_CHARACTERS_MAX: usize = 10_000;
/// Characters that `States.Hash` takes.
pub(crate) const HASH_CHARACTERS_MAX: usize = 10_000;
/// The least number that `States.MathAdd` takes.
pub(crate) const MATH_ADD_MIN: i64 = i32::MIN as i64;
/// The greatest number that `States.MathAdd` takes.
pub(crate) const MATH_ADD_MAX: i64 = i32::MAX as i64;

/// Whether a value's arrays and objects are nested deeper than `depth`. Without recursion: values may be deep.
pub fn exceeds_depth(value: &serde_json::Value, depth: usize) -> bool {
    let mut waiting = vec![(value, 0)];
    while let Some((value, level)) = waiting.pop() {
        match value {
            serde_json::Value::Array(elements) => waiting.extend(elements.iter().map(|element| (element, level + 1))),
            serde_json::Value::Object(members) => waiting.extend(members.values().map(|member| (member, level + 1))),
            _ => continue,
        }
        if level >= depth {
            return true;
        }
    }
    false
}

/// What one `Assign` may assign is held against [`Limits::payload_bytes`] (Step Functions Developer Guide, "Quotas": 256 KiB).
pub(crate) const ASSIGNED_VARIABLES: &str = "variables that it assigns";
/// Bytes of all variables that a state sees (Step Functions Developer Guide, "Quotas": 10 MiB for an execution).
pub(crate) const VARIABLES_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Bytes of the inputs of executions that one transition of a Map Run asks for: they stand in one value item.
pub(crate) const INPUT_PAGE_BYTES_MAX: u64 = 196_608;
/// Items of a distributed Map: one less than the attempts that a token can name.
pub(crate) const DISTRIBUTED_ITEMS_MAX: u64 = 4_000_000_000;

/// Pages of results that an execution names itself; with one more, the next page takes over their names.
pub(crate) const SEALED_PAGES_MAX: usize = 32;

/// Errors of a day's default retrying of a compensation: seconds before the first retry, at most between two, and in all.
pub(crate) const COMPENSATION_RETRY_SECONDS_MIN: u64 = 1;
/// See [`COMPENSATION_RETRY_SECONDS_MIN`].
pub(crate) const COMPENSATION_RETRY_SECONDS_MAX: u64 = 300;
/// See [`COMPENSATION_RETRY_SECONDS_MIN`].
pub(crate) const COMPENSATION_RETRY_SECONDS_IN_ALL: u64 = 86_400;

/// Between two attempts of a pivot whose outcome is unknown: seconds before the first retry and at most.
pub(crate) const PIVOT_RETRY_SECONDS_MIN: u64 = 1;
/// See [`PIVOT_RETRY_SECONDS_MIN`].
pub(crate) const PIVOT_RETRY_SECONDS_MAX: u64 = 300;

/// Revocations of earlier transitions that an execution keeps for publishing them again.
pub(crate) const REVOCATIONS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_arrays_and_objects() {
        let nested = |levels: usize| (0..levels).fold(serde_json::json!(1), |value, _| serde_json::json!([value]));
        assert!(!exceeds_depth(&nested(3), 3));
        assert!(exceeds_depth(&nested(4), 3));
    }
}
