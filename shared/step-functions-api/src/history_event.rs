//! History events as GetExecutionHistory tells them: the type, and the details under the member that belongs to it.
//!
//! Which member a type has is the API Reference's (`HistoryEvent`). Absent members are left out, never null. Events of Backstep's own have
//! their type and details by the same rule; clients that do not know them skip the details.

use std::collections::BTreeMap;

use interpreter::history::{ErrorDetails, TaskDetails};
use interpreter::{HistoryEvent, HistoryEventKind, Payload};
use serde_json::{Map, Value, json};

use crate::EpochSeconds;

/// What stands in events but not in the journal's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The machine's role.
    pub(crate) role_arn: &'a str,
    /// Whether inputs and outputs are told.
    pub(crate) with_data: bool,
}

/// An event as JSON. Payloads must be in place if they are to be told.
pub(crate) fn render(event: &HistoryEvent, surroundings: Surroundings<'_>) -> Value {
    let mut rendered = Map::new();
    rendered.insert("timestamp".to_owned(), json!(EpochSeconds(event.at)));
    rendered.insert("type".to_owned(), event.kind.type_name().into());
    rendered.insert("id".to_owned(), event.id.into());
    rendered.insert("previousEventId".to_owned(), event.previous.into());
    if let Some((member, details)) = details(&event.kind, Details::new(surroundings)) {
        rendered.insert(format!("{member}EventDetails"), Value::Object(details.members));
    }
    Value::Object(rendered)
}

/// The details of an event, member by member.
struct Details<'a> {
    surroundings: Surroundings<'a>,
    members: Map<String, Value>,
}

impl<'a> Details<'a> {
    fn new(surroundings: Surroundings<'a>) -> Self {
        Self { surroundings, members: Map::new() }
    }

    fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.member(name, value),
            None => self,
        }
    }

    /// A payload's text, as it is.
    fn data(self, name: &str, payload: &Payload) -> Self {
        let text = payload.text().filter(|_| self.surroundings.with_data).map(str::to_owned);
        self.maybe(name, text)
    }

    fn input(self, payload: &Payload) -> Self {
        self.data("input", payload).told("inputDetails")
    }

    fn output(self, payload: &Payload) -> Self {
        self.data("output", payload).told("outputDetails")
    }

    /// Variables by name, each as the text of its JSON.
    fn variables(self, assigned: &BTreeMap<String, Payload>) -> Self {
        if assigned.is_empty() || !self.surroundings.with_data {
            return self;
        }
        let texts = assigned.iter().filter_map(|(name, payload)| Some((name.clone(), Value::from(payload.text()?))));
        let texts: Map<String, Value> = texts.collect();
        self.member("assignedVariables", texts).told("assignedVariablesDetails")
    }

    /// Says that the data is whole, where it is told.
    fn told(self, name: &str) -> Self {
        if self.surroundings.with_data { self.member(name, json!({"truncated": false})) } else { self }
    }

    fn task(self, task: &TaskDetails) -> Self {
        self.member("resourceType", task.resource_type.as_str()).member("resource", task.resource.as_str())
    }

    fn error(self, details: &ErrorDetails) -> Self {
        self.maybe("error", details.error.as_deref()).maybe("cause", details.cause.as_deref())
    }

    fn iteration(self, name: &str, index: u64) -> Self {
        self.member("name", name).member("index", index)
    }
}

/// The member that holds an event's details (without `EventDetails`), and them; none for the events that have none.
fn details<'a>(kind: &HistoryEventKind, of: Details<'a>) -> Option<(&'static str, Details<'a>)> {
    use HistoryEventKind as Kind;
    let role_arn = of.surroundings.role_arn;
    Some(match kind {
        Kind::ExecutionStarted { input } => ("executionStarted", of.input(input).member("roleArn", role_arn)),
        Kind::ExecutionSucceeded { output } => ("executionSucceeded", of.output(output)),
        Kind::ExecutionFailed(error) => ("executionFailed", of.error(error)),
        Kind::ExecutionTimedOut(error) => ("executionTimedOut", of.error(error)),
        Kind::ExecutionAborted(error) => ("executionAborted", of.error(error)),
        Kind::ExecutionRedriven { redrive_count } => ("executionRedriven", of.member("redriveCount", *redrive_count)),

        Kind::StateEntered { name, input, .. } => ("stateEntered", of.member("name", name.as_str()).input(input)),
        Kind::StateExited { name, output, assigned, .. } => {
            ("stateExited", of.member("name", name.as_str()).output(output).variables(assigned))
        }
        Kind::EvaluationFailed { state, location, details } => {
            ("evaluationFailed", of.error(details).maybe("location", location.as_deref()).member("state", state.as_str()))
        }

        Kind::LambdaFunctionScheduled { resource, input, timeout_seconds } => (
            "lambdaFunctionScheduled",
            of.member("resource", resource.as_str()).input(input).maybe("timeoutInSeconds", *timeout_seconds),
        ),
        Kind::LambdaFunctionSucceeded { output } => ("lambdaFunctionSucceeded", of.output(output)),
        Kind::LambdaFunctionFailed(error) => ("lambdaFunctionFailed", of.error(error)),
        Kind::LambdaFunctionTimedOut(error) => ("lambdaFunctionTimedOut", of.error(error)),
        Kind::LambdaFunctionScheduleFailed(error) => ("lambdaFunctionScheduleFailed", of.error(error)),

        Kind::ActivityScheduled { resource, input, timeout_seconds, heartbeat_seconds } => (
            "activityScheduled",
            of.member("resource", resource.as_str())
                .input(input)
                .maybe("timeoutInSeconds", *timeout_seconds)
                .maybe("heartbeatInSeconds", *heartbeat_seconds),
        ),
        Kind::ActivityStarted { worker_name } => ("activityStarted", of.maybe("workerName", worker_name.as_deref())),
        Kind::ActivitySucceeded { output } => ("activitySucceeded", of.output(output)),
        Kind::ActivityFailed(error) => ("activityFailed", of.error(error)),
        Kind::ActivityTimedOut(error) => ("activityTimedOut", of.error(error)),
        Kind::ActivityScheduleFailed(error) => ("activityScheduleFailed", of.error(error)),

        Kind::TaskScheduled { task, region, parameters, timeout_seconds, heartbeat_seconds } => (
            "taskScheduled",
            of.task(task)
                .member("region", region.as_str())
                .data("parameters", parameters)
                .maybe("timeoutInSeconds", *timeout_seconds)
                .maybe("heartbeatInSeconds", *heartbeat_seconds),
        ),
        Kind::TaskStarted { task } => ("taskStarted", of.task(task)),
        Kind::TaskSubmitted { task, output } => ("taskSubmitted", of.task(task).output(output)),
        Kind::TaskSucceeded { task, output } => ("taskSucceeded", of.task(task).output(output)),
        Kind::TaskFailed { task, details } => ("taskFailed", of.task(task).error(details)),
        Kind::TaskTimedOut { task, details } => ("taskTimedOut", of.task(task).error(details)),
        Kind::TaskSubmitFailed { task, details } => ("taskSubmitFailed", of.task(task).error(details)),

        Kind::MapStateStarted { length } => ("mapStateStarted", of.member("length", *length)),
        Kind::MapIterationStarted { name, index } => ("mapIterationStarted", of.iteration(name, *index)),
        Kind::MapIterationSucceeded { name, index } => ("mapIterationSucceeded", of.iteration(name, *index)),
        Kind::MapIterationFailed { name, index } => ("mapIterationFailed", of.iteration(name, *index)),
        Kind::MapIterationAborted { name, index } => ("mapIterationAborted", of.iteration(name, *index)),

        Kind::MapRunStarted { map_run_arn } => ("mapRunStarted", of.member("mapRunArn", map_run_arn.as_str())),
        Kind::MapRunFailed(error) => ("mapRunFailed", of.error(error)),
        Kind::MapRunRedriven { map_run_arn, redrive_count } => {
            ("mapRunRedriven", of.member("mapRunArn", map_run_arn.as_str()).member("redriveCount", *redrive_count))
        }

        Kind::UnwindingStarted { state } => ("unwindingStarted", of.maybe("state", state.as_deref())),
        Kind::CompensationScheduled { state, resource, input, attempt } => (
            "compensationScheduled",
            of.member("state", state.as_str()).member("resource", resource.as_str()).input(input).member("attempt", *attempt),
        ),
        Kind::CompensationSucceeded { state } => ("compensationSucceeded", of.member("state", state.as_str())),
        Kind::CompensationFailed { state, spent, details } => {
            ("compensationFailed", of.member("state", state.as_str()).error(details).member("spent", *spent))
        }
        Kind::UnwindingEnded { state, owed } => ("unwindingEnded", of.maybe("state", state.as_deref()).member("owed", *owed)),
        Kind::PivotPassed { state, discharged } => {
            ("pivotPassed", of.member("state", state.as_str()).member("discharged", *discharged))
        }

        Kind::StateAborted { .. }
        | Kind::LambdaFunctionStarted
        | Kind::ParallelStateStarted
        | Kind::ParallelStateSucceeded
        | Kind::ParallelStateFailed
        | Kind::MapStateSucceeded
        | Kind::MapStateFailed
        | Kind::MapRunSucceeded
        | Kind::MapRunAborted => return None,
    })
}

#[cfg(test)]
mod tests {
    use interpreter::Timestamp;
    use interpreter::history::StateType;

    use super::*;

    fn rendered(kind: HistoryEventKind, with_data: bool) -> Value {
        let event = HistoryEvent { id: 3, previous: 2, at: Timestamp::from_millis(1_500), kind };
        render(&event, Surroundings { role_arn: "arn:role", with_data })
    }

    #[track_caller]
    fn check(kind: HistoryEventKind, type_name: &str, member: &str, details: &Value) {
        let mut expected = json!({"timestamp": 1.5, "type": type_name, "id": 3, "previousEventId": 2});
        if !member.is_empty() {
            expected[member] = details.clone();
        }
        assert_eq!(rendered(kind, true), expected);
    }

    fn payload(text: &str) -> Payload {
        Payload::inline(text)
    }

    fn task() -> TaskDetails {
        TaskDetails { resource_type: "lambda".into(), resource: "invoke".into() }
    }

    fn error() -> ErrorDetails {
        ErrorDetails { error: Some("OutOfStock".into()), cause: None }
    }

    #[test]
    fn executions_and_states_have_their_details() {
        let (whole, data) = (json!({"truncated": false}), r#"{"a": [1, 2]}"#);
        let started = json!({"input": data, "inputDetails": whole, "roleArn": "arn:role"});
        check(
            HistoryEventKind::ExecutionStarted { input: payload(data) },
            "ExecutionStarted",
            "executionStartedEventDetails",
            &started,
        );
        let succeeded = json!({"output": data, "outputDetails": whole});
        check(
            HistoryEventKind::ExecutionSucceeded { output: payload(data) },
            "ExecutionSucceeded",
            "executionSucceededEventDetails",
            &succeeded,
        );
        check(
            HistoryEventKind::ExecutionFailed(error()),
            "ExecutionFailed",
            "executionFailedEventDetails",
            &json!({"error": "OutOfStock"}),
        );
        check(
            HistoryEventKind::ExecutionAborted(ErrorDetails::default()),
            "ExecutionAborted",
            "executionAbortedEventDetails",
            &json!({}),
        );
        let entered = HistoryEventKind::StateEntered { state_type: StateType::Wait, name: "W".into(), input: payload("1") };
        check(
            entered,
            "WaitStateEntered",
            "stateEnteredEventDetails",
            &json!({"name": "W", "input": "1", "inputDetails": whole}),
        );
        let exited = |assigned: BTreeMap<String, Payload>| HistoryEventKind::StateExited {
            state_type: StateType::Map,
            name: "M".into(),
            output: payload("[]"),
            assigned,
        };
        let details = json!({"name": "M", "output": "[]", "outputDetails": whole});
        check(exited(BTreeMap::new()), "MapStateExited", "stateExitedEventDetails", &details);
        let details = json!({
            "name": "M",
            "output": "[]",
            "outputDetails": whole,
            "assignedVariables": {"total": "1", "who": "\"x\""},
            "assignedVariablesDetails": whole,
        });
        let assigned = BTreeMap::from([("who".to_owned(), payload("\"x\"")), ("total".to_owned(), payload("1"))]);
        check(exited(assigned), "MapStateExited", "stateExitedEventDetails", &details);
        let failed = HistoryEventKind::EvaluationFailed { state: "M".into(), location: Some("Items".into()), details: error() };
        let details = json!({"error": "OutOfStock", "location": "Items", "state": "M"});
        check(failed, "EvaluationFailed", "evaluationFailedEventDetails", &details);
        check(HistoryEventKind::StateAborted { state_type: StateType::Task }, "TaskStateAborted", "", &json!(null));
        check(
            HistoryEventKind::MapStateStarted { length: 2 },
            "MapStateStarted",
            "mapStateStartedEventDetails",
            &json!({"length": 2}),
        );
        let iteration = HistoryEventKind::MapIterationFailed { name: "M".into(), index: 1 };
        check(iteration, "MapIterationFailed", "mapIterationFailedEventDetails", &json!({"name": "M", "index": 1}));
    }

    #[test]
    fn tasks_have_their_details() {
        let whole = json!({"truncated": false});
        let scheduled =
            HistoryEventKind::LambdaFunctionScheduled { resource: "arn:f".into(), input: payload("{}"), timeout_seconds: None };
        let details = json!({"resource": "arn:f", "input": "{}", "inputDetails": whole});
        check(scheduled, "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails", &details);
        let scheduled = HistoryEventKind::TaskScheduled {
            task: task(),
            region: "us-east-1".into(),
            parameters: payload("{}"),
            timeout_seconds: Some(60),
            heartbeat_seconds: None,
        };
        let details = json!({"resourceType": "lambda", "resource": "invoke", "region": "us-east-1", "parameters": "{}", "timeoutInSeconds": 60});
        check(scheduled, "TaskScheduled", "taskScheduledEventDetails", &details);
        let failed = HistoryEventKind::TaskFailed { task: task(), details: error() };
        let details = json!({"resourceType": "lambda", "resource": "invoke", "error": "OutOfStock"});
        check(failed, "TaskFailed", "taskFailedEventDetails", &details);
        check(HistoryEventKind::LambdaFunctionStarted, "LambdaFunctionStarted", "", &json!(null));
    }

    #[test]
    fn events_of_our_own_follow_the_same_rule() {
        let started = HistoryEventKind::UnwindingStarted { state: None };
        check(started, "UnwindingStarted", "unwindingStartedEventDetails", &json!({}));
        let failed = HistoryEventKind::CompensationFailed { state: "Charge".into(), spent: true, details: error() };
        let details = json!({"state": "Charge", "error": "OutOfStock", "spent": true});
        check(failed, "CompensationFailed", "compensationFailedEventDetails", &details);
        let ended = HistoryEventKind::UnwindingEnded { state: Some("Each".into()), owed: 1 };
        check(ended, "UnwindingEnded", "unwindingEndedEventDetails", &json!({"state": "Each", "owed": 1}));
        let passed = HistoryEventKind::PivotPassed { state: "Ship".into(), discharged: 2 };
        check(passed, "PivotPassed", "pivotPassedEventDetails", &json!({"state": "Ship", "discharged": 2}));
    }

    #[test]
    fn without_data_neither_inputs_nor_outputs_nor_parameters_are_told() {
        let secret = "\"card number\"";
        for kind in [
            HistoryEventKind::ExecutionStarted { input: payload(secret) },
            HistoryEventKind::StateExited {
                state_type: StateType::Pass,
                name: "A".into(),
                output: payload(secret),
                assigned: BTreeMap::from([("a".to_owned(), payload(secret))]),
            },
            HistoryEventKind::LambdaFunctionScheduled { resource: "f".into(), input: payload(secret), timeout_seconds: None },
            HistoryEventKind::TaskScheduled {
                task: task(),
                region: "us-east-1".into(),
                parameters: payload(secret),
                timeout_seconds: None,
                heartbeat_seconds: None,
            },
            HistoryEventKind::CompensationScheduled {
                state: "A".into(),
                resource: "f".into(),
                input: payload(secret),
                attempt: 1,
            },
        ] {
            let text = rendered(kind, false).to_string();
            assert!(!text.contains("card number") && !text.contains("putDetails"), "{text}");
        }
    }
}
