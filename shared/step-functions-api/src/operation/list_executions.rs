//! ListExecutions: of a machine, newest first, in pages. A list may lag behind.

use interpreter::ExecutionStatus;
use serde::{Deserialize, Serialize};
use store::{Head, HeadPage, HeadQuery, ListPosition};

use super::list_state_machines::page_items;
use crate::arn::Kind;
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListExecutionsRequest {
    /// The machine: required.
    pub state_machine_arn: Option<String>,
    /// Only those with this status.
    pub status_filter: Option<String>,
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
    /// Refused: there are no Map runs.
    pub map_run_arn: Option<String>,
    /// Refused: a list does not know of redrives.
    pub redrive_filter: Option<String>,
}

/// A page of executions; it may be shorter than asked for although another follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListExecutionsResponse {
    /// The executions.
    pub executions: Vec<ExecutionListItem>,
    /// The token of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionListItem {
    /// Its ARN.
    pub execution_arn: String,
    /// Its machine's ARN.
    pub state_machine_arn: String,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: &'static str,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_date: Option<EpochSeconds>,
}

impl From<Head> for ExecutionListItem {
    fn from(head: Head) -> Self {
        Self {
            execution_arn: head.identity.arn,
            state_machine_arn: head.identity.machine_arn,
            name: head.identity.name,
            status: head.status.as_str(),
            start_date: head.started_at.into(),
            stop_date: head.closed_at.map(EpochSeconds),
        }
    }
}

/// AWS's statuses, in its order. Nothing here is ever PENDING_REDRIVE.
const STATUSES: &[&str] = &["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

impl Api<'_> {
    /// Lists executions.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, InvalidToken, ValidationException.
    pub async fn list_executions(&self, request: ListExecutionsRequest) -> Result<ListExecutionsResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let token = constraints.optional(member::LIST_EXECUTIONS_TOKEN, request.next_token);
        constraints.one_of("statusFilter", request.status_filter.as_deref(), STATUSES);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        refuse(&mut constraints, "mapRunArn", request.map_run_arn.as_deref());
        refuse(&mut constraints, "redriveFilter", request.redrive_filter.as_deref());
        constraints.check()?;
        arn::check(&machine_arn, Kind::StateMachine)?;
        let after = token.as_deref().map(position).transpose()?;
        self.machine(&machine_arn).await?;
        let status = request.status_filter.as_deref().map(status);
        let page = match status {
            Some(None) => HeadPage::default(),
            status => {
                let query = HeadQuery {
                    machine_arn: Some(machine_arn),
                    status: status.flatten(),
                    limit: page_items(request.max_results),
                    after,
                };
                self.executions().list_heads(&query).await?
            }
        };
        Ok(ListExecutionsResponse {
            executions: page.heads.into_iter().map(ExecutionListItem::from).collect(),
            next_token: page.next.as_deref().map(page_token::encode),
        })
    }
}

fn refuse(constraints: &mut Constraints, member: &str, value: Option<&str>) {
    if let Some(value) = value {
        constraints.violated(&format!("Value '{value}'"), member, "this member is not supported");
    }
}

/// The store's place that a token stands for.
fn position(token: &str) -> Result<String, ApiError> {
    let place = page_token::decode(token)?;
    ListPosition::parse(&place).map_err(|_| ApiError::invalid_token())?;
    Ok(place)
}

fn status(name: &str) -> Option<ExecutionStatus> {
    use ExecutionStatus::{Aborted, Failed, Running, Succeeded, TimedOut};
    [Running, Succeeded, Failed, TimedOut, Aborted].into_iter().find(|status| status.as_str() == name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::tests::{PASS, System, WAIT};

    fn names(page: &Value) -> Vec<&str> {
        page["executions"].as_array().unwrap().iter().map(|execution| execution["name"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn executions_are_listed_newest_first_in_pages_that_join_without_gaps() {
        let system = System::new();
        let (arn, other) = (system.machine("order", PASS).await, system.machine("other", PASS).await);
        for name in ["1", "2", "3"] {
            system.start(&arn, name, "{}").await;
            system.start(&other, name, "{}").await;
            system.advance_seconds(1);
        }
        let first = system.call("ListExecutions", json!({"stateMachineArn": arn, "maxResults": 2})).await;
        assert_eq!(names(&first), ["3", "2"]);
        assert_eq!(
            first["executions"][1],
            json!({
                "executionArn": "arn:aws:states:us-east-1:123456789012:execution:order:2",
                "stateMachineArn": arn,
                "name": "2",
                "status": "SUCCEEDED",
                "startDate": 1_793_534_401.0,
                "stopDate": 1_793_534_401.0,
            })
        );
        let next = json!({"stateMachineArn": arn, "maxResults": 2, "nextToken": first["nextToken"]});
        let second = system.call("ListExecutions", next).await;
        assert_eq!((names(&second), second.get("nextToken")), (vec!["1"], None));
    }

    #[tokio::test]
    async fn executions_are_listed_by_status() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let stopped = system.start(&arn, "stopped", "{}").await;
        system.start(&arn, "open", "{}").await;
        system.call("StopExecution", json!({"executionArn": stopped})).await;
        for (status, expected) in
            [("RUNNING", vec!["open"]), ("ABORTED", vec!["stopped"]), ("SUCCEEDED", vec![]), ("PENDING_REDRIVE", vec![])]
        {
            let page = system.call("ListExecutions", json!({"stateMachineArn": arn, "statusFilter": status})).await;
            assert_eq!(names(&page), expected, "{status}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_listed_is_refused_by_the_names_of_aws() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        for (request, error, message) in [
            (json!({}), "ValidationException", "'stateMachineArn'"),
            (json!({"stateMachineArn": "order"}), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: order'"),
            (json!({"stateMachineArn": missing}), "StateMachineDoesNotExist", "missing'"),
            (json!({"stateMachineArn": arn, "maxResults": 1001}), "ValidationException", "less than or equal to 1000"),
            (json!({"stateMachineArn": arn, "nextToken": "x".repeat(3097)}), "ValidationException", "less than or equal to 3096"),
            (json!({"stateMachineArn": arn, "nextToken": "xyz"}), "InvalidToken", "Invalid Token: 'Invalid token'"),
            (json!({"stateMachineArn": arn, "nextToken": crate::page_token::encode("order")}), "InvalidToken", ""),
            (json!({"stateMachineArn": arn, "statusFilter": "OPEN"}), "ValidationException", "[RUNNING, SUCCEEDED, FAILED"),
            (json!({"stateMachineArn": arn, "redriveFilter": "REDRIVEN"}), "ValidationException", "not supported"),
            (json!({"stateMachineArn": arn, "mapRunArn": "arn"}), "ValidationException", "not supported"),
        ] {
            system.refused("ListExecutions", request, error, message).await;
        }
    }
}
