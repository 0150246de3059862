//! The error names of the language (States Language specification, Appendix A; Step Functions Developer Guide, "Error names")
//! and of Backstep.

/// Matches any error but `States.Runtime`.
pub const ALL: &str = "States.ALL";
/// A task, or a machine, took too long; or a heartbeat stayed away.
pub const TIMEOUT: &str = "States.Timeout";
/// A heartbeat stayed away (matched by a retrier or catcher; reported as [`TIMEOUT`]).
pub const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// Matches any error of a Task but [`TIMEOUT`].
pub const TASK_FAILED: &str = "States.TaskFailed";
/// An exception that could not be processed; never caught, never retried.
pub const RUNTIME: &str = "States.Runtime";
/// A payload over the limit.
pub const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
/// No rule of a Choice applied and it has no default.
pub const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
/// A path of Parameters found nothing.
pub const PARAMETER_PATH_FAILURE: &str = "States.ParameterPathFailure";
/// The result could not be put where ResultPath says.
pub const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
/// An intrinsic function failed.
pub const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
/// More iterations failed than are tolerated.
pub const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
/// The items of a distributed Map could not be read.
pub const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
/// The results of a distributed Map could not be written.
pub const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
/// An expression in JSONata failed.
pub const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
/// No permission.
pub const PERMISSIONS: &str = "States.Permissions";
/// A branch of a Parallel failed (kept by the specification; AWS reports the branch's own error).
pub const BRANCH_FAILED: &str = "States.BranchFailed";
/// A compensation failed for good: parked while unwinding.
pub const COMPENSATION_FAILED: &str = "Backstep.CompensationFailed";
/// A failure after the pivot: parked forward.
pub const FORWARD_RECOVERY_FAILED: &str = "Backstep.ForwardRecoveryFailed";
/// More work in one execution than a named limit allows.
pub const LIMIT_EXCEEDED: &str = "Backstep.LimitExceeded";
/// An execution went round in circles: too many transitions in a row in which no task succeeded and no time was waited for.
pub const NO_PROGRESS: &str = "Backstep.NoProgress";
