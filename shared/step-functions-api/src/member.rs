//! The members of requests, and the bounds that the API Reference gives for each. Lengths count characters.

/// What a text member may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) length_min: usize,
    pub(crate) length_max: usize,
    /// Not repeated in messages: it may hold what is nobody's business.
    pub(crate) sensitive: bool,
}

const fn member(name: &'static str, length_min: usize, length_max: usize) -> Member {
    Member { name, length_min, length_max, sensitive: false }
}

const fn sensitive(name: &'static str, length_min: usize, length_max: usize) -> Member {
    Member { name, length_min, length_max, sensitive: true }
}

/// Bytes of an input or output, as `SensitiveData`.
const DATA_LENGTH_MAX: usize = 262_144;

pub(crate) const STATE_MACHINE_ARN: Member = member("stateMachineArn", 1, 256);
pub(crate) const EXECUTION_ARN: Member = member("executionArn", 1, 256);
pub(crate) const MAP_RUN_ARN: Member = member("mapRunArn", 1, 2_000);
pub(crate) const RESOURCE_ARN: Member = member("resourceArn", 1, 256);
pub(crate) const STATE_MACHINE_VERSION_ARN: Member = member("stateMachineVersionArn", 1, 2_000);
pub(crate) const STATE_MACHINE_ALIAS_ARN: Member = member("stateMachineAliasArn", 1, 256);
pub(crate) const ACTIVITY_ARN: Member = member("activityArn", 1, 256);
pub(crate) const WORKER_NAME: Member = member("workerName", 1, 80);
/// Of a version or an alias.
pub(crate) const DESCRIPTION: Member = sensitive("description", 0, 256);
pub(crate) const VERSION_DESCRIPTION: Member = sensitive("versionDescription", 0, 256);
pub(crate) const REVISION_ID: Member = member("revisionId", 0, usize::MAX);
pub(crate) const ROLE_ARN: Member = member("roleArn", 1, 256);
pub(crate) const STATE_NAME: Member = member("stateName", 1, 80);
pub(crate) const NAME: Member = member("name", 1, 80);
pub(crate) const DEFINITION: Member = sensitive("definition", 1, 1_048_576);
pub(crate) const INPUT: Member = sensitive("input", 0, DATA_LENGTH_MAX);
pub(crate) const OUTPUT: Member = sensitive("output", 0, DATA_LENGTH_MAX);
pub(crate) const ERROR: Member = sensitive("error", 0, 256);
pub(crate) const CAUSE: Member = sensitive("cause", 0, 32_768);
pub(crate) const TASK_TOKEN: Member = member("taskToken", 1, 2_048);
pub(crate) const CLIENT_TOKEN: Member = member("clientToken", 1, 64);
pub(crate) const TRACE_HEADER: Member = member("traceHeader", 0, 256);
/// The token of a page of state machines or events.
pub(crate) const NEXT_TOKEN: Member = member("nextToken", 1, 1_024);
/// The token of a page of executions, which AWS gives more room.
pub(crate) const LIST_EXECUTIONS_TOKEN: Member = member("nextToken", 1, 3_096);
/// The most items of a page.
pub(crate) const PAGE_ITEMS_MAX: i64 = 1_000;
/// The items of a page when 0 or nothing is said.
pub(crate) const PAGE_ITEMS_DEFAULT: usize = 100;
/// The most diagnostics of a validation, and how many there are when 0 or nothing is said.
pub(crate) const DIAGNOSTICS_MAX: i64 = 100;
