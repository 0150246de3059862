//! TagResource: of state machines and activities; versions and aliases have no tags.

use serde::Deserialize;

use super::Empty;
use crate::activity::activity_key;
use crate::arn::Kind;
use crate::constraints::Constraints;
pub use crate::machine_settings::Tag;
use crate::machine_settings::{MachineSettings, add_tags, constrain_tags};
use crate::record::{self, ROUNDS, Written};
use crate::{Api, ApiError, ErrorName, arn, member};

/// Which resource, and its tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TagResourceRequest {
    /// A state machine or an activity: required.
    pub resource_arn: Option<String>,
    /// Tags to add, or to change: required.
    pub tags: Option<Vec<Tag>>,
}

/// A resource that has tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tagged {
    Machine,
    Activity,
}

/// What kind of resource an ARN is of; refuses what has no tags.
pub(crate) fn tagged(resource_arn: &str) -> Result<Tagged, ApiError> {
    if resource_arn.split(':').nth(5) == Some("activity") {
        return arn::check(resource_arn, Kind::Activity).map(|()| Tagged::Activity);
    }
    arn::check(resource_arn, Kind::StateMachine).map(|()| Tagged::Machine)
}

impl Api<'_> {
    /// Tags a resource.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, TooManyTags, ValidationException.
    pub async fn tag_resource(&self, request: TagResourceRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let resource_arn = constraints.required(member::RESOURCE_ARN, request.resource_arn);
        match &request.tags {
            Some(tags) => constrain_tags(tags, &mut constraints),
            None => constraints.violated("Value null", "tags", "Member must not be null"),
        }
        constraints.check()?;
        let tags = request.tags.unwrap_or_default();
        self.change_tags(&resource_arn, |present| add_tags(present, tags.clone())).await
    }

    /// Changes the tags of a resource.
    pub(crate) async fn change_tags(
        &self,
        resource_arn: &str,
        change: impl Fn(&mut Vec<Tag>) -> Result<(), ApiError>,
    ) -> Result<Empty, ApiError> {
        let changed = match tagged(resource_arn)? {
            Tagged::Activity => self.change_activity_tags(resource_arn, change).await,
            Tagged::Machine => {
                let changed = self.change_machine(resource_arn, |machine| {
                    let mut settings = MachineSettings::of(machine);
                    change(&mut settings.tags)?;
                    machine.settings = settings.stored();
                    Ok(())
                });
                changed.await.map(|_| ())
            }
        };
        changed.map(|()| Empty {}).map_err(|error| not_found(error, resource_arn))
    }

    async fn change_activity_tags(
        &self,
        activity_arn: &str,
        change: impl Fn(&mut Vec<Tag>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        for _ in 0..ROUNDS {
            let mut activity = self.activity(activity_arn).await?;
            change(&mut activity.value.tags)?;
            let unchanged = record::Record::unchanged(Some(&activity));
            let put = record::put(activity_key(activity_arn), &activity.value, unchanged)?;
            if self.write(&[put]).await? == Written::Done {
                return Ok(());
            }
        }
        Err(ApiError::contended())
    }
}

/// Tags have a name of their own for what does not exist.
pub(crate) fn not_found(error: ApiError, resource_arn: &str) -> ApiError {
    match error.name {
        ErrorName::StateMachineDoesNotExist | ErrorName::ActivityDoesNotExist => {
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
    async fn activities_have_tags_too() {
        let system = System::new();
        let create = json!({"name": "review", "tags": [{"key": "a", "value": "1"}]});
        let arn = system.call("CreateActivity", create).await["activityArn"].clone();
        system.call("TagResource", json!({"resourceArn": arn, "tags": [{"key": "b", "value": "2"}]})).await;
        let tags = || system.call("ListTagsForResource", json!({"resourceArn": arn}));
        assert_eq!(tags().await, json!({"tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]}));
        system.call("UntagResource", json!({"resourceArn": arn, "tagKeys": ["a"]})).await;
        assert_eq!(tags().await, json!({"tags": [{"key": "b", "value": "2"}]}));
        system.call("DeleteActivity", json!({"activityArn": arn})).await;
        for operation in ["ListTagsForResource", "TagResource"] {
            let request = json!({"resourceArn": arn, "tags": []});
            system.refused(operation, request, "ResourceNotFound", "Resource not found: 'arn:").await;
        }
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
            (json!({"resourceArn": arn, "tags": [{"key": "k".repeat(129)}]}), "ValidationException", "at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128"),
            (json!({"resourceArn": arn, "tags": [{"key": "k", "value": "v".repeat(257)}]}), "ValidationException", "'tags.1.member.value'"),
            (json!({"resourceArn": arn, "tags": [{"key": ""}]}), "ValidationException", "greater than or equal to 1"),
        ] {
            system.refused("TagResource", request, error, message).await;
        }
    }
}
