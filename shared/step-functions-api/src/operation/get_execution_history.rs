//! GetExecutionHistory: forwards or backwards, in pages, with or without data.

use coordinator::{HistoryCursor, HistoryQuery};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::list_state_machines::page_items;
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::history_event::{Surroundings, render};
use crate::{Api, ApiError, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GetExecutionHistoryRequest {
    /// The execution: required.
    pub execution_arn: Option<String>,
    /// At most this many events; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// Whether the newest come first.
    pub reverse_order: Option<bool>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
    /// Whether inputs and outputs are told, which is the default.
    pub include_execution_data: Option<bool>,
}

/// A page of events.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetExecutionHistoryResponse {
    /// The events.
    pub events: Vec<Value>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

impl Api<'_> {
    /// Reads a page of an execution's history.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, InvalidToken, ValidationException.
    pub async fn get_execution_history(
        &self,
        request: GetExecutionHistoryRequest,
    ) -> Result<GetExecutionHistoryResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let after = token.as_deref().map(cursor).transpose()?;
        let head = self.executions().head(&execution_arn).await?;
        let head = head.ok_or_else(|| ApiError::execution_does_not_exist(&execution_arn))?;
        let with_data = request.include_execution_data.unwrap_or(true);
        let query = HistoryQuery {
            execution_arn,
            limit: page_items(request.max_results),
            newest_first: request.reverse_order.unwrap_or(false),
            with_data,
            after,
        };
        let page = self.coordinator.history(&query).await?;
        let surroundings = Surroundings { role_arn: &head.identity.role_arn, with_data };
        Ok(GetExecutionHistoryResponse {
            events: page.events.iter().map(|event| render(event, surroundings)).collect(),
            next_token: page.next.map(|cursor| page_token::encode(&cursor.to_string())),
        })
    }
}

fn cursor(token: &str) -> Result<HistoryCursor, ApiError> {
    page_token::decode(token)?.parse().map_err(|_| ApiError::invalid_token())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, ROLE, System};

    async fn history(system: &System, members: &[(&str, Value)]) -> Value {
        let execution = "arn:aws:states:us-east-1:123456789012:execution:order:one";
        let mut request = json!({"executionArn": execution});
        for (member, value) in members {
            request[*member] = value.clone();
        }
        system.call("GetExecutionHistory", request).await
    }

    fn ids(page: &Value) -> Vec<u64> {
        page["events"].as_array().unwrap().iter().map(|event| event["id"].as_u64().unwrap()).collect()
    }

    async fn with_execution(input: &str) -> System {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        system.start(&arn, "one", input).await;
        system
    }

    #[tokio::test]
    async fn a_history_tells_everything_that_happened() {
        let system = with_execution("[1, 2]").await;
        let whole = json!({"truncated": false});
        let event = |kind: &str, id: u64, previous: u64, member: &str, details: Value| {
            json!({"timestamp": 1_793_534_400.0, "type": kind, "id": id, "previousEventId": previous, member: details})
        };
        assert_eq!(
            history(&system, &[]).await,
            json!({"events": [
                event("ExecutionStarted", 1, 0, "executionStartedEventDetails",
                    json!({"input": "[1, 2]", "inputDetails": whole, "roleArn": ROLE})),
                event("PassStateEntered", 2, 0, "stateEnteredEventDetails",
                    json!({"name": "A", "input": "[1, 2]", "inputDetails": whole})),
                event("PassStateExited", 3, 2, "stateExitedEventDetails",
                    json!({"name": "A", "output": "[1,2]", "outputDetails": whole})),
                event("ExecutionSucceeded", 4, 3, "executionSucceededEventDetails",
                    json!({"output": "[1,2]", "outputDetails": whole})),
            ]})
        );
    }

    #[tokio::test]
    async fn pages_join_without_gaps_in_both_directions() {
        let system = with_execution("{}").await;
        for (reverse, first, second) in [(false, vec![1, 2, 3], vec![4]), (true, vec![4, 3, 2], vec![1])] {
            let asked = [("maxResults", json!(3)), ("reverseOrder", json!(reverse))];
            let page = history(&system, &asked).await;
            assert_eq!(ids(&page), first);
            let next = history(&system, &[asked.as_slice(), &[("nextToken", page["nextToken"].clone())]].concat()).await;
            assert_eq!((ids(&next), next.get("nextToken")), (second, None));
        }
        assert_eq!(ids(&history(&system, &[("maxResults", json!(0))]).await).len(), 4);
    }

    #[tokio::test]
    async fn data_large_and_small_is_told_unless_it_is_not_wanted() {
        for input in [r#""secret""#.to_owned(), format!(r#""secret{}""#, " ".repeat(10_000))] {
            let system = with_execution(&input).await;
            let told = history(&system, &[]).await;
            assert_eq!(told["events"][1]["stateEnteredEventDetails"]["input"], json!(input));
            let untold = history(&system, &[("includeExecutionData", json!(false))]).await;
            assert_eq!(ids(&untold), [1, 2, 3, 4]);
            assert!(!untold.to_string().contains("secret"));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_refused() {
        let system = with_execution("{}").await;
        let execution = "arn:aws:states:us-east-1:123456789012:execution:order:one";
        let nobody = "arn:aws:states:us-east-1:123456789012:execution:order:nobody";
        for (request, error, message) in [
            (json!({"executionArn": nobody}), "ExecutionDoesNotExist", "Execution Does Not Exist: 'arn:aws:states"),
            (json!({"executionArn": "one"}), "InvalidArn", "Invalid ARN prefix: one"),
            (json!({"executionArn": execution, "maxResults": 1001}), "ValidationException", "less than or equal to 1000"),
            (json!({"executionArn": execution, "nextToken": "x"}), "InvalidToken", ""),
            (json!({"executionArn": execution, "nextToken": crate::page_token::encode("1")}), "InvalidToken", ""),
        ] {
            system.refused("GetExecutionHistory", request, error, message).await;
        }
    }
}
