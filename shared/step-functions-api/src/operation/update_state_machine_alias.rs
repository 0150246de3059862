//! UpdateStateMachineAlias. What is absent stays as it is.

use serde::{Deserialize, Serialize};
use store::Condition;

use crate::alias::{RoutingConfigurationListItem, alias_key, constrain, routes};
use crate::constraints::Constraints;
use crate::record::{self, ROUNDS, Written};
use crate::version::Register;
use crate::{Api, ApiError, EpochSeconds, ErrorName, member};

/// What is to be changed of an alias.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateStateMachineAliasRequest {
    /// The alias: required.
    pub state_machine_alias_arn: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The version that it leads to, or two.
    pub routing_configuration: Option<Vec<RoutingConfigurationListItem>>,
}

/// The updated alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStateMachineAliasResponse {
    /// When it was updated.
    pub update_date: EpochSeconds,
}

impl Api<'_> {
    /// Updates an alias.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound (no such alias or version), ValidationException.
    pub async fn update_state_machine_alias(
        &self,
        request: UpdateStateMachineAliasRequest,
    ) -> Result<UpdateStateMachineAliasResponse, ApiError> {
        let mut constraints = Constraints::default();
        let alias_arn = constraints.required(member::STATE_MACHINE_ALIAS_ARN, request.state_machine_alias_arn);
        let description = constraints.optional(member::DESCRIPTION, request.description);
        constrain(request.routing_configuration.as_deref(), &mut constraints);
        constraints.check()?;
        if description.is_none() && request.routing_configuration.is_none() {
            let message = "Either the description or the RoutingConfiguration must be specified";
            return Err(ApiError::new(ErrorName::Validation, message));
        }
        let asked = request.routing_configuration.as_deref().map(routes).transpose()?;
        let (machine, name) = self.machine_of_alias(&alias_arn).await?;
        if let Some((of, _)) = &asked
            && *of != machine.arn
        {
            let message = "Routing configuration must contain versions of the alias's state machine.";
            return Err(ApiError::new(ErrorName::Validation, message));
        }
        for _ in 0..ROUNDS {
            let register = self.register(&machine).await?;
            let present = self.alias(&machine, &name).await?.ok_or_else(ApiError::no_such_resource)?;
            let mut alias = present.value.clone();
            if let Some((_, routes)) = &asked {
                self.check_versions(&machine, routes).await?;
                alias.routes.clone_from(routes);
            }
            alias.description = description.clone().or(alias.description);
            alias.updated_at = self.now();
            let latest = register.as_ref().map_or(0, |register| register.value.latest);
            let writes = [
                record::put(alias_key(&machine, &name), &alias, Condition::Version(present.version))?,
                Self::guard(&machine, register.as_ref(), &Register { latest })?,
            ];
            if self.write(&writes).await? == Written::Done {
                return Ok(UpdateStateMachineAliasResponse { update_date: alias.updated_at.into() });
            }
        }
        Err(ApiError::contended())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System, WAIT};

    #[tokio::test]
    async fn an_update_changes_what_it_names_and_nothing_else() {
        let system = System::new();
        let (arn, first) = system.published("order", PASS).await;
        let update = json!({"stateMachineArn": arn, "definition": WAIT, "publish": true});
        let second = system.call("UpdateStateMachine", update).await["stateMachineVersionArn"].clone();
        let routing = json!([{"stateMachineVersionArn": first, "weight": 100}]);
        let create = json!({"name": "live", "description": "old", "routingConfiguration": routing});
        let alias = system.call("CreateStateMachineAlias", create).await["stateMachineAliasArn"].clone();
        let describe = || system.call("DescribeStateMachineAlias", json!({"stateMachineAliasArn": alias}));
        system.advance_seconds(1);
        let answer = system.call("UpdateStateMachineAlias", json!({"stateMachineAliasArn": alias, "description": "new"})).await;
        assert_eq!(answer, json!({"updateDate": 1_793_534_401.0}));
        let described = describe().await;
        assert_eq!((&described["description"], &described["routingConfiguration"]), (&json!("new"), &routing));
        let routing = json!([{"stateMachineVersionArn": first, "weight": 50}, {"stateMachineVersionArn": second, "weight": 50}]);
        system.call("UpdateStateMachineAlias", json!({"stateMachineAliasArn": alias, "routingConfiguration": routing})).await;
        assert_eq!(
            describe().await,
            json!({
                "stateMachineAliasArn": alias,
                "name": "live",
                "description": "new",
                "routingConfiguration": routing,
                "creationDate": 1_793_534_400.0,
                "updateDate": 1_793_534_401.0,
            })
        );
    }

    #[tokio::test]
    async fn what_cannot_be_updated_is_refused() {
        let system = System::new();
        let (arn, version) = system.published("order", PASS).await;
        let alias = format!("{}:live", arn.as_str().unwrap());
        let gone = "Request references a resource that does not exist.";
        for (request, error, message) in [
            (json!({"stateMachineAliasArn": alias, "description": "x"}), "ResourceNotFound", gone),
            (json!({"stateMachineAliasArn": version, "description": "x"}), "InvalidArn", ""),
            (json!({"stateMachineAliasArn": alias}), "ValidationException", "must be specified"),
            (json!({"description": "x"}), "ValidationException", "'stateMachineAliasArn'"),
        ] {
            system.refused("UpdateStateMachineAlias", request, error, message).await;
        }
    }
}
