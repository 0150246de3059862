//! Express machines: what their definitions may not hold, and the ARNs of their executions.

use serde_json::Value;

use crate::definition::DefinitionDiagnostic;

/// What a definition holds that an express machine does not support, in the order of the text. A text that is no JSON holds nothing.
pub(crate) fn diagnostics(text: &str) -> Vec<DefinitionDiagnostic> {
    let mut found = Vec::new();
    if let Ok(machine) = serde_json::from_str::<Value>(text) {
        look_into(&machine, "", &mut found);
    }
    found
}

/// Looks into a machine, a branch or an item processor: whatever has `States`.
fn look_into(machine: &Value, pointer: &str, found: &mut Vec<DefinitionDiagnostic>) {
    let states = machine.get("States").and_then(Value::as_object);
    for (name, state) in states.into_iter().flatten() {
        let pointer = format!("{pointer}/States/{}", name.replace('~', "~0").replace('/', "~1"));
        if let Some(complaint) = state.get("Resource").and_then(Value::as_str).and_then(of_resource) {
            found.push(diagnostic(complaint, format!("{pointer}/Resource")));
        }
        for (index, branch) in state.get("Branches").and_then(Value::as_array).into_iter().flatten().enumerate() {
            look_into(branch, &format!("{pointer}/Branches/{index}"), found);
        }
        for member in ["ItemProcessor", "Iterator"] {
            let Some(processor) = state.get(member) else { continue };
            let mode = processor.pointer("/ProcessorConfig/Mode").and_then(Value::as_str);
            if mode == Some("DISTRIBUTED") {
                let pointer = format!("{pointer}/{member}/ProcessorConfig/Mode");
                found.push(diagnostic("Express state machine does not support the DISTRIBUTED mode".to_owned(), pointer));
            }
            look_into(processor, &format!("{pointer}/{member}"), found);
        }
    }
}

fn diagnostic(message: String, location: String) -> DefinitionDiagnostic {
    DefinitionDiagnostic { severity: "ERROR", code: "SCHEMA_VALIDATION_FAILED", message, location }
}

/// What AWS says of a resource; the second of two blanks is AWS's.
fn of_resource(resource: &str) -> Option<String> {
    if resource.split(':').nth(2) != Some("states") {
        return None;
    }
    if resource.split(':').nth(5) == Some("activity") {
        return Some("Express state machine does not support Activity ARN".to_owned());
    }
    let pattern = [".waitForTaskToken", ".sync:2", ".sync"].into_iter().find(|pattern| resource.ends_with(pattern))?;
    Some(format!("Express state machine does not support '{pattern}' service integration "))
}

/// The ARN of an execution of an express machine: its id keeps apart executions of one name.
pub(crate) fn execution_arn(machine_arn: &str, name: &str, id: &str) -> String {
    format!("{}:{name}:{id}", machine_arn.replacen(":stateMachine:", ":express:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(definition: &Value) -> Vec<(String, String)> {
        let found = diagnostics(&definition.to_string());
        found.into_iter().map(|one| (one.message, one.location)).collect()
    }

    #[test]
    fn what_waits_for_others_is_not_for_express_machines() {
        let task = |resource: &str| serde_json::json!({"Type": "Task", "Resource": resource, "End": true});
        let states = |state: Value| serde_json::json!({"StartAt": "A", "States": {"A": state}});
        let activity = task("arn:aws:states:us-east-1:123456789012:activity:a");
        let callback = task("arn:aws:states:::lambda:invoke.waitForTaskToken");
        let child = task("arn:aws:states:::states:startExecution.sync:2");
        let text = "Express state machine does not support";
        assert_eq!(told(&states(task("arn:aws:states:::lambda:invoke"))), []);
        assert_eq!(told(&states(task("arn:aws:lambda:us-east-1:123456789012:function:f"))), []);
        assert_eq!(told(&states(activity.clone())), [(format!("{text} Activity ARN"), "/States/A/Resource".to_owned())]);
        let parallel = serde_json::json!({"Type": "Parallel", "Branches": [states(callback)]});
        let told_of = format!("{text} '.waitForTaskToken' service integration ");
        assert_eq!(told(&states(parallel)), [(told_of, "/States/A/Branches/0/States/A/Resource".to_owned())]);
        let mut map = serde_json::json!({"Type": "Map", "ItemProcessor": states(child)});
        let of_child = (format!("{text} '.sync:2' service integration "), "/States/A/ItemProcessor/States/A/Resource".to_owned());
        assert_eq!(told(&states(map.clone())), std::slice::from_ref(&of_child));
        map["ItemProcessor"]["ProcessorConfig"] = serde_json::json!({"Mode": "DISTRIBUTED"});
        assert_eq!(told(&states(map)).len(), 2);
    }

    #[test]
    fn an_express_execution_has_an_arn_of_its_own_kind() {
        let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:order";
        assert_eq!(execution_arn(machine, "one", "id"), "arn:aws:states:us-east-1:123456789012:express:order:one:id");
    }
}
