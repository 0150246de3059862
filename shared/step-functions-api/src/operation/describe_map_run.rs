//! DescribeMapRun: the truth, from the run's own journal.

use coordinator::MapRunDescription;
use interpreter::RunCounts;
use serde::{Deserialize, Serialize};

use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member};

/// Which Map Run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeMapRunRequest {
    /// Its ARN: required.
    pub map_run_arn: Option<String>,
}

/// A Map Run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMapRunResponse {
    /// Its ARN.
    pub map_run_arn: String,
    /// The execution that it belongs to.
    pub execution_arn: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED` or `ABORTED`.
    pub status: &'static str,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_date: Option<EpochSeconds>,
    /// At most this many executions at a time; 0 for as many as possible.
    pub max_concurrency: u64,
    /// What share of the items may fail, in percent.
    pub tolerated_failure_percentage: f64,
    /// How many items may fail.
    pub tolerated_failure_count: u64,
    /// The items, by what became of them.
    pub item_counts: Counts,
    /// The executions, by what became of them.
    pub execution_counts: Counts,
    /// How often it was redriven: a redrive of its execution begins another Map Run.
    pub redrive_count: u32,
}

/// Numbers of items or executions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Not under way yet.
    pub pending: u64,
    /// Under way.
    pub running: u64,
    /// Succeeded.
    pub succeeded: u64,
    /// Failed.
    pub failed: u64,
    /// Timed out.
    pub timed_out: u64,
    /// Stopped.
    pub aborted: u64,
    /// Known so far.
    pub total: u64,
    /// Written by the `ResultWriter`.
    pub results_written: u64,
    /// Never: a redrive begins another Map Run.
    pub failures_not_redrivable: u64,
    /// Never.
    pub pending_redrive: u64,
}

impl From<RunCounts> for Counts {
    fn from(counts: RunCounts) -> Self {
        Self {
            pending: counts.pending(),
            running: counts.running,
            succeeded: counts.succeeded,
            failed: counts.failed,
            timed_out: counts.timed_out,
            aborted: counts.aborted,
            total: counts.total,
            results_written: counts.results_written,
            failures_not_redrivable: 0,
            pending_redrive: 0,
        }
    }
}

impl Api<'_> {
    /// Describes a Map Run.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn describe_map_run(&self, request: DescribeMapRunRequest) -> Result<DescribeMapRunResponse, ApiError> {
        let mut constraints = Constraints::default();
        let map_run_arn = constraints.required(member::MAP_RUN_ARN, request.map_run_arn);
        constraints.check()?;
        arn::check(&map_run_arn, Kind::MapRun)?;
        Ok(described(self.coordinator.describe_map_run(&map_run_arn).await?))
    }
}

fn described(description: MapRunDescription) -> DescribeMapRunResponse {
    let facts = description.facts;
    DescribeMapRunResponse {
        map_run_arn: description.identity.arn,
        execution_arn: description.execution_arn,
        status: description.status.as_str(),
        start_date: description.started_at.into(),
        stop_date: description.closed_at.map(EpochSeconds),
        max_concurrency: facts.max_concurrency,
        tolerated_failure_percentage: facts.tolerance.percentage.unwrap_or_default(),
        tolerated_failure_count: facts.tolerance.count.unwrap_or_default(),
        item_counts: facts.items.into(),
        execution_counts: facts.executions.into(),
        redrive_count: 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{MAP, PASS, System};

    #[tokio::test]
    async fn a_map_run_is_described_with_its_counts() {
        let system = System::new();
        let machine = system.machine("map", MAP).await;
        let execution = system.start(&machine, "one", "[1, 2]").await;
        system.pump().await;
        let runs = system.call("ListMapRuns", json!({"executionArn": execution})).await;
        let run = &runs["mapRuns"][0]["mapRunArn"];
        let description = system.call("DescribeMapRun", json!({"mapRunArn": run})).await;
        assert_eq!((&description["status"], &description["executionArn"]), (&json!("SUCCEEDED"), &execution));
        assert_eq!(description["itemCounts"]["succeeded"], 2);
        assert_eq!(description["executionCounts"]["total"], 2);
        let listed = system.call("ListExecutions", json!({"mapRunArn": run})).await;
        let items = listed["executions"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        let item = system.call("DescribeExecution", json!({"executionArn": items[0]["executionArn"]})).await;
        assert_eq!((&item["mapRunArn"], &item["status"]), (run, &json!("SUCCEEDED")));
        let machine_of_items = item["stateMachineArn"].as_str().unwrap();
        assert!(machine_of_items.contains(":stateMachine:map/"), "{machine_of_items}");
        let of_machine = system.call("ListExecutions", json!({"stateMachineArn": machine})).await;
        assert_eq!(of_machine["executions"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_map_run_is_refused() {
        let system = System::new();
        system.machine("order", PASS).await;
        let nobody = "arn:aws:states:us-east-1:123456789012:mapRun:order/Each:nobody";
        system.refused("DescribeMapRun", json!({"mapRunArn": nobody}), "ResourceNotFound", "nobody").await;
        system.refused("DescribeMapRun", json!({"mapRunArn": "run"}), "InvalidArn", "run").await;
        system.refused("DescribeMapRun", json!({}), "ValidationException", "mapRunArn").await;
    }
}
