//! ListMapRuns: of an execution, newest first, in pages. A list may lag behind.

use serde::{Deserialize, Serialize};

use super::list_executions::position;
use super::list_state_machines::page_items;
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListMapRunsRequest {
    /// The execution: required.
    pub execution_arn: Option<String>,
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
}

/// A page of Map Runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMapRunsResponse {
    /// The Map Runs.
    pub map_runs: Vec<MapRunListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A Map Run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MapRunListItem {
    /// Its ARN.
    pub map_run_arn: String,
    /// The execution that it belongs to.
    pub execution_arn: String,
    /// The machine of that execution.
    pub state_machine_arn: String,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_date: Option<EpochSeconds>,
}

impl Api<'_> {
    /// Lists the Map Runs of an execution.
    ///
    /// # Errors
    ///
    /// InvalidArn, ExecutionDoesNotExist, InvalidToken, ValidationException.
    pub async fn list_map_runs(&self, request: ListMapRunsRequest) -> Result<ListMapRunsResponse, ApiError> {
        let mut constraints = Constraints::default();
        let execution_arn = constraints.required(member::EXECUTION_ARN, request.execution_arn);
        let token = constraints.optional(member::NEXT_TOKEN, request.next_token);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        constraints.check()?;
        arn::check(&execution_arn, Kind::Execution)?;
        let after = token.as_deref().map(position).transpose()?;
        let head = self.executions().head(&execution_arn).await?;
        let head = head.ok_or_else(|| ApiError::execution_does_not_exist(&execution_arn))?;
        let state_machine_arn = head.identity.state_machine_arn();
        let page = self.coordinator.list_map_runs(&execution_arn, page_items(request.max_results), after).await?;
        let map_runs = page.heads.into_iter().map(|head| MapRunListItem {
            map_run_arn: head.identity.arn,
            execution_arn: execution_arn.clone(),
            state_machine_arn: state_machine_arn.clone(),
            start_date: head.started_at.into(),
            stop_date: head.closed_at.map(EpochSeconds),
        });
        Ok(ListMapRunsResponse { map_runs: map_runs.collect(), next_token: page.next.as_deref().map(page_token::encode) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{MAP, System};

    #[tokio::test]
    async fn the_map_runs_of_an_execution_are_listed_and_no_others() {
        let system = System::new();
        let machine = system.machine("map", MAP).await;
        let one = system.start(&machine, "one", "[1]").await;
        system.start(&machine, "two", "[1]").await;
        system.pump().await;
        let runs = system.call("ListMapRuns", json!({"executionArn": one})).await;
        assert_eq!(runs["mapRuns"].as_array().unwrap().len(), 1);
        assert_eq!((&runs["mapRuns"][0]["executionArn"], &runs["mapRuns"][0]["stateMachineArn"]), (&one, &machine));
        let nobody = "arn:aws:states:us-east-1:123456789012:execution:map:nobody";
        system.refused("ListMapRuns", json!({"executionArn": nobody}), "ExecutionDoesNotExist", "nobody").await;
    }
}
