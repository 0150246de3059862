//! UpdateMapRun: how many executions of a Map Run run at a time, and how much may fail. Committed, then answered.

use interpreter::MapRunUpdate;
use serde::Deserialize;

use super::Empty;
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, ErrorName, arn, member};

/// What is to change; what is absent stays.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UpdateMapRunRequest {
    /// The Map Run: required.
    pub map_run_arn: Option<String>,
    /// At most this many executions at a time; 0 for as many as possible.
    pub max_concurrency: Option<u64>,
    /// What share of the items may fail, in percent.
    pub tolerated_failure_percentage: Option<f64>,
    /// How many items may fail.
    pub tolerated_failure_count: Option<u64>,
}

impl Api<'_> {
    /// Changes a Map Run that is under way.
    ///
    /// # Errors
    ///
    /// InvalidArn, ResourceNotFound, ValidationException.
    pub async fn update_map_run(&self, request: UpdateMapRunRequest) -> Result<Empty, ApiError> {
        let mut constraints = Constraints::default();
        let map_run_arn = constraints.required(member::MAP_RUN_ARN, request.map_run_arn);
        constraints.check()?;
        arn::check(&map_run_arn, Kind::MapRun)?;
        let update = MapRunUpdate {
            max_concurrency: request.max_concurrency,
            tolerated_failure_count: request.tolerated_failure_count,
            tolerated_failure_percentage: request.tolerated_failure_percentage,
        };
        if update == MapRunUpdate::default() {
            let message = "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified";
            return Err(ApiError::new(ErrorName::MissingRequiredParameter, message));
        }
        if update.tolerated_failure_percentage.is_some_and(|percentage| !(0.0..=100.0).contains(&percentage)) {
            let message = "toleratedFailurePercentage must be between 0 and 100";
            return Err(ApiError::new(ErrorName::Validation, message));
        }
        self.coordinator.update_map_run(&map_run_arn, update).await?;
        Ok(Empty {})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{MAP, System};

    #[tokio::test]
    async fn a_map_run_that_is_under_way_is_changed_and_one_that_has_ended_is_not() {
        let system = System::new();
        let machine = system.machine("map", &MAP.replace(r#""Type":"Pass""#, r#""Type":"Wait","Seconds":60"#)).await;
        let execution = system.start(&machine, "one", "[1, 2, 3]").await;
        system.pump().await;
        let runs = system.call("ListMapRuns", json!({"executionArn": execution})).await;
        let run = &runs["mapRuns"][0]["mapRunArn"];
        let update = json!({"mapRunArn": run, "maxConcurrency": 7, "toleratedFailureCount": 2, "toleratedFailurePercentage": 50.5});
        system.call("UpdateMapRun", update.clone()).await;
        let description = system.call("DescribeMapRun", json!({"mapRunArn": run})).await;
        assert_eq!((&description["maxConcurrency"], &description["toleratedFailureCount"]), (&json!(7), &json!(2)));
        assert_eq!(description["toleratedFailurePercentage"], 50.5);
        system.refused("UpdateMapRun", json!({"mapRunArn": run}), "MissingRequiredParameter", "maxConcurrency").await;
        system.call("StopExecution", json!({"executionArn": execution})).await;
        system.pump().await;
        system.refused("UpdateMapRun", update, "ValidationException", "ended").await;
    }
}
