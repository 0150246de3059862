//! UntagResource.

use serde::Deserialize;

use super::Empty;
use crate::constraints::Constraints;
use crate::{Api, ApiError, member};

/// Which resource, and which of its tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UntagResourceRequest {
    /// A state machine or an activity: required.
    pub resource_arn: Option<String>,
    /// The keys of the tags to remove: required.
    pub tag_keys: Option<Vec<String>>,
}

impl Api<'_> {
    /// Removes tags of a resource; a key that it does not have is no error.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn untag_resource(&self, request: UntagResourceRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let resource_arn = constraints.required(member::RESOURCE_ARN, request.resource_arn);
        if request.tag_keys.is_none() {
            constraints.violated("Value null", "tagKeys", "Member must not be null");
        }
        constraints.check()?;
        let keys = request.tag_keys.unwrap_or_default();
        let changed = self.change_tags(&resource_arn, |tags| {
            tags.retain(|tag| !keys.contains(&tag.key));
            Ok(())
        });
        changed.await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System};

    #[tokio::test]
    async fn the_named_tags_are_removed_and_the_others_stay() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let tags = json!([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]);
        system.call("TagResource", json!({"resourceArn": arn, "tags": tags})).await;
        system.call("UntagResource", json!({"resourceArn": arn, "tagKeys": ["a", "never"]})).await;
        let tags = system.call("ListTagsForResource", json!({"resourceArn": arn})).await;
        assert_eq!(tags, json!({"tags": [{"key": "b", "value": "2"}]}));
        system.refused("UntagResource", json!({"resourceArn": arn}), "ValidationException", "'tagKeys'").await;
    }
}
