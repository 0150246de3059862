//! ListStateMachines: by name, in pages.

use serde::{Deserialize, Serialize};

use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListStateMachinesRequest {
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
}

/// A page of state machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListStateMachinesResponse {
    /// The machines.
    pub state_machines: Vec<StateMachineListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A state machine in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateMachineListItem {
    /// Its ARN.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// `STANDARD`.
    pub r#type: String,
    /// When it was created.
    pub creation_date: EpochSeconds,
}

/// How many items a page has: what is asked for, or the default.
pub(crate) fn page_items(max_results: Option<i64>) -> usize {
    max_results.and_then(|asked| usize::try_from(asked).ok()).filter(|asked| *asked > 0).unwrap_or(member::PAGE_ITEMS_DEFAULT)
}

impl Api<'_> {
    /// Lists state machines.
    ///
    /// # Errors
    ///
    /// InvalidToken, ValidationException.
    pub async fn list_state_machines(&self, request: ListStateMachinesRequest) -> Result<ListStateMachinesResponse, ApiError> {
        let mut constraints = Constraints::default();
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.check()?;
        let after = token.as_deref().map(page_token::decode).transpose()?;
        let items = page_items(request.max_results);
        // One more is read, to know whether there is a next page.
        let mut machines = self.executions().list_machines(after.as_deref(), items + 1).await?;
        let more = machines.len() > items;
        machines.truncate(items);
        let next_token = machines.last().filter(|_| more).map(|last| page_token::encode(&last.name));
        let state_machines = machines
            .into_iter()
            .map(|machine| StateMachineListItem {
                state_machine_arn: machine.arn,
                name: machine.name,
                r#type: machine.kind,
                creation_date: machine.created_at.into(),
            })
            .collect();
        Ok(ListStateMachinesResponse { state_machines, next_token })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System};

    fn names(page: &Value) -> Vec<&str> {
        page["stateMachines"].as_array().unwrap().iter().map(|machine| machine["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn machines_are_listed_by_name_in_pages_that_join_without_gaps() {
        let system = System::new();
        for name in ["c", "a", "d", "b"] {
            system.machine(name, PASS).await;
        }
        let first = system.call("ListStateMachines", json!({"maxResults": 3})).await;
        assert_eq!(names(&first), ["a", "b", "c"]);
        let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:a";
        let expected = json!({"stateMachineArn": arn, "name": "a", "type": "STANDARD", "creationDate": 1_793_534_400.0});
        assert_eq!(first["stateMachines"][0], expected);
        let second = system.call("ListStateMachines", json!({"maxResults": 3, "nextToken": first["nextToken"]})).await;
        assert_eq!((names(&second), second.get("nextToken")), (vec!["d"], None));
        let all = system.call("ListStateMachines", json!({"maxResults": 4})).await;
        assert_eq!((names(&all).len(), all.get("nextToken")), (4, None));
    }

    #[tokio::test]
    async fn a_page_has_a_hundred_machines_unless_told_otherwise_and_at_most_a_thousand() {
        let system = System::new();
        for number in 0..101 {
            system.machine(&format!("m{number:03}"), PASS).await;
        }
        for request in [json!({}), json!({"maxResults": 0})] {
            assert_eq!(names(&system.call("ListStateMachines", request).await).len(), 100);
        }
        assert_eq!(names(&system.call("ListStateMachines", json!({"maxResults": 1000})).await).len(), 101);
        for (request, error) in [
            (json!({"maxResults": 1001}), "ValidationException"),
            (json!({"nextToken": "x".repeat(1025)}), "ValidationException"),
            (json!({"nextToken": "no token"}), "InvalidToken"),
        ] {
            system.refused("ListStateMachines", request, error, "").await;
        }
    }
}
