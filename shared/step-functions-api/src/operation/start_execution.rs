//! StartExecution. Answered when the execution's first entry is committed; repeated with the same name and input it is answered the same.

use std::sync::Arc;

use coordinator::{Novelty, StartRequest};
use interpreter::ExecutionStatus;
use serde::{Deserialize, Serialize};

use super::create_state_machine::EXPRESS;
use crate::constraints::Constraints;
use crate::failure::invalid_input;
use crate::start_target::StartTarget;
use crate::{Api, ApiError, EpochSeconds, ErrorName, arn, jackson, member, name};

/// The input when none is given.
const EMPTY_INPUT: &str = "{}";

/// An execution to be started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartExecutionRequest {
    /// The machine, one of its versions, or an alias: required.
    pub state_machine_arn: Option<String>,
    /// Its name, unique in the machine; a UUID when absent.
    pub name: Option<String>,
    /// Its input: JSON text, kept as it is; `{}` when absent.
    pub input: Option<String>,
    /// Not used.
    pub trace_header: Option<String>,
}

/// The execution that has the name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartExecutionResponse {
    /// Its ARN.
    pub execution_arn: String,
    /// When it was started.
    pub start_date: EpochSeconds,
}

impl Api<'_> {
    /// Starts an execution.
    ///
    /// # Errors
    ///
    /// InvalidArn, StateMachineDoesNotExist, InvalidName, InvalidExecutionInput, ExecutionAlreadyExists (the name is taken by another
    /// input, or by an execution that has ended), ValidationException.
    pub async fn start_execution(&self, request: StartExecutionRequest) -> Result<StartExecutionResponse, ApiError> {
        let mut constraints = Constraints::default();
        let machine_arn = constraints.required(member::STATE_MACHINE_ARN, request.state_machine_arn);
        let name = constraints.optional(member::NAME, request.name);
        let input = constraints.optional(member::INPUT, request.input);
        constraints.optional(member::TRACE_HEADER, request.trace_header);
        constraints.check()?;
        arn::machine(&machine_arn)?;
        name.as_deref().map_or(Ok(()), name::check)?;
        let input = input_or_empty(input);
        check_input(&input)?;
        let target = self.start_target(&machine_arn).await?;
        let name = name.unwrap_or_else(|| self.new_uuid());
        if target.machine.kind == EXPRESS {
            let (execution_arn, started_at) = self.start_express(target, name, input).await?;
            return Ok(StartExecutionResponse { execution_arn, start_date: started_at.into() });
        }
        let StartTarget { machine, by } = target;
        let started = self.coordinator.start_by(StartRequest { machine, name, input, parent: None }, by).await?;
        match started.novelty {
            Novelty::New | Novelty::Repeated { status: ExecutionStatus::Running } => Ok(StartExecutionResponse {
                execution_arn: started.identity.arn,
                start_date: started.started_at.into(),
            }),
            Novelty::Repeated { .. } | Novelty::OtherInput { .. } => Err(ApiError::new(
                ErrorName::ExecutionAlreadyExists,
                format!("Execution Already Exists: '{}'", started.identity.arn),
            )),
        }
    }
}

/// An input as it was written, or the one that stands for none.
pub(crate) fn input_or_empty(input: Option<String>) -> Arc<str> {
    input.map_or_else(|| EMPTY_INPUT.into(), Arc::from)
}

/// Refuses what is no JSON, in Jackson's words.
pub(crate) fn check_input(input: &str) -> Result<(), ApiError> {
    // As a value, which bounds its depth: what cannot be read later must not be taken.
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(input);
    let Err(error) = parsed else { return Ok(()) };
    let reason = jackson::complaint(input).map_or_else(|| error.to_string(), |complaint| complaint.to_string());
    Err(invalid_input(&reason))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::tests::{PASS, System, WAIT};

    #[tokio::test]
    async fn an_execution_is_named_under_its_machine_and_dated() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let answer = system.call("StartExecution", json!({"stateMachineArn": arn, "name": "one"})).await;
        let execution = "arn:aws:states:us-east-1:123456789012:execution:order:one";
        assert_eq!(answer, json!({"executionArn": execution, "startDate": 1_793_534_400.0}));
        let described = system.call("DescribeExecution", json!({"executionArn": execution})).await;
        assert_eq!((&described["input"], &described["output"]), (&json!("{}"), &json!("{}")));
    }

    #[tokio::test]
    async fn an_execution_without_a_name_has_a_random_one() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let first = system.call("StartExecution", json!({"stateMachineArn": arn})).await;
        let second = system.call("StartExecution", json!({"stateMachineArn": arn})).await;
        assert_ne!(first["executionArn"], second["executionArn"]);
        let name = first["executionArn"].as_str().unwrap().rsplit(':').next().unwrap();
        assert_eq!((name.len(), name.matches('-').count()), (36, 4));
    }

    #[tokio::test]
    async fn a_repeated_start_is_answered_as_the_first_while_the_execution_runs() {
        let system = System::new();
        let arn = system.machine("order", WAIT).await;
        let start = |input: &str| json!({"stateMachineArn": arn, "name": "one", "input": input});
        let first = system.call("StartExecution", start(r#"{"a": 1}"#)).await;
        system.advance_seconds(3);
        assert_eq!(system.call("StartExecution", start(r#"{"a": 1}"#)).await, first);
        let told = format!("Execution Already Exists: {}", first["executionArn"].to_string().replace('"', "'"));
        system.refused("StartExecution", start(r#"{"a":1}"#), "ExecutionAlreadyExists", &told).await;
        system.call("StopExecution", json!({"executionArn": first["executionArn"]})).await;
        system.refused("StartExecution", start(r#"{"a": 1}"#), "ExecutionAlreadyExists", &told).await;
    }

    #[tokio::test]
    async fn a_version_is_started_as_it_was_published_and_an_alias_by_its_weights() {
        let system = System::new();
        let (arn, first) = system.published("order", PASS).await;
        let update = json!({"stateMachineArn": arn, "definition": WAIT, "publish": true});
        let second = system.call("UpdateStateMachine", update).await["stateMachineVersionArn"].clone();
        let one = system.start(&first, "one", "{}").await;
        let described = system.call("DescribeExecution", json!({"executionArn": one})).await;
        assert_eq!((&described["status"], &described["stateMachineArn"]), (&json!("SUCCEEDED"), &arn));
        assert_eq!((&described["stateMachineVersionArn"], described.get("stateMachineAliasArn")), (&first, None));

        let routing = json!([{"stateMachineVersionArn": first, "weight": 30}, {"stateMachineVersionArn": second, "weight": 70}]);
        let create = json!({"name": "live", "routingConfiguration": routing});
        let alias = system.call("CreateStateMachineAlias", create).await["stateMachineAliasArn"].clone();
        let mut of_first = 0;
        for number in 0..200 {
            let execution = system.start(&alias, &format!("by-alias-{number}"), "{}").await;
            let described = system.call("DescribeExecution", json!({"executionArn": execution})).await;
            let is_first = described["stateMachineVersionArn"] == first;
            assert_eq!((&described["stateMachineAliasArn"], described["status"] == "SUCCEEDED"), (&alias, is_first));
            of_first += u32::from(is_first);
        }
        assert!((30..=90).contains(&of_first), "{of_first} of 200 are far from 30 %");
        let repeated = system.start(&alias, "by-alias-1", "{}");
        let repeat = json!({"stateMachineArn": alias, "name": "by-alias-1", "input": "{}"});
        match system.call("DescribeExecution", json!({"executionArn": "arn:aws:states:us-east-1:123456789012:execution:order:by-alias-1"})).await["status"].as_str() {
            Some("RUNNING") => assert!(repeated.await.is_string(), "whatever is drawn, the name has its version"),
            _ => system.refused("StartExecution", repeat, "ExecutionAlreadyExists", "by-alias-1").await,
        }
    }

    #[tokio::test]
    async fn any_json_is_an_input_and_is_echoed_as_it_was_written() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        for (number, input) in ["2", "\"text\"", "null", " [1,  2]\n", r#"{"b": 1.0, "a": 1e2}"#].into_iter().enumerate() {
            let execution = system.start(&arn, &number.to_string(), input).await;
            let described = system.call("DescribeExecution", json!({"executionArn": execution})).await;
            assert_eq!(described["input"], json!(input));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_started_is_refused_by_the_names_of_aws() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let missing = "arn:aws:states:us-east-1:123456789012:stateMachine:missing";
        let invalid_input = "Invalid State Machine Execution Input: ";
        let ends = format!("{invalid_input}'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{{\"; line: 1, column: 1])\n at [Source: (String)\"{{\"; line: 1, column: 2]'");
        let length = |most: usize| format!("failed to satisfy constraint: Member must have length less than or equal to {most}");
        for (start, error, message) in [
            (json!({"name": "a"}), "ValidationException", "Value null at 'stateMachineArn'"),
            (json!({"stateMachineArn": missing}), "StateMachineDoesNotExist", "State Machine Does Not Exist: 'arn:aws:states:us-east-1:123456789012:stateMachine:missing'"),
            (json!({"stateMachineArn": format!("{missing}:1")}), "StateMachineDoesNotExist", "missing:1"),
            (json!({"stateMachineArn": "order"}), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: order'"),
            (json!({"stateMachineArn": arn, "name": "a b"}), "InvalidName", "Invalid Name: 'a b'"),
            (json!({"stateMachineArn": arn, "name": ""}), "ValidationException", "greater than or equal to 1"),
            (json!({"stateMachineArn": arn, "name": "n".repeat(81)}), "ValidationException", &length(80)),
            (json!({"stateMachineArn": arn, "input": ""}), "InvalidExecutionInput", "No content to map"),
            (json!({"stateMachineArn": arn, "input": "{"}), "InvalidExecutionInput", &ends),
            (json!({"stateMachineArn": arn, "input": "[".repeat(200) + &"]".repeat(200)}), "InvalidExecutionInput", "recursion"),
            (json!({"stateMachineArn": arn, "input": "[".repeat(121) + &"]".repeat(121)}), "InvalidExecutionInput", "nested deeper than 120"),
        ] {
            system.refused("StartExecution", start, error, message).await;
        }
    }

    #[tokio::test]
    async fn an_input_may_have_256_kib_and_not_one_byte_more() {
        let system = System::new();
        let arn = system.machine("order", PASS).await;
        let input = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
        system.start(&arn, "at", &input(262_144)).await;
        let start = |input: String| json!({"stateMachineArn": arn, "name": "past", "input": input});
        let told = "Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144";
        system.refused("StartExecution", start(input(262_145)), "ValidationException", told).await;
        // Few characters, but many bytes.
        let wide = format!("\"{}\"", "ä".repeat(200_000));
        system.refused("StartExecution", start(wide), "InvalidExecutionInput", "400002 bytes").await;
    }
}
