//! DeleteStateMachineAlias: the versions that it led to stay, and what was started by it goes on.

use serde::Deserialize;
use store::{Condition, Write};

use super::Empty;
use crate::alias::alias_key;
use crate::constraints::Constraints;
use crate::record::Written;
use crate::{Api, ApiError, member};

/// Which alias.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteStateMachineAliasRequest {
    /// Its ARN: required.
    pub state_machine_alias_arn: Option<String>,
}

impl Api<'_> {
    /// Deletes an alias.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn delete_state_machine_alias(&self, request: DeleteStateMachineAliasRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let alias_arn = constraints.required(member::STATE_MACHINE_ALIAS_ARN, request.state_machine_alias_arn);
        constraints.check()?;
        let (machine, name) = self.machine_of_alias(&alias_arn).await?;
        self.alias(&machine, &name).await?.ok_or_else(ApiError::no_such_resource)?;
        // That an alias leads to a version no more permits more than before: the register needs not know.
        let deletion = Write::Delete { key: alias_key(&machine, &name), condition: Condition::Always };
        match self.write(&[deletion]).await? {
            Written::Done => Ok(Empty {}),
            Written::Changed => Err(ApiError::contended()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System};

    #[tokio::test]
    async fn a_deleted_alias_starts_nothing() {
        let system = System::new();
        let (_, version) = system.published("order", PASS).await;
        let routing = json!([{"stateMachineVersionArn": version, "weight": 100}]);
        let create = json!({"name": "live", "routingConfiguration": routing});
        let alias = system.call("CreateStateMachineAlias", create).await["stateMachineAliasArn"].clone();
        let delete = json!({"stateMachineAliasArn": alias});
        assert_eq!(system.call("DeleteStateMachineAlias", delete.clone()).await, json!({}));
        system.refused("DeleteStateMachineAlias", delete, "ResourceNotFound", "does not exist").await;
        system.refused("StartExecution", json!({"stateMachineArn": alias}), "StateMachineDoesNotExist", "order:live").await;
    }
}
