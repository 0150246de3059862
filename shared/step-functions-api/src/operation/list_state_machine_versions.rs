//! ListStateMachineVersions: newest first, in pages.

use serde::{Deserialize, Serialize};

use super::list_state_machines::page_items;
use crate::constraints::Constraints;
use crate::version::{MachineVersion, version_arn, versions_of};
use crate::{Api, ApiError, EpochSeconds, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListStateMachineVersionsRequest {
    /// The machine: required, and not qualified.
    pub state_machine_arn: Option<String>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
}

/// A page of versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListStateMachineVersionsResponse {
    /// The versions.
    pub state_machine_versions: Vec<StateMachineVersionListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A version in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateMachineVersionListItem {
    /// Its ARN.
    pub state_machine_version_arn: String,
    /// When it was published.
    pub creation_date: EpochSeconds,
}

impl Api<'_> {
    /// Lists the versions of a machine.
    ///
    /// # Errors
    ///
    /// InvalidArn, InvalidToken, StateMachineDoesNotExist, ValidationException.
    pub async fn list_state_machine_versions(
        &self,
        request: ListStateMachineVersionsRequest,
    ) -> Result<ListStateMachineVersionsResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        constraints.check()?;
        let machine_arn = arn::unqualified_machine(&machine_arn)?;
        let after = token.as_deref().map(page_token::decode).transpose()?;
        let machine = self.machine(&machine_arn).await?;
        let items = page_items(request.max_results);
        let mut found = self.records::<MachineVersion>(&versions_of(&machine), after.as_deref(), items + 1).await?;
        let more = found.len() > items;
        found.truncate(items);
        let next_token = found.last().filter(|_| more).map(|(place, _)| page_token::encode(place));
        let state_machine_versions = found
            .into_iter()
            .map(|(_, version)| StateMachineVersionListItem {
                state_machine_version_arn: version_arn(&machine_arn, version.value.number),
                creation_date: version.value.created_at.into(),
            })
            .collect();
        Ok(ListStateMachineVersionsResponse { state_machine_versions, next_token })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System};

    fn numbers(page: &Value) -> Vec<&str> {
        let versions = page["stateMachineVersions"].as_array().unwrap();
        versions.iter().map(|one| one["stateMachineVersionArn"].as_str().unwrap().rsplit(':').next().unwrap()).collect()
    }

    #[tokio::test]
    async fn versions_are_listed_newest_first_in_pages() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        for number in 1..=11 {
            let definition = PASS.replace("\"A\"", &format!("\"A{number}\""));
            let update = json!({"stateMachineArn": arn, "definition": definition, "publish": true});
            system.call("UpdateStateMachine", update).await;
        }
        let first = system.call("ListStateMachineVersions", json!({"stateMachineArn": arn, "maxResults": 9})).await;
        assert_eq!(numbers(&first), ["11", "10", "9", "8", "7", "6", "5", "4", "3"]);
        let next = json!({"stateMachineArn": arn, "nextToken": first["nextToken"]});
        let second = system.call("ListStateMachineVersions", next).await;
        assert_eq!((numbers(&second), second.get("nextToken")), (vec!["2", "1"], None));
    }

    #[tokio::test]
    async fn what_cannot_be_listed_is_refused() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        for (request, error) in [
            (json!({"stateMachineArn": arn, "maxResults": 1001}), "ValidationException"),
            (json!({"stateMachineArn": arn, "nextToken": "x".repeat(1025)}), "ValidationException"),
            (json!({"stateMachineArn": arn, "nextToken": "xyz"}), "InvalidToken"),
            (json!({"stateMachineArn": missing}), "StateMachineDoesNotExist"),
        ] {
            system.refused("ListStateMachineVersions", request, error, "").await;
        }
    }
}
