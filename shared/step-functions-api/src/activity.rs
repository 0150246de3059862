//! Activities: names under which workers ask for tasks. Their tasks belong to executions; here is only what each activity is.

use interpreter::Timestamp;
use serde::{Deserialize, Serialize};
use store::ItemKey;

use crate::machine_settings::Tag;
use crate::record::{self, Record};
use crate::{Api, ApiError, ErrorName, Place};

/// An activity, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<Tag>,
}

/// The partition of the activities of a place.
pub(crate) fn activities_of(place: &Place) -> String {
    record::partition("activities", &format!("{}:{}", place.region, place.account))
}

/// The key of the activity with this ARN.
pub(crate) fn activity_key(arn: &str) -> ItemKey {
    let part = |index: usize| arn.split(':').nth(index).unwrap_or_default();
    record::key("activities", &format!("{}:{}", part(3), part(4)), part(6))
}

impl Api<'_> {
    /// The activity with this ARN.
    pub(crate) async fn activity(&self, arn: &str) -> Result<Record<Activity>, ApiError> {
        let activity = self.record(&activity_key(arn)).await?;
        activity.ok_or_else(|| ApiError::new(ErrorName::ActivityDoesNotExist, format!("Activity Does Not Exist: '{arn}'")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What stands here never changes.
    #[test]
    fn activities_of_format_1_are_read_and_written() {
        let frozen = json!({
            "name": "review",
            "arn": "arn:aws:states:us-east-1:123456789012:activity:review",
            "created_at": 1_793_534_400_000_i64,
            "tags": [{"key": "team", "value": "orders"}],
        });
        let activity: Activity = serde_json::from_value(frozen.clone()).unwrap();
        assert_eq!(serde_json::to_value(&activity).unwrap(), frozen);
    }

    #[test]
    fn an_activity_is_found_by_its_arn_where_its_place_lists_it() {
        let key = activity_key("arn:aws:states:us-east-1:123456789012:activity:review");
        assert_eq!((key.partition.as_str(), key.sort.as_str()), ("api#activities#us-east-1:123456789012", "review"));
        assert_eq!(activities_of(&Place::default()), key.partition);
    }
}
