//! docs/asl.schema.json, which editors use, has the fields that the parser has: no more and no fewer.

use serde_json::{Value, json};

use crate::parse;
use crate::parse::known_fields::ELSEWHERE;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../../../../docs/asl.schema.json")).unwrap()
}

/// Whether the parser knows a field, whatever its value, of the object that `with` puts into a definition, in one of the query languages.
fn is_known(field: &str, pointer: &str, with: impl Fn(Value) -> Value) -> bool {
    let pointer = format!("{pointer}/{field}");
    // Rules inside others are read in JSONPath only.
    let languages: &[&str] = if pointer.contains("/Not/") { &["JSONPath"] } else { &["JSONPath", "JSONata"] };
    languages.iter().any(|language| {
        let mut definition = with(json!({ field: [] }));
        if let Some(machine) = definition.as_object_mut() {
            machine.entry("QueryLanguage").or_insert(json!(language));
        }
        let diagnostics = parse(&definition.to_string()).err().unwrap_or_default();
        let refused = ["unknown-field", "jsonata-field", "jsonpath-field"];
        !diagnostics.iter().any(|diagnostic| refused.contains(&diagnostic.code) && diagnostic.pointer == pointer)
    })
}

/// Checks the properties of a definition of the schema against the parser, with every field of the language as candidates.
fn check(definition: &str, pointer: &str, with: impl Fn(Value) -> Value) {
    let schema = schema();
    let properties = schema.pointer(definition).and_then(Value::as_object).unwrap_or_else(|| panic!("no {definition}"));
    let comparisons = schema["definitions"]["choiceRule"]["properties"].as_object().unwrap();
    let candidates = ELSEWHERE.iter().map(|(field, _)| *field).chain(comparisons.keys().map(String::as_str));
    for field in candidates.chain(properties.keys().map(String::as_str)) {
        assert_eq!(properties.contains_key(field), is_known(field, pointer, &with), "{field} of {definition}");
    }
}

fn merged(mut into: Value, fields: Value) -> Value {
    if let (Value::Object(into), Value::Object(fields)) = (&mut into, fields) {
        into.extend(fields);
    }
    into
}

fn machine(state: Value) -> Value {
    let mut definition = json!({"StartAt": "A", "States": {}});
    definition["States"]["A"] = state;
    definition
}

#[test]
fn the_schema_has_the_fields_of_the_machine_and_of_its_flows() {
    check("/properties", "", |fields| fields);
    check("/definitions/flow/properties", "/States/A/Branches/0", |fields| {
        machine(json!({"Type": "Parallel", "Branches": [fields]}))
    });
    check("/definitions/processor/properties", "/States/A/ItemProcessor", |fields| {
        machine(json!({"Type": "Map", "ItemProcessor": fields}))
    });
}

#[test]
fn the_schema_has_the_fields_of_every_state_type() {
    for kind in ["Task", "Choice", "Parallel", "Map", "Wait", "Pass", "Succeed", "Fail"] {
        let with = |fields: Value| {
            machine(if fields.get("Type").is_some() { json!({"Type": kind}) } else { merged(json!({"Type": kind}), fields) })
        };
        check(&format!("/definitions/{kind}/properties"), "/States/A", with);
    }
}

#[test]
fn the_schema_has_the_fields_of_what_stands_in_states() {
    let task = |fields: Value| machine(merged(json!({"Type": "Task"}), fields));
    check("/definitions/retry/items/properties", "/States/A/Retry/0", |fields| task(json!({"Retry": [fields]})));
    check("/definitions/catch/items/properties", "/States/A/Catch/0", |fields| task(json!({"Catch": [fields]})));
    check("/definitions/compensation/anyOf/1/properties", "/States/A/Compensation", |fields| {
        task(json!({"Compensation": fields}))
    });
    let choice = |rule: Value| machine(json!({"Type": "Choice", "Choices": [rule]}));
    check("/definitions/choiceRule/properties", "/States/A/Choices/0", choice);
    check("/definitions/condition/properties", "/States/A/Choices/0/Not", |fields| choice(json!({"Not": fields})));
}
