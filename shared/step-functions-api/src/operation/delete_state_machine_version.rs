//! DeleteStateMachineVersion: refused while an alias leads to it. What was started with it goes on; deleting what does not exist succeeds.

use serde::Deserialize;
use store::{Condition, Write};

use super::Empty;
use crate::arn::Qualifier;
use crate::constraints::Constraints;
use crate::record::{ROUNDS, Written};
use crate::version::version_key;
use crate::{Api, ApiError, ErrorName, arn, member};

/// Which version.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeleteStateMachineVersionRequest {
    /// Its ARN: required.
    pub state_machine_version_arn: Option<String>,
}

impl Api<'_> {
    /// Deletes a version.
    ///
    /// # Errors
    ///
    /// InvalidArn, ConflictException (an alias leads to it), ValidationException.
    pub async fn delete_state_machine_version(&self, request: DeleteStateMachineVersionRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let version_arn = constraints.required(member::STATE_MACHINE_VERSION_ARN, request.state_machine_version_arn);
        constraints.check()?;
        let parsed = arn::machine(&version_arn)?;
        let Some(Qualifier::Version(number)) = parsed.qualifier else {
            return Err(ApiError::new(ErrorName::InvalidArn, format!("Invalid Arn: '{version_arn}'")));
        };
        let Some(machine) = self.executions().machine(&parsed.base).await? else { return Ok(Empty {}) };
        for _ in 0..ROUNDS {
            let Some(register) = self.register(&machine).await? else { return Ok(Empty {}) };
            if self.version(&machine, number).await?.is_none() {
                return Ok(Empty {});
            }
            let aliases = self.all_aliases(&machine).await?;
            let leads = |alias: &&crate::alias::Alias| alias.routes.iter().any(|route| route.version == number);
            let referring: Vec<String> = aliases.iter().filter(leads).map(|alias| alias.name.clone()).collect();
            if !referring.is_empty() {
                let message = format!(
                    "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [{}]",
                    referring.join(", ")
                );
                return Err(ApiError::new(ErrorName::Conflict, message));
            }
            let writes = [
                Write::Delete { key: version_key(&machine, number), condition: Condition::Always },
                Self::guard(&machine, Some(&register), &register.value)?,
            ];
            if self.write(&writes).await? == Written::Done {
                return Ok(Empty {});
            }
        }
        Err(ApiError::contended())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System};

    #[tokio::test]
    async fn a_version_is_deleted_once_no_alias_leads_to_it() {
        let system = System::new();
        let (arn, version) = system.published("order", PASS).await;
        let routing = json!([{"stateMachineVersionArn": version, "weight": 100}]);
        let alias = system.call("CreateStateMachineAlias", json!({"name": "live", "routingConfiguration": routing})).await;
        let delete = json!({"stateMachineVersionArn": version});
        let told = "Current list of aliases referencing this version: [live]";
        system.refused("DeleteStateMachineVersion", delete.clone(), "ConflictException", told).await;
        system.call("DeleteStateMachineAlias", json!({"stateMachineAliasArn": alias["stateMachineAliasArn"]})).await;
        for _ in 0..2 {
            assert_eq!(system.call("DeleteStateMachineVersion", delete.clone()).await, json!({}));
        }
        system.refused("StartExecution", json!({"stateMachineArn": version}), "StateMachineDoesNotExist", "order:1").await;
        let listed = system.call("ListStateMachineVersions", json!({"stateMachineArn": arn})).await;
        assert_eq!(listed, json!({"stateMachineVersions": []}));
    }

    #[tokio::test]
    async fn only_a_version_is_deleted() {
        let system = System::new();
        let (arn, _) = system.published("order", PASS).await;
        system.refused("DeleteStateMachineVersion", json!({"stateMachineVersionArn": arn}), "InvalidArn", "order'").await;
        system.refused("DeleteStateMachineVersion", json!({}), "ValidationException", "'stateMachineVersionArn'").await;
    }
}
