//! ListExecutions: of a machine, newest first, in pages. A list may lag behind.

use interpreter::{Execution, ExecutionStatus};
use serde::{Deserialize, Serialize};
use store::{Head, HeadQuery, ListPosition};

use super::create_state_machine::EXPRESS;
use super::list_state_machines::page_items;
use crate::arn::{Kind, MachineArn};
use crate::constraints::Constraints;
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, member, page_token};

/// Which page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListExecutionsRequest {
    /// The machine: this or `map_run_arn` is required.
    pub state_machine_arn: Option<String>,
    /// Only those with this status.
    pub status_filter: Option<String>,
    /// At most this many; 100 when 0 or absent.
    pub max_results: Option<i64>,
    /// The page behind the one that had this token.
    pub next_token: Option<String>,
    /// The Map Run whose executions are listed.
    pub map_run_arn: Option<String>,
    /// Only those that were redriven (`REDRIVEN`), or were not (`NOT_REDRIVEN`).
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
    /// The Map Run that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map_run_arn: Option<String>,
    /// The ARN of the version that it was started with, if it was started by that or by an alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_version_arn: Option<String>,
    /// The ARN of the alias that it was started by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_machine_alias_arn: Option<String>,
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: &'static str,
    /// When it was started.
    pub start_date: EpochSeconds,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_date: Option<EpochSeconds>,
    /// How often it was redriven.
    pub redrive_count: u32,
    /// When it was redriven last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redrive_date: Option<EpochSeconds>,
}

impl ExecutionListItem {
    /// Of a head, and of the latest entry, which alone knows of redrives.
    fn of(head: Head, latest: Option<&Execution>) -> Self {
        Self {
            state_machine_arn: head.identity.state_machine_arn(),
            map_run_arn: head.identity.map_run_arn().map(str::to_owned),
            execution_arn: head.identity.arn,
            state_machine_version_arn: head.identity.version_arn,
            state_machine_alias_arn: head.identity.alias_arn,
            name: head.identity.name,
            status: head.status.as_str(),
            start_date: head.started_at.into(),
            stop_date: head.closed_at.map(EpochSeconds),
            redrive_count: latest.map_or(0, |latest| latest.redrive_count),
            redrive_date: latest.and_then(|latest| latest.redriven_at).map(EpochSeconds),
        }
    }
}

/// How many pages of the store are gone through for one page of those that are asked for.
const PAGES_MAX: u32 = 10;

/// What a list is of, besides its status.
#[derive(Debug, Default)]
struct Wanted {
    version_or_alias: Option<String>,
    redriven: Option<bool>,
}

impl Wanted {
    fn admits(&self, item: &ExecutionListItem) -> bool {
        let by = |arn: &String| {
            item.state_machine_version_arn.as_ref() == Some(arn) || item.state_machine_alias_arn.as_ref() == Some(arn)
        };
        self.version_or_alias.as_ref().is_none_or(by) && self.redriven.is_none_or(|redriven| redriven == (item.redrive_count > 0))
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
        let map_run_arn = constraints.optional(member::MAP_RUN_ARN, request.map_run_arn);
        let machine_arn = match &map_run_arn {
            None => constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn),
            Some(_) => constraints.optional(member::STATE_MACHINE_ARN, request.state_machine_arn).unwrap_or_default(),
        };
        let token = constraints.optional(member::LIST_EXECUTIONS_TOKEN, request.next_token);
        constraints.one_of("statusFilter", request.status_filter.as_deref(), STATUSES);
        constraints.at_most("maxResults", request.max_results, member::PAGE_ITEMS_MAX);
        constraints.one_of("redriveFilter", request.redrive_filter.as_deref(), &["REDRIVEN", "NOT_REDRIVEN"]);
        constraints.check()?;
        if map_run_arn.is_some() && !machine_arn.is_empty() {
            let message = "Exactly one of 'stateMachineArn' and 'mapRunArn' must be specified";
            return Err(ApiError::new(ErrorName::Validation, message));
        }
        let after = token.as_deref().map(position).transpose()?;
        let status = request.status_filter.as_deref().map(status);
        if let Some(map_run_arn) = map_run_arn {
            let wanted =
                Wanted { redriven: request.redrive_filter.map(|filter| filter == "REDRIVEN"), ..Wanted::default() };
            arn::check(&map_run_arn, Kind::MapRun)?;
            self.coordinator.describe_map_run(&map_run_arn).await?;
            let Some(status) = status.map_or(Some(None), |status| status.map(Some)) else {
                return Ok(ListExecutionsResponse { executions: Vec::new(), next_token: None });
            };
            let query = HeadQuery { machine_arn: Some(map_run_arn), status, limit: page_items(request.max_results), after };
            return self.list_wanted(query, &wanted).await;
        }
        let MachineArn { base, qualifier } = arn::machine(&machine_arn)?;
        let machine = self.executions().machine(&base).await?;
        let machine = machine.ok_or_else(|| ApiError::state_machine_does_not_exist(&machine_arn))?;
        if machine.kind == EXPRESS {
            return Err(ApiError::type_not_supported());
        }
        let wanted = Wanted {
            version_or_alias: qualifier.map(|_| machine_arn),
            redriven: request.redrive_filter.map(|filter| filter == "REDRIVEN"),
        };
        let status = match status {
            Some(None) => return Ok(ListExecutionsResponse { executions: Vec::new(), next_token: None }),
            status => status.flatten(),
        };
        let query = HeadQuery { machine_arn: Some(base), status, limit: page_items(request.max_results), after };
        self.list_wanted(query, &wanted).await
    }

    async fn list_wanted(&self, mut query: HeadQuery, wanted: &Wanted) -> Result<ListExecutionsResponse, ApiError> {
        let most = query.limit;
        let mut executions: Vec<ExecutionListItem> = Vec::new();
        for _ in 0..PAGES_MAX {
            query.limit = most - executions.len();
            let page = self.executions().list_heads(&query).await?;
            let latest = page.heads.iter().map(|head| self.executions().latest_entry(&head.identity.id));
            let latest = futures::future::try_join_all(latest).await?;
            let listed = page.heads.into_iter().zip(&latest);
            let items = listed.map(|(head, entry)| ExecutionListItem::of(head, entry.as_ref().map(|entry| &entry.execution)));
            executions.extend(items.filter(|item| wanted.admits(item)));
            query.after = page.next;
            if query.after.is_none() || executions.len() >= most {
                break;
            }
        }
        Ok(ListExecutionsResponse { executions, next_token: query.after.as_deref().map(page_token::encode) })
    }
}

/// The store's place that a token stands for.
pub(super) fn position(token: &str) -> Result<String, ApiError> {
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

    use crate::tests::{FAIL, PASS, System, WAIT};

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
                "redriveCount": 0,
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
    async fn executions_are_listed_by_redrives() {
        let system = System::new();
        let arn = system.machine("order", FAIL).await;
        let execution = system.start(&arn, "redriven", "{}").await;
        system.advance_seconds(1);
        system.start(&arn, "other", "{}").await;
        system.call("RedriveExecution", json!({"executionArn": execution})).await;
        let list = |filter: &str| system.call("ListExecutions", json!({"stateMachineArn": arn, "redriveFilter": filter}));
        let redriven = list("REDRIVEN").await;
        assert_eq!(names(&redriven), ["redriven"]);
        assert_eq!(redriven["executions"][0]["redriveCount"], 1);
        assert_eq!(redriven["executions"][0]["redriveDate"], 1_793_534_401.0);
        assert_eq!(names(&list("NOT_REDRIVEN").await), ["other"]);
    }

    #[tokio::test]
    async fn executions_are_listed_by_the_version_or_the_alias_that_started_them() {
        let system = System::new();
        let (arn, version) = system.published("order", PASS).await;
        let routing = json!([{"stateMachineVersionArn": version, "weight": 100}]);
        let create = json!({"name": "live", "routingConfiguration": routing});
        let alias = system.call("CreateStateMachineAlias", create).await["stateMachineAliasArn"].clone();
        for (by, name) in [(&arn, "by machine"), (&version, "by version"), (&alias, "by alias")] {
            system.start(by, &name.replace(' ', "-"), "{}").await;
            system.advance_seconds(1);
        }
        let list = |arn: &Value| system.call("ListExecutions", json!({"stateMachineArn": arn, "maxResults": 2}));
        let page = list(&arn).await;
        assert_eq!(names(&page), ["by-alias", "by-version"]);
        assert_eq!(page["executions"][0]["stateMachineAliasArn"], alias);
        assert_eq!(page["executions"][1]["stateMachineVersionArn"], version);
        assert_eq!(names(&list(&version).await), ["by-alias", "by-version"]);
        assert_eq!(names(&list(&alias).await), ["by-alias"]);
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
            (json!({"stateMachineArn": arn, "redriveFilter": "SOME"}), "ValidationException", "[REDRIVEN, NOT_REDRIVEN]"),
            (json!({"stateMachineArn": arn, "mapRunArn": "arn"}), "ValidationException", "Exactly one"),
            (json!({"mapRunArn": "arn"}), "InvalidArn", "arn"),
        ] {
            system.refused("ListExecutions", request, error, message).await;
        }
    }
}
