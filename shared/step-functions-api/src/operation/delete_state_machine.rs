//! DeleteStateMachine: at once, with its versions and aliases. What was started goes on; deleting what does not exist succeeds.

use serde::Deserialize;

use super::Empty;
use crate::constraints::Constraints;
use crate::{Api, ApiError, arn, member};

/// Which state machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteStateMachineRequest {
    /// Its ARN: required.
    pub state_machine_arn: Option<String>,
}

impl Api<'_> {
    /// Deletes a state machine.
    ///
    /// # Errors
    ///
    /// InvalidArn, ValidationException.
    pub async fn delete_state_machine(&self, request: DeleteStateMachineRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        constraints.check()?;
        let machine_arn = arn::unqualified_machine(&machine_arn)?;
        let machine = self.executions().machine(&machine_arn).await?;
        self.executions().delete_machine(&machine_arn).await?;
        // Behind the machine: without it nothing begins to refer to them. What a crash leaves here is under the machine's time of creation, and no
        // other machine's.
        if let Some(machine) = machine {
            self.delete_versions_and_aliases(&machine).await?;
        }
        Ok(Empty {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System, WAIT};

    #[tokio::test]
    async fn a_deleted_machine_starts_nothing_and_what_it_started_goes_on() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let execution = system.start(&arn, "one", "{}").await;
        assert_eq!(system.call("DeleteStateMachine", json!({"stateMachineArn": arn})).await, json!({}));
        system.refused("StartExecution", json!({"stateMachineArn": arn}), "StateMachineDoesNotExist", "").await;
        assert_eq!(system.call("DescribeExecution", json!({"executionArn": execution})).await["status"], "RUNNING");
        system.machine("order", PASS).await;
    }

    #[tokio::test]
    async fn deleting_what_does_not_exist_succeeds_if_it_could() {
        let system = System::new();
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        assert_eq!(system.call("DeleteStateMachine", json!({"stateMachineArn": missing})).await, json!({}));
        system.refused("DeleteStateMachine", json!({"stateMachineArn": "missing"}), "InvalidArn", "").await;
        let qualified = json!({"stateMachineArn": format!("{missing}:1")});
        system.refused("DeleteStateMachine", qualified, "ValidationException", "qualified").await;
    }
}
