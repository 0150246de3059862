//! DescribeStateMachineAlias.

use serde::{Deserialize, Serialize};

use crate::alias::{RoutingConfigurationListItem, alias_arn};
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, member};

/// Which alias.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeStateMachineAliasRequest {
    /// Its ARN: required.
    pub state_machine_alias_arn: Option<String>,
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeStateMachineAliasResponse {
    /// Its ARN.
    pub state_machine_alias_arn: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The versions that it leads to.
    pub routing_configuration: Vec<RoutingConfigurationListItem>,
    /// When it was created.
    pub creation_date: EpochSeconds,
    /// When it was updated last.
    pub update_date: EpochSeconds,
}

impl Api<'_> {
    /// Describes an alias.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn describe_state_machine_alias(
        &self,
        request: DescribeStateMachineAliasRequest,
    ) -> Result<DescribeStateMachineAliasResponse, ApiError> {
        let mut constraints = Constraints::default();
        let asked = constraints.required(member::STATE_MACHINE_ALIAS_ARN, request.state_machine_alias_arn);
        constraints.check()?;
        let (machine, name) = self.machine_of_alias(&asked).await?;
        let alias = self.alias(&machine, &name).await?.ok_or_else(ApiError::no_such_resource)?.value;
        Ok(DescribeStateMachineAliasResponse {
            state_machine_alias_arn: alias_arn(&machine.arn, &alias.name),
            routing_configuration: alias.routing(&machine.arn),
            name: alias.name,
            description: alias.description,
            creation_date: alias.created_at.into(),
            update_date: alias.updated_at.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::System;

    #[tokio::test]
    async fn what_is_no_alias_is_refused() {
        let system = System::new();
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:order:live";
        for (arn, error) in [(missing, "ResourceNotFound"), ("order", "InvalidArn"), ("", "ValidationException")] {
            system.refused("DescribeStateMachineAlias", json!({"stateMachineAliasArn": arn}), error, "").await;
        }
    }
}
