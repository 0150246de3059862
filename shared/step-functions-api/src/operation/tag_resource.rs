//! TagResource: of state machines, the only resources here that have tags.

use serde::Deserialize;

use super::Empty;
use crate::arn::Kind;
use crate::constraints::Constraints;
pub use crate::machine_settings::Tag;
use crate::machine_settings::MachineSettings;
use crate::{Api, ApiError, ErrorName, arn, member};

/// Which resource, and its tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagResourceRequest {
    /// A state machine: required.
    pub resource_arn: Option<String>,
    /// Tags to add, or to change: required.
    pub tags: Option<Vec<Tag>>,
}

impl Api<'_> {
    /// Tags a state machine.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, TooManyTags, ValidationException.
    pub async fn tag_resource(&self, request: TagResourceRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let resource_arn = constraints.required(member::RESOURCE_ARN, request.resource_arn);
        if request.tags.is_none() {
            constraints.violated("Value null", "tags", "Member must not be null");
        }
        constraints.check()?;
        let tags = request.tags.unwrap_or_default();
        self.change_tags(&resource_arn, |settings| settings.tag(tags.clone())).await
    }

    /// Changes the tags of a state machine.
    pub(crate) async fn change_tags(
        &self,
        resource_arn: &str,
        change: impl Fn(&mut MachineSettings) -> Result<(), ApiError>,
    ) -> Result<Empty, ApiError> {
        arn::check(resource_arn, Kind::StateMachine)?;
        let changed = self.change_machine(resource_arn, |machine| {
            let mut settings = MachineSettings::of(machine);
            change(&mut settings)?;
            machine.settings = settings.stored();
            Ok(())
        });
        changed.await.map(|_| Empty {}).map_err(|error| not_found(error, resource_arn))
    }
}

/// Tags have a name of their own for what does not exist.
pub(crate) fn not_found(error: ApiError, resource_arn: &str) -> ApiError {
    match error.name {
        ErrorName::StateMachineDoesNotExist => {
            ApiError::new(ErrorName::ResourceNotFound, format!("Resource not found: '{resource_arn}'"))
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System};

    #[tokio::test]
    async fn tags_are_added_and_changed_and_an_update_leaves_them() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let tag = |value: &str| json!({"resourceArn": arn, "tags": [{"key": "team", "value": value}]});
        assert_eq!(system.call("TagResource", tag("orders")).await, json!({}));
        system.call("TagResource", tag("payments")).await;
        system.call("UpdateStateMachine", json!({"stateMachineArn": arn, "tracingConfiguration": {"enabled": true}})).await;
        let tags = system.call("ListTagsForResource", json!({"resourceArn": arn})).await;
        assert_eq!(tags, json!({"tags": [{"key": "team", "value": "payments"}]}));
    }

    #[tokio::test]
    async fn what_has_no_tags_is_refused() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let many: Vec<_> = (0..51).map(|i| json!({"key": i.to_string(), "value": ""})).collect();
        let version = "arn:aws:states:us-east-1:123456789012:stateMachine:order:1";
        for (request, error, message) in [
            (json!({}), "ValidationException", "2 validation errors"),
            (json!({"resourceArn": "order", "tags": []}), "InvalidArn", ""),
            (json!({"resourceArn": version, "tags": []}), "ResourceNotFound", "Resource not found: 'arn:aws:states:us-east-1:123456789012:stateMachine:order:1'"),
            (json!({"resourceArn": arn, "tags": many}), "TooManyTags", "50"),
        ] {
            system.refused("TagResource", request, error, message).await;
        }
    }
}
