//! The operations, a file each: what is asked, what is answered, and how.

use crate::answer::{request, response};
use crate::{Api, ApiError};

/// What `X-Amz-Target` begins with, before the operation's name.
pub const TARGET_PREFIX: &str = "AWSStepFunctions.";

/// One module, one method and one arm per operation: `module, Variant, method`.
macro_rules! operations {
    ($($module:ident, $operation:ident;)*) => {
        $(pub mod $module;)*

        /// An operation of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "named as in the Step Functions API Reference")]
        pub enum Operation {
            $($operation),*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$operation),*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($operation)),*
                }
            }
        }

        impl Api<'_> {
            /// Carries an operation out: from the body of the request to that of the response.
            pub(crate) async fn call(&self, operation: Operation, body: &[u8]) -> Result<String, ApiError> {
                match operation {
                    $(Operation::$operation => response(&self.$module(request(body)?).await?)),*
                }
            }
        }
    };
}

operations! {
    create_state_machine, CreateStateMachine;
    update_state_machine, UpdateStateMachine;
    describe_state_machine, DescribeStateMachine;
    describe_state_machine_for_execution, DescribeStateMachineForExecution;
    list_state_machines, ListStateMachines;
    delete_state_machine, DeleteStateMachine;
    publish_state_machine_version, PublishStateMachineVersion;
    list_state_machine_versions, ListStateMachineVersions;
    delete_state_machine_version, DeleteStateMachineVersion;
    create_state_machine_alias, CreateStateMachineAlias;
    update_state_machine_alias, UpdateStateMachineAlias;
    describe_state_machine_alias, DescribeStateMachineAlias;
    list_state_machine_aliases, ListStateMachineAliases;
    delete_state_machine_alias, DeleteStateMachineAlias;
    test_state, TestState;
    validate_state_machine_definition, ValidateStateMachineDefinition;
    start_execution, StartExecution;
    start_sync_execution, StartSyncExecution;
    describe_execution, DescribeExecution;
    list_executions, ListExecutions;
    stop_execution, StopExecution;
    describe_map_run, DescribeMapRun;
    list_map_runs, ListMapRuns;
    update_map_run, UpdateMapRun;
    redrive_execution, RedriveExecution;
    get_execution_history, GetExecutionHistory;
    send_task_success, SendTaskSuccess;
    send_task_failure, SendTaskFailure;
    send_task_heartbeat, SendTaskHeartbeat;
    create_activity, CreateActivity;
    describe_activity, DescribeActivity;
    list_activities, ListActivities;
    delete_activity, DeleteActivity;
    get_activity_task, GetActivityTask;
    tag_resource, TagResource;
    untag_resource, UntagResource;
    list_tags_for_resource, ListTagsForResource;
}

impl Operation {
    /// The operation with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.as_str() == name)
    }
}

/// A response without members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Empty {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_its_name_only() {
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.as_str()), Some(*operation));
        }
        assert_eq!(Operation::named("startExecution"), None);
        assert_eq!(Operation::named(""), None);
    }
}
