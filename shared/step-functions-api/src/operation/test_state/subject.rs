//! What is tried: a state, written alone or inside a machine.

use asl::{Definition, State, StateKind};
use coordinator::StartedBy;
use interpreter::{Brought, DefinitionHash, ExecutionStatus, StateFailure};
use serde_json::Value;
use store::StateMachine;

use super::validation;
use crate::operation::create_state_machine::EXPRESS;
use crate::start_target::StartTarget;
use crate::{Api, ApiError, ErrorName, arn, definition};

/// The name of a state that is written alone (recorded from AWS).
const ALONE: &str = "StateName";

/// A state in a definition that was taken.
#[derive(Debug)]
pub(super) struct Subject {
    definition: Definition,
    name: String,
    /// The state as it is written.
    written: Value,
}

impl Subject {
    /// The state of this name in a machine's definition; without a name, the definition is the state's own.
    pub(super) fn of(text: &str, name: Option<&str>) -> Result<Self, ApiError> {
        let Ok(written) = serde_json::from_str::<Value>(text) else {
            definition::check_for("STANDARD", text)?;
            return Err(validation("The definition is no JSON"));
        };
        let Some(name) = name else { return Self::alone(text, written) };
        definition::check_for("STANDARD", text)?;
        let definition = parsed(text)?;
        let found = find(&written, name).cloned();
        match (definition.state(name).is_some(), found) {
            (true, Some(written)) => Ok(Self { definition, name: name.to_owned(), written }),
            _ => Err(validation("State not found in definition")),
        }
    }

    /// A state becomes a machine: whatever it leads to ends that. Its text begins on the second line, so that places in it are told by its own.
    fn alone(text: &str, written: Value) -> Result<Self, ApiError> {
        let ends: Vec<String> =
            targets(&written).into_iter().map(|target| format!("{}: {{\"Type\": \"Succeed\"}}", Value::from(target))).collect();
        let others = ends.iter().map(|end| format!(", {end}")).collect::<String>();
        let machine = format!("{{\"StartAt\": \"{ALONE}\", \"States\": {{\"{ALONE}\":\n{text}\n{others}}}}}");
        definition::check_state(&machine, &format!("/States/{ALONE}"))?;
        Ok(Self { definition: parsed(&machine)?, name: ALONE.to_owned(), written })
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// As it is understood.
    pub(super) fn state(&self) -> Result<&State, ApiError> {
        self.definition.state(&self.name).ok_or_else(|| validation("State not found in definition"))
    }

    /// As it is written.
    pub(super) fn written(&self) -> &Value {
        &self.written
    }

    /// Whether a state of this name stands anywhere in the definition.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.definition.state(name).is_some()
    }

    /// The definition of a machine that carries out its task with what it is given.
    pub(super) fn task_alone(&self) -> Result<String, ApiError> {
        let resource = self.written.get("Resource").and_then(Value::as_str).unwrap_or_default();
        if resource.contains(":activity:") || resource.ends_with(".waitForTaskToken") || resource.contains(".sync") {
            return Err(validation("A Task state that waits for somebody else can be tested with a mock only"));
        }
        Ok(super::alone(resource))
    }
}

/// Of a definition that was checked.
fn parsed(text: &str) -> Result<Definition, ApiError> {
    let parsed = asl::parse(text).map_err(|_| ApiError::new(ErrorName::InternalFailure, "a definition that was taken is refused"))?;
    Ok(parsed.0)
}

/// The state of this name, however deep it stands.
fn find<'v>(machine: &'v Value, name: &str) -> Option<&'v Value> {
    let states = machine.get("States")?.as_object()?;
    if let Some(state) = states.get(name) {
        return Some(state);
    }
    states.values().find_map(|state| {
        let branches = state.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let processors = ["ItemProcessor", "Iterator"].into_iter().filter_map(|member| state.get(member));
        branches.chain(processors).find_map(|flow| find(flow, name))
    })
}

/// The states that a state leads to, each once.
fn targets(state: &Value) -> Vec<String> {
    let of = |object: &Value, member: &str| object.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut targets: Vec<String> = ["Next", "Default"].into_iter().filter_map(|member| of(state, member)).collect();
    for member in ["Choices", "Catch"] {
        let elements = state.get(member).and_then(Value::as_array).into_iter().flatten();
        targets.extend(elements.filter_map(|element| of(element, "Next")));
    }
    targets.sort();
    targets.dedup();
    targets.retain(|target| target != ALONE);
    targets
}

impl Api<'_> {
    /// Carries a task out: an express execution of a machine that is nobody's.
    pub(super) async fn carry_out(&self, definition: &str, role_arn: String, input: &Value) -> Result<Brought, ApiError> {
        let hash = DefinitionHash::of(definition);
        self.executions().put_definition(&hash, definition).await?;
        let name = format!("TestState-{}", self.new_uuid());
        let now = self.now();
        let machine = StateMachine {
            arn: arn::of_machine(self.place, &name),
            name: name.clone(),
            kind: EXPRESS.to_owned(),
            role_arn,
            definition: hash,
            created_at: now,
            updated_at: now,
            revision_id: None,
            settings: Value::Null,
            version: 1,
        };
        let target = StartTarget { machine, by: StartedBy::default() };
        let execution_arn = self.start_express(target, name, input.to_string().into()).await?.0;
        let ended = self.ended(&execution_arn).await?;
        match (ended.status, ended.output) {
            (ExecutionStatus::Succeeded, Some(output)) => {
                Ok(Brought::Result(serde_json::from_str(&output).unwrap_or(Value::Null)))
            }
            _ => Ok(Brought::Failure(ended.failure.unwrap_or_else(|| StateFailure::named(asl::error_name::TASK_FAILED)))),
        }
    }
}

/// Whether a task is answered by somebody else than who is called.
pub(super) fn waits(state: &State) -> bool {
    let StateKind::Task(task) = &state.kind else { return false };
    task.resource.arn.contains(".sync") || task.resource.arn.ends_with(".waitForTaskToken")
}
