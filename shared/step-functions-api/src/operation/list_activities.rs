//! ListActivities: by name, in pages.

use serde::{Deserialize, Serialize};

use super::list_state_machines::page_items;
use crate::activity::{Activity, activities_of};
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListActivitiesRequest {
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
}

/// A page of activities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListActivitiesResponse {
    /// The activities.
    pub activities: Vec<ActivityListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// An activity in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityListItem {
    /// Its ARN.
    pub activity_arn: String,
    /// Its name.
    pub name: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Lists activities.
    ///
    /// # Errors
    ///
    /// InvalidToken, ValidationException.
    pub async fn list_activities(&self, request: ListActivitiesRequest) -> Result<ListActivitiesResponse, ApiError> {
        let mut constraints = Constraints::default();
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.check()?;
        let after = token.as_deref().map(page_token::decode).transpose()?;
        let items = page_items(request.max_results);
        let mut found = self.records::<Activity>(&activities_of(self.place), after.as_deref(), items + 1).await?;
        let more = found.len() > items;
        found.truncate(items);
        let next_token = found.last().filter(|_| more).map(|(name, _)| page_token::encode(name));
        let activities = found
            .into_iter()
            .map(|(_, activity)| ActivityListItem {
                activity_arn: activity.value.arn,
                name: activity.value.name,
                creation_date: activity.value.created_at.into(),
            })
            .collect();
        Ok(ListActivitiesResponse { activities, next_token })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::System;

    fn names(page: &Value) -> Vec<&str> {
        page["activities"].as_array().unwrap().iter().map(|activity| activity["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn activities_are_listed_by_name_in_pages() {
        let system = System::new();
        for name in ["b", "c", "a"] {
            system.call("CreateActivity", json!({"name": name})).await;
        }
        let first = system.call("ListActivities", json!({"maxResults": 2})).await;
        assert_eq!(names(&first), ["a", "b"]);
        let second = system.call("ListActivities", json!({"nextToken": first["nextToken"]})).await;
        assert_eq!((names(&second), second.get("nextToken")), (vec!["c"], None));
        system.refused("ListActivities", json!({"nextToken": "xyz"}), "InvalidToken", "").await;
        system.refused("ListActivities", json!({"maxResults": 1001}), "ValidationException", "1000").await;
    }
}
