//! ListTagsForResource.

use serde::{Deserialize, Serialize};

use super::tag_resource::{Tagged, not_found, tagged};
use crate::constraints::Constraints;
use crate::machine_settings::{MachineSettings, Tag};
use crate::{Api, ApiError, member};

/// Which resource.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListTagsForResourceRequest {
    /// A state machine or an activity: required.
    pub resource_arn: Option<String>,
}

/// Its tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListTagsForResourceResponse {
    /// In the order in which they were added.
    pub tags: Vec<Tag>,
}

impl Api<'_> {
    /// Lists the tags of a resource.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn list_tags_for_resource(
        &self,
        request: ListTagsForResourceRequest,
    ) -> Result<ListTagsForResourceResponse, ApiError> {
        let mut constraints = Constraints::default();
        let resource_arn = constraints.required(member::RESOURCE_ARN, request.resource_arn);
        constraints.check()?;
        let tags = match tagged(&resource_arn)? {
            Tagged::Machine => self.machine(&resource_arn).await.map(|machine| MachineSettings::of(&machine).tags),
            Tagged::Activity => self.activity(&resource_arn).await.map(|activity| activity.value.tags),
        };
        let tags = tags.map_err(|error| not_found(error, &resource_arn))?;
        Ok(ListTagsForResourceResponse { tags })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, ROLE, System};

    #[tokio::test]
    async fn tags_given_at_creation_are_listed() {
        let system = System::new();
        let tags = json!([{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]);
        let create = json!({"name": "order", "definition": PASS, "roleArn": ROLE, "tags": tags});
        let arn = &system.call("CreateStateMachine", create).await["stateMachineArn"];
        assert_eq!(system.call("ListTagsForResource", json!({"resourceArn": arn})).await, json!({"tags": tags}));
    }

    #[tokio::test]
    async fn what_does_not_exist_has_no_tags() {
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        let request = json!({"resourceArn": missing});
        System::new().refused("ListTagsForResource", request, "ResourceNotFound", "Resource not found: ").await;
    }
}
