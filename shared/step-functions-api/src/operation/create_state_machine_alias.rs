//! CreateStateMachineAlias. Idempotent for what is the same; the same name with something else is ConflictException.

use serde::{Deserialize, Serialize};
use store::{Condition, StateMachine};

pub use crate::alias::RoutingConfigurationListItem;
use crate::alias::{ALIASES_MAX, Alias, Route, alias_arn, alias_key, constrain, routes};
use crate::constraints::Constraints;
use crate::record::{self, ROUNDS, Written};
use crate::version::Register;
use crate::{Api, ApiError, EpochSeconds, ErrorName, member};

/// What the name of an alias is, as AWS writes it in its refusals.
const NAME_PATTERN: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";

/// An alias to be created.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CreateStateMachineAliasRequest {
    /// Its name: required; letters, digits, `_`, `-` and `.`, and not digits alone.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The version that it leads to, or two: required.
    pub routing_configuration: Option<Vec<RoutingConfigurationListItem>>,
}

/// The alias that has the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateStateMachineAliasResponse {
    /// Its ARN.
    pub state_machine_alias_arn: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Creates an alias.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound (no such version), ConflictException, ServiceQuotaExceededException, ValidationException.
    pub async fn create_state_machine_alias(
        &self,
        request: CreateStateMachineAliasRequest,
    ) -> Result<CreateStateMachineAliasResponse, ApiError> {
        let mut constraints = Constraints::default();
        let name = constraints.required(member::NAME, request.name);
        constrain_name(&name, &mut constraints);
        let description = constraints.optional(member::DESCRIPTION, request.description);
        if request.routing_configuration.is_none() {
            constraints.violated("Value null", "routingConfiguration", "Member must not be null");
        }
        constrain(request.routing_configuration.as_deref(), &mut constraints);
        constraints.check()?;
        let (machine_arn, routes) = routes(&request.routing_configuration.unwrap_or_default())?;
        let machine = self.executions().machine(&machine_arn).await?.ok_or_else(ApiError::no_such_resource)?;
        let now = self.now();
        let alias = Alias { name, description, routes, created_at: now, updated_at: now };
        let created = self.put_new_alias(&machine, alias).await?;
        Ok(CreateStateMachineAliasResponse {
            state_machine_alias_arn: alias_arn(&machine_arn, &created.name),
            creation_date: created.created_at.into(),
        })
    }

    async fn put_new_alias(&self, machine: &StateMachine, alias: Alias) -> Result<Alias, ApiError> {
        for _ in 0..ROUNDS {
            let register = self.register(machine).await?;
            if let Some(present) = self.alias(machine, &alias.name).await? {
                return same(present.value, &alias);
            }
            self.check_versions(machine, &alias.routes).await?;
            if self.all_aliases(machine).await?.len() >= ALIASES_MAX {
                let message = format!("a state machine has at most {ALIASES_MAX} aliases");
                return Err(ApiError::new(ErrorName::ServiceQuotaExceeded, message));
            }
            let latest = register.as_ref().map_or(0, |register| register.value.latest);
            let writes = [
                record::put(alias_key(machine, &alias.name), &alias, Condition::Absent)?,
                Self::guard(machine, register.as_ref(), &Register { latest })?,
            ];
            if self.write(&writes).await? == Written::Done {
                return Ok(alias);
            }
        }
        Err(ApiError::contended())
    }

    /// Refuses routes to versions that do not exist.
    pub(crate) async fn check_versions(&self, machine: &StateMachine, routes: &[Route]) -> Result<(), ApiError> {
        for route in routes {
            self.version(machine, route.version).await?.ok_or_else(ApiError::no_such_resource)?;
        }
        Ok(())
    }
}

fn same(present: Alias, asked: &Alias) -> Result<Alias, ApiError> {
    if present.description == asked.description && present.routes == asked.routes {
        return Ok(present);
    }
    let message =
        "Failed to create alias because an alias with the same name and a different routing configuration already exists.";
    Err(ApiError::new(ErrorName::Conflict, message))
}

fn constrain_name(name: &str, constraints: &mut Constraints) {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !name.is_empty() && (!name.bytes().all(allowed) || name.bytes().all(|byte| byte.is_ascii_digit())) {
        let constraint = format!("Member must satisfy regular expression pattern: {NAME_PATTERN}");
        constraints.violated(&format!("Value '{name}'"), "name", &constraint);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System};

    #[tokio::test]
    async fn the_same_again_is_answered_as_before_and_another_is_refused() {
        let system = System::new();
        let (_, version) = system.published("order", PASS).await;
        let create = |description: &str| {
            json!({"name": "live", "description": description,
                   "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}]})
        };
        let first = system.call("CreateStateMachineAlias", create("one")).await;
        assert_eq!(first["stateMachineAliasArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:order:live");
        system.advance_seconds(2);
        assert_eq!(system.call("CreateStateMachineAlias", create("one")).await, first);
        system.refused("CreateStateMachineAlias", create("other"), "ConflictException", "same name").await;
    }

    #[tokio::test]
    async fn a_routing_that_makes_no_sense_is_refused_in_the_words_of_aws() {
        let system = System::new();
        let (arn, one) = system.published("order", PASS).await;
        let (_, other) = system.published("other", PASS).await;
        let route = |arn: &Value, weight: i64| json!({"stateMachineVersionArn": arn, "weight": weight});
        let missing = json!(format!("{}:7", arn.as_str().unwrap()));
        for (routing, error, message) in [
            (json!([]), "ValidationException", "Value '[]' at 'routingConfiguration'"),
            (json!([route(&one, 101)]), "ValidationException", "at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100"),
            (json!([route(&one, 50), route(&one, 30), route(&one, 20)]), "ValidationException", "Member must have length less than or equal to 2"),
            (json!([route(&one, 50), route(&one, 50)]), "ValidationException", "must contain distinct state machine version ARNs. Received: [arn:"),
            (json!([route(&arn, 100)]), "ValidationException", "Routing configuration must contain state machine version ARNs. Received: [arn:aws:states:us-east-1:123456789012:stateMachine:order]"),
            (json!([route(&one, 70), route(&missing, 29)]), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
            (json!([route(&one, 70), route(&other, 30)]), "ValidationException", "same state machine"),
            (json!([route(&missing, 100)]), "ResourceNotFound", "Request references a resource that does not exist."),
            (json!(null), "ValidationException", "Value null at 'routingConfiguration'"),
        ] {
            let create = json!({"name": "live", "routingConfiguration": routing});
            system.refused("CreateStateMachineAlias", create, error, message).await;
        }
    }

    #[tokio::test]
    async fn a_name_is_no_number_and_has_no_blanks() {
        let system = System::new();
        let (_, version) = system.published("order", PASS).await;
        let routing = json!([{"stateMachineVersionArn": version, "weight": 100}]);
        for name in ["123", "a b", "!a", "a@", &"a".repeat(81)] {
            let create = json!({"name": name, "routingConfiguration": routing});
            system.refused("CreateStateMachineAlias", create, "ValidationException", "at 'name' failed").await;
        }
    }

    #[tokio::test]
    async fn a_machine_has_at_most_a_hundred_aliases() {
        let system = System::new();
        let (_, version) = system.published("order", PASS).await;
        let create = |number: usize| {
            json!({"name": format!("alias-{number}"), "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}]})
        };
        for number in 0..100 {
            system.call("CreateStateMachineAlias", create(number)).await;
        }
        system.refused("CreateStateMachineAlias", create(100), "ServiceQuotaExceededException", "100").await;
    }
}
